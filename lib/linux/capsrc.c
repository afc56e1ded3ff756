/* SPDX-License-Identifier: ISC */
/* capsrc.c - packets from a TPACKET_V3 ring */
#include <errno.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <time.h>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "capprog.h"
#include "capsrc.h"
#include "strv.h"

/*
 * Theory of operation
 *
 * The kernel writes frames that pass the filter into a ring of blocks that we
 * map.  A block is ours once it is full, or latency_ms after its first frame:
 * so nothing waits longer than that, and at high rates one wake-up brings
 * thousands of frames.  When we are slow the ring fills and the kernel counts
 * what it has no room for.
 *
 * The socket is bound to the one interface that is listened to.  From the
 * second one on it hears them all, and the filter passes the wanted ones: so
 * the frames of all come in the order in which the kernel saw them.
 *
 * Two processors that receive at once may store their frames in another order
 * than they stamped them; where several interfaces are listened to, that is
 * put right within a block.
 *
 * The kernel strips VLAN tags and tells them aside; they are put back.  Frames
 * of segmentation offload come whole, 64 KiB and more.
 */
#define BLOCK_SIZE	(256u << 10)	/* larger ones need compaction */
#define BLOCKS_MIN	8u
/* How often interfaces are looked after: not all that go away say so. */
#define LOOK_MS		250
/* Further apart than this it is the clock that was set. */
#define SWAPPED_NS	1000000u
/* Of several interfaces so many are looked at for one that came before. */
#define AHEAD		16u
#define VLAN_LEN	4u
#define MACS_LEN	12u

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
	uint8_t *ring;
	unsigned blocks, block;		/* how many, and the next to read */
	uint8_t *next;			/* frame within it; NULL: at its start */
	uint32_t left;			/* frames left in it */
	uint8_t *ahead[AHEAD];		/* taken already, in order of time */
	unsigned nahead;
	bool stopped;
	struct capsrc_stats stats;
};

/*
 * Compile on a live handle of this very interface: only there does libpcap
 * know that the kernel keeps VLAN tags apart.
 */
static int
compile(const char *ifname, const struct capsrc_opts *o,
    struct bpf_program *prog, struct qerr *e)
{
	char err[PCAP_ERRBUF_SIZE];
	pcap_t *p;
	int rc;

	if ((p = pcap_create(ifname, err)) == NULL)
		return qerr_set(e, QERR_FAIL, "%s", err);
	pcap_set_snaplen(p, (int)o->snaplen);
	/* It gets a ring too; this one is never read. */
	pcap_set_buffer_size(p, 1 << 20);
	rc = pcap_activate(p);
	if (rc == PCAP_ERROR_PERM_DENIED)
		rc = qerr_set(e, QERR_PERM,
		    "cannot open %s: no right to capture", ifname);
	else if (rc == PCAP_ERROR_IFACE_NOT_UP && strcmp(ifname, "lo") != 0)
		rc = compile("lo", o, prog, e);	/* is Ethernet, too */
	else if (rc < 0)
		rc = qerr_set(e, QERR_FAIL, "cannot open %s: %s", ifname,
		    *pcap_geterr(p) ? pcap_geterr(p) : pcap_statustostr(rc));
	else if (pcap_compile(p, prog, o->filter, 1,
	    PCAP_NETMASK_UNKNOWN) == -1)
		rc = qerr_set(e, QERR_INPUT, "bad filter '%s': %s",
		    o->filter, pcap_geterr(p));
	else
		rc = 0;
	pcap_close(p);
	return rc;
}

/* Who owns a lab's namespace has the right; elsewhere opening tells. */
int
capsrc_may(struct qerr *e)
{
	(void)e;
	return 0;
}

bool
capsrc_one_each(void)
{
	return false;
}

void
capsrc_kit_release(struct capsrc_kit *k)
{
	if (k->fd != -1)
		close(k->fd);
	free(k->insns);
	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
}

int
capsrc_kit_open(struct capsrc_kit *k, const char *ifname,
    const struct capsrc_opts *o, struct qerr *e)
{
	struct bpf_program prog;

	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
	/* Of no protocol: until it is bound not one frame comes in. */
	if ((k->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) == -1)
		return qerr_sys(e, "cannot capture on %s", ifname);
	if (o->filter == NULL)
		return 0;
	if (compile(ifname, o, &prog, e) == -1) {
		capsrc_kit_release(k);
		return -1;
	}
	k->ninsns = prog.bf_len;
	k->insns = xcalloc(prog.bf_len, sizeof(*k->insns));
	memcpy(k->insns, prog.bf_insns, prog.bf_len * sizeof(*k->insns));
	pcap_freecode(&prog);
	return 0;
}

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

