/* SPDX-License-Identifier: ISC */
/* logtimeline.c - many log records as one story: a timeline */
#include <stdlib.h>
#include <string.h>

#include "logknown.h"
#include "logout.h"
#include "logstory.h"
#include "strv.h"
#include "table.h"
#include "timetext.h"

#define SAME_US	INT64_C(2000000)	/* one event of two sources */
#define LOOK_BACK	256	/* events, however many come at once */
#define GAP_US	INT64_C(10000000)	/* silence worth a line */

struct timeline_event {
	size_t seq;
	int64_t us;
	int16_t zone;
	enum logrec_event event;
	char *lab, *net;	/* net "": the lab itself */
	char *who, *what;
	bool own;		/* in qlab's own words */
};

static bool
is_own(const struct logrec *r)
{
	return slice_is(r->source, "qlab") && slice_is(r->process, "qlab");
}

bool
timeline_wants(const struct logrec *r)
{
	return r->event != LOGREC_NOEVENT || is_own(r);
}

static char *
copy(struct slice s)
{
	return xasprintf("%.*s", (int)s.len, s.s != NULL ? s.s : "");
}

static bool
is_private(struct slice s)
{
	return slice_is(s, "<private>");
}

/* The words that say it best: of a lease the address, else the message. */
static char *
words(const struct logrec *r)
{
	switch (r->event) {
	case LOGREC_LEASE_GIVEN:
		if (r->ip.len > 0)
			return xasprintf("%.*s  %.*s", (int)r->ip.len, r->ip.s,
			    (int)r->mac.len, r->mac.len > 0 ? r->mac.s : "");
		break;
	case LOGREC_IF_ATTACHED:
	case LOGREC_IF_DETACHED:
		if (r->mac.len > 0)
			return xasprintf("%.*s%s%.*s", (int)r->ifname.len,
			    r->ifname.len > 0 ? r->ifname.s : "",
			    r->ifname.len > 0 ? "  " : "",
			    (int)r->mac.len, r->mac.s);
		break;
	default:
		break;
	}
	/* Who it is stands before it anyway. */
	if (r->vm.len > 0 && r->message.len > r->vm.len + 2 &&
	    memcmp(r->message.s, r->vm.s, r->vm.len) == 0 &&
	    memcmp(r->message.s + r->vm.len, ": ", 2) == 0)
		return xasprintf("%.*s", (int)(r->message.len - r->vm.len - 2),
		    r->message.s + r->vm.len + 2);
	return copy(r->message);
}

static bool
same(const struct timeline_event *a, const struct timeline_event *b)
{
	return a->event == b->event && strcmp(a->lab, b->lab) == 0 &&
	    strcmp(a->net, b->net) == 0 && strcmp(a->who, b->who) == 0;
}

/* We tell each event once, though the log may be read twice. */
static bool
own_twice(const struct timeline_event *a, const struct timeline_event *b)
{
	return a->own && b->own && (a->us != b->us ||
	    strcmp(a->what, b->what) != 0);
}

/*
 * Leases are told once, all else by whoever notices, by a kernel in several
 * lines; our own words win.
 */
static bool
told(struct timeline *t, struct timeline_event *ev)
{
	size_t left = LOOK_BACK;

	if (ev->event == LOGREC_NOEVENT || ev->event == LOGREC_LEASE_GIVEN ||
	    ev->us == LOGREC_NOTIME || (*ev->lab == '\0' && *ev->who == '\0'))
		return false;
	for (size_t i = t->n; i-- > 0 && left-- > 0;) {
		if (t->events[i].us != LOGREC_NOTIME &&
		    t->events[i].us < ev->us - SAME_US)
			break;
		if (!same(&t->events[i], ev) || own_twice(&t->events[i], ev))
			continue;
		if (ev->own && !t->events[i].own) {
			char *what = t->events[i].what;

			t->events[i].what = ev->what;
			t->events[i].own = true;
			t->events[i].seq = ev->seq;
			t->events[i].us = ev->us;
			t->events[i].zone = ev->zone;
			ev->what = what;
		}
		return true;
	}
	return false;
}

