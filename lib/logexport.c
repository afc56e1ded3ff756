/* SPDX-License-Identifier: ISC */
/* logexport.c - log records from journalctl -o export */
#include <string.h>

#include "logparse.h"

/*
 * systemd, "Journal Export Formats": an entry is lines KEY=VALUE, or KEY, a
 * line feed, 64 bits little-endian of length, the bytes and a line feed; an
 * empty line ends it.
 */

/* A field so long is no message; the reader would have to keep it. */
#define FIELD_MAX	(UINT64_C(16) << 20)

static uint64_t
le64(const char *s)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | (unsigned char)s[i];
	return v;
}

static bool
is_key(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_' ||
		    (s[i] >= '0' && s[i] <= '9')))
			return false;
	return len > 0;
}

/* One that comes more than once: the first counts. */
static void
set(struct logfields *f, const char *key, size_t len, struct slice value)
{
	enum logfield i = logfield_find(key, len);

	if (i != LF_N && f->v[i].s == NULL)
		f->v[i] = value;
}

/*
 * A field with its length, its key before s[0].  Returns the bytes that it
 * has, 0 when not all are there.
 */
static size_t
binary(struct logparse *p, char *s, size_t len, const char *key,
    size_t keylen, struct logfields *f)
{
	uint64_t n;

	if (len < 8)
		return 0;
	n = le64(s);
	if (n > FIELD_MAX) {
		p->skip = n < UINT64_MAX ? n + 1 : n;
		return 8;
	}
	if (len < 8 + n + 1)
		return 0;
	set(f, key, keylen, (struct slice){ s + 8, (size_t)n });
	return (size_t)(8 + n + 1);
}

static size_t
newlines(const char *s, size_t len)
{
	size_t n = 0;

	for (const char *end = s + len;
	     (s = memchr(s, '\n', (size_t)(end - s))) != NULL; s++)
		n++;
	return n;
}

static enum logparse_got
entry(struct logparse *p, struct logfields *f, struct logrec *r)
{
	return logfields_record(f, p, r) ? LOGPARSE_RECORD : LOGPARSE_SKIP;
}

enum logparse_got
logparse_export(struct logparse *p, char *s, size_t len,
    enum logparse_end end, size_t *used, struct logrec *r, struct qerr *e)
{
	struct logfields f;
	size_t at = 0, lines = 0;

	memset(&f, 0, sizeof(f));
	while (at < len && p->skip == 0) {
		char *line = s + at, *nl = memchr(line, '\n', len - at), *eq;
		size_t n, more;

		if (nl == NULL)
			break;
		n = (size_t)(nl - line);
		lines++;
		at += n + 1;
		if (n == 0) {
			*used = at;
			p->line += lines;
			return entry(p, &f, r);
		}
		eq = memchr(line, '=', n);
		if (!is_key(line, eq != NULL ? (size_t)(eq - line) : n)) {
			*used = at;
			p->line += lines - 1;
			logparse_bad(p, (struct slice){ line, n }, e,
			    "no field of a journal");
			p->line++;
			return LOGPARSE_BAD;
		}
		if (eq != NULL) {
			set(&f, line, (size_t)(eq - line), (struct slice){
			    eq + 1, (size_t)(nl - eq - 1) });
			continue;
		}
		more = binary(p, nl + 1, len - at, line, n, &f);
		if (more == 0) {
			at -= n + 1;
			break;
		}
		lines += newlines(nl + 1, more);
		at += more;
	}
	if (p->skip == 0 && end != LOGPARSE_EOF)
		return LOGPARSE_MORE;
	/* The fields so far, of a record too long or cut off. */
	*used = p->skip == 0 ? len : at;
	p->line += lines;
	if (p->skip == 0 && at < len) {
		logparse_bad(p, (struct slice){ s + at, len - at }, e,
		    "journal entry cut off");
		return LOGPARSE_BAD;
	}
	return entry(p, &f, r);
}
