/* SPDX-License-Identifier: ISC */
/* capsink.c - what becomes of captured packets: asserted, counted, written */
#include <stdio.h>
#include <stdlib.h>

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
		if (((*f)[i] = capfilter_new(texts->v[i], linktype, e)) ==
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
	    (s->filter = capfilter_new(o->filter, linktype, e)) == NULL)
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

	time_rfc3339((int64_t)(p->time_ns / 1000), when);
	pktline(p, linktype, line);
	/* A name out of a file may be anything. */
	snprintf(s->line, sizeof(s->line), "%s%s%s%s %s", when,
	    *name != '\0' ? " " : "", *name != '\0' ? text_show(name, show) :
	    "", p->no_way ? "" : p->to_vm ? " in" : " out", line);
}

/* Does an assertion speak of the packet?  1, 0, or -1. */
static int
check(struct capsink *s, const char *name, uint32_t linktype,
    const struct capsrc_packet *p, struct qerr *e)
{
	int any = 0, rc;

	for (size_t i = 0; i < s->o->expect.n; i++) {
		rc = capfilter_match_any(s->expect[i], linktype, p, e);
		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		any = 1;
		s->unmet -= !s->met[i];
		s->met[i] = true;
	}
	for (size_t i = 0; i < s->o->never.n; i++) {
		rc = capfilter_match_any(s->never[i], linktype, p, e);
		if (rc == -1)
			return -1;
		if (rc == 0)
			continue;
		s->never_which = i;
		s->end = CAPSINK_NEVER;
		describe(s, name, linktype, p);
		return 1;
	}
	if (s->o->expect.n > 0 && s->unmet == 0)
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
	if (!right_way(s, p))
		return 0;
	if (s->filter != NULL && (rc = capfilter_match_any(s->filter,
	    linktype, p, e)) != 1)
		return rc;
	if (capsink_asserts(s)) {
		if ((rc = check(s, name, linktype, p, e)) == -1)
			return -1;
	} else
		rc = 1;
	if (rc == 1 && s->out != NULL &&
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