static void
event_free(struct timeline_event *ev)
{
	free(ev->lab);
	free(ev->net);
	free(ev->who);
	free(ev->what);
}

void
timeline_add(struct timeline *t, const struct logrec *r)
{
	struct timeline_event ev = { .seq = t->seq++, .us = r->us,
	    .zone = r->zone, .event = r->event };

	ev.lab = copy(r->lab);
	ev.net = copy(is_private(r->net) ? SLICE_NONE : r->net);
	ev.who = copy(r->vm.len > 0 ? r->vm : r->ifname);
	ev.what = words(r);
	ev.own = is_own(r);
	if (told(t, &ev)) {
		event_free(&ev);
		return;
	}
	if ((t->n & (t->n - 1)) == 0)
		t->events = xrealloc(t->events,
		    (t->n ? 2 * t->n : 1) * sizeof(*t->events));
	t->events[t->n++] = ev;
}

/* Labs by name, those without one last; in each itself, then its networks. */
static int
by_group(const void *a, const void *b)
{
	const struct timeline_event *x = a, *y = b;
	int c = (*x->lab == '\0') - (*y->lab == '\0');

	if (c == 0)
		c = strcmp(x->lab, y->lab);
	if (c == 0)
		c = strcmp(x->net, y->net);
	return c != 0 ? c : (x->seq > y->seq) - (x->seq < y->seq);
}

static void
write_head(const struct timeline_event *ev, FILE *f)
{
	char *lab = table_clean(ev->lab), *net = table_clean(ev->net);

	fprintf(f, "%s%s%s%s\n", *lab != '\0' ? lab : *net != '\0' ? "" :
	    "(no lab)", *lab != '\0' ? ":" : "", *net != '\0' ? "net:" : "",
	    net);
	free(lab);
	free(net);
}

static void
write_event(const struct timeline_event *ev, const char *clock, FILE *f)
{
	char *who = table_clean(ev->who), *what = table_clean(ev->what);
	const char *name = ev->event != LOGREC_NOEVENT ?
	    logrec_event_name(ev->event) : "note";

	fprintf(f, "  %-12.12s  %-18s  %s%s%s\n", clock, name, who,
	    *who != '\0' && *what != '\0' ? "  " : "", what);
	free(who);
	free(what);
}

void
timeline_write(struct timeline *t, FILE *f)
{
	const struct timeline_event *prev = NULL;
	char date[16] = "", span[TIME_SPANSZ];

	if (t->n > 1)
		qsort(t->events, t->n, sizeof(*t->events), by_group);
	for (size_t i = 0; i < t->n; i++) {
		const struct timeline_event *ev = &t->events[i];
		struct logout_time at = { .clock = "-" };
		bool first = prev == NULL || strcmp(prev->lab, ev->lab) != 0 ||
		    strcmp(prev->net, ev->net) != 0;

		if (ev->us != LOGREC_NOTIME)
			logout_time(&at, ev->us, ev->zone);
		if (first) {
			if (i > 0)
				fputc('\n', f);
			write_head(ev, f);
			date[0] = '\0';
		} else if (prev->us != LOGREC_NOTIME &&
		    ev->us != LOGREC_NOTIME && ev->us - prev->us >= GAP_US)
			fprintf(f, "  ... %s\n", time_span((ev->us -
			    prev->us) / 1000000, span));
		if (at.date[0] != '\0' && strcmp(at.date, date) != 0) {
			fprintf(f, "  %s (%s)\n", at.date, at.zone);
			memcpy(date, at.date, sizeof(date));
		}
		write_event(ev, at.clock, f);
		prev = ev;
	}
}

void
timeline_free(struct timeline *t)
{
	for (size_t i = 0; i < t->n; i++)
		event_free(&t->events[i]);
	free(t->events);
	*t = (struct timeline){ 0 };
}
