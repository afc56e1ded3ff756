/* SPDX-License-Identifier: ISC */
/* cap-mover.c - the packet process of qlab-cap */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "cap-mover.h"
#include "cap-rights.h"
#include "cap-signals.h"
#include "fdmsg.h"
#include "tool.h"

/* That the reader has gone is noticed so soon though no packet comes. */
#define LOOK_MS		500
/* In a flood the first process is listened to, and drops are read, so often. */
#define HEAR_MS		5
/* So many interrupted writes may pass before we end without the reader. */
#define PATIENCE	10

/* ---- what the first process says ---- */

static bool
any_there(const struct mover *m)
{
	for (unsigned i = 0; i < m->npoints; i++)
		if (m->points[i]->there)
			return true;
	return false;
}

static void
learn_point(struct mover *m, const struct fdmsg *msg)
{
	struct cap_point p;
	struct point *at;

	memcpy(&p, msg->buf, sizeof(p));
	if (p.number == m->npoints) {
		m->points = xrealloc(m->points, (m->npoints + 1) *
		    sizeof(*m->points));
		m->points[m->npoints] = xcalloc(1, sizeof(*at));
		m->points[m->npoints++]->out = -1;
	}
	at = m->points[p.number];
	free(at->name);
	free(at->description);
	at->name = xstrdup(p.name);
	at->description = xstrdup(p.description);
	at->has_mac = p.has_mac;
	at->is_if = p.is_if;
	at->told = p.opening;
	memcpy(at->mac, p.mac, sizeof(at->mac));
}

static void
add_source(struct mover *m, const struct capany *any)
{
	unsigned src = capmux_add(&m->mux, any);

	m->accounts = xrealloc(m->accounts, m->mux.n * sizeof(*m->accounts));
	m->accounts[src] = (struct account){ 0 };
	m->polls = xrealloc(m->polls, (m->mux.n + 2) * sizeof(*m->polls));
}

/* A source has that point. */
static void
there(struct mover *m, unsigned point, unsigned src)
{
	struct point *p = m->points[point];

	if (m->started)
		tool_say("listening on %s%s%s", p->name,
		    *p->description != '\0' ? ", " : "", p->description);
	p->there = p->ever = true;
	p->src = src;
	p->opening = p->told;
}

static int
add_ring(struct mover *m, struct fdmsg *msg, struct qerr *e)
{
	struct capsrc_kit k = { .fd = msg->fds[0],
		.ninsns = msg->len / sizeof(*k.insns) };
	struct capsrc_opts o = m->o->src;
	struct capany any;

	msg->fds[0] = -1;
	o.lend = &m->lend;
	if (k.ninsns > 0) {
		k.insns = xcalloc(k.ninsns, sizeof(*k.insns));
		memcpy(k.insns, msg->buf, k.ninsns * sizeof(*k.insns));
	}
	if (capany_open_ring(&any, &k, &o, e) == -1)
		return -1;
	add_source(m, &any);
	return 0;
}

static int
add_stream(struct mover *m, struct fdmsg *msg, struct qerr *e)
{
	struct capany any;
	uint32_t point;
	int fd = msg->fds[0], rc;

	memcpy(&point, msg->buf, sizeof(point));
	msg->fds[0] = -1;
	rc = msg->type == CAP_QMP ?
	    capany_open_qmp(&any, fd, point, &m->o->src, e) :
	    capany_open_mirror(&any, fd, point, &m->o->src, e);
	if (rc == -1)
		return -1;
	there(m, point, (unsigned)m->mux.n);
	add_source(m, &any);
	return 0;
}

static int
add_ifs(struct mover *m, const struct fdmsg *msg, struct qerr *e)
{
	const struct cap_ifs *ifs = (const void *)msg->buf;
	size_t n = (msg->len - sizeof(*ifs)) / sizeof(ifs->ifs[0]);

	for (size_t i = 0; i < n; i++)
		there(m, ifs->ifs[i].point, ifs->src);
	return capsrc_add(m->mux.srcs[ifs->src]->any.src, ifs->ifs, n, e);
}

