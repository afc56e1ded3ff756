/* SPDX-License-Identifier: ISC */
/* logout.c - one log record as a line of text or of JSON */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "logout.h"
#include "strv.h"
#include "text.h"

#define MAX_PRINTED	24	/* of one putf(): a number, fraction, zone */

static void
room(struct logout *o, size_t n)
{
	if (o->cap - o->len > n)
		return;
	o->cap = 2 * o->cap + n + 256;
	o->s = xrealloc(o->s, o->cap);
}

/* At most MAX_PRINTED characters. */
static void	putf(struct logout *o, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
putf(struct logout *o, const char *fmt, ...)
{
	va_list ap;
	int n;

	room(o, MAX_PRINTED);
	va_start(ap, fmt);
	n = vsnprintf(o->s + o->len, o->cap - o->len, fmt, ap);
	va_end(ap);
	o->len += n > 0 ? (size_t)n : 0;
}

static void
put(struct logout *o, const char *s, size_t n)
{
	room(o, n);
	memcpy(o->s + o->len, s, n);
	o->len += n;
	o->s[o->len] = '\0';
}

static void
puts_to(struct logout *o, const char *s)
{
	put(o, s, strlen(s));
}

/* Printable ASCII that needs no escape, the most of all text. */
static size_t
plain(const char *s, size_t len, bool json)
{
	size_t i = 0;

	while (i < len && s[i] >= ' ' && s[i] < 0x7f &&
	    !(json && (s[i] == '"' || s[i] == '\\')))
		i++;
	return i;
}

static void
put_clean(struct logout *o, struct slice t)
{
	for (size_t i = 0; i < t.len;) {
		size_t n = plain(t.s + i, t.len - i, false);
		uint32_t cp;
		bool ok;

		put(o, t.s + i, n);
		i += n;
		if (i == t.len)
			break;
		n = text_step(t.s + i, t.len - i, &cp, &ok);
		if (ok)
			put(o, t.s + i, n);
		for (size_t k = 0; !ok && k < n; k++)
			putf(o, "\\x%02x", (unsigned char)t.s[i + k]);
		i += n;
	}
}

static void
put_u(struct logout *o, uint32_t cp)
{
	if (cp >= 0x10000) {
		putf(o, "\\u%04x", 0xd800 + ((cp - 0x10000) >> 10));
		cp = 0xdc00 + (cp & 0x3ff);
	}
	putf(o, "\\u%04x", cp);
}

static void
put_string(struct logout *o, struct slice t)
{
	static const char from[] = "\"\\\n\t\r\b\f", to[] = "\"\\ntrbf";

	puts_to(o, "\"");
	for (size_t i = 0; i < t.len;) {
		size_t n = plain(t.s + i, t.len - i, true);
		const char *esc;
		uint32_t cp;
		bool ok;

		put(o, t.s + i, n);
		i += n;
		if (i == t.len)
			break;
		n = text_step(t.s + i, t.len - i, &cp, &ok);
		esc = cp > 0 && cp < 0x80 ? strchr(from, (int)cp) : NULL;
		if (esc != NULL)
			put(o, (char[]){ '\\', to[esc - from] }, 2);
		else if (ok)
			put(o, t.s + i, n);
		else
			put_u(o, cp);
		i += n;
	}
	puts_to(o, "\"");
}

static void
split_time(int64_t us, int16_t zone, struct tm *tm, int *east, int *frac)
{
	time_t s = (time_t)(us / 1000000);

	*frac = (int)(us % 1000000);
	if (*frac < 0) {
		*frac += 1000000;
		s--;
	}
	*tm = (struct tm){ .tm_mday = 1 };
	if (zone == LOGREC_NOZONE) {
		localtime_r(&s, tm);
		*east = (int)(tm->tm_gmtoff / 60);
	} else {
		s += (time_t)zone * 60;
		gmtime_r(&s, tm);
		*east = zone;
	}
}

static void
zone_text(char buf[8], int east)
{
	unsigned m = (unsigned)(east < 0 ? -east : east) % (24 * 60);

	snprintf(buf, 8, "%c%02u:%02u", east < 0 ? '-' : '+', m / 60, m % 60);
}

void
logout_time(struct logout_time *t, int64_t us, int16_t zone)
{
	struct tm tm;
	int east, frac;
	size_t n;

	split_time(us, zone, &tm, &east, &frac);
	strftime(t->date, sizeof(t->date), "%Y-%m-%d", &tm);
	n = strftime(t->clock, sizeof(t->clock), "%H:%M:%S", &tm);
	snprintf(t->clock + n, sizeof(t->clock) - n, ".%06d", frac);
	zone_text(t->zone, east);
}

/* The time is most of a line's work, and mostly the second is the same. */
static void
put_time(struct logout *o, int64_t us, int16_t zone)
{
	int64_t second = us / 1000000 - (us % 1000000 < 0);
	struct tm tm;
	int east, frac;

	if (o->clock[0] == '\0' || second != o->second || zone != o->zone) {
		split_time(us, zone, &tm, &east, &frac);
		strftime(o->clock, sizeof(o->clock), "%Y-%m-%dT%H:%M:%S", &tm);
		zone_text(o->east, east);
		o->second = second;
		o->zone = zone;
	}
	puts_to(o, o->clock);
	putf(o, ".%06d%s", (int)(us - second * 1000000), o->east);
}

/* ---- text ---- */

static void
put_whose(struct logout *o, const struct logrec *r)
{
	const struct {
		const char *name;
		struct slice value;
	} all[] = {
		{ "lab", r->lab }, { "vm", r->vm }, { "net", r->net },
		{ "if", r->ifname }, { "mac", r->mac }, { "ip", r->ip },
		{ "event", slice_str(logrec_event_name(r->event)) },
	};
	const char *sep = " {";

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i].value.len == 0)
			continue;
		puts_to(o, sep);
		puts_to(o, all[i].name);
		puts_to(o, "=");
		put_clean(o, all[i].value);
		sep = " ";
	}
	if (*sep == ' ' && sep[1] == '\0')
		puts_to(o, "}");
}

