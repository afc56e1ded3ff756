/* SPDX-License-Identifier: ISC */
/* capmux.c - several sources of packets as one, in the order of time */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capmux.h"
#include "strv.h"

/* So much of one source may wait for the others. */
#define QUEUE_MAX	(4u << 20)
/* Beyond a source's latency: the kernel's timers are coarse. */
#define SLACK_MS	10
#define MSEC		UINT64_C(1000000)

typedef int packet_fn(void *arg, const struct capsrc_packet *p);

static uint64_t
realtime_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 * MSEC + (uint64_t)t.tv_nsec;
}

void
capmux_init(struct capmux *m, int latency_ms)
{
	*m = (struct capmux){ .now_ns = realtime_ns,
		.latency_ns = (uint64_t)(latency_ms + SLACK_MS) * MSEC };
	m->window_ns = m->latency_ns;
}

unsigned
capmux_add(struct capmux *m, const struct capany *any)
{
	uint64_t window = m->latency_ns +
	    (uint64_t)capany_late(any) * MSEC;

	if (window > m->window_ns)
		m->window_ns = window;
	m->srcs = xrealloc(m->srcs, (m->n + 1) * sizeof(*m->srcs));
	m->srcs[m->n] = xcalloc(1, sizeof(**m->srcs));
	m->srcs[m->n]->any = *any;
	return (unsigned)m->n++;
}

size_t
capmux_poll(const struct capmux *m, struct pollfd *p)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct capmux_src *s = m->srcs[i];
		int fd = s->any.src != NULL && s->len < QUEUE_MAX ?
		    capany_fd(&s->any) : -1;

		if (fd != -1)
			p[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return n;
}

