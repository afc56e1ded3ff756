/* SPDX-License-Identifier: ISC */
/* text.c - text from outside: is it clean, how to show it, what was meant */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Longer words are not compared. */
#define NEAR_MAX	40

/*
 * One character of UTF-8 (RFC 3629: no overlong forms, no surrogates).
 * Returns how many bytes it has, 0 when there is none.
 */
static size_t
decode(const char *s, size_t len, uint32_t *cp)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	size_t n;

	if (len == 0)
		return 0;
	n = u[0] < 0x80 ? 1 : u[0] < 0xc2 ? 0 : u[0] < 0xe0 ? 2 :
	    u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 0;
	if (n == 0 || n > len)
		return 0;
	*cp = n == 1 ? u[0] : u[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		*cp = *cp << 6 | (u[i] & 0x3f);
	}
	if (*cp < least[n] || *cp > 0x10ffff || (*cp >> 11) == 0x1b)
		return 0;
	return n;
}

static bool
clean(uint32_t cp)
{
	if (cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
		return false;
	/* Directions: ALM, LRM, RLM, LRE..RLO, LRI..PDI; separators; BOM. */
	return cp != 0x61c && cp != 0x200e && cp != 0x200f &&
	    !(cp >= 0x2028 && cp <= 0x202e) &&
	    !(cp >= 0x2066 && cp <= 0x2069) && cp != 0xfeff &&
	    (cp & 0xfffe) != 0xfffe;
}

size_t
text_clean(const char *s, size_t len, bool lines)
{
	size_t i = 0;

	while (i < len) {
		uint32_t cp;
		size_t n = decode(s + i, len - i, &cp);

		if (n == 0)
			break;
		if (!clean(cp) && !(lines && (cp == '\n' || cp == '\t' ||
		    (cp == '\r' && i + 1 < len && s[i + 1] == '\n'))))
			break;
		i += n;
	}
	return i;
}

char *
text_char(const char *s, size_t len, char buf[TEXT_CHARSZ])
{
	uint32_t cp = 0;

	if (decode(s, len, &cp) == 0)
		snprintf(buf, TEXT_CHARSZ, "invalid UTF-8 byte 0x%02x",
		    len > 0 ? (unsigned char)*s : 0);
	else if (cp == 0)
		snprintf(buf, TEXT_CHARSZ, "NUL byte");
	else if (cp == '\n')
		snprintf(buf, TEXT_CHARSZ, "line break");
	else if (cp == '\t')
		snprintf(buf, TEXT_CHARSZ, "tab");
	else
		snprintf(buf, TEXT_CHARSZ, "%s U+%04X",
		    cp < 0xa0 ? "control character" : "character", cp);
	return buf;
}

char *
text_show(const char *s, char buf[TEXT_SHOWSZ])
{
	size_t len = strlen(s);
	char *o = buf, *end = buf + TEXT_SHOWSZ - sizeof("...'");

	*o++ = '\'';
	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t n = decode(s + i, len - i, &cp);
		bool ok = n > 0 && clean(cp);

		if (!ok)
			n = 1;
		if ((size_t)(end - o) < (ok ? n : 4)) {
			o = stpcpy(o, "...");
			break;
		}
		if (ok) {
			memcpy(o, s + i, n);
			o += n;
		} else
			o += snprintf(o, 5, "\\x%02x", (unsigned char)s[i]);
		i += n;
	}
	stpcpy(o, "'");
	return buf;
}

/* Letters to change, add, drop or swap to make a of b. */
static int
distance(const char *a, const char *b)
{
	int row[3][NEAR_MAX + 1];
	int *prev2 = row[0], *prev = row[1], *cur = row[2];
	size_t la = strlen(a), lb = strlen(b);

	for (size_t j = 0; j <= lb; j++)
		prev[j] = (int)j;
	for (size_t i = 1; i <= la; i++) {
		int *t = prev2;

		cur[0] = (int)i;
		for (size_t j = 1; j <= lb; j++) {
			int d = prev[j - 1] + (a[i - 1] != b[j - 1]);

			if (prev[j] + 1 < d)
				d = prev[j] + 1;
			if (cur[j - 1] + 1 < d)
				d = cur[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && prev2[j - 2] + 1 < d)
				d = prev2[j - 2] + 1;
			cur[j] = d;
		}
		prev2 = prev;
		prev = cur;
		cur = t;
	}
	return prev[lb];
}

const char *
text_near(const char *word, const char *const *names)
{
	size_t len = strlen(word);
	const char *best = NULL;
	int least = len < 4 ? 2 : 3;

	if (len == 0 || len > NEAR_MAX)
		return NULL;
	for (; *names != NULL; names++) {
		size_t nlen = strlen(*names);
		int d;

		if (nlen > NEAR_MAX)
			continue;
		d = distance(word, *names);
		/* "mem" for "memory", "network" for "networks" */
		if (len >= 3 && nlen >= 3 && d > 2 &&
		    strncmp(word, *names, len < nlen ? len : nlen) == 0)
			d = 2;
		if (d < least && (size_t)d < nlen) {
			least = d;
			best = *names;
		}
	}
	return best;
}
