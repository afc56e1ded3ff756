/* SPDX-License-Identifier: ISC */
/* table.h - aligned columns */
#ifndef QLAB_TABLE_H
#define QLAB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Cells are copied; control characters in them are shown as \xNN, so that what
 * a guest says cannot drive the terminal.  Well-formed UTF-8 stays and counts
 * one column a character; any other byte over 0x7f is shown as \xNN too.
 */
struct table {
	size_t ncols;
	char **cells;		/* row by row, the header first */
	size_t n;
};

void	table_init(struct table *t, size_t ncols, const char *const *header);
void	table_cell(struct table *t, const char *text);	/* NULL, "": "-" */
/*
 * Columns as wide as their widest cell, two blanks between them, none at the
 * end of a line.  Cells of a last, unfinished row count as "-".
 */
void	table_write(const struct table *t, FILE *f, bool header);
void	table_free(struct table *t);

/* s with control characters and malformed UTF-8 as \xNN; free it. */
char	*table_clean(const char *s);

#endif