static int
sooner(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

/* ---- the queue of a source ---- */

/* A record: this, and the frame's bytes, padded to 8. */
static size_t
record_len(const struct capsrc_packet *p)
{
	return sizeof(*p) + ((p->caplen + 7u) & ~7u);
}

static const struct capsrc_packet *
head(const struct capmux_src *s)
{
	return s->pos < s->len ? (const void *)(s->buf + s->pos) : NULL;
}

static int
enqueue(void *arg, const struct capsrc_packet *p)
{
	struct capmux_src *s = arg;
	size_t n = record_len(p);
	struct capsrc_packet copy = *p;

	if (s->len + n > s->cap) {
		s->cap = 2 * s->cap + n;
		s->buf = xrealloc(s->buf, s->cap);
	}
	copy.lent = NULL;
	memcpy(s->buf + s->len, &copy, sizeof(copy));
	memcpy(s->buf + s->len + sizeof(copy), p->data, p->caplen);
	s->len += n;
	s->last_ns = p->time_ns;
	return s->len - s->pos >= QUEUE_MAX;
}

static int
dequeue(struct capmux_src *s, packet_fn *fn, void *arg)
{
	struct capsrc_packet p = *head(s);

	p.data = s->buf + s->pos + sizeof(p);
	s->pos += record_len(&p);
	return fn(arg, &p);
}

static void
compact(struct capmux_src *s)
{
	if (s->pos > 0 && s->pos < s->len)
		memmove(s->buf, s->buf + s->pos, s->len - s->pos);
	s->len -= s->pos;
	s->pos = 0;
}

/* ---- all of them ---- */

int
capmux_due(const struct capmux *m)
{
	uint64_t now = m->now_ns();
	int due = -1;

	for (size_t i = 0; i < m->n; i++) {
		const struct capsrc_packet *p = head(m->srcs[i]);
		uint64_t at = p != NULL ? p->time_ns + m->window_ns : 0;

		if (m->srcs[i]->any.src != NULL)
			due = sooner(due, capany_due(&m->srcs[i]->any));
		/* A clock that was set back must not make us wait for it. */
		if (p != NULL)
			due = sooner(due, at <= now ? 0 :
			    at - now > m->window_ns ?
			    (int)(m->window_ns / MSEC) :
			    (int)((at - now) / MSEC) + 1);
	}
	return due;
}

unsigned
capmux_nap(const struct capmux *m)
{
	unsigned nap = 0;

	for (size_t i = 0; i < m->n && nap == 0; i++)
		if (m->srcs[i]->any.src != NULL)
			nap = capany_nap(&m->srcs[i]->any);
	return nap;
}

/* Its counters stay; it has nothing more to say. */
static void
shut(struct capmux_src *s)
{
	if (s->any.src == NULL)
		return;
	capany_stats(&s->any, &s->stats, NULL);
	capany_close(&s->any);
	s->empty = true;
}

static int
fill(struct capmux *m, struct qerr *e)
{
	for (size_t i = 0; i < m->n; i++) {
		struct capmux_src *s = m->srcs[i];
		int n = 1;

		compact(s);
		s->empty = s->any.src == NULL;
		while (!s->empty && s->len < QUEUE_MAX) {
			n = capany_read(&s->any, enqueue, s, e);
			if (n == -1) {
				shut(s);
				return -1;
			}
			s->empty = n == 0;
		}
		if (s->empty && s->ending)
			shut(s);
	}
	return 0;
}

/* Up to when nothing that is still to come can be older. */
static uint64_t
horizon(const struct capmux *m, uint64_t now)
{
	uint64_t h = UINT64_MAX;

	for (size_t i = 0; i < m->n; i++) {
		const struct capmux_src *s = m->srcs[i];
		uint64_t to = s->empty ? now - m->window_ns : s->last_ns;

		if (s->any.src == NULL || (m->stopped && s->empty))
			continue;
		if (to < h)
			h = to;
	}
	return h;
}

static struct capmux_src *
oldest(const struct capmux *m)
{
	struct capmux_src *best = NULL;

	for (size_t i = 0; i < m->n; i++) {
		struct capmux_src *s = m->srcs[i];

		if (head(s) != NULL && (best == NULL ||
		    head(s)->time_ns < head(best)->time_ns))
			best = s;
	}
	return best;
}

/* The one source that there is, when nothing waits. */
static struct capmux_src *
single(const struct capmux *m)
{
	struct capmux_src *one = NULL;

	for (size_t i = 0; i < m->n; i++) {
		if (head(m->srcs[i]) != NULL ||
		    (m->srcs[i]->any.src != NULL && one != NULL))
			return NULL;
		if (m->srcs[i]->any.src != NULL)
			one = m->srcs[i];
	}
	return one;
}

int
capmux_read(struct capmux *m, packet_fn *fn, void *arg, struct qerr *e)
{
	struct capmux_src *s = single(m);
	uint64_t now, until;
	int n = 0;

	if (s != NULL) {
		n = capany_read(&s->any, fn, arg, e);
		if (n == -1 || (n == 0 && s->ending))
			shut(s);
		return n;
	}
	now = m->now_ns();
	if (fill(m, e) == -1)
		return -1;
	until = horizon(m, now);
	while ((s = oldest(m)) != NULL && (head(s)->time_ns <= until ||
	    /* It has the future of a clock that was set back. */
	    head(s)->time_ns > now + m->window_ns)) {
		n++;
		if (dequeue(s, fn, arg) != 0)
			break;
	}
	return n;
}

bool
capmux_gone(struct capmux *m, unsigned *src, unsigned *point)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->srcs[i]->any.src != NULL && head(m->srcs[i]) == NULL &&
		    capany_gone(&m->srcs[i]->any, point)) {
			*src = (unsigned)i;
			return true;
		}
	return false;
}

int
capmux_stop(struct capmux *m, struct qerr *e)
{
	int rc = 0;

	m->stopped = true;
	for (size_t i = 0; i < m->n; i++)
		if (m->srcs[i]->any.src != NULL &&
		    capany_stop(&m->srcs[i]->any, e) == -1)
			rc = -1;
	return rc;
}

void
capmux_end(struct capmux *m, unsigned src)
{
	struct capmux_src *s = m->srcs[src];

	s->ending = s->any.src != NULL && capany_stop(&s->any, NULL) == 0;
}

int
capmux_stats(struct capmux *m, unsigned src, struct capsrc_stats *s,
    struct qerr *e)
{
	struct capmux_src *c = m->srcs[src];

	if (c->any.src == NULL) {
		*s = c->stats;
		return 0;
	}
	return capany_stats(&c->any, s, e);
}

void
capmux_release(struct capmux *m)
{
	for (size_t i = 0; i < m->n; i++) {
		capany_close(&m->srcs[i]->any);
		free(m->srcs[i]->buf);
		free(m->srcs[i]);
	}
	free(m->srcs);
	*m = (struct capmux){ 0 };
}
