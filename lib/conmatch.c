/* SPDX-License-Identifier: ISC */
/* conmatch.c - look for a pattern in what a console prints */
#include <ctype.h>
#include <string.h>

#include "clean.h"
#include "conmatch.h"

/* ECMA-48: ESC [ ... final byte, ESC ] ... BEL or ESC \, ESC ... one byte. */
enum { TEXT, ESC, CSI, STRING, STRING_ESC };

/*
 * Can no match reach across a line's end?  True only where that is plain to
 * see: control characters, classes ([[:space:]] has the newline) and GNU's
 * operators might, '.' and [^x] do not.
 */
static bool
within_lines(const char *pattern)
{
	for (const char *p = pattern; *p != '\0'; p++) {
		if ((unsigned char)*p < ' ' || (p[0] == '[' &&
		    (p[1] == ':' || p[1] == '=' || p[1] == '.')))
			return false;
		if (p[0] == '\\' && (isalnum((unsigned char)p[1]) ||
		    p[1] == '`' || p[1] == '\'' || p[1] == '<' ||
		    p[1] == '>'))
			return false;
	}
	return true;
}

int
conmatch_init(struct conmatch *m, const char *pattern, struct qerr *e)
{
	char why[128];
	int rc;

	memset(m, 0, sizeof(*m));
	m->within_lines = within_lines(pattern);
	rc = regcomp(&m->re, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB);
	if (rc == 0)
		return 0;
	regerror(rc, &m->re, why, sizeof(why));
	qerr_set(e, QERR_INPUT, "bad pattern '%s': %s", pattern, why);
	if (e != NULL)
		clean_text(e->msg);
	return -1;
}

/* Is c to be seen?  Follows escape sequences. */
static bool
visible(struct conmatch *m, unsigned char c)
{
	switch (m->escape) {
	case ESC:
		m->escape = c == '[' ? CSI :
		    c == ']' || c == 'P' || c == '^' || c == '_' ? STRING :
		    c >= 0x20 && c <= 0x2f ? ESC : TEXT;
		return false;
	case CSI:
		if (c >= 0x40 && c <= 0x7e)
			m->escape = TEXT;
		else if (c == 0x1b)
			m->escape = ESC;
		else if (c == '\n')	/* broken off */
			m->escape = TEXT;
		return c == '\n';
	case STRING:
		m->escape = c == 0x07 || c == '\n' ? TEXT :
		    c == 0x1b ? STRING_ESC : STRING;
		return c == '\n';
	case STRING_ESC:
		m->escape = TEXT;
		return false;
	}
	if (c == 0x1b)
		m->escape = ESC;
	return c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f);
}

/* Lines that were looked at in full need no second look. */
static void
look(struct conmatch *m)
{
	size_t line = m->len;

	m->text[m->len] = '\0';
	if (regexec(&m->re, m->text + m->from, 0, NULL, 0) == 0)
		m->matched = true;
	if (!m->within_lines)
		return;
	while (line > m->from && m->text[line - 1] != '\n')
		line--;
	m->from = line;
}

/*
 * Forget the first half, but no part of a line if the line began there; one
 * longer than the window is cut.
 */
static void
shift(struct conmatch *m)
{
	size_t from = CONMATCH_WINDOW;

	while (from > 0 && m->text[from - 1] != '\n')
		from--;
	if (from == 0)
		from = CONMATCH_WINDOW;
	m->len -= from;
	m->from = m->from > from ? m->from - from : 0;
	memmove(m->text, m->text + from, m->len);
}

bool
conmatch_feed(struct conmatch *m, const void *data, size_t len)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len && !m->matched; i++) {
		if (!visible(m, p[i]))
			continue;
		if (m->len == 2 * CONMATCH_WINDOW) {
			look(m);
			shift(m);
		}
		m->text[m->len++] = (char)p[i];
	}
	if (len > 0 && !m->matched)
		look(m);
	return m->matched;
}

void
conmatch_release(struct conmatch *m)
{
	regfree(&m->re);
}
