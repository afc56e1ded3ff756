/* SPDX-License-Identifier: ISC */
/* logtext.c - log records from text, of which messages may span lines */
#include <stdio.h>
#include <string.h>

#include "logline.h"
#include "text.h"

/* What `log` and journalctl say among records, and what fences a paste. */
static bool
said_by_log(struct slice line)
{
	static const char *const said[] = {
		"Filtering the log data using ", "Skipping info ",
		"Skipping debug ", "getpwuid_r did not find a match",
		"Timestamp   ", "```", "-- Boot ", "-- Journal begins at ",
		"-- Logs begin at ", "-- No entries --",
	};

	slice_blanks(&line);
	for (size_t i = 0; i < sizeof(said) / sizeof(*said); i++)
		if (slice_starts(line, said[i]))
			return true;
	return false;
}

bool
logparse_noise(struct slice line)
{
	struct slice t = line;

	slice_blanks(&t);
	return t.len == 0 || *t.s == '#' || slice_starts(t, "-- ") ||
	    slice_starts(t, "log: ") || said_by_log(t);
}

enum logparse_got
logparse_bad(const struct logparse *p, struct slice line, struct qerr *e,
    const char *what)
{
	char text[TEXT_SHOWSZ], show[TEXT_SHOWSZ];

	snprintf(text, sizeof(text), "%.*s", line.len < TEXT_SHOWSZ ?
	    (int)line.len : TEXT_SHOWSZ, line.s != NULL ? line.s : "");
	qerr_set(e, QERR_INPUT, "line %zu: %s: %s", p->line, what,
	    text_show(text, show));
	return LOGPARSE_BAD;
}

/* By what `log` prints above its columns. */
static enum logread_format
sniff_header(struct slice line)
{
	if (!slice_take_str(&line, "Timestamp "))
		return LOGREAD_AUTO;
	slice_blanks(&line);
	if (slice_starts(line, "Thread"))
		return LOGREAD_DEFAULT;
	if (slice_starts(line, "Ty "))
		return LOGREAD_COMPACT;
	return slice_starts(line, "(process)") ? LOGREAD_SYSLOG : LOGREAD_AUTO;
}

static bool
looks_like_field(struct slice line)
{
	size_t i = 0;

	while (i < line.len && ((line.s[i] >= 'A' && line.s[i] <= 'Z') ||
	    (line.s[i] >= '0' && line.s[i] <= '9') || line.s[i] == '_'))
		i++;
	return i > 3 && i < line.len && line.s[i] == '=';
}

enum logread_format
logparse_sniff(struct slice line)
{
	static const enum logread_format tried[] = { LOGREAD_DEFAULT,
		LOGREAD_COMPACT, LOGREAD_KMSG, LOGREAD_DMESG, LOGREAD_SYSLOG };
	struct logparse p = { .boot_us = 1 };
	enum logread_format f;
	struct logrec r;

	slice_blanks(&line);
	f = sniff_header(line);
	if (f != LOGREAD_AUTO || logparse_noise(line))
		return f;
	/* "[" alone or before an object, not dmesg's "[    1.0]". */
	slice_take(&line, '\x1e');
	if (slice_starts(line, "{") || slice_is(line, "[") ||
	    slice_starts(line, "[{") || slice_starts(line, "[ {") ||
	    slice_is(line, "[]"))
		return LOGREAD_JSON;
	if (looks_like_field(line))
		return LOGREAD_EXPORT;
	logtime_ref_init(&p.ref, 0);
	for (size_t i = 0; i < sizeof(tried) / sizeof(*tried); i++) {
		char head[512];
		size_t n = line.len < sizeof(head) ? line.len : sizeof(head);

		/* A copy: the parser may decode escapes in it. */
		memcpy(head, line.s, n);
		if (logline_record(&p, tried[i], (struct slice){ head, n },
		    &r))
			return tried[i];
	}
	return LOGREAD_AUTO;
}

/* The next line in s: false when its end is not there. */
static bool
next_line(const char *s, size_t len, enum logparse_end end,
    struct slice *line, size_t *used)
{
	const char *nl = len > 0 ? memchr(s, '\n', len) : NULL;

	if (len == 0 || (nl == NULL && end != LOGPARSE_EOF))
		return false;
	*used = nl != NULL ? (size_t)(nl - s) + 1 : len;
	*line = (struct slice){ s, nl != NULL ? (size_t)(nl - s) : len };
	if (line->len > 0 && s[line->len - 1] == '\r')
		line->len--;
	return true;
}

