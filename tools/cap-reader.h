/* SPDX-License-Identifier: ISC */
/* cap-reader.h - the two processes of qlab-cap -r */
#ifndef QLAB_CAP_READER_H
#define QLAB_CAP_READER_H

#include "cap-dest.h"

/*
 * As for live packets (cap.h): the first process keeps its rights and sees no
 * byte of the capture; the other one has none.  It asks the first one for
 * files (the type is an enum capout_why, its text the period's start, uint64_t)
 * and for programs.  Type 0 is the answer, all else a struct qerr.
 */
enum {
	CAP_ASK_FILTER = 16,	/* uint32_t link type, and the filter's text */
};

/* How often it is woken, by SIGALRM, while it should come to an end. */
#define CAP_POKE_S	1

/* What the process that reads lives on. */
struct cap_reader {
	struct cap_dest *d;
	const char *name;	/* of the capture, for messages */
	int fd;			/* it */
	int life;		/* a byte: the time is up; closed: end */
	int files;		/* questions */
	bool dump;		/* only print the filter's program */
};

/* Its life; returns its exit status. */
int	cap_reader(const struct cap_reader *with);

#endif
