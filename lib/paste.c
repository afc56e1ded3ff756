/* SPDX-License-Identifier: ISC */
/* paste.c - text that somebody pasted, without what the way did to it */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hostif.h"
#include "paste.h"
#include "strv.h"

/* What looks like nothing or something else, and what it stands for. */
static const struct {
	const char *bytes;
	const char *plain;
} invisible[] = {
	{ "\xc2\xa0", " " },		/* no-break space */
	{ "\xe2\x80\xaf", " " },	/* its narrow sister */
	{ "\xe2\x80\x8b", "" },		/* zero-width space */
	{ "\xef\xbb\xbf", "" },		/* byte order mark */
	{ "&lt;", "<" }, { "&gt;", ">" },	/* out of a page's source */
};
#define NINVISIBLE	(sizeof(invisible) / sizeof(invisible[0]))

/* Fewer lines that begin with 1, 2, 3 may be of processes. */
#define MIN_NUMBERED	5

/* Length of the colour, or other terminal sequence (ECMA-48), at s; or 0. */
static size_t
csi_length(const char *s, size_t len)
{
	size_t i = 2;

	if (len < 3 || s[0] != '\033' || s[1] != '[')
		return 0;
	while (i < len && s[i] >= 0x20 && s[i] < 0x40)
		i++;
	return i < len && s[i] >= 0x40 && s[i] < 0x7f ? i + 1 : 0;
}

/* Bytes of in that stand for *plain alone, or 0. */
static size_t
match_invisible(const char *in, size_t len, const char **plain)
{
	for (size_t i = 0; i < NINVISIBLE; i++) {
		size_t n = strlen(invisible[i].bytes);

		if (len >= n && memcmp(in, invisible[i].bytes, n) == 0) {
			*plain = invisible[i].plain;
			return n;
		}
	}
	*plain = "";
	return csi_length(in, len);
}

/* Never longer than what came in. */
static size_t
plain_text(char *out, const char *in, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len;) {
		const char *plain;
		size_t skip = 0;

		if ((unsigned char)in[i] >= 0x80 || in[i] == '\033' ||
		    in[i] == '&')
			skip = match_invisible(in + i, len - i, &plain);
		if (skip == 0)
			out[n++] = in[i] == '\0' ? '?' : in[i];
		else if (*plain != '\0')
			out[n++] = *plain;
		i += skip == 0 ? 1 : skip;
	}
	return n;
}

static bool
has_mark(const char *in, size_t len)
{
	return len >= 2 && (memcmp(in, "\xff\xfe", 2) == 0 ||
	    memcmp(in, "\xfe\xff", 2) == 0);
}

/* Some editors leave the mark away. */
static bool
is_utf16(const char *in, size_t len)
{
	return has_mark(in, len) || (len >= 4 &&
	    (in[0] == '\0') != (in[1] == '\0') &&
	    (in[0] == '\0') == (in[2] == '\0') &&
	    (in[1] == '\0') == (in[3] == '\0'));
}

/* What PowerShell's ">" writes.  Nothing that we read is beyond ASCII. */
static size_t
from_utf16(char *out, const char *in, size_t len)
{
	bool big = in[0] == '\xfe' || in[0] == '\0';
	size_t n = 0;

	/* A mark is no text. */
	for (size_t i = has_mark(in, len) ? 2 : 0; i + 1 < len; i += 2) {
		char hi = in[i + !big], lo = in[i + big];

		out[n++] = hi == 0 && lo > 0 ? lo : '?';
	}
	return n;
}

bool
paste_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

/* Take off quotation marks and blanks, in place. */
static char *
strip(char *line, char *end)
{
	while (paste_blank(*line) || *line == '>')
		line++;
	while (end > line && paste_blank(end[-1]))
		end--;
	*end = '\0';
	return line;
}

