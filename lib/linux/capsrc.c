/* SPDX-License-Identifier: ISC */
/* capsrc.c - packets of the interfaces of a network namespace */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "capprog.h"
#include "capsrc.h"
#include "loop.h"
#include "pktring.h"
#include "strv.h"

/*
 * Theory of operation
 *
 * The socket is bound to the one interface that is listened to.  Where there
 * are several it hears them all, and the filter passes the wanted ones: so the
 * frames of all come in the order in which the kernel saw them.  To bind it
 * anew loses what comes meanwhile, some ten milliseconds.  So where others may
 * follow, it hears all from the start, and only the filter changes, which is
 * atomic.
 *
 * The kernel strips VLAN tags and tells them aside; they are put back.  Frames
 * of segmentation offload come whole, 64 KiB and more.
 */

/* How often interfaces are looked after: not all that go away say so. */
#define LOOK_MS		250

struct listened {
	struct capsrc_if i;
	int64_t gone_ms;	/* when it was found gone; 0: it is there */
	bool told;
};

struct capsrc {
	int fd;
	struct capsrc_kit kit;
	struct capsrc_opts o;
	struct listened *ifs;		/* by their index */
	size_t nifs;
	bool all;			/* bound to no single interface */
	int64_t looked_ms;
	struct pktring ring;
	bool stopped;
	struct capsrc_stats stats;
};

static int
attach(int fd, struct bpf_insn *insns, size_t n, struct qerr *e)
{
	/* libpcap's instructions are the kernel's, name and shape. */
	struct sock_fprog prog = { .len = (unsigned short)n,
		.filter = (struct sock_filter *)(void *)insns };

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1)
		return qerr_sys(e, "cannot attach the filter");
	return 0;
}

/* The filter's return value is also what cuts frames to the snap length. */
static int
set_filter(struct capsrc *c, bool check, struct qerr *e)
{
	struct capsrc_if *ifs = xcalloc(c->nifs + 1, sizeof(*ifs));
	struct capprog p;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < c->nifs; i++)
		if (c->ifs[i].gone_ms == 0)
			ifs[n++] = c->ifs[i].i;
	rc = capprog_build(&p, ifs, n, check, c->o.dir, c->kit.insns,
	    c->kit.ninsns, c->o.snaplen, e);
	if (rc == 0)
		rc = attach(c->fd, p.insns, p.n, e);
	free(p.insns);
	free(ifs);
	return rc;
}

/* Listen to one interface, 0: to all; until then not one frame comes in. */
static int
bind_to(struct capsrc *c, unsigned index, struct qerr *e)
{
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)index,
	};

	if (bind(c->fd, (void *)&a, sizeof(a)) == -1)
		return errno == ENODEV ? 0 : qerr_sys(e,
		    "cannot capture there");
	return 0;
}

struct capsrc *
capsrc_open(struct capsrc_kit *k, const struct capsrc_opts *o, struct qerr *e)
{
	struct capsrc *c = xcalloc(1, sizeof(*c));

	c->kit = *k;
	c->fd = k->fd;
	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
	c->o = *o;
	c->stats.filtered = c->kit.insns == NULL ? 0 : UINT64_MAX;
	if (pktring_map(&c->ring, c->fd, o->buffer, o->latency_ms, o->lend,
	    e) == 0)
		return c;
	capsrc_close(c);
	return NULL;
}

/* Where it stands, or would stand, in ifs. */
static size_t
place(const struct capsrc *c, unsigned index)
{
	size_t lo = 0, hi = c->nifs;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (c->ifs[mid].i.index < index)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
add_one(struct capsrc *c, const struct capsrc_if *i, struct qerr *e)
{
	struct packet_mreq promisc = {
		.mr_ifindex = (int)i->index, .mr_type = PACKET_MR_PROMISC
	};
	struct listened l = { .i = *i };
	size_t at = place(c, i->index);

	/* A bridge shows frames between its ports only when promiscuous. */
	if (setsockopt(c->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc,
	    sizeof(promisc)) == -1) {
		if (errno != ENODEV)
			return qerr_sys(e, "cannot capture promiscuously");
		l.gone_ms = loop_now_ms();
	}
	if (at == c->nifs || c->ifs[at].i.index != i->index) {
		c->ifs = xrealloc(c->ifs, (c->nifs + 1) * sizeof(*c->ifs));
		memmove(c->ifs + at + 1, c->ifs + at,
		    (c->nifs++ - at) * sizeof(*c->ifs));
	}
	c->ifs[at] = l;
	return 0;
}

static size_t
count_there(const struct capsrc *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nifs; i++)
		n += c->ifs[i].gone_ms == 0;
	return n;
}