static int
obey_one(struct mover *m, struct fdmsg *msg, struct qerr *e)
{
	uint32_t src;

	switch (msg->type) {
	case CAP_POINT:
		learn_point(m, msg);
		return 0;
	case CAP_RING:
		return add_ring(m, msg, e);
	case CAP_STREAM:
	case CAP_QMP:
		return add_stream(m, msg, e);
	case CAP_IFS:
		return add_ifs(m, msg, e);
	case CAP_ENDED:
		memcpy(&src, msg->buf, sizeof(src));
		capmux_end(&m->mux, src);
		return 0;
	case CAP_START:
		m->started = true;
		return 0;
	case CAP_COUNTS:
		cap_count_say(m);
		return 0;
	case CAP_TIME_UP:
		m->time_up = true;
		return 0;
	}
	return 0;
}

/* Also from within a read, by way of a write that takes long. */
static void
obey(struct mover *m, bool wait)
{
	struct fdmsg msg;
	struct qerr e;
	int rc;

	while (!m->stop && (rc = fdmsg_recv(m->ctl, wait, &msg, &e)) != 0) {
		if (rc == -1) {
			m->stop = true;
			return;
		}
		if (obey_one(m, &msg, &e) == -1) {
			tool_say_err(&e);
			m->failed = true;
			m->stop |= wait;
		}
		fdmsg_release(&msg);
		if (wait)
			return;
	}
}

/* ---- packets ---- */

/* A write was interrupted; non-zero gives up a reader that takes nothing. */
static int
impatient(void *arg)
{
	struct mover *m = arg;
	uint64_t written = capout_written(&m->out);

	m->in_write = true;
	obey(m, false);
	m->in_write = false;
	if (!m->stop || written != m->written)
		m->pokes = 0;
	m->written = written;
	return ++m->pokes > PATIENCE;
}

/* capout's turn(): the first process has the right to open files. */
static int
next_file(void *arg, enum capout_why why, uint64_t start_ns, struct qerr *e)
{
	struct mover *m = arg;
	struct fdmsg msg;
	int fd = -1;

	if (fdmsg_send(m->files, (uint32_t)why, &start_ns, sizeof(start_ns),
	    NULL, 0, e) == -1 || fdmsg_recv(m->files, true, &msg, e) == -1)
		return -1;
	if (msg.type != 0) {
		memcpy(e, msg.buf, sizeof(*e));
	} else if (why == CAPOUT_FINISH) {
		fd = 0;
	} else {
		fd = msg.fds[0];
		msg.fds[0] = -1;
	}
	fdmsg_release(&msg);
	return fd;
}

static int
announce(struct mover *m, struct point *p)
{
	const struct pcapng_if i = { .name = p->name,
		.description = p->description, .filter = m->o->filter,
		.mac = p->has_mac ? p->mac : NULL,
		.linktype = LINKTYPE_ETHERNET };

	p->out = capout_point_add(&m->out, &i, &m->err);
	return p->out;
}

static bool
enough(const struct mover *m)
{
	return m->err.kind != QERR_NONE || m->over;
}

static int
take(void *arg, const struct capsrc_packet *packet)
{
	struct mover *m = arg;
	uint64_t before = m->sink->taken;
	struct point *p;

	if (packet->point >= m->npoints)
		return 0;
	p = m->points[packet->point];
	if (m->writes && p->out == -1 && announce(m, p) == -1)
		return 1;
	m->over = capsink_take(m->sink, (unsigned)p->out, p->name,
	    LINKTYPE_ETHERNET, packet, &m->err) != 0;
	p->packets += m->sink->taken - before;
	return enough(m);
}

static void
lost(struct mover *m, unsigned src, unsigned point, bool failed)
{
	struct point *p = m->points[point];
	const struct cap_gone gone = { point, p->opening };

	/* It may have come back, from elsewhere, meanwhile. */
	if (!p->there || p->src != src)
		return;
	p->there = false;
	tool_say("%s: %s", p->name, failed ? "captured no more" :
	    p->is_if ? "the interface is gone" :
	    "the NIC, or its network, is gone");
	fdmsg_send(m->ctl, CAP_GONE, &gone, sizeof(gone), NULL, 0, NULL);
}

