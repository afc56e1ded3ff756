/* SPDX-License-Identifier: ISC */
/* conmatch.h - look for a pattern in what a console prints */
#ifndef QLAB_CONMATCH_H
#define QLAB_CONMATCH_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"

/* At least this many of the last characters are looked at together. */
#define CONMATCH_WINDOW	4096

/*
 * Fed piece by piece, split anywhere.  A POSIX extended regular expression is
 * matched against the text as a person would see it: escape sequences, carriage
 * returns, NULs and other control characters but tab and newline are left out.
 * "^" and "$" match at lines ("$" also at the end of what was printed so far:
 * a prompt), "." does not match a newline.
 */
struct conmatch {
	regex_t re;
	bool matched;
	int escape;		/* where in an escape sequence we are */
	char text[2 * CONMATCH_WINDOW + 1];
	size_t len;
	bool within_lines;	/* a match never spans lines */
	size_t from;		/* where what is not yet looked at begins */
};

/* A bad pattern is QERR_INPUT. */
int	conmatch_init(struct conmatch *m, const char *pattern, struct qerr *e);
/* Has it matched by now?  Stays true. */
bool	conmatch_feed(struct conmatch *m, const void *data, size_t len);
void	conmatch_release(struct conmatch *m);

#endif
