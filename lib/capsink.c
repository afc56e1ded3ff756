/* SPDX-License-Identifier: ISC */
/* capsink.c - what becomes of captured packets: asserted, counted, written */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capsink.h"
#include "pktline.h"
#include "text.h"
#include "timetext.h"

static int
compile_all(struct capfilter ***f, const struct strv *texts,
    uint32_t linktype, struct qerr *e)
{
	*f = xcalloc(texts->n + 1, sizeof(**f));
	for (size_t i = 0; i < texts->n; i++)
		if (((*f)[i] = capfilter_new_here(texts->v[i], linktype, e)) ==
		    NULL)
			return -1;
	return 0;
}

int
capsink_init(struct capsink *s, const struct capsink_opts *o,
    uint32_t linktype, struct capout *out, struct qerr *e)
{
	*s = (struct capsink){ .o = o, .out = out, .unmet = o->expect.n };
	s->met = xcalloc(o->expect.n + 1, sizeof(*s->met));
	if (o->filter != NULL &&
	    (s->filter = capfilter_new_here(o->filter, linktype, e)) == NULL)
		goto bad;
	if (compile_all(&s->expect, &o->expect, linktype, e) == 0 &&
	    compile_all(&s->never, &o->never, linktype, e) == 0)
		return 0;
bad:
	capsink_release(s);
	return -1;
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

int
capsink_take(struct capsink *s, unsigned point, const char *name,
    uint32_t linktype, const struct capsrc_packet *p, struct qerr *e)
{
	int rc;

	s->seen++;
	if (!right_way(s, p) || (s->filter != NULL &&
	    !capfilter_match_any(s->filter, linktype, p)))
		return 0;
	if ((!capsink_asserts(s) || check(s, name, linktype, p)) &&
	    s->out != NULL &&
	    (rc = capout_add(s->out, point, p, e)) != 0) {
		if (s->end == CAPSINK_GOING)
			s->end = CAPSINK_ENOUGH;
		return rc;
	}
	if (++s->taken == s->o->count && s->end == CAPSINK_GOING)
		s->end = CAPSINK_ENOUGH;
	return s->end != CAPSINK_GOING;
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
