/* SPDX-License-Identifier: ISC */
/* logline.c - one line of a text log */
#include <string.h>

#include "logline.h"

/* Columns of `log show --style default`, and what eventType calls them. */
static const struct {
	const char *column, *type;
} types[] = {
	{ "Default", "logEvent" }, { "Info", "logEvent" },
	{ "Debug", "logEvent" }, { "Error", "logEvent" },
	{ "Fault", "logEvent" }, { "Activity", "activityCreateEvent" },
	{ "Signpost", "signpostEvent" }, { "Loss", "lossEvent" },
	{ "State", "stateEvent" }, { "Timesync", "timesyncEvent" },
	{ "Useraction", "userActionEvent" }, { "Trace", "traceEvent" },
	{ "A", "activityCreateEvent" }, { "Sp", "signpostEvent" },
};

static void
set_level(struct logrec *r, struct slice column)
{
	r->level = logrec_level_find(column);
	r->type = column;
	if (r->level != LOGREC_NOLEVEL)
		r->type = SLICE("logEvent");
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (slice_is(column, types[i].column))
			r->type = slice_str(types[i].type);
}

/* "[12]" at the end of *s: cut off and given. */
static bool
cut_pid(struct slice *s, struct logrec *r)
{
	struct slice t;
	size_t i = s->len;

	if (i < 3 || s->s[i - 1] != ']')
		return false;
	for (i--; i > 0 && s->s[i - 1] >= '0' && s->s[i - 1] <= '9'; i--)
		;
	if (i == 0 || s->s[i - 1] != '[')
		return false;
	t = (struct slice){ s->s + i, s->len - i };
	if (!slice_u64(&t, &r->pid))
		return false;
	s->len = i - 1;
	return true;
}

/* " (sender) [subsystem:category] text", each part but the text optional. */
static void
unified_tail(struct slice t, struct logrec *r)
{
	size_t n;

	r->source = SLICE("unified");
	slice_take(&t, ' ');
	if (t.len > 0 && *t.s == '(' && (n = slice_find(t, ") ")) < t.len &&
	    n > 1) {
		r->sender = (struct slice){ t.s + 1, n - 1 };
		slice_skip(&t, n + 2);
	}
	if (t.len > 0 && *t.s == '[') {
		size_t colon = slice_find(t, ":"), close = slice_find(t, "]"),
		    blank = slice_find(t, " ");

		if (colon > 1 && colon < blank && colon < close &&
		    close < t.len && (close + 1 == t.len ||
		    t.s[close + 1] == ' ')) {
			r->subsystem = (struct slice){ t.s + 1, colon - 1 };
			r->category = (struct slice){ t.s + colon + 1,
				close - colon - 1 };
			slice_skip(&t, close + 1);
			slice_take(&t, ' ');
		}
	}
	r->message = t;
}

/* "process:" and the rest in *t; names may have blanks and dots. */
static bool
process_colon(struct slice *t, struct slice *process)
{
	size_t n = slice_find(*t, ": ");

	if (n == t->len && n > 0 && t->s[n - 1] == ':')
		n--;
	if (n == 0 || n >= t->len)
		return false;
	*process = (struct slice){ t->s, n };
	slice_skip(t, n + 1);
	return true;
}

/*
 * 2025-12-08 13:37:56.572274-0300 0x3a2c3    Debug       0x0    38322  0    p: t
 * Older systems have no TTL.
 */
static bool
default_record(struct slice t, struct logrec *r)
{
	struct slice column, ttl;
	uint64_t n;

	slice_blanks(&t);
	if (!slice_take_str(&t, "0x") || !slice_hex(&t, &r->thread) ||
	    slice_blanks(&t) == 0)
		return false;
	column = slice_word(&t);
	slice_blanks(&t);
	if (column.len == 0 || !slice_take_str(&t, "0x") ||
	    !slice_hex(&t, &r->activity) || slice_blanks(&t) == 0 ||
	    !slice_u64(&t, &r->pid) || slice_blanks(&t) == 0)
		return false;
	set_level(r, column);
	ttl = t;
	if (slice_u64(&ttl, &n) && slice_blanks(&ttl) > 0)
		t = ttl;
	if (!process_colon(&t, &r->process))
		r->process = SLICE_NONE;
	unified_tail(t, r);
	return true;
}

