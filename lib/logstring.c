/* SPDX-License-Identifier: ISC */
/* logstring.c - strings of JSON where they stand: their ends and escapes */
#include <stdint.h>
#include <string.h>

#include "logstring.h"
#include "text.h"

/* Of four digits that are known to be such. */
static unsigned int
hex4(const char *s)
{
	unsigned int v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (unsigned int)text_hex(s[i]);
	return v;
}

/*
 * An escape, *p at the backslash; it moves behind.  A digit that is none is bad,
 * whatever comes after it: what is said of a line must not depend on how it
 * arrives.
 */
static enum walk
escape(char **p, const char *end)
{
	if (end - *p < 2)
		return WALK_MORE;
	if ((*p)[1] == 'u') {
		for (int i = 2; i < 6; i++) {
			if (end - *p <= i)
				return WALK_MORE;
			if (text_hex((*p)[i]) == -1)
				return WALK_BAD;
		}
		*p += 6;
		return WALK_OK;
	}
	switch ((*p)[1]) {
	case '"': case '\\': case '/':
	case 'b': case 'f': case 'n': case 'r': case 't':
		*p += 2;
		return WALK_OK;
	default:
		return WALK_BAD;
	}
}

/* Is any of eight bytes a quote, a backslash or a control character? */
static bool
any_special(const char *p)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t v, quote, bs;

	memcpy(&v, p, sizeof(v));
	/* A byte less than n, exact below the first: ((v - n) & ~v) >> 7. */
	quote = v ^ ones * '"';
	bs = v ^ ones * '\\';
	return (((v - ones * 0x20) & ~v) | ((quote - ones) & ~quote) |
	    ((bs - ones) & ~bs)) & ones * 0x80;
}

/* The first of them, or the end. */
static char *
plain(char *p, const char *end)
{
	while (end - p >= 8 && !any_special(p))
		p += 8;
	while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

enum walk
logstring_walk(char **p, char *end, struct slice *s, bool *esc)
{
	char *start = *p + 1, *c = start;

	*esc = false;
	for (;;) {
		enum walk w;

		c = plain(c, end);
		if (c == end)
			return WALK_MORE;
		if (*c == '"')
			break;
		if (*c != '\\')
			return WALK_BAD;
		*esc = true;
		if ((w = escape(&c, end)) != WALK_OK)
			return w;
	}
	*s = (struct slice){ start, (size_t)(c - start) };
	*p = c + 1;
	return WALK_OK;
}

/* The character of \uXXXX at s; a pair of surrogates is one.  *n: bytes. */
static unsigned int
unicode(const char *s, const char *end, size_t *n)
{
	unsigned int c = hex4(s + 2), low;

	*n = 6;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c < 0xdc00 && end - s >= 12 && s[6] == '\\' && s[7] == 'u') {
		low = hex4(s + 8);
		if (low >= 0xdc00 && low <= 0xdfff) {
			*n = 12;
			return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
		}
	}
	return 0xfffd;
}

static char
simple(char c)
{
	switch (c) {
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return c;
	}
}

void
logstring_unescape(struct slice *v)
{
	char *o = (char *)v->s;
	const char *s = v->s, *end = s + v->len;

	while (s < end) {
		const char *bs = memchr(s, '\\', (size_t)(end - s));
		size_t n = (size_t)((bs != NULL ? bs : end) - s);

		memmove(o, s, n);
		o += n;
		s += n;
		if (bs == NULL)
			break;
		if (s[1] == 'u') {
			o = text_put(o, unicode(s, end, &n));
			s += n;
		} else {
			*o++ = simple(s[1]);
			s += 2;
		}
	}
	v->len = (size_t)(o - v->s);
}