static void
look_for_gone(struct mover *m)
{
	unsigned src, point;

	while (capmux_gone(&m->mux, &src, &point))
		lost(m, src, point, false);
	/* Those of a source that has ended, or failed. */
	for (unsigned i = 0; i < m->npoints; i++) {
		src = m->points[i]->src;
		if (m->points[i]->there && m->mux.srcs[src]->any.src == NULL)
			lost(m, src, i, !m->mux.srcs[src]->ending);
	}
}

/* In a flood, is it time for what costs more than it tells? */
static bool
time_to_hear(struct mover *m)
{
	int64_t now = loop_now_ms();

	if (now - m->heard_ms < HEAR_MS)
		return false;
	m->heard_ms = now;
	return true;
}

/*
 * Wait for packets; in a flood but nap.  Does the first process say something?
 * That is looked for when it is time to hear, or while we wait anyway.
 */
static bool
idle(struct mover *m, bool hear)
{
	struct pollfd *p = m->polls;
	unsigned nap = capmux_nap(&m->mux);
	int due = nap > 0 ? 0 : capmux_due(&m->mux);
	nfds_t n = 2;

	if (nap > 0) {
		nanosleep(&(struct timespec){ .tv_nsec = nap * 1000L }, NULL);
		m->sleeps++;
		if (!hear)
			return false;
	} else if (m->unblamed)
		cap_count_blame(m);
	p[0] = (struct pollfd){ .fd = m->ctl, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = m->writes ? m->out.buf.fd : -1 };
	n += capmux_poll(&m->mux, p + 2);
	p[0].revents = 0;
	if (poll(p, n, due == -1 || due > LOOK_MS ? LOOK_MS : due) > 0)
		m->reader_gone = p[1].revents & (POLLERR | POLLHUP);
	cap_count_slept(m);
	return p[0].revents != 0;
}

/* A file's time may be up though no packet comes. */
static void
tick(struct mover *m)
{
	struct timespec t;

	if (!m->writes)
		return;
	clock_gettime(CLOCK_REALTIME, &t);
	m->over |= capout_tick(&m->out, (uint64_t)t.tv_sec * 1000000000 +
	    (uint64_t)t.tv_nsec, &m->err) != 0;
}

static void
flush(struct mover *m)
{
	if (m->writes && m->err.kind == QERR_NONE)
		capout_flush(&m->out, &m->err);
}

/* What there is; false: nothing. */
static bool
move_some(struct mover *m, bool hear)
{
	struct qerr e;
	int n = capmux_read(&m->mux, take, m, &e);

	if (n == -1) {
		tool_say_err(&e);
		m->failed = true;
		return true;
	}
	if (n == 0)
		return false;
	flush(m);
	m->unblamed = true;
	if (hear)
		cap_count_blame(m);
	return true;
}

/*
 * Until told to stop, enough, or no point left.  Each batch is written at
 * once, so nothing is held back when the network falls silent.
 */
static void
move(struct mover *m)
{
	struct qerr e;

	flush(m);
	cap_count_slept(m);
	while (!m->stop && !m->reader_gone && !enough(m)) {
		bool hear = time_to_hear(m), some = move_some(m, hear);

		look_for_gone(m);
		if (!some && !m->o->follow && !any_there(m))
			break;
		if (!some) {
			tick(m);
			hear = idle(m, hear);
		}
		if (hear)
			obey(m, false);
	}
	/* Stopped by hand: what had come in until then still counts. */
	if (m->stop && !enough(m) && capmux_stop(&m->mux, &e) == 0)
		while (!enough(m) && move_some(m, true))
			;
	/* The file's statistics tell of them, too. */
	if (m->unblamed)
		cap_count_blame(m);
	if (m->writes && m->err.kind == QERR_NONE && !m->reader_gone)
		capout_finish(&m->out, &m->err);
	m->reader_gone |= m->err.sys == EPIPE;
}

static int
verdict(struct mover *m)
{
	int status = m->failed ? CAP_LACKS : 0, rc;
	struct qerr e;

	if (m->reader_gone)
		return 0;
	if (m->err.kind != QERR_NONE) {
		tool_say_err(&m->err);
		return capout_cut(&m->out, &e) == 0 ? CAP_CUT_SHORT :
		    QERR_FAIL;
	}
	rc = cap_dest_verdict(m->sink);
	if (rc == QERR_NO && m->time_up && m->sink->end != CAPSINK_NEVER)
		rc = QERR_TIMEOUT;
	return status != 0 ? status : rc;
}