/* 2025-12-08 13:37:56.572 Df proc[38322:3a2c3] (sender) [sub:cat] text */
static bool
compact_record(struct slice t, struct logrec *r)
{
	struct slice column, s;

	slice_blanks(&t);
	column = slice_word(&t);
	if (column.len == 0 || column.len > 2 || slice_blanks(&t) == 0)
		return false;
	for (size_t i = 1; i < t.len; i++) {
		if (t.s[i] != '[')
			continue;
		s = (struct slice){ t.s + i + 1, t.len - i - 1 };
		if (slice_u64(&s, &r->pid) && slice_take(&s, ':') &&
		    slice_hex(&s, &r->thread) && slice_take(&s, ']')) {
			r->process = (struct slice){ t.s, i };
			set_level(r, column);
			unified_tail(s, r);
			return true;
		}
	}
	return false;
}

/* "<Notice>" or "<Error>" behind the process, as ASL wrote it. */
static void
cut_level(struct slice *s, struct logrec *r)
{
	const char *lt;

	if (s->len < 3 || s->s[s->len - 1] != '>' ||
	    (lt = memrchr(s->s, '<', s->len)) == NULL)
		return;
	r->level = logrec_level_find((struct slice){ lt + 1,
	    (size_t)(s->s + s->len - 1 - (lt + 1)) });
	s->len = (size_t)(lt - s->s);
	while (s->len > 0 && s->s[s->len - 1] == ' ')
		s->len--;
}

