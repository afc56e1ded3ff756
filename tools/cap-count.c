/* SPDX-License-Identifier: ISC */
/* cap-count.c - the counters of qlab-cap's packet process */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <sys/resource.h>

#include "cap-mover.h"
#include "cap-signals.h"
#include "strv.h"
#include "tool.h"

void
cap_count_slept(struct mover *m)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	m->sleeps = r.ru_nvcsw;
}

void
cap_count_blame(struct mover *m)
{
	bool slow = cap_signals_stopped() || pipelend_kept(&m->lend) ||
	    m->in_write;
	long before = m->sleeps;

	cap_count_slept(m);
	slow |= m->sleeps > before;
	m->unblamed = false;
	for (unsigned i = 0; i < m->mux.n; i++) {
		struct account *a = &m->accounts[i];
		struct capsrc_stats s = { 0 };

		if (capmux_stats(&m->mux, i, &s, NULL) == -1)
			continue;
		*(slow ? &a->slow : &a->kernel) += s.dropped - a->seen;
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

/* Who share a source, at most eight of them; NULL: there is but one. */
static char *
sharers(const struct mover *m, unsigned src)
{
	struct strv names = { 0 };
	char *all = NULL;

	for (unsigned i = 0; i < m->npoints; i++)
		if (m->points[i]->ever && m->points[i]->src == src)
			strv_add(&names, m->points[i]->name);
	if (names.n > 1)
		all = strv_join(&names, " ", 8);
	strv_free(&names);
	return all;
}

/* The kernel counts what it drops a ring, not a NIC. */
static void
say_source(struct mover *m, unsigned src)
{
	char *names = sharers(m, src);
	struct capsrc_stats s = { 0 };

	sum_up(m, src, &s);
	if (names != NULL && s.dropped + s.dropped_slow > 0)
		tool_say("%s, which share one ring: %" PRIu64 " dropped by "
		    "kernel, %" PRIu64 " dropped for a slow reader", names,
		    s.dropped, s.dropped_slow);
	free(names);
}

static void
say_point(struct mover *m, const struct point *p)
{
	char *names = sharers(m, p->src), dropped[96] = "";
	struct capsrc_stats s = { 0 };

	sum_up(m, p->src, &s);
	if (names == NULL && s.dropped + s.dropped_slow > 0)
		snprintf(dropped, sizeof(dropped), ", %" PRIu64 " dropped by "
		    "kernel, %" PRIu64 " dropped for a slow reader", s.dropped,
		    s.dropped_slow);
	tool_say("%s: %" PRIu64 " packet%s%s", p->name, p->packets,
	    p->packets == 1 ? "" : "s", dropped);
	free(names);
}

void
cap_count_say(struct mover *m)
{
	struct capsrc_stats s = { 0 };
	char filtered[64] = "";
	uint64_t n = m->writes ? m->out.packets : m->sink->taken;

	cap_count_blame(m);
	for (unsigned i = 0; m->npoints > 1 && i < m->npoints; i++)
		if (m->points[i]->ever)
			say_point(m, m->points[i]);
	for (unsigned i = 0; i < m->mux.n; i++) {
		say_source(m, i);
		sum_up(m, i, &s);
	}
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

/* The first of those that share a source tells what it dropped. */
static void
count_shared(struct mover *m, unsigned n, const char *names, uint64_t dropped,
    struct capout_stats *st)
{
	const struct point *p = m->points[n];
	static char comment[1024];
	unsigned first = 0;

	while (!m->points[first]->ever || m->points[first]->src != p->src)
		first++;
	snprintf(comment, sizeof(comment), "%s share one ring, which dropped %"
	    PRIu64 " packets of theirs; they are counted at %s", names,
	    dropped, m->points[first]->name);
	st->comment = comment;
	st->dropped = first == n ? dropped : UINT64_MAX;
	st->accepted = p->packets + (first == n ? dropped : 0);
}

void
cap_count_point(void *arg, unsigned out, struct capout_stats *st)
{
	struct mover *m = arg;
	struct capsrc_stats s = { 0 };
	unsigned i = 0;
	char *names;

	while (i < m->npoints && m->points[i]->out != (int)out)
		i++;
	if (i == m->npoints)
		return;
	sum_up(m, m->points[i]->src, &s);
	st->dropped = s.dropped + s.dropped_slow;
	st->accepted = m->points[i]->packets + st->dropped;
	names = sharers(m, m->points[i]->src);
	if (names != NULL && st->dropped > 0)
		count_shared(m, i, names, st->dropped, st);
	free(names);
	/* What a filter in the kernel turns away nobody counts. */
	st->received = st->accepted +
	    (s.filtered != UINT64_MAX ? s.filtered : 0);
}