/* ---- beginning and end ---- */

/* libpcap's own handle cannot be passed on. */
static int
open_own(struct mover *m, const struct cappoint *own, struct qerr *e)
{
	struct capsrc_if i = { .host_view = own->host_view,
		.has_mac = own->has_mac };
	struct capany any;

	memcpy(i.mac, own->mac, sizeof(i.mac));
	if (cap_join(own, e) == -1)
		return -1;
	if (capany_open_pcap(&any, &i, own->ifname, &m->o->src, e) == -1)
		return cap_hint(own, e);
	add_source(m, &any);
	return 0;
}

static void
say_listening(const struct mover *m)
{
	const struct point *p = NULL;
	struct strv names = { 0 };
	char *all = NULL;

	for (unsigned i = 0; i < m->npoints; i++)
		if (m->points[i]->there) {
			p = m->points[i];
			strv_add(&names, p->name);
		}
	if (p == NULL) {
		tool_say("listening on nothing yet, snap length %u",
		    m->o->src.snaplen);
	} else if (names.n == 1) {
		tool_say("listening on %s%s%s, snap length %u", p->name,
		    *p->description != '\0' ? ", " : "", p->description,
		    m->o->src.snaplen);
	} else {
		all = strv_join(&names, " ", 8);
		tool_say("listening on %zu capture points: %s, snap length %u",
		    names.n, all, m->o->src.snaplen);
	}
	free(all);
	strv_free(&names);
}

static void
start(struct mover *m, int fd)
{
	struct capout_opts oo = { .pcapng = m->o->dest.pcapng,
		.linktype = LINKTYPE_ETHERNET, .start_ns = m->o->start_ns,
		.stats = cap_count_point, .wait = impatient, .arg = m };

	cap_dest_capout(&m->o->dest, &oo);
	if (cap_dest_rotates(&m->o->dest))
		oo.turn = next_file;
	m->writes = cap_dest_writes(&m->o->dest);
	if (m->writes) {
		/* Of what is lent every packet must go out: see pktring.h. */
		if (!oo.pcapng && !m->sink->picks)
			pipelend_open(&m->lend, fd);
		if (m->lend.fd != -1)
			oo.lend = &m->lend;
		capout_init(&m->out, &oo, fd);
		m->sink->out = &m->out;
	}
	for (unsigned i = 0; m->writes && i < m->npoints; i++)
		if (m->points[i]->there)
			announce(m, m->points[i]);
	if (!m->o->quiet)
		say_listening(m);
	fdmsg_send(m->ctl, CAP_READY, NULL, 0, NULL, 0, NULL);
}

static void
release(struct mover *m)
{
	if (m->writes)
		capout_release(&m->out);
	pipelend_close(&m->lend);
	capmux_release(&m->mux);
	for (unsigned i = 0; i < m->npoints; i++) {
		free(m->points[i]->name);
		free(m->points[i]->description);
		free(m->points[i]);
	}
	free(m->points);
	free(m->polls);
	free(m->accounts);
}

int
cap_mover(const struct cap_mover *with)
{
	struct mover m = { .o = with->o, .ctl = with->ctl,
		.files = with->files, .sink = with->sink,
		.lend = { .fd = -1, .witness = -1 },
		.polls = xcalloc(2, sizeof(*m.polls)) };
	struct qerr e = { 0 };
	int status = 0;

	cap_signals_leave();
	capmux_init(&m.mux, m.o->src.latency_ms);
	if ((with->own != NULL && open_own(&m, with->own, &e) == -1) ||
	    cap_rights_give_up(&e) == -1) {
		tool_say_err(&e);
		return (int)e.kind;
	}
	while (!m.started && !m.stop)
		obey(&m, true);
	if (m.started) {
		if (with->own != NULL)
			m.points[0]->there = m.points[0]->ever = true;
		start(&m, with->fd);
		move(&m);
		status = verdict(&m);
		if (!m.reader_gone && !with->o->quiet)
			cap_count_say(&m);
	} else if (m.failed)
		status = QERR_FAIL;
	release(&m);
	return status;
}
