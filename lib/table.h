/* SPDX-License-Identifier: ISC */
/* table.h - aligned columns */
#ifndef QLAB_TABLE_H
#define QLAB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Cells are copied; control characters in them are shown as \xNN, so that what
 * a guest says cannot drive the terminal.
 */
struct table {
	size_t ncols;
	char **cells;		/* row by row, the header first */
	size_t n;
};

void	table_init(struct table *t, size_t ncols, const char *const *header);
void	table_cell(struct table *t, const char *text);	/* NULL, "": "-" */
void	table_write(const struct table *t, FILE *f, bool header);
void	table_free(struct table *t);

#endif