/* "host process[12]: text"; dnsmasq's own file has no host. */
static bool
syslog_record(struct slice t, bool unified, struct logrec *r)
{
	struct slice who, host;

	slice_blanks(&t);
	r->type = SLICE("logEvent");
	r->source = unified ? SLICE("unified") : SLICE("syslog");
	if (!process_colon(&t, &who)) {
		r->message = t;
		return !unified;
	}
	cut_level(&who, r);
	host = who;
	slice_word(&host);
	if (slice_blanks(&host) > 0)
		who = host;
	cut_pid(&who, r);
	r->process = who;
	if (unified) {
		unified_tail(t, r);
		return true;
	}
	slice_blanks(&t);
	r->message = t;
	if (slice_starts(who, "dnsmasq"))
		r->source = SLICE("dnsmasq");
	else if (slice_is(who, "kernel"))
		r->source = SLICE("kernel");
	return true;
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* " CET": journalctl prints local time. */
static void
zone_name(struct slice *t)
{
	struct slice s = *t, word;

	slice_blanks(&s);
	word = slice_word(&s);
	for (size_t i = 0; i < word.len; i++)
		if (!is_upper(word.s[i]))
			return;
	if (word.len < 3 || word.len > 5)
		return;
	*t = s;
}

/* The times of syslogs; *unified: it is that of macOS' log. */
static bool
syslog_time(struct logparse *p, struct slice *t, struct logrec *r,
    bool *unified)
{
	uint64_t prio;
	struct slice s = *t;

	*unified = false;
	if (slice_take(&s, '<') && slice_u64(&s, &prio) && prio < 1024 &&
	    slice_take(&s, '>')) {
		*t = s;
		r->level = logrec_level_syslog((unsigned int)prio);
	}
	if (logtime_bsd(t, &p->ref, &r->us))
		return true;
	s = *t;
	/* journalctl -o short-full: "Sat 2025-11-22 10:39:02 CET host ..." */
	if (s.len > 4 && s.s[3] == ' ' && is_upper(*s.s)) {
		slice_skip(&s, 4);
		if (!logtime_iso(&s, &p->ref, &r->us, &r->zone))
			return false;
		*t = s;
		zone_name(t);
		return true;
	}
	if (!logtime_iso(t, &p->ref, &r->us, &r->zone))
		return false;
	/* "2023-08-20 19:30:45.917210+0300  localhost kernel[0]: ..." */
	*unified = s.len > 19 && s.s[10] == ' ' && s.s[19] == '.' &&
	    r->zone != LOGREC_NOZONE && slice_starts(*t, "  ");
	return true;
}

static void
from_kernel(struct slice t, unsigned int prio, struct logrec *r)
{
	struct slice who;

	r->source = SLICE("kernel");
	r->type = SLICE("logEvent");
	r->process = SLICE("kernel");
	r->message = t;
	/* Facility 0 is the kernel; others wrote it "systemd[1]: text". */
	if (prio >> 3 == 0 || !process_colon(&t, &who))
		return;
	cut_pid(&who, r);
	r->process = who;
	slice_blanks(&t);
	r->message = t;
}

static void
since_boot(const struct logparse *p, uint64_t us, struct logrec *r)
{
	if (p->boot_us != 0 && us < INT64_MAX / 2)
		r->us = p->boot_us + (int64_t)us;
}

/* The kernel writes what is not printable, and backslashes, as \xNN. */
static void
unescape_kmsg(struct slice *v)
{
	char *o = (char *)v->s;

	for (size_t i = 0; i < v->len; i++) {
		struct slice hex = { v->s + i + 2, 2 };
		uint64_t c;

		if (v->s[i] == '\\' && v->len - i >= 4 &&
		    v->s[i + 1] == 'x' && slice_hex(&hex, &c) &&
		    hex.len == 0) {
			*o++ = (char)c;
			i += 3;
		} else
			*o++ = v->s[i];
	}
	v->len = (size_t)(o - v->s);
}

/* 6,1622,5180707068,-;text (the kernel's Documentation/ABI/testing/dev-kmsg) */
static bool
kmsg_record(struct logparse *p, struct slice t, struct logrec *r)
{
	uint64_t prio, seq, us;
	size_t semi;

	if (!slice_u64(&t, &prio) || prio > 1023 || !slice_take(&t, ',') ||
	    !slice_u64(&t, &seq) || !slice_take(&t, ',') ||
	    !slice_u64(&t, &us) || !slice_take(&t, ','))
		return false;
	semi = slice_find(t, ";");
	if (semi == t.len)
		return false;
	slice_skip(&t, semi + 1);
	unescape_kmsg(&t);
	since_boot(p, us, r);
	r->level = logrec_level_syslog((unsigned int)prio);
	from_kernel(t, (unsigned int)prio, r);
	return true;
}

/* "[    1.234567]", "[Sat Nov 22 10:39:02 2025]" */
static bool
dmesg_time(struct logparse *p, struct slice *t, struct logrec *r)
{
	uint64_t sec, frac;
	size_t digits;

	if (!slice_take(t, '['))
		return false;
	if (logtime_ctime(t, &p->ref, &r->us))
		return slice_take(t, ']');
	slice_blanks(t);
	if (!slice_u64(t, &sec) || !slice_take(t, '.'))
		return false;
	digits = t->len;
	if (!slice_u64(t, &frac) || digits - t->len != 6 ||
	    !slice_take(t, ']') || sec > INT64_MAX / 2000000)
		return false;
	since_boot(p, sec * 1000000 + frac, r);
	return true;
}

/* dmesg, -r ("<6>[..."), -x ("kern  :info  : [..."), -T, --time-format=iso */
static bool
dmesg_record(struct logparse *p, struct slice t, struct logrec *r)
{
	struct slice s = t;
	uint64_t prio = 0;

	if (slice_take(&s, '<')) {
		if (!slice_u64(&s, &prio) || prio > 1023 ||
		    !slice_take(&s, '>'))
			return false;
		r->level = logrec_level_syslog((unsigned int)prio);
		t = s;
	} else if (s.len > 15 && s.s[6] == ':' && s.s[13] == ':' &&
	    s.s[14] == ' ') {
		struct slice level = { s.s + 7, 6 };

		r->level = logrec_level_find(slice_word(&level));
		prio = slice_starts(s, "kern ") ? 0 : 8;
		slice_skip(&t, 15);
	}
	if (!dmesg_time(p, &t, r)) {
		s = t;
		if (t.len < 20 || t.s[19] != ',' ||
		    !logtime_iso(&s, &p->ref, &r->us, &r->zone))
			return false;
		t = s;
	}
	/* With CONFIG_PRINTK_CALLER: "[    T1]" */
	s = t;
	if (slice_take(&s, '[') && (slice_blanks(&s), slice_take(&s, 'T') ||
	    slice_take(&s, 'C')) && slice_u64(&s, &r->thread) &&
	    slice_take(&s, ']'))
		t = s;
	slice_take(&t, ' ');
	from_kernel(t, (unsigned int)prio, r);
	return true;
}

/* "dnsmasq[12]: ", "qemu-system-x86_64: "; functions have a colon, too. */
static void
text_process(struct slice t, struct logrec *r)
{
	static const char *const programs[] = { "qemu-system-", "dnsmasq",
		"bootpd", "kernel", "InternetSharing" };
	struct slice who;
	bool known;

	if (!process_colon(&t, &who) ||
	    memchr(who.s, ' ', who.len) != NULL)
		return;
	known = cut_pid(&who, r);
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		known = known || slice_starts(who, programs[i]);
	if (!known)
		return;
	r->process = who;
	slice_blanks(&t);
	r->message = t;
}

/* A clock time or nothing in front. */
static void
text_record(struct logparse *p, struct slice t, struct logrec *r)
{

	r->source = SLICE("text");
	if (logtime_clock(&t, &p->ref, &r->us) ||
	    logtime_iso(&t, &p->ref, &r->us, &r->zone))
		slice_blanks(&t);
	r->message = t;
	/* InternetSharing's functions, when the columns were left away. */
	if (slice_starts(t, "netrb") || slice_starts(t, "mis_"))
		r->subsystem = SLICE("com.apple.NetworkSharing");
	else
		text_process(t, r);
}

bool
logline_record(struct logparse *p, enum logread_format f, struct slice line,
    struct logrec *r)
{
	bool unified;

	logrec_clear(r);
	slice_blanks(&line);
	switch (f) {
	case LOGREAD_DEFAULT:
		return logtime_iso(&line, &p->ref, &r->us, &r->zone) &&
		    default_record(line, r);
	case LOGREAD_COMPACT:
		return logtime_iso(&line, &p->ref, &r->us, &r->zone) &&
		    compact_record(line, r);
	case LOGREAD_SYSLOG:
		return syslog_time(p, &line, r, &unified) &&
		    syslog_record(line, unified, r);
	case LOGREAD_KMSG:
		return kmsg_record(p, line, r);
	case LOGREAD_DMESG:
		return dmesg_record(p, line, r);
	case LOGREAD_TEXT:
		text_record(p, line, r);
		return true;
	default:
		return false;
	}
}

bool
logline_starts(enum logread_format f, struct slice line)
{
	slice_blanks(&line);
	if (line.len < 8)
		return f == LOGREAD_TEXT;
	switch (f) {
	case LOGREAD_DEFAULT:
	case LOGREAD_COMPACT:
		return line.s[4] == '-' && line.s[7] == '-' &&
		    *line.s >= '0' && *line.s <= '9';
	case LOGREAD_SYSLOG:
		return (line.s[4] == '-' && line.s[7] == '-' &&
		    *line.s != '-') || line.s[3] == ' ' || *line.s == '<';
	case LOGREAD_DMESG:
		return *line.s == '[' || *line.s == '<' ||
		    line.s[6] == ':' || line.s[7] == '-';
	default:
		return true;
	}
}

bool
logline_goes_on(enum logread_format f, const struct logrec *r)
{
	return f == LOGREAD_DEFAULT || f == LOGREAD_COMPACT ||
	    (f == LOGREAD_SYSLOG && (slice_is(r->source, "unified") ||
	    slice_is(r->source, "syslog")));
}