int
capsrc_add(struct capsrc *c, const struct capsrc_if *ifs, size_t n,
    struct qerr *e)
{
	size_t there, kept = 0;

	for (size_t i = 0; i < c->nifs; i++)
		if (!c->ifs[i].told)
			c->ifs[kept++] = c->ifs[i];
	c->nifs = kept;
	for (size_t i = 0; i < n; i++)
		if (add_one(c, &ifs[i], e) == -1)
			return -1;
	if (c->stopped || (there = count_there(c)) == 0)
		return 0;
	if (there > 1 || c->all || c->o.grows) {
		if (set_filter(c, true, e) == -1 ||
		    (!c->all && bind_to(c, 0, e) == -1))
			return -1;
		c->all = true;
		return 0;
	}
	for (size_t i = 0; i < c->nifs; i++)
		if (c->ifs[i].gone_ms == 0)
			return set_filter(c, false, e) == -1 ? -1 :
			    bind_to(c, c->ifs[i].i.index, e);
	return 0;
}

int
capsrc_fd(const struct capsrc *c)
{
	return c->fd;
}

unsigned
capsrc_nap(const struct capsrc *c)
{
	return pktring_nap(&c->ring);
}

/* The kernel's timer for the last block is coarse. */
static int64_t
settled_ms(const struct capsrc *c)
{
	return 2 * c->o.latency_ms + 20;
}

int
capsrc_due(const struct capsrc *c)
{
	for (size_t i = 0; i < c->nifs; i++)
		if (c->ifs[i].gone_ms != 0 && !c->ifs[i].told)
			return (int)settled_ms(c);
	return LOOK_MS;
}

static struct capsrc_packet
frame(const struct capsrc *c, uint8_t *at)
{
	const struct tpacket3_hdr *t = (const void *)at;
	const struct sockaddr_ll *from =
	    (const void *)(at + TPACKET_ALIGN(sizeof(*t)));
	struct capsrc_packet p = {
		.time_ns = pktring_stamp(at),
		.caplen = t->tp_snaplen,
		.len = t->tp_len,
		.point = UINT_MAX,
	};
	uint8_t *data;
	uint32_t tag;
	const struct capsrc_if *i = c->nifs > 0 ? &c->ifs[0].i : NULL;

	if (c->nifs > 1) {
		size_t n = place(c, (unsigned)from->sll_ifindex);

		i = n < c->nifs && c->ifs[n].i.index ==
		    (unsigned)from->sll_ifindex ? &c->ifs[n].i : NULL;
	}
	if (i != NULL) {
		p.point = i->point;
		p.to_vm = (from->sll_pkttype == PACKET_OUTGOING) !=
		    i->host_view;
	}

	if (t->tp_status & TP_STATUS_VLAN_VALID)
		p.len += PKTRING_TAG;
	p.data = data = pktring_data(at, &tag);
	if ((p.room = pktring_room(&c->ring, data)) > 0)
		p.lent = data;
	p.caplen += tag;
	if (p.caplen > c->o.snaplen)
		p.caplen = c->o.snaplen;
	return p;
}

/* Hand over what is ready; *stop is set when fn had enough. */
static int
drain(struct capsrc *c, int (*fn)(void *, const struct capsrc_packet *),
    void *arg, bool *stop)
{
	uint8_t *at;
	int n = 0;

	*stop = false;
	/* At most once round, so that a flood does not keep us for ever. */
	for (unsigned i = 0; i < c->ring.blocks &&
	    pktring_block(&c->ring, c->nifs > 1); i++) {
		while (!*stop && (at = pktring_frame(&c->ring)) != NULL) {
			struct capsrc_packet p = frame(c, at);

			n++;
			*stop = fn(arg, &p) != 0;
		}
		if (*stop)
			break;
	}
	return n;
}

