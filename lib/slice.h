/* SPDX-License-Identifier: ISC */
/* slice.h - bytes in somebody else's buffer */
#ifndef QLAB_SLICE_H
#define QLAB_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Not NUL-terminated; s is NULL where there is none.  They come from outside:
 * any byte may be in them.
 */
struct slice {
	const char *s;
	size_t len;
};

#define SLICE(lit)	((struct slice){ (lit), sizeof(lit) - 1 })
#define SLICE_NONE	((struct slice){ NULL, 0 })

struct slice slice_str(const char *s);		/* of a string, or NULL */
bool	slice_is(struct slice a, const char *s);
bool	slice_eq(struct slice a, struct slice b);
bool	slice_starts(struct slice a, const char *s);
/* Where s stands in a; a.len when it does not. */
size_t	slice_find(struct slice a, const char *s);
/* The last component of a path; a name without '/' is itself. */
struct slice slice_base(struct slice path);

/*
 * These take what they find from the front of *s; where they find nothing they
 * leave it alone.
 */
void	slice_skip(struct slice *s, size_t n);		/* n <= s->len */
bool	slice_take(struct slice *s, char c);
bool	slice_take_str(struct slice *s, const char *str);
size_t	slice_blanks(struct slice *s);			/* how many */
struct slice slice_word(struct slice *s);		/* up to a blank */
bool	slice_u64(struct slice *s, uint64_t *n);	/* decimal, fits */
bool	slice_hex(struct slice *s, uint64_t *n);	/* without 0x */

#endif
