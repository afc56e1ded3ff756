/* SPDX-License-Identifier: ISC */
/* cap-count.c - the counters of qlab-cap's packet process */
#include <inttypes.h>
#include <stdio.h>

#include "cap-mover.h"
#include "tool.h"

void
cap_count_blame(struct mover *m, bool slept)
{
	for (unsigned i = 0; i < m->mux.n; i++) {
		struct account *a = &m->accounts[i];
		struct capsrc_stats s = { 0 };

		if (capmux_stats(&m->mux, i, &s, NULL) == -1)
			continue;
		*(slept ? &a->slow : &a->kernel) += s.dropped - a->seen;
		a->seen = s.dropped;
	}
}

static void
sum_up(struct mover *m, unsigned src, struct capsrc_stats *sum)
{
	struct capsrc_stats s = { 0 };

	if (capmux_stats(&m->mux, src, &s, NULL) == -1)
		return;
	sum->received += s.received;
	if (s.filtered == UINT64_MAX || sum->filtered == UINT64_MAX)
		sum->filtered = UINT64_MAX;
	else
		sum->filtered += s.filtered;
	sum->dropped += m->accounts[src].kernel;
	sum->dropped_slow += m->accounts[src].slow + s.dropped_slow;
}

static void
say_point(const struct point *p)
{
	tool_say("%s: %" PRIu64 " packet%s", p->name, p->packets,
	    p->packets == 1 ? "" : "s");
}

void
cap_count_say(struct mover *m)
{
	struct capsrc_stats s = { 0 };
	char filtered[64] = "";
	uint64_t n = m->writes ? m->out.packets : m->sink->taken;

	cap_count_blame(m, m->in_write);
	for (unsigned i = 0; i < m->mux.n; i++)
		sum_up(m, i, &s);
	for (unsigned i = 0; m->npoints > 1 && i < m->npoints; i++)
		if (m->points[i]->ever)
			say_point(m->points[i]);
	/* By the sink, as no source could. */
	if (s.filtered != UINT64_MAX)
		s.filtered += m->sink->seen - m->sink->taken;
	s.received -= m->sink->seen - m->sink->taken;
	if (s.filtered != UINT64_MAX && s.filtered > 0)
		snprintf(filtered, sizeof(filtered), ", %" PRIu64 " filtered",
		    s.filtered);
	tool_say("%" PRIu64 " packet%s captured, %" PRIu64 " dropped by "
	    "kernel, %" PRIu64 " dropped for a slow reader, %" PRIu64
	    " received%s", n, n == 1 ? "" : "s", s.dropped, s.dropped_slow,
	    s.received, filtered);
}

void
cap_count_point(void *arg, unsigned out, struct capout_stats *st)
{
	struct mover *m = arg;
	struct capsrc_stats s = { 0 };
	bool first = true;

	for (unsigned i = 0; i < m->npoints; i++) {
		struct point *p = m->points[i];

		if (p->out != (int)out)
			continue;
		for (unsigned k = 0; k < i; k++)
			first &= m->points[k]->src != p->src;
		if (first)
			sum_up(m, p->src, &s);
		st->accepted = p->packets + s.dropped + s.dropped_slow;
		st->dropped = s.dropped + s.dropped_slow;
		/* What a filter in the kernel turns away nobody counts. */
		st->received = st->accepted +
		    (s.filtered != UINT64_MAX ? s.filtered : 0);
		return;
	}
}
