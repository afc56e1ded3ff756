/* SPDX-License-Identifier: ISC */
/* slice.c - bytes in somebody else's buffer */
#include <string.h>

#include "slice.h"
#include "text.h"

struct slice
slice_str(const char *s)
{
	return (struct slice){ s, s != NULL ? strlen(s) : 0 };
}

bool
slice_eq(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
}

bool
slice_is(struct slice a, const char *s)
{
	return slice_eq(a, slice_str(s));
}

bool
slice_starts(struct slice a, const char *s)
{
	size_t n = strlen(s);

	return a.len >= n && (n == 0 || memcmp(a.s, s, n) == 0);
}

struct slice
slice_base(struct slice path)
{
	const char *slash;

	if (path.s == NULL)
		return path;
	slash = memrchr(path.s, '/', path.len);
	if (slash == NULL)
		return path;
	slash++;
	return (struct slice){ slash, (size_t)(path.s + path.len - slash) };
}

size_t
slice_find(struct slice a, const char *s)
{
	const char *p = a.len > 0 ? memmem(a.s, a.len, s, strlen(s)) : NULL;

	return p != NULL ? (size_t)(p - a.s) : a.len;
}

void
slice_skip(struct slice *s, size_t n)
{
	if (n == 0)
		return;		/* s may be NULL */
	s->s += n;
	s->len -= n;
}

bool
slice_take(struct slice *s, char c)
{
	if (s->len == 0 || *s->s != c)
		return false;
	slice_skip(s, 1);
	return true;
}

bool
slice_take_str(struct slice *s, const char *str)
{
	if (!slice_starts(*s, str))
		return false;
	slice_skip(s, strlen(str));
	return true;
}

size_t
slice_blanks(struct slice *s)
{
	size_t n = 0;

	while (n < s->len && (s->s[n] == ' ' || s->s[n] == '\t'))
		n++;
	slice_skip(s, n);
	return n;
}

struct slice
slice_word(struct slice *s)
{
	struct slice w = { s->s, 0 };

	while (w.len < s->len && w.s[w.len] != ' ' && w.s[w.len] != '\t')
		w.len++;
	slice_skip(s, w.len);
	return w;
}

bool
slice_u64(struct slice *s, uint64_t *n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < s->len; i++) {
		unsigned int d = (unsigned char)s->s[i] - '0';

		if (d > 9)
			break;
		if (v > (UINT64_MAX - d) / 10)
			return false;
		v = v * 10 + d;
	}
	if (i == 0)
		return false;
	*n = v;
	slice_skip(s, i);
	return true;
}

bool
slice_hex(struct slice *s, uint64_t *n)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < s->len; i++) {
		int d = text_hex(s->s[i]);

		if (d == -1)
			break;
		if (v >> 60 != 0)
			return false;
		v = v << 4 | (uint64_t)d;
	}
	if (i == 0)
		return false;
	*n = v;
	slice_skip(s, i);
	return true;
}
