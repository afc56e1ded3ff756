/* SPDX-License-Identifier: ISC */
/* capout.h - packets of one or several points into pcap or pcapng files */
#ifndef QLAB_CAPOUT_H
#define QLAB_CAPOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capsrc.h"
#include "pcapng.h"
#include "qerr.h"
#include "recbuf.h"

/*
 * Classic pcap holds packets of one link type and no more; pcapng has names,
 * directions and counts.  Both are stamped to the nanosecond.
 *
 * Files need rights that whoever moves packets has not; so a rotating capout
 * asks turn() for them: CAPOUT_FINISH, the file is complete and may get its
 * name (close the own copy of its descriptor; capout closes the one that it
 * got), then CAPOUT_SIZE or CAPOUT_TIME, open the next one.  capfiles.h is the
 * other end of this.
 */
enum capout_why {
	CAPOUT_FINISH,		/* no descriptor wanted: returns 0 */
	CAPOUT_SIZE,		/* the one before was full: its descriptor */
	CAPOUT_TIME,		/* its time was up, or this is the first one */
};

/* How it stands with a point, for the statistics block. */
struct capout_stats {
	uint64_t received;	/* before the filter; UINT64_MAX: not known */
	uint64_t accepted;	/* passed the filter, the dropped ones too */
	uint64_t dropped;	/* of these, for want of room anywhere */
	const char *comment;	/* lives until the next call; NULL: none */
};

struct capout_opts {
	bool pcapng;
	uint32_t snaplen;	/* packets are cut to it */
	uint32_t linktype;	/* of pcap */
	struct pcapng_section section;	/* of pcapng; outlives the capout */
	uint64_t max_bytes;	/* a new file beyond so many; 0: never */
	uint64_t period_ns;	/* a new file after so long; 0: never */
	unsigned max_files;	/* end after so many periods; 0: never */
	uint64_t start_ns;	/* of the first period; 0: the first packet */
	/* Returns a descriptor, or -1 with *e.  NULL: never rotates. */
	int (*turn)(void *arg, enum capout_why why, uint64_t start_ns,
	    struct qerr *e);
	/* The counts of a point; NULL: no statistics blocks. */
	void (*stats)(void *arg, unsigned point, struct capout_stats *s);
	/*
	 * Of the first file, when it is a pipe: packets that may be lent are
	 * (pcap only).  NULL: all are copied.
	 */
	struct pipelend *lend;
	/* As recbuf.h says. */
	int (*wait)(void *arg);
	void *arg;		/* of all three */
};

struct capout_point;

struct capout {
	struct capout_opts o;
	struct recbuf buf;	/* fd -1: no file now */
	struct capout_point *points;
	unsigned npoints;
	uint32_t file_ifs;	/* interface blocks in this file */
	bool own_fd;		/* came from turn() */
	bool began, over;	/* the first file; the last one is full */
	uint64_t periods;	/* of max_files, over already */
	uint64_t period_start;
	uint64_t file_packets;
	uint64_t packets;	/* all, written or in the buffer */
	uint64_t written;	/* bytes, of the files before */
};

/*
 * Begin with fd (not closed by this module), -1: turn() gives one when the
 * first packet comes.  Nothing is written yet.
 */
void	capout_init(struct capout *w, const struct capout_opts *o, int fd);
/*
 * A point to capture on; at any time.  Copies what i tells; in pcap it is
 * forgotten.  Returns its number for the calls below, -1 when it cannot be
 * written.
 */
int	capout_point_add(struct capout *w, const struct pcapng_if *i,
	    struct qerr *e);
/*
 * Returns 0; 1 when the last period is over and the packet is not taken; -1
 * when it cannot be written.
 */
int	capout_add(struct capout *w, unsigned point,
	    const struct capsrc_packet *p, struct qerr *e);
/*
 * For a capture in which nothing happens, now and then, with the time of day:
 * completes the file whose time is up.  Returns as capout_add().
 */
int	capout_tick(struct capout *w, uint64_t now_ns, struct qerr *e);
/* Write what is in the buffer.  EPIPE is QERR_FAIL with e->sys EPIPE. */
int	capout_flush(struct capout *w, struct qerr *e);
/*
 * The end: statistics, and all is written; of a rotating capout the last file
 * is finished with turn().  When nothing ever came an empty one is written.
 */
int	capout_finish(struct capout *w, struct qerr *e);
/* Bytes that have gone out so far. */
uint64_t capout_written(const struct capout *w);
/*
 * After a failed write to a regular file: cut it back to the last whole
 * record, correct the number of packets, forget the buffer.  -1 when nothing
 * readable is left, not even the header.
 */
int	capout_cut(struct capout *w, struct qerr *e);
void	capout_release(struct capout *w);

#endif