static void
put_origin(struct logout *o, const struct logrec *r)
{
	if (r->sender.len > 0) {
		puts_to(o, " (");
		put_clean(o, r->sender);
		puts_to(o, ")");
	}
	if (r->subsystem.len > 0 || r->category.len > 0) {
		puts_to(o, " [");
		put_clean(o, r->subsystem);
		puts_to(o, ":");
		put_clean(o, r->category);
		puts_to(o, "]");
	}
}

void
logout_text(struct logout *o, const struct logrec *r, bool verbose)
{
	o->len = 0;
	if (r->us != LOGREC_NOTIME)
		put_time(o, r->us, r->zone);
	else
		puts_to(o, "-");
	puts_to(o, " ");
	if (verbose && r->level != LOGREC_NOLEVEL) {
		puts_to(o, logrec_level_name(r->level));
		puts_to(o, " ");
	}
	if (r->process.len > 0) {
		put_clean(o, r->process);
		if (r->pid != 0) {
			puts_to(o, "[");
			putf(o, "%" PRIu64, r->pid);
			puts_to(o, "]");
		}
		puts_to(o, ":");
	}
	if (verbose)
		put_origin(o, r);
	if (o->s[o->len - 1] != ' ')
		puts_to(o, " ");
	put_clean(o, r->message);
	if (verbose)
		put_whose(o, r);
	puts_to(o, "\n");
}

/* ---- JSON ---- */

static void
put_key(struct logout *o, const char *key)
{
	puts_to(o, o->len == 1 ? "\"" : ",\"");
	puts_to(o, key);
	puts_to(o, "\":");
}

void
logout_json(struct logout *o, const struct logrec *r)
{
	const struct {
		const char *key;
		struct slice text;
		uint64_t number;
	} all[] = {
		{ "source", r->source, 0 },
		{ "level", slice_str(logrec_level_name(r->level)), 0 },
		{ "type", r->type, 0 },
		{ "process", r->process, 0 },
		{ "pid", SLICE_NONE, r->pid },
		{ "thread", SLICE_NONE, r->thread },
		{ "sender", r->sender, 0 },
		{ "subsystem", r->subsystem, 0 },
		{ "category", r->category, 0 },
		{ "message", r->message, 0 },
		{ "event", slice_str(logrec_event_name(r->event)), 0 },
		{ "lab", r->lab, 0 }, { "vm", r->vm, 0 }, { "net", r->net, 0 },
		{ "if", r->ifname, 0 }, { "mac", r->mac, 0 },
		{ "ip", r->ip, 0 },
		{ "activity", SLICE_NONE, r->activity },
		{ "trace", SLICE_NONE, r->trace },
		{ "mach", SLICE_NONE, r->mach },
	};

	o->len = 0;
	puts_to(o, "{");
	if (r->us != LOGREC_NOTIME) {
		put_key(o, "time");
		puts_to(o, "\"");
		put_time(o, r->us, r->zone);
		puts_to(o, "\"");
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		if (all[i].text.len == 0 && all[i].number == 0)
			continue;
		put_key(o, all[i].key);
		if (all[i].text.len > 0)
			put_string(o, all[i].text);
		else
			putf(o, "%" PRIu64, all[i].number);
	}
	puts_to(o, "}\n");
}

const char *
logout_clean(struct logout *o, struct slice s)
{
	o->len = 0;
	puts_to(o, "");
	put_clean(o, s);
	return o->s;
}

void
logout_release(struct logout *o)
{
	free(o->s);
	*o = (struct logout){ 0 };
}
