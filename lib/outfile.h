/* SPDX-License-Identifier: ISC */
/* outfile.h - an output file that is whole or not there */
#ifndef QLAB_OUTFILE_H
#define QLAB_OUTFILE_H

#include "qerr.h"

/*
 * Written under a temporary name beside the wanted one and renamed at the end,
 * so nothing half-written ever bears the name.  What exists and is no regular
 * file (a FIFO, /dev/null) is written to directly.  A symbolic link is
 * followed.
 */
struct outfile {
	int fd;			/* -1: not open */
	char *path;
	char *temp;		/* NULL: written to directly */
};

#define OUTFILE_INIT	{ .fd = -1 }

int	outfile_open(struct outfile *o, const char *path, struct qerr *e);
/*
 * Close, and give it its name.  When that cannot be it stays under the other
 * one, which the message tells.
 */
int	outfile_commit(struct outfile *o, struct qerr *e);
/*
 * Close, and keep what there is as "PATH.part", replacing what bears that
 * name; does nothing else when it was written to directly.
 */
int	outfile_keep_part(struct outfile *o, struct qerr *e);
/* Close and remove what is not committed; frees.  Any number of times. */
void	outfile_discard(struct outfile *o);

#endif
