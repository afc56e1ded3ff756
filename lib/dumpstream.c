/* SPDX-License-Identifier: ISC */
/* dumpstream.c - packets out of the two streams of QEMU's filter-dump */
#include <stdlib.h>
#include <string.h>

#include "dumpstream.h"
#include "strv.h"

#define SECOND		1000000000LL

#define MAGIC		0xa1b2c3d4u
#define MAGIC_SWAPPED	0xd4c3b2a1u
#define HEADER		24u
#define RECORD		16u
#define ETHERNET	1u

/* Two packets of the largest kind. */
#define BUFFER		(2u * (RECORD + CAPSRC_SNAPLEN_MAX))

/* A delay beyond this is no delay: the VM was stopped. */
#define JUMP		(100 * 1000000LL)
/* Neither is this, when so many in turn have it. */
#define LATE		(10 * 1000000LL)
#define LATE_MANY	8
/* The least difference is that of one to two of these; clocks drift. */
#define WINDOW		(5 * SECOND)

struct stream {
	bool begun, swapped, eof;
	uint64_t fed, dry;	/* the last reads that brought some, none */
	int64_t shift;		/* to be added to its stamps */
	int64_t least, when;	/* least difference seen last, and when */
	size_t pos, len;	/* buf[pos..len) is still to be told */
	size_t seen;		/* buf[pos..seen) has been looked at */
	uint8_t buf[BUFFER];
};

struct dumpmerge {
	struct dumpclock clock;
	uint64_t reads;
	int64_t settle, first;	/* ns; when the first packet came, 0: not yet */
	struct stream s[DUMP_STREAMS];
};

struct record {
	int64_t stamp;		/* ns */
	uint32_t caplen, len;
};

static void
anchor(struct dumpclock *k, int64_t difference, int64_t now)
{
	k->set = true;
	k->cur = k->prev = difference;
	k->window = now;
	k->late = 0;
}

void
dumpclock_see(struct dumpclock *k, int64_t difference, int64_t now)
{
	int64_t delay = difference - k->off;

	if (delay <= LATE)
		k->late = 0;
	else if (k->late++ == 0 || difference < k->late_least)
		k->late_least = difference;
	if (!k->set || delay > JUMP)
		anchor(k, difference, now);
	else if (k->late >= LATE_MANY)
		anchor(k, k->late_least, now);
	else if (now - k->window >= WINDOW || now < k->window) {
		k->prev = k->cur;
		k->cur = difference;
		k->window = now;
	} else if (difference < k->cur)
		k->cur = difference;
	k->off = k->cur < k->prev ? k->cur : k->prev;
}

int64_t
dumpclock_time(struct dumpclock *k, int64_t stamp)
{
	int64_t t = stamp + k->off;

	/* Back by much: the system's clock was set. */
	if (t > k->last || t < k->last - SECOND)
		k->last = t > 0 ? t : 0;
	return k->last;
}

struct dumpmerge *
dumpmerge_new(int64_t settle)
{
	struct dumpmerge *m = xcalloc(1, sizeof(*m));

	m->settle = settle;
	return m;
}

void
dumpmerge_settle(struct dumpmerge *m)
{
	m->settle = 0;
}

void
dumpmerge_free(struct dumpmerge *m)
{
	free(m);
}

uint8_t *
dumpmerge_space(struct dumpmerge *m, int stream, size_t *room)
{
	struct stream *s = &m->s[stream];

	/* Move only when that is cheap, or needed. */
	if (s->pos == s->len || BUFFER - s->len < BUFFER / 4) {
		memmove(s->buf, s->buf + s->pos, s->len - s->pos);
		s->len -= s->pos;
		s->seen -= s->pos;
		s->pos = 0;
	}
	*room = BUFFER - s->len;
	return s->buf + s->len;
}

void
dumpmerge_fed(struct dumpmerge *m, int stream, size_t n)
{
	struct stream *s = &m->s[stream];

	s->len += n;
	*(n > 0 ? &s->fed : &s->dry) = ++m->reads;
}

void
dumpmerge_eof(struct dumpmerge *m, int stream)
{
	m->s[stream].eof = true;
}

static uint32_t
word(const struct stream *s, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return s->swapped ? __builtin_bswap32(v) : v;
}

/* The stream's header, once; 0: not all is there. */
static int
begin(struct stream *s, struct qerr *e)
{
	const uint8_t *p = s->buf + s->pos;

	if (s->begun)
		return 1;
	if (s->len - s->pos < HEADER)
		return 0;
	s->swapped = word(s, p) == MAGIC_SWAPPED;
	if (word(s, p) != MAGIC || word(s, p + 20) != ETHERNET)
		return qerr_set(e, QERR_FAIL, "QEMU sends no pcap of Ethernet "
		    "(magic 0x%08x, link type %u)", word(s, p),
		    word(s, p + 20));
	s->begun = true;
	s->pos = s->seen = s->pos + HEADER;
	return 1;
}

/* The record at buf[at]; 0: not all is there. */
static int
record(const struct stream *s, size_t at, struct record *r, struct qerr *e)
{
	const uint8_t *p = s->buf + at;
	uint32_t us;

