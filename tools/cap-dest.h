/* SPDX-License-Identifier: ISC */
/* cap-dest.h - where qlab-cap's packets go, and when it is enough */
#ifndef QLAB_CAP_DEST_H
#define QLAB_CAP_DEST_H

#include <stdbool.h>
#include <stdint.h>

#include "capfiles.h"
#include "capout.h"
#include "capsink.h"
#include "tool.h"

/* What the options say about it. */
struct cap_dest {
	struct capsink_opts sink;	/* the filter: of -r only */
	uint32_t snaplen;
	bool pcapng;
	const char *file;		/* NULL: stdout */
	uint64_t max_bytes;		/* -C */
	long period_ms;			/* -G; 0: not given */
	unsigned count;			/* -W */
	long timeout_ms;		/* --timeout; 0: not given */
	struct capfiles files;
	struct pcapng_section section;
};

#define CAP_DEST_INIT { .snaplen = CAPSRC_SNAPLEN_MAX, .files = CAPFILES_INIT }

enum { CAP_OPT_EXPECT = 300, CAP_OPT_NEVER, CAP_OPT_PCAPNG, CAP_OPT_TIMEOUT };

#define CAP_DEST_OPTS							\
	{ 'c', NULL, "N", "end after N packets", false },		\
	{ 'C', NULL, "SIZE", "next file after SIZE million bytes", false }, \
	{ 'G', NULL, "SECS", "next file after SECS seconds", false },	\
	{ 'Q', NULL, "DIR", "in, out (of the VM) or inout", false },	\
	{ 's', NULL, "LEN", "keep LEN bytes of a packet (0: all)", false }, \
	{ 'w', NULL, "FILE", "write to FILE ('-': stdout)", false },	\
	{ 'W', NULL, "COUNT", "so many files, see the manual", false },	\
	{ CAP_OPT_EXPECT, "expect", "FILTER",				\
	    "end well when such a packet has come", false },		\
	{ CAP_OPT_NEVER, "never", "FILTER",				\
	    "end with status 1 when such a packet comes", false },	\
	{ CAP_OPT_PCAPNG, "pcapng", NULL, "pcapng, whatever comes", false }, \
	{ CAP_OPT_TIMEOUT, "timeout", "SECS", "end after so long", false }

/* One of the options above; others: false. */
bool	cap_dest_option(struct cap_dest *d, int c, const char *arg);
/* When all are known: usage errors, and what follows from them. */
void	cap_dest_check(struct cap_dest *d);
/* Is anything written at all? */
bool	cap_dest_writes(const struct cap_dest *d);
bool	cap_dest_rotates(const struct cap_dest *d);
bool	cap_dest_asserts(const struct cap_dest *d);
/*
 * What pcapng's section tells; here: captured on this machine.  comment must
 * live on.
 */
void	cap_dest_section(struct cap_dest *d, bool here, const char *comment);
/* What capout is to know of it; turn() and the like are the caller's. */
void	cap_dest_capout(const struct cap_dest *d, struct capout_opts *o);

/* Packets are not for a terminal: a usage error. */
void	cap_dest_refuse_terminal(int fd);
/*
 * Open the first file, to be named after this time.  Returns its descriptor,
 * stdout's, or -1 with *e.  A terminal is a usage error.
 */
int	cap_dest_open(struct cap_dest *d, uint64_t start_ns, struct qerr *e);

/*
 * Exit statuses of the process that looks at packets: what was written is
 * whole, but that is not all; it is not even whole; it is whole and ended well,
 * but there would have been more, had a source not failed.
 */
#define CAP_CUT_SHORT	100
#define CAP_LOST	101
#define CAP_LACKS	102

/* How it ended. */
enum cap_ended {
	CAP_DONE,		/* all is written */
	CAP_CUT,		/* what is written is whole, but not all */
	CAP_FAILED,
};
/*
 * The last file gets its name, or another one; says so.  Returns status, or
 * what is worse.
 */
int	cap_dest_finish(struct cap_dest *d, enum cap_ended how, int status);
void	cap_dest_release(struct cap_dest *d);

/* Say what became of the assertions; 0, or 1: the answer is no. */
int	cap_dest_verdict(const struct capsink *s);

/*
 * -r: all of it, from the file's name to the exit status.  dump: only print the
 * filter's program.
 */
int	cap_read(struct cap_dest *d, const char *file, bool dump);

#endif
