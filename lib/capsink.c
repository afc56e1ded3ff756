/* SPDX-License-Identifier: ISC */
/* capsink.c - what becomes of captured packets: asserted, counted, written */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capsink.h"
#include "pktline.h"
#include "text.h"
#include "timetext.h"

static struct capfilter **
make_all(const struct strv *texts)
{
	struct capfilter **f = xcalloc(texts->n + 1, sizeof(*f));

	for (size_t i = 0; i < texts->n; i++)
		f[i] = capfilter_new_mixed(texts->v[i]);
	return f;
}

void
capsink_init(struct capsink *s, const struct capsink_opts *o,
    struct capout *out)
{
	*s = (struct capsink){ .o = o, .out = out, .unmet = o->expect.n,
		.met = xcalloc(o->expect.n + 1, sizeof(*s->met)),
		.filter = o->filter != NULL ? capfilter_new_mixed(o->filter) :
		NULL, .expect = make_all(&o->expect),
		.never = make_all(&o->never) };
	s->picks = s->filter != NULL || o->way != CAPSINK_INOUT ||
	    capsink_asserts(s);
}

/* All filters: the first one, those that are expected, those never to come. */
static struct capfilter *
filter(const struct capsink *s, size_t n)
{
	if (s->filter != NULL && n-- == 0)
		return s->filter;
	if (n < s->o->expect.n)
		return s->expect[n];
	n -= s->o->expect.n;
	return n < s->o->never.n ? s->never[n] : NULL;
}

int
capsink_meet(struct capsink *s, uint32_t linktype, struct qerr *e)
{
	struct capfilter *f;
	int rc = 0;

	for (size_t i = 0; (f = filter(s, i)) != NULL; i++) {
		struct qerr why = { 0 };
		int added = capfilter_add(f, linktype, &why);

		if (added == 0 && capfilter_check_here(f, &why) == -1)
			added = -1;
		if (e != NULL && (added == -1 || (added == 1 && rc == 0)))
			*e = why;
		if (added == -1)
			return -1;
		rc |= added;
	}
	return rc;
}

bool
capsink_means(const struct capsink *s)
{
	struct capfilter *f;
	size_t i;

	for (i = 0; (f = filter(s, i)) != NULL; i++)
		if (capfilter_meaningless(f) == NULL)
			return true;
	return i == 0;
}

const char *
capsink_meaningless(const struct capsink *s)
{
	const char *text = NULL;
	struct capfilter *f;

	for (size_t i = 0; text == NULL && (f = filter(s, i)) != NULL; i++)
		text = capfilter_meaningless(f);
	return text;
}

bool
capsink_asserts(const struct capsink *s)
{
	return s->o->expect.n + s->o->never.n > 0;
}

static void
describe(struct capsink *s, const char *name, uint32_t linktype,
    const struct capsrc_packet *p)
{
	char when[TIME_RFC3339SZ], line[PKTLINE_SZ], show[TEXT_SHOWSZ];
	size_t len = strlen(name);

	/* A name out of a file may be anything. */
	if (len >= sizeof(show) || text_clean(name, len, false) < len)
		name = text_show(name, show);
	time_rfc3339((int64_t)(p->time_ns / 1000), when);
	pktline(p, linktype, line);
	snprintf(s->line, sizeof(s->line), "%s%s%s%s %s", when,
	    len > 0 ? " " : "", name,
	    p->no_way ? "" : p->to_vm ? " in" : " out", line);
}

/* Does an assertion speak of the packet? */
static bool
check(struct capsink *s, const char *name, uint32_t linktype,
    const struct capsrc_packet *p)
{
	bool any = false;

	for (size_t i = 0; i < s->o->expect.n; i++) {
		if (!capfilter_match_any(s->expect[i], linktype, p))
			continue;
		any = true;
		s->unmet -= !s->met[i];
		s->met[i] = true;
	}
	for (size_t i = 0; i < s->o->never.n; i++) {
		if (!capfilter_match_any(s->never[i], linktype, p))
			continue;
		s->never_which = i;
		s->end = CAPSINK_NEVER;
		describe(s, name, linktype, p);
		return true;
	}
	if (s->o->expect.n > 0 && s->unmet == 0 && !s->o->to_the_end)
		s->end = CAPSINK_MET;
	return any;
}

static bool
right_way(const struct capsink *s, const struct capsrc_packet *p)
{
	return s->o->way == CAPSINK_INOUT ||
	    (!p->no_way && p->to_vm == (s->o->way == CAPSINK_IN));
}

bool
capsink_pick(struct capsink *s, const char *name, uint32_t linktype,
    const struct capsrc_packet *p, bool *write)
{
	if (!right_way(s, p) || (s->filter != NULL &&
	    !capfilter_match_any(s->filter, linktype, p)))
		return false;
	*write = !capsink_asserts(s) || check(s, name, linktype, p);
	return true;
}

const char *
capsink_missing(const struct capsink *s)
{
	for (size_t i = 0; i < s->o->expect.n; i++)
		if (!s->met[i])
			return s->o->expect.v[i];
	return NULL;
}

static void
free_all(struct capfilter **f, size_t n)
{
	for (size_t i = 0; f != NULL && i < n; i++)
		capfilter_free(f[i]);
	free(f);
}

void
capsink_release(struct capsink *s)
{
	capfilter_free(s->filter);
	if (s->o != NULL) {
		free_all(s->expect, s->o->expect.n);
		free_all(s->never, s->o->never.n);
	}
	free(s->met);
	*s = (struct capsink){ 0 };
}