	if (s->len - at < RECORD)
		return 0;
	us = word(s, p + 4);
	r->caplen = word(s, p + 8);
	r->len = word(s, p + 12);
	if (us >= 1000000 || r->caplen > CAPSRC_SNAPLEN_MAX ||
	    r->caplen > r->len)
		return qerr_set(e, QERR_FAIL, "QEMU sends no pcap: a packet of "
		    "%u bytes, %u kept, at microsecond %u", r->len, r->caplen,
		    us);
	r->stamp = (int64_t)word(s, p) * SECOND + (int64_t)us * 1000 + s->shift;
	return s->len - at - RECORD >= r->caplen;
}

/* The least difference of arrival and stamp among the new records. */
static int
look(struct stream *s, int64_t now, bool *any, struct qerr *e)
{
	struct record r;
	int rc;

	*any = false;
	if ((rc = begin(s, e)) <= 0)
		return rc;
	while ((rc = record(s, s->seen, &r, e)) == 1) {
		int64_t d = now - r.stamp;

		if (!*any || d < s->least)
			s->least = d;
		*any = true;
		s->seen += RECORD + r.caplen;
	}
	if (*any)
		s->when = now;
	return rc;
}

/*
 * The filters were made one after the other, and a second may have begun
 * between them: their stamps then differ by that.  What came at about the same
 * time, so that the VM was not stopped between, tells.
 */
static void
align(struct dumpmerge *m)
{
	struct stream *a = &m->s[DUMP_FROM_VM], *b = &m->s[DUMP_TO_VM];
	int64_t apart = a->when - b->when, d = b->least - a->least;

	if (a->when == 0 || b->when == 0 || apart > SECOND / 2 ||
	    apart < -SECOND / 2 || (d < SECOND / 2 && d > -SECOND / 2))
		return;
	d = (d + (d > 0 ? SECOND / 2 : -SECOND / 2)) / SECOND * SECOND;
	b->shift += d;
	b->least -= d;
}

static int
look_all(struct dumpmerge *m, int64_t now, struct qerr *e)
{
	bool any[DUMP_STREAMS];

	for (int i = 0; i < DUMP_STREAMS; i++)
		if (look(&m->s[i], now, &any[i], e) == -1)
			return -1;
	if (any[0] || any[1])
		align(m);
	if (any[0] && any[1])
		dumpclock_see(&m->clock, m->s[0].least < m->s[1].least ?
		    m->s[0].least : m->s[1].least, now);
	else if (any[0] || any[1])
		dumpclock_see(&m->clock, m->s[any[1]].least, now);
	return 0;
}

static bool
is_full(const struct stream *s)
{
	return s->len - s->pos > BUFFER - BUFFER / 4;
}

/* May what has come by the other stream be told, as far as s is concerned? */
static bool
lets_go(const struct stream *s, const struct stream *other)
{
	if (s->eof)
		return true;
	/* A broken-off record, and no room left over there: go on. */
	if (s->pos != s->len)
		return is_full(other);
	return s->dry > other->fed;
}

/* Which stream has the next packet, in *r?  -1: none that can be told. */
static int
earliest(const struct dumpmerge *m, struct record *r)
{
	struct record c[DUMP_STREAMS];
	bool have[DUMP_STREAMS];
	int first;

	for (int i = 0; i < DUMP_STREAMS; i++)
		have[i] = m->s[i].pos < m->s[i].seen &&
		    record(&m->s[i], m->s[i].pos, &c[i], NULL) == 1;
	if (have[0] && have[1])
		first = c[1].stamp < c[0].stamp;
	else if (have[0] && lets_go(&m->s[1], &m->s[0]))
		first = 0;
	else if (have[1] && lets_go(&m->s[0], &m->s[1]))
		first = 1;
	else
		return -1;
	*r = c[first];
	return first;
}

/* Is it too early to tell times? */
static bool
settles(struct dumpmerge *m, int64_t now)
{
	if (m->settle == 0 || !m->clock.set)
		return false;
	if (m->first == 0)
		m->first = now;
	if (now - m->first >= m->settle || now < m->first ||
	    is_full(&m->s[0]) || is_full(&m->s[1]) ||
	    (m->s[0].eof && m->s[1].eof))
		m->settle = 0;
	return m->settle != 0;
}

int
dumpmerge_run(struct dumpmerge *m, int64_t now,
    void (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	struct record r;
	int i, n = 0;

	if (look_all(m, now, e) == -1)
		return -1;
	if (settles(m, now))
		return 0;
	while ((i = earliest(m, &r)) != -1) {
		struct stream *s = &m->s[i];
		struct capsrc_packet p = { .caplen = r.caplen, .len = r.len,
			.time_ns = (uint64_t)dumpclock_time(&m->clock,
			r.stamp), .to_vm = i == DUMP_TO_VM,
			.data = s->buf + s->pos + RECORD };

		fn(arg, &p);
		s->pos += RECORD + r.caplen;
		n++;
	}
	return n;
}

bool
dumpmerge_waits(const struct dumpmerge *m)
{
	return m->s[0].pos < m->s[0].seen || m->s[1].pos < m->s[1].seen;
}
