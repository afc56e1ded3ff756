/* SPDX-License-Identifier: ISC */
/* table.c - aligned columns */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "strv.h"
#include "table.h"

/*
 * Bytes of the well-formed, printable UTF-8 character at s; 0 when there is
 * none.  Overlong forms, surrogates and the C1 controls count as malformed.
 */
static size_t
utf8_len(const unsigned char *s)
{
	uint32_t c;
	size_t n;

	if (s[0] < 0x80)
		return s[0] >= 0x20 && s[0] != 0x7f;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2, c = s[0] & 0x1f;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3, c = s[0] & 0x0f;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4, c = s[0] & 0x07;
	else
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < 0xa0 || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000) ||
	    (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
		return 0;
	return n;
}

char *
table_clean(const char *s)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *)s;
	char *out = xcalloc(strlen(s) + 1, 4), *o = out;

	while (*p != '\0') {
		size_t n = utf8_len(p);

		if (n > 0) {
			memcpy(o, p, n);
			o += n;
			p += n;
			continue;
		}
		*o++ = '\\';
		*o++ = 'x';
		*o++ = hex[*p >> 4];
		*o++ = hex[*p & 15];
		p++;
	}
	*o = '\0';
	return out;
}

/* Columns on a terminal of a cell that went through table_clean(). */
static size_t
width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void
table_init(struct table *t, size_t ncols, const char *const *header)
{
	*t = (struct table){ .ncols = ncols };
	for (size_t i = 0; i < ncols; i++)
		table_cell(t, header[i]);
}

void
table_cell(struct table *t, const char *text)
{
	/* Room grows by doubling: n is a power of two when it is used up. */
	if ((t->n & (t->n - 1)) == 0)
		t->cells = xrealloc(t->cells,
		    (t->n ? 2 * t->n : 1) * sizeof(*t->cells));
	t->cells[t->n++] = table_clean(text != NULL && *text != '\0' ? text :
	    "-");
}

static const char *
cell(const struct table *t, size_t row, size_t col)
{
	size_t i = row * t->ncols + col;

	return i < t->n ? t->cells[i] : "-";
}

void
table_write(const struct table *t, FILE *f, bool header)
{
	size_t rows, first = header ? 0 : 1;
	size_t *widths;

	if (t->ncols == 0)
		return;
	rows = (t->n + t->ncols - 1) / t->ncols;
	widths = xcalloc(t->ncols, sizeof(*widths));
	for (size_t r = first; r < rows; r++)
		for (size_t c = 0; c < t->ncols; c++)
			if (width(cell(t, r, c)) > widths[c])
				widths[c] = width(cell(t, r, c));
	for (size_t r = first; r < rows; r++) {
		for (size_t c = 0; c < t->ncols; c++) {
			const char *s = cell(t, r, c);
			bool last = c + 1 == t->ncols;

			fprintf(f, "%s%*s", s,
			    last ? 0 : (int)(widths[c] - width(s) + 2), "");
		}
		fputc('\n', f);
	}
	free(widths);
}

void
table_free(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->cells[i]);
	free(t->cells);
	*t = (struct table){ 0 };
}
