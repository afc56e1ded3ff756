/* SPDX-License-Identifier: ISC */
/* capfiles.h - the files of a capture: their names, in tcpdump's way */
#ifndef QLAB_CAPFILES_H
#define QLAB_CAPFILES_H

#include <stdbool.h>
#include <stdint.h>

#include "capout.h"
#include "outfile.h"

/*
 * tcpdump's rules: with by_time the name is a strftime(3) pattern, filled in
 * with the start of the period in local time.  With by_size files after the
 * first get a number behind the name, from 1; it starts anew with each period.
 * With a count as well all have one, from 0, with leading zeros, and file
 * COUNT is number 0 again.
 */
struct capfiles {
	const char *name;	/* as given with -w */
	bool by_size, by_time;
	unsigned count;		/* 0: no limit */
	/* private */
	unsigned number;
	struct outfile file;
};

#define CAPFILES_INIT	{ .file = OUTFILE_INIT }

/*
 * What capout's turn() asks for.  CAPOUT_FINISH gives the file its name;
 * others return a descriptor, which stays ours.  -1 with *e on error; an empty
 * or endless name is QERR_INPUT.
 */
int	capfiles_turn(struct capfiles *f, enum capout_why why,
	    uint64_t start_ns, struct qerr *e);
/* The current file's, else the next one's name, for a message; free it. */
char	*capfiles_name(const struct capfiles *f, uint64_t start_ns,
	    struct qerr *e);
/* Keep an unfinished file as NAME.part. */
int	capfiles_keep_part(struct capfiles *f, struct qerr *e);
/* Remove what is not finished; frees. */
void	capfiles_release(struct capfiles *f);

/* -C's argument: millions of bytes; with k, M or G: 2^10, 2^20, 2^30. */
int	capfiles_parse_size(const char *s, uint64_t *bytes);

#endif