/* "12\tTEXT", "12: TEXT", "12 | TEXT": behind the line's number, or NULL. */
static char *
behind_number(char *line, size_t no)
{
	char *end;

	if (!isdigit((unsigned char)*line) ||
	    strtoull(line, &end, 10) != no)
		return NULL;
	if (*end == '\0')
		return end;
	if (strchr(":.)|", *end) != NULL)
		end++;
	else if (!paste_blank(*end))
		return NULL;
	while (paste_blank(*end))
		end++;
	if (*end == '|')
		for (end++; paste_blank(*end);)
			end++;
	return end;
}

/* As cat -n, nl and web pages number lines: all of them, from 1 on. */
static void
strip_numbers(struct paste *p)
{
	size_t no = 0;

	for (size_t i = 0; i < p->n; i++)
		if (*p->lines[i] != '\0' &&
		    behind_number(p->lines[i], ++no) == NULL)
			return;
	if (no < MIN_NUMBERED)
		return;
	no = 0;
	for (size_t i = 0; i < p->n; i++)
		if (*p->lines[i] != '\0')
			p->lines[i] = behind_number(p->lines[i], ++no);
}

void
paste_init(struct paste *p, const char *text, size_t len)
{
	char *at, *end, *nl;
	size_t n;

	*p = (struct paste){ .buf = xcalloc(len + 1, 1) };
	if (is_utf16(text, len))
		n = from_utf16(p->buf, text, len);
	else
		n = plain_text(p->buf, text, len);
	end = p->buf + n;
	*end = '\0';
	/* Old Macs' line ends, where there are no others. */
	if (memchr(p->buf, '\n', n) == NULL)
		for (at = p->buf; (at = memchr(at, '\r',
		    (size_t)(end - at))) != NULL;)
			*at = '\n';
	p->cut = n > 0 && p->buf[n - 1] != '\n';
	for (at = p->buf; at < end; at = nl + 1) {
		p->lines = xgrow(p->lines, p->n, sizeof(*p->lines));
		nl = memchr(at, '\n', (size_t)(end - at));
		if (nl == NULL)
			nl = end;
		p->lines[p->n++] = strip(at, nl);
	}
	strip_numbers(p);
}

void
paste_free(struct paste *p)
{
	free(p->lines);
	free(p->buf);
	*p = (struct paste){ 0 };
}

void
paste_join(struct paste *p, size_t i)
{
	char *end = p->lines[i] + strlen(p->lines[i]);

	memset(end, ' ', (size_t)(p->lines[i + 1] - end));
	p->lines[i + 1] += strlen(p->lines[i + 1]);
}

size_t
paste_indent(const struct paste *p, size_t i)
{
	const char *s = p->lines[i];

	while (s > p->buf && paste_blank(s[-1]))
		s--;
	return (size_t)(p->lines[i] - s);
}

const char *
paste_word(const char **line, size_t *len)
{
	const char *s = *line;

	while (paste_blank(*s))
		s++;
	for (*len = 0; s[*len] != '\0' && !paste_blank(s[*len]); ++*len)
		;
	*line = s + *len;
	return *len > 0 ? s : NULL;
}

char *
paste_copy(const char **line, char *buf, size_t size)
{
	size_t len;
	const char *s = paste_word(line, &len);

	if (s == NULL || len >= size)
		return NULL;
	memcpy(buf, s, len);
	buf[len] = '\0';
	return buf;
}

bool
paste_ifname_ok(const char *name)
{
	size_t n = 0;

	for (; name[n] != '\0'; n++) {
		unsigned char c = (unsigned char)name[n];

		if (c >= 0x80 || (!isalnum(c) && strchr("_.-", c) == NULL))
			return false;
	}
	return n > 0 && n < HOSTIF_NAMESZ;
}

int
paste_number(const char *s, int base, unsigned long long *n)
{
	char *end;

	/* strtoull(3) would take signs and blanks, too. */
	if (base == 16 ? !isxdigit((unsigned char)*s) :
	    !isdigit((unsigned char)*s))
		return -1;
	errno = 0;
	*n = strtoull(s, &end, base);
	return *end == '\0' && errno == 0 ? 0 : -1;
}
