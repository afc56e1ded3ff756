/* SPDX-License-Identifier: ISC */
/* logread.c - log records from bytes, the format found out by its look */
#include <stdlib.h>
#include <string.h>

#include "gunzip.h"
#include "logparse.h"
#include "strv.h"

/*
 * Theory of operation
 *
 * Bytes gather in buf[at..len) until a parser finds a record in front of them;
 * its slices point there, so the buffer moves only when bytes are added.  It
 * grows with the longest record, not with the log.
 */

/* Longer ones are no records.  A line of ten megabytes has been seen. */
#define RECORD_MAX	((size_t)64 << 20)
#define PIECE		((size_t)64 << 10)
/* What is as long and has no end yet is not looked at again for each piece. */
#define LONG		((size_t)1 << 20)
/* So many lines that say nothing make it plain text. */
#define SNIFF_LINES	32

struct logread {
	enum logread_format format;
	struct logparse p;
	struct gunzip *gz;
	unsigned char head;	/* the first byte, as long as it is alone */
	size_t fed;
	char *buf;
	size_t at, len, cap;
	size_t wait;		/* until so many bytes are there */
	enum logparse_end end;
	struct qerr broken;	/* its gzip, to be said at the end */
};

struct logread *
logread_new(const struct logread_conf *conf)
{
	struct logread *l = xrealloc(NULL, sizeof(*l));

	memset(l, 0, sizeof(*l));
	l->format = conf->format;
	l->p.boot_us = conf->boot_us;
	l->p.line = 1;
	l->buf = xrealloc(NULL, PIECE);
	l->cap = PIECE;
	logtime_ref_init(&l->p.ref, conf->ref_us);
	return l;
}

void
logread_free(struct logread *l)
{
	if (l == NULL)
		return;
	gunzip_free(l->gz);
	free(l->buf);
	free(l);
}

/* Room for n more bytes behind what is there. */
static char *
room(struct logread *l, size_t n)
{
	if (l->at > 0) {
		memmove(l->buf, l->buf + l->at, l->len - l->at);
		l->len -= l->at;
		l->at = 0;
	}
	if (l->cap - l->len < n) {
		size_t cap = l->cap;

		while (cap - l->len < n)
			cap *= 2;
		l->buf = xrealloc(l->buf, cap);
		l->cap = cap;
	}
	return l->buf + l->len;
}

static void
add(struct logread *l, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(room(l, len), data, len);
	l->len += len;
}

void
logread_feed(struct logread *l, const void *data, size_t len)
{
	const unsigned char *u = data;
	unsigned char two[2];

	if (len == 0)
		return;
	l->end = LOGPARSE_OPEN;
	if (l->fed == 0 && len == 1) {
		l->head = *u;
		l->fed = 1;
		return;
	}
	if (l->fed < 2) {
		two[0] = l->fed == 1 ? l->head : u[0];
		two[1] = l->fed == 1 ? u[0] : u[1];
		if (gunzip_magic(two))
			l->gz = gunzip_new();
		if (l->fed == 1 && l->gz != NULL)
			gunzip_feed(l->gz, &l->head, 1);
		else if (l->fed == 1)
			add(l, &l->head, 1);
		l->fed = 2;
	}
	if (l->gz != NULL)
		gunzip_feed(l->gz, data, len);
	else
		add(l, data, len);
}

void
logread_end(struct logread *l)
{
	if (l->fed == 1) {
		add(l, &l->head, 1);
		l->fed = 2;
	}
	l->end = LOGPARSE_EOF;
}

void
logread_idle(struct logread *l)
{
	if (l->end == LOGPARSE_OPEN)
		l->end = LOGPARSE_IDLE;
}

/* What is still packed comes before the end; true when there was more. */
static bool
unpack(struct logread *l)
{
	int n;

	if (l->gz == NULL)
		return false;
	n = gunzip_read(l->gz, room(l, PIECE), PIECE, &l->broken);
	if (n > 0)
		l->len += (size_t)n;
	if (n > 0 || l->end != LOGPARSE_EOF)
		return n > 0;
	if (gunzip_cut_off(l->gz))
		qerr_set(&l->broken, QERR_INPUT, "gzip data is cut off");
	gunzip_free(l->gz);
	l->gz = NULL;
	return true;
}

/*
 * Find out the format by the lines that are there.  An export's line may be
 * followed by anything, so a NUL says nothing.
 */
