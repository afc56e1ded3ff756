/* SPDX-License-Identifier: ISC */
/* text.c - text from outside: is it clean, and how to show it */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

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

size_t
text_step(const char *s, size_t len, uint32_t *cp, bool *ok)
{
	size_t n = decode(s, len, cp);

	*ok = n > 0 && clean(*cp);
	if (n == 0)
		*cp = 0xfffd;
	return n > 0 ? n : 1;
}

char *
text_put(char *o, uint32_t cp)
{
	int more = cp < 0x80 ? 0 : cp < 0x800 ? 1 : cp < 0x10000 ? 2 : 3;
	static const unsigned char head[] = { 0, 0xc0, 0xe0, 0xf0 };

	*o++ = (char)(head[more] | cp >> 6 * more);
	while (more-- > 0)
		*o++ = (char)(0x80 | (cp >> 6 * more & 0x3f));
	return o;
}

int
text_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
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