/* The ring, smaller ones when memory is short. */
static int
map_ring(struct capsrc *c, struct qerr *e)
{
	struct tpacket_req3 r = {
		.tp_block_size = BLOCK_SIZE,
		.tp_frame_size = 2048,	/* V3 asks for it only */
		.tp_retire_blk_tov = (unsigned)c->o.latency_ms,
	};
	int version = TPACKET_V3, reserve = VLAN_LEN;
	void *map;

	if (setsockopt(c->fd, SOL_PACKET, PACKET_VERSION, &version,
	    sizeof(version)) == -1 ||
	    setsockopt(c->fd, SOL_PACKET, PACKET_RESERVE, &reserve,
	    sizeof(reserve)) == -1)
		return qerr_sys(e, "cannot set up capturing");
	c->blocks = c->o.buffer / BLOCK_SIZE < BLOCKS_MIN ? BLOCKS_MIN :
	    (unsigned)(c->o.buffer / BLOCK_SIZE);
	for (;; c->blocks /= 2) {
		r.tp_block_nr = c->blocks;
		r.tp_frame_nr = BLOCK_SIZE / r.tp_frame_size * c->blocks;
		if (setsockopt(c->fd, SOL_PACKET, PACKET_RX_RING, &r,
		    sizeof(r)) == 0)
			break;
		if (errno != ENOMEM || c->blocks <= BLOCKS_MIN)
			return qerr_sys(e, "cannot get a capture buffer");
	}
	map = mmap(NULL, (size_t)c->blocks * BLOCK_SIZE,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, c->fd, 0);
	if (map == MAP_FAILED)
		return qerr_sys(e, "cannot map the capture buffer");
	c->ring = map;
	return 0;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
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
	if (map_ring(c, e) == 0)
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
		l.gone_ms = now_ms();
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
	if (there > 1 || c->all) {
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

/* Put the tag back in front of the type; PACKET_RESERVE left room for it. */
static uint8_t *
insert_tag(uint8_t *data, const struct tpacket3_hdr *t)
{
	uint16_t tpid = ETH_P_8021Q, tag[2];

	if (t->tp_status & TP_STATUS_VLAN_TPID_VALID)
		tpid = t->hv1.tp_vlan_tpid;
	tag[0] = htons(tpid);
	tag[1] = htons((uint16_t)t->hv1.tp_vlan_tci);
	memmove(data - VLAN_LEN, data, MACS_LEN);
	memcpy(data - VLAN_LEN + MACS_LEN, tag, VLAN_LEN);
	return data - VLAN_LEN;
}

static uint64_t
stamp(const uint8_t *at)
{
	const struct tpacket3_hdr *t = (const void *)at;

	return t->tp_sec * UINT64_C(1000000000) + t->tp_nsec;
}

static struct capsrc_packet
frame(const struct capsrc *c, uint8_t *at)
{
	const struct tpacket3_hdr *t = (const void *)at;
	const struct sockaddr_ll *from =
	    (const void *)(at + TPACKET_ALIGN(sizeof(*t)));
	struct capsrc_packet p = {
		.time_ns = stamp(at),
		.caplen = t->tp_snaplen,
		.len = t->tp_len,
		.point = UINT_MAX,
		.data = at + t->tp_mac,
	};
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

	if (t->tp_status & TP_STATUS_VLAN_VALID) {
		p.len += VLAN_LEN;
		if (p.caplen >= MACS_LEN) {
			p.data = insert_tag(at + t->tp_mac, t);
			p.caplen += VLAN_LEN;
		}
	}
	if (p.caplen > c->o.snaplen)
		p.caplen = c->o.snaplen;
	return p;
}

/* The current block, when the kernel has given it to us. */
static struct tpacket_block_desc *
ready(const struct capsrc *c)
{
	struct tpacket_block_desc *b =
	    (void *)(c->ring + (size_t)c->block * BLOCK_SIZE);

	return __atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
	    TP_STATUS_USER ? b : NULL;
}

static void
give_back(struct capsrc *c, struct tpacket_block_desc *b)
{
	__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL,
	    __ATOMIC_RELEASE);
	c->block = (c->block + 1) % c->blocks;
	c->next = NULL;
}

/* The next frame of the block, in the order of stamps; NULL: no more. */
static uint8_t *
next_frame(struct capsrc *c)
{
	unsigned j, ahead = c->all ? AHEAD : 1;
	uint8_t *first;

	for (; c->left > 0 && c->nahead < ahead; c->left--, c->nahead++) {
		uint64_t t = stamp(c->next);

		for (j = c->nahead; j > 0; j--) {
			uint64_t before = stamp(c->ahead[j - 1]);

			if (before <= t || before - t > SWAPPED_NS)
				break;
			c->ahead[j] = c->ahead[j - 1];
		}
		c->ahead[j] = c->next;
		c->next += ((struct tpacket3_hdr *)(void *)c->next)
		    ->tp_next_offset;
	}
	if (c->nahead == 0)
		return NULL;
	first = c->ahead[0];
	if (--c->nahead > 0)
		memmove(c->ahead, c->ahead + 1,
		    c->nahead * sizeof(*c->ahead));
	return first;
}

/* Hand over what is ready; *stop is set when fn had enough. */
static int
drain(struct capsrc *c, int (*fn)(void *, const struct capsrc_packet *),
    void *arg, bool *stop)
{
	struct tpacket_block_desc *b;
	uint8_t *at;
	int n = 0;

	*stop = false;
	/* At most once round, so that a flood does not keep us for ever. */
	for (unsigned i = 0; i < c->blocks && (b = ready(c)) != NULL; i++) {
		if (c->next == NULL) {
			c->next = (uint8_t *)b +
			    b->hdr.bh1.offset_to_first_pkt;
			c->left = b->hdr.bh1.num_pkts;
		}
		while (!*stop && (at = next_frame(c)) != NULL) {
			struct capsrc_packet p = frame(c, at);

			n++;
			*stop = fn(arg, &p) != 0;
		}
		if (c->left == 0 && c->nahead == 0)
			give_back(c, b);
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
	int64_t now = now_ms();

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
	int64_t now = now_ms();

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

	for (int tries = 0; tries < 10; tries++) {
		int n = poll(&p, 1, (int)settled_ms(c));

		if (n == 0)
			return false;
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

	if (n == 0 && !stop && !c->stopped && take_error(c, e) == -1)
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
	if (c->ring != NULL)
		munmap(c->ring, (size_t)c->blocks * BLOCK_SIZE);
	capsrc_kit_release(&c->kit);
	free(c->ifs);
	free(c);
}