/* The socket's error says that an interface went down, or away. */
static int
take_error(struct capsrc *c, struct qerr *e)
{
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1)
		return qerr_sys(e, "cannot ask the capture socket");
	if (err == 0)
		return 0;
	if (err != ENETDOWN) {
		errno = err;
		return qerr_sys(e, "capturing failed");
	}
	c->looked_ms = 0;
	return 0;
}

/* Which interfaces have gone? */
static void
look(struct capsrc *c)
{
	int64_t now = loop_now_ms();

	if (now - c->looked_ms < LOOK_MS && c->looked_ms != 0)
		return;
	c->looked_ms = now;
	for (size_t i = 0; i < c->nifs; i++) {
		struct ifreq r = { .ifr_ifindex = (int)c->ifs[i].i.index };

		if (c->ifs[i].gone_ms == 0 &&
		    ioctl(c->fd, SIOCGIFNAME, &r) == -1 && errno == ENODEV)
			c->ifs[i].gone_ms = now;
	}
}

/* The VM was started anew meanwhile. */
static bool
has_another(const struct capsrc *c, unsigned point)
{
	for (size_t i = 0; i < c->nifs; i++)
		if (c->ifs[i].i.point == point && c->ifs[i].gone_ms == 0)
			return true;
	return false;
}

bool
capsrc_gone(struct capsrc *c, unsigned *point)
{
	int64_t now = loop_now_ms();

	for (size_t i = 0; i < c->nifs; i++) {
		struct listened *l = &c->ifs[i];

		if (l->gone_ms == 0 || l->told ||
		    now - l->gone_ms < settled_ms(c))
			continue;
		l->told = true;
		*point = l->i.point;
		if (!has_another(c, *point))
			return true;
	}
	return false;
}

/*
 * Wait for the last block, which the kernel hands over latency_ms after its
 * first frame.  A signal, or an interface that goes down at this very time,
 * must not cut this short.
 */
static bool
last_block(struct capsrc *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	if (capsrc_nap(c) > 0)
		p.fd = -1;
	for (int tries = 0; tries < 10; tries++) {
		int n = poll(&p, 1, (int)settled_ms(c));

		if (n == 0)
			return p.fd == -1;
		if (n == 1 && p.revents & POLLIN)
			return true;
		if (n == 1 && take_error(c, NULL) == -1)
			return false;
	}
	return false;
}

int
capsrc_read(struct capsrc *c,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	bool stop;
	int n = drain(c, fn, arg, &stop);

	if (n == 0 && !stop && !c->stopped && capsrc_nap(c) == 0 &&
	    take_error(c, e) == -1)
		return -1;
	look(c);
	if (n > 0 || stop || !c->stopped)
		return n;
	return last_block(c) ? drain(c, fn, arg, &stop) : 0;
}

int
capsrc_stop(struct capsrc *c, struct qerr *e)
{
	struct bpf_insn none = { .code = BPF_RET | BPF_K };

	if (!c->stopped && attach(c->fd, &none, 1, e) == -1)
		return -1;
	c->stopped = true;
	return 0;
}

int
capsrc_stats(struct capsrc *c, struct capsrc_stats *s, struct qerr *e)
{
	struct tpacket_stats_v3 st;
	socklen_t len = sizeof(st);

	/* Reading resets the kernel's counters. */
	if (getsockopt(c->fd, SOL_PACKET, PACKET_STATISTICS, &st, &len) == -1)
		return qerr_sys(e, "cannot read the capture counters");
	c->stats.received += st.tp_packets;
	c->stats.dropped += st.tp_drops;
	*s = c->stats;
	return 0;
}

void
capsrc_close(struct capsrc *c)
{
	if (c == NULL)
		return;
	pktring_unmap(&c->ring);
	capsrc_kit_release(&c->kit);
	free(c->ifs);
	free(c);
}
