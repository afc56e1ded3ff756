/* SPDX-License-Identifier: ISC */
/* psread.h - QEMUs in what ps(1) prints */
#ifndef QLAB_PSREAD_H
#define QLAB_PSREAD_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "facts.h"
#include "lint.h"

#define PSREAD_COLS	32

/*
 * Tables of any ps on any system whose last column is the command, and rows
 * out of one, without its header.  The command line stands there as words with
 * blanks between them: which blanks were within an argument is guessed by what
 * QEMU's options look like.
 *
 * A process that stands there twice is taken once.  Where ps cut its lines to a
 * terminal's width, what may be damaged is left out, and that is a finding.
 */
struct psread {
	struct facts *f;		/* QEMUs are appended */
	struct findings *found;
	/* The table's columns before the command; 0: no header was seen. */
	int ncols, pid, uid, lstart;	/* of the last three -1: not there */
	size_t nrows, widest;		/* its rows, and the widest's bytes */
	bool other_widest;		/* one that wide is no QEMU's */
	struct psread_qemu {
		size_t proc, width;
		int line;
	} *qemus;			/* of this table */
	size_t nqemus, now;
	char *command;			/* of a QEMU (now) in the latest line */
	size_t len, cap;		/* its bytes, and room without the NUL */
	bool joined;			/* it has more than the QEMU's argv */
	json_t *pids;			/* number of a process: its record */
	size_t *latest;			/* one a record: in qemus, if there */
	size_t nlatest;
	size_t wrap;			/* lines were broken to fit; 0: no */
	size_t before;			/* the latest line's width */
	bool cut;			/* a QEMU's row was cut off */
	bool seen;			/* there were tables or rows */
};

void	psread_init(struct psread *p, struct facts *f, struct findings *found);
/*
 * A line without blanks at its ends (paste.h); width is what it had with them.
 * last: the text ends in it.  Behind a QEMU's line what looks like the rest of
 * it is taken for that: mail programs break long lines.  False when it is none
 * of ps.
 */
bool	psread_line(struct psread *p, const char *line, size_t width, int no,
	    bool last);
/* Is it the start of a row, and the next line its end, with QEMU in it? */
bool	psread_is_broken(const char *line, const char *next);
/* Something else begins. */
void	psread_end(struct psread *p);
void	psread_release(struct psread *p);

#endif