static void
sniff(struct logread *l, enum logparse_end end)
{
	const char *s = l->buf + l->at;
	size_t left = l->len - l->at, lines = 0;

	if (left > 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) {
		l->at += 3;	/* a byte order mark */
		s += 3;
		left -= 3;
	}
	while (left > 0 && l->format == LOGREAD_AUTO && lines < SNIFF_LINES) {
		const char *nl = memchr(s, '\n', left);
		size_t n = nl != NULL ? (size_t)(nl - s) : left;

		/* A long line shows its kind before it is whole. */
		if (nl == NULL && end != LOGPARSE_EOF && n < 4096)
			return;
		if (n > 0 && s[n - 1] == '\r')
			l->format = logparse_sniff((struct slice){ s, n - 1 });
		else
			l->format = logparse_sniff((struct slice){ s, n });
		n = nl != NULL ? n + 1 : n;
		s += n;
		left -= n;
		lines++;
	}
	if (l->format == LOGREAD_AUTO &&
	    (lines == SNIFF_LINES || (lines > 0 && end != LOGPARSE_OPEN)))
		l->format = LOGREAD_TEXT;
}

/* Bytes to be dropped; true when any were. */
static bool
skipped(struct logread *l)
{
	size_t n = l->len - l->at;
	const char *nl;

	if (l->p.skip > 0) {
		if (n > l->p.skip)
			n = (size_t)l->p.skip;
		l->p.skip -= n;
	} else if (l->p.skip_line) {
		nl = n > 0 ? memchr(l->buf + l->at, '\n', n) : NULL;
		if (nl != NULL) {
			n = (size_t)(nl - (l->buf + l->at)) + 1;
			l->p.skip_line = false;
			l->p.line++;
		}
	} else
		return false;
	l->at += n;
	return n > 0;
}

/*
 * Is it too early to look again?  JSON is walked on where it ended; others begin
 * at their record's first byte each time.
 */
static bool
waits(const struct logread *l, size_t len, enum logparse_end end)
{
	return end == LOGPARSE_OPEN && len < l->wait;
}

static enum logparse_got
parse(struct logread *l, enum logparse_end end, struct logrec *r,
    struct qerr *e)
{
	size_t len, used = 0;
	enum logparse_got got;
	char *s;

	if (skipped(l))
		return LOGPARSE_SKIP;
	if (l->format == LOGREAD_AUTO)
		sniff(l, end);
	s = l->buf + l->at;
	len = l->len - l->at;
	if (len == 0 || l->format == LOGREAD_AUTO || waits(l, len, end))
		return LOGPARSE_MORE;
	if (l->format == LOGREAD_JSON)
		got = logparse_json(&l->p, s, len, end, &used, r, e);
	else if (l->format == LOGREAD_EXPORT)
		got = logparse_export(&l->p, s, len, end, &used, r, e);
	else
		got = logparse_text(&l->p, l->format, s, len, end, &used, r, e);
	l->at += used;
	l->wait = got == LOGPARSE_MORE && len >= LONG &&
	    l->format != LOGREAD_JSON ? len + len / 4 : 0;
	if (got == LOGPARSE_RECORD)
		l->p.got = true;
	return got;
}

/* A record without an end: drop it up to the next line. */
static int
give_up(struct logread *l, struct qerr *e)
{
	memset(&l->p.frame, 0, sizeof(l->p.frame));
	l->p.skip_line = true;
	return qerr_set(e, QERR_INPUT, "line %zu: longer than %zu bytes",
	    l->p.line, RECORD_MAX);
}

int
logread_next(struct logread *l, struct logrec *r, struct qerr *e)
{
	for (;;) {
		bool full = l->len - l->at >= RECORD_MAX;
		enum logparse_got got;

		/* Of one too long, the lines that are there are one. */
		got = parse(l, full ? LOGPARSE_IDLE : l->gz != NULL ?
		    LOGPARSE_OPEN : l->end, r, e);
		if (got == LOGPARSE_SKIP)
			continue;
		if (got != LOGPARSE_MORE)
			return got;
		if (full)
			return give_up(l, e);
		if (unpack(l))
			continue;
		if (l->end != LOGPARSE_EOF || l->broken.kind == QERR_NONE)
			return 0;
		*e = l->broken;
		l->broken.kind = QERR_NONE;
		return -1;
	}
}