static bool
all_dashes(struct slice line)
{
	slice_blanks(&line);
	for (size_t i = 0; i < line.len; i++)
		if (line.s[i] != '-')
			return false;
	return line.len >= 40;
}

/* The statistics that `log show` ends with. */
static bool
statistics(struct slice line)
{
	slice_blanks(&line);
	return slice_starts(line, "Log      - ") ||
	    slice_starts(line, "Activity - ");
}

/*
 * Does the message end before the line?  1 yes, 0 no, -1 it depends on the
 * line after it.
 */
static int
ends(struct logparse *p, enum logread_format f, struct slice line,
    const char *after, size_t len, enum logparse_end end)
{
	struct logrec scrap;
	struct slice next;
	size_t used;

	if ((logline_starts(f, line) && logline_record(p, f, line, &scrap)) ||
	    said_by_log(line))
		return 1;
	if (!all_dashes(line))
		return 0;
	if (!next_line(after, len, end, &next, &used))
		return end == LOGPARSE_OPEN ? -1 : 0;
	return statistics(next);
}

/*
 * The lines that the message of the record in s[0..first) goes on with: 1 and
 * where it ends, or 0 when that is not there yet.
 */
static int
message_end(struct logparse *p, enum logread_format f, const char *s,
    size_t len, enum logparse_end end, size_t *at, size_t *lines)
{
	struct slice line;
	size_t used;

	for (;; *at += used, ++*lines) {
		int stop;

		if (!next_line(s + *at, len - *at, end, &line, &used)) {
			p->split = end == LOGPARSE_IDLE;
			return end != LOGPARSE_OPEN;
		}
		stop = ends(p, f, line, s + *at + used, len - *at - used, end);
		if (stop != 0)
			return stop == 1;
	}
}

/*
 * The message with its further lines: the indent of the first, CRs and empty
 * lines at the end are taken out where they stand.
 */
static void
join(struct slice *message, char *s, size_t from, size_t to, size_t margin)
{
	char *o = (char *)message->s + message->len;
	struct slice line;
	size_t used;

	while (from < to && next_line(s + from, to - from, LOGPARSE_EOF,
	    &line, &used)) {
		struct slice body = line;
		size_t cut = slice_blanks(&body);

		slice_skip(&line, cut < margin ? cut : margin);
		*o++ = '\n';
		memmove(o, line.s, line.len);
		o += line.len;
		from += used;
	}
	while (o > message->s && o[-1] == '\n')
		o--;
	message->len = (size_t)(o - message->s);
}

/* A line that no record begins with, nor belongs to. */
static enum logparse_got
orphan(struct logparse *p, struct slice line, struct logrec *r)
{
	if (!p->split || statistics(line) || all_dashes(line) ||
	    logparse_noise(line))
		return LOGPARSE_SKIP;
	logrec_clear(r);
	r->source = SLICE("text");
	r->message = line;
	return LOGPARSE_RECORD;
}

/* Programs write tabs and terminals' escapes, nothing else of the sort. */
static bool
is_binary(struct slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.s[i];

		if (c < 0x20 && c != '\t' && c != '\r' && c != 0x1b)
			return true;
	}
	return false;
}

enum logparse_got
logparse_text(struct logparse *p, enum logread_format f, char *s, size_t len,
    enum logparse_end end, size_t *used, struct logrec *r, struct qerr *e)
{
	struct slice line;
	size_t first, lines = 1;

	if (!next_line(s, len, end, &line, &first))
		return LOGPARSE_MORE;
	*used = first;
	if ((f == LOGREAD_TEXT && logparse_noise(line)) ||
	    (f == LOGREAD_KMSG && line.len > 0 && *line.s == ' ')) {
		p->line++;
		return LOGPARSE_SKIP;
	}
	if (f == LOGREAD_TEXT && is_binary(line)) {
		bool again = p->complained;

		logparse_bad(p, line, e, "not text");
		p->complained = true;
		p->line++;
		if (!p->got)
			p->skip = UINT64_MAX;	/* all of it */
		return again ? LOGPARSE_SKIP : LOGPARSE_BAD;
	}
	if (!logline_record(p, f, line, r)) {
		p->line++;
		return orphan(p, line, r);
	}
	p->split = false;
	if (logline_goes_on(f, r)) {
		if (!message_end(p, f, s, len, end, used, &lines)) {
			*used = 0;
			return LOGPARSE_MORE;
		}
		/* A pasted record may stand to the right of its column. */
		join(&r->message, s, first, *used, slice_blanks(&line));
	}
	p->line += lines;
	return LOGPARSE_RECORD;
}
