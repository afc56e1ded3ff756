/* SPDX-License-Identifier: ISC */
/* capdrain.c - the process that reads what QEMU dumps, and waits for nobody */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "capdrain.h"

/* QEMU closes both FIFOs at about the same time. */
#define SECOND_EOF_MS	300

struct state {
	struct capdrain *d;
	struct dumpmerge *m;
	bool eof[DUMP_STREAMS];
	bool discard;		/* nobody wants packets any more */
	bool over;
};

static int64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* To the ring, when the filter lets it. */
static void
take(void *arg, const struct capsrc_packet *packet)
{
	struct capdrain *d = arg;
	struct capsrc_packet p = *packet;

	if (d->has_vnethdr) {
		unsigned n = vnethdr_len(&d->vnethdr, p.data, p.caplen,
		    p.to_vm);

		p.data += n;
		p.caplen -= n;
		p.len -= n;
	}
	if (d->filter != NULL && !capfilter_match(d->filter, &p))
		return;
	if (p.caplen > d->snaplen)
		p.caplen = d->snaplen;
	capring_put(&d->ring, &p);
}

static void
wake_reader(const struct state *s)
{
	ssize_t n = write(s->d->stream, "p", 1);

	(void)n;	/* full: it has enough to wake up for; gone: we see */
}

/* Read one FIFO until it is empty or there is no room.  Did anything come? */
static bool
drain_one(struct state *s, int i)
{
	bool came = false;

	while (!s->eof[i]) {
		static uint8_t nowhere[65536];
		size_t room = sizeof(nowhere);
		uint8_t *to = s->discard ? nowhere :
		    dumpmerge_space(s->m, i, &room);
		ssize_t n;

		if (room == 0)
			break;
		n = read(s->d->fifo[i], to, room);
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR)) {
			s->eof[i] = true;
			dumpmerge_eof(s->m, i);
		} else if (n > 0) {
			came = true;
			if (!s->discard)
				dumpmerge_fed(s->m, i, (size_t)n);
		} else if (errno == EAGAIN) {
			if (!s->discard)
				dumpmerge_fed(s->m, i, 0);
			break;
		}
	}
	return came;
}

/* Once around.  Did anything come? */
static bool
drain(struct state *s)
{
	struct capdrain *d = s->d;
	bool came = false;
	struct qerr e;

	for (int i = 0; i < DUMP_STREAMS; i++)
		came |= drain_one(s, i);
	if (s->discard)
		return came;
	if (dumpmerge_run(s->m, now_ns(), take, d, &e) == -1) {
		capring_end(&d->ring, CAPDRAIN_GARBAGE);
		s->over = true;
	}
	if (capring_wants_waking(&d->ring))
		wake_reader(s);
	return came;
}

/* What the reader wants; it may have gone. */
static void
obey(struct state *s)
{
	char c;
	ssize_t n = read(s->d->stream, &c, 1);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == 1 && c == CAPDRAIN_STOP && !s->discard) {
		/* What has come so far is still wanted. */
		dumpmerge_settle(s->m);
		while (!s->over && drain(s) && dumpmerge_waits(s->m))
			;
		capring_end(&s->d->ring, CAPDRAIN_STOPPED);
		wake_reader(s);
	}
	s->discard = true;
}

/*
 * Wait for packets (or just some time), and for the reader: not for his words
 * once nothing is to be done for him, since QEMU must be read until the guard
 * has detached it.
 */
static void
wait_for(struct state *s, bool packets, int timeout_ms)
{
	struct capdrain *d = s->d;
	struct pollfd p[] = {
		{ .fd = !packets || s->eof[0] ? -1 : d->fifo[0],
		.events = POLLIN },
		{ .fd = !packets || s->eof[1] ? -1 : d->fifo[1],
		.events = POLLIN },
		{ .fd = s->discard ? -1 : d->stream, .events = POLLIN },
		{ .fd = d->life, .events = POLLIN },
	};
	int n = poll(p, 4, timeout_ms);

	if (n == 0 && packets && (s->eof[0] || s->eof[1]))
		s->over = true;
	if (n <= 0)
		return;
	if (p[3].revents != 0)
		s->over = true;
	else if (p[2].revents != 0)
		obey(s);
}

void
capdrain_run(struct capdrain *d)
{
	struct state s = { .d = d, .m = dumpmerge_new(CAPDRAIN_SETTLE_MS *
	    1000000LL) };
	bool busy = false;

	while (!s.over && (!s.eof[0] || !s.eof[1])) {
		bool came = drain(&s);

		busy |= came;
		if (came && dumpmerge_waits(s.m))
			wait_for(&s, false, 0);
		else if (busy)
			/* Let some come together: each wake-up costs. */
			wait_for(&s, false, d->nap_ms);
		else
			wait_for(&s, true, s.eof[0] || s.eof[1] ?
			    SECOND_EOF_MS : dumpmerge_waits(s.m) ?
			    CAPDRAIN_SETTLE_MS :
			    -1);
		busy = came && dumpmerge_waits(s.m);
	}
	if (!s.over)
		drain(&s);
	dumpmerge_free(s.m);
}
