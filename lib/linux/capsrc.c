/* SPDX-License-Identifier: ISC */
/* capsrc.c - packets from a TPACKET_V3 ring */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pcap/pcap.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

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
 * The kernel strips VLAN tags and tells them aside; they are put back.  Frames
 * of segmentation offload come whole, 64 KiB and more.
 */
#define BLOCK_SIZE	(256u << 10)	/* larger ones need compaction */
#define BLOCKS		256u		/* 64 MiB: 0.1 s of 6 Gbit/s */
#define BLOCKS_MIN	8u
#define VLAN_LEN	4u
#define MACS_LEN	12u

struct capsrc {
	int fd;
	unsigned index;
	uint32_t snaplen;
	int latency_ms;
	uint8_t *ring;
	unsigned blocks, block;		/* how many, and the next to read */
	uint8_t *next;			/* frame within it; NULL: at its start */
	uint32_t left;			/* frames left in it */
	bool stopped, gone;
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

/* The filter's return value is also what cuts frames to the snap length. */
static int
attach(int fd, struct sock_filter *f, unsigned n, struct qerr *e)
{
	struct sock_fprog prog = { .len = (unsigned short)n, .filter = f };

	if (n > BPF_MAXINSNS)
		return qerr_set(e, QERR_INPUT,
		    "the filter is too long: %u instructions, %d at most", n,
		    BPF_MAXINSNS);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1)
		return qerr_sys(e, "cannot attach the filter");
	return 0;
}

/* One instruction: keep n bytes of every frame. */
static int
attach_keep(int fd, uint32_t n, struct qerr *e)
{
	struct sock_filter ret = BPF_STMT(BPF_RET | BPF_K, n);

	return attach(fd, &ret, 1, e);
}

static int
set_filter(struct capsrc *c, const char *ifname, const struct capsrc_opts *o,
    struct qerr *e)
{
	struct bpf_program prog;
	int rc;

	if (o->filter == NULL)
		return attach_keep(c->fd, o->snaplen, e);
	if (compile(ifname, o, &prog, e) == -1)
		return -1;
	/* libpcap's instructions are the kernel's, name and shape. */
	rc = attach(c->fd, (struct sock_filter *)(void *)prog.bf_insns,
	    prog.bf_len, e);
	pcap_freecode(&prog);
	return rc;
}

/* The ring, smaller ones when memory is short. */
static int
map_ring(struct capsrc *c, struct qerr *e)
{
	struct tpacket_req3 r = {
		.tp_block_size = BLOCK_SIZE,
		.tp_frame_size = 2048,	/* V3 asks for it only */
		.tp_retire_blk_tov = (unsigned)c->latency_ms,
	};
	int version = TPACKET_V3, reserve = VLAN_LEN;
	void *map;

	if (setsockopt(c->fd, SOL_PACKET, PACKET_VERSION, &version,
	    sizeof(version)) == -1 ||
	    setsockopt(c->fd, SOL_PACKET, PACKET_RESERVE, &reserve,
	    sizeof(reserve)) == -1)
		return qerr_sys(e, "cannot set up capturing");
	for (c->blocks = BLOCKS;; c->blocks /= 2) {
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

/* Bound last: until then not one frame comes in. */
static int
start(struct capsrc *c, struct qerr *e)
{
	struct packet_mreq promisc = {
		.mr_ifindex = (int)c->index, .mr_type = PACKET_MR_PROMISC
	};
	struct sockaddr_ll a = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)c->index,
	};

	/* A bridge shows frames between its ports only when promiscuous. */
	if (setsockopt(c->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promisc,
	    sizeof(promisc)) == -1)
		return qerr_sys(e, "cannot capture promiscuously");
	if (bind(c->fd, (void *)&a, sizeof(a)) == -1)
		return qerr_sys(e, "cannot capture there");
	return 0;
}

struct capsrc *
capsrc_open(const char *ifname, const struct capsrc_opts *o, struct qerr *e)
{
	struct capsrc *c = xcalloc(1, sizeof(*c));

	c->snaplen = o->snaplen;
	c->latency_ms = o->latency_ms;
	c->fd = -1;
	if ((c->index = if_nametoindex(ifname)) == 0)
		qerr_set(e, QERR_NOTFOUND, "no interface '%s'", ifname);
	else if ((c->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) == -1)
		qerr_sys(e, "cannot capture on %s", ifname);
	else if (set_filter(c, ifname, o, e) == 0 && map_ring(c, e) == 0 &&
	    start(c, e) == 0)
		return c;
	capsrc_close(c);
	return NULL;
}

int
capsrc_fd(const struct capsrc *c)
{
	return c->fd;
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

static struct capsrc_packet
frame(const struct capsrc *c, uint8_t *at)
{
	const struct tpacket3_hdr *t = (const void *)at;
	const struct sockaddr_ll *from =
	    (const void *)(at + TPACKET_ALIGN(sizeof(*t)));
	struct capsrc_packet p = {
		.time_ns = t->tp_sec * UINT64_C(1000000000) + t->tp_nsec,
		.caplen = t->tp_snaplen,
		.len = t->tp_len,
		.to_vm = from->sll_pkttype == PACKET_OUTGOING,
		.data = at + t->tp_mac,
	};

	if (t->tp_status & TP_STATUS_VLAN_VALID) {
		p.len += VLAN_LEN;
		if (p.caplen >= MACS_LEN) {
			p.data = insert_tag(at + t->tp_mac, t);
			p.caplen += VLAN_LEN;
		}
	}
	if (p.caplen > c->snaplen)
		p.caplen = c->snaplen;
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

/* Hand over what is ready; *stop is set when fn had enough. */
static int
drain(struct capsrc *c, int (*fn)(void *, const struct capsrc_packet *),
    void *arg, bool *stop)
{
	struct tpacket_block_desc *b;
	int n = 0;

	*stop = false;
	/* At most once round, so that a flood does not keep us for ever. */
	for (unsigned i = 0; i < c->blocks && (b = ready(c)) != NULL; i++) {
		if (c->next == NULL) {
			c->next = (uint8_t *)b +
			    b->hdr.bh1.offset_to_first_pkt;
			c->left = b->hdr.bh1.num_pkts;
		}
		while (c->left > 0 && !*stop) {
			struct capsrc_packet p = frame(c, c->next);

			c->next += ((struct tpacket3_hdr *)(void *)c->next)
			    ->tp_next_offset;
			c->left--;
			n++;
			*stop = fn(arg, &p) != 0;
		}
		if (c->left == 0)
			give_back(c, b);
		if (*stop)
			break;
	}
	return n;
}

/*
 * The socket's error says that the interface went down, or away; -1 for any
 * other error.
 */
static int
look_at_error(struct capsrc *c, struct qerr *e)
{
	struct ifreq r = { .ifr_ifindex = (int)c->index };
	int err = 0;
	socklen_t len = sizeof(err);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &err, &len) == -1)
		return qerr_sys(e, "cannot ask the capture socket");
	if (err != 0 && err != ENETDOWN) {
		errno = err;
		return qerr_sys(e, "capturing failed");
	}
	if (ioctl(c->fd, SIOCGIFNAME, &r) == -1 && errno == ENODEV)
		c->gone = true;
	return 0;
}

/*
 * Wait for the last block, which the kernel hands over latency_ms after its
 * first frame; its timer is coarse.  A signal, or an interface that goes down
 * at this very time, must not cut this short.
 */
static bool
last_block(struct capsrc *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	for (int tries = 0; tries < 10; tries++) {
		int n = poll(&p, 1, 2 * c->latency_ms + 20);

		if (n == 0)
			return false;
		if (n == 1 && p.revents & POLLIN)
			return true;
		if (n == 1 && look_at_error(c, NULL) == -1)
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

	if (n > 0 || stop)
		return n;
	if (!c->gone && look_at_error(c, e) == -1)
		return -1;
	if (!c->gone && !c->stopped)
		return 0;
	if (last_block(c))
		return drain(c, fn, arg, &stop);
	if (c->stopped)
		return 0;
	return qerr_set(e, QERR_NO, "the interface is gone");
}

int
capsrc_stop(struct capsrc *c, struct qerr *e)
{
	if (!c->stopped && attach_keep(c->fd, 0, e) == -1)
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
	if (c->fd != -1)
		close(c->fd);
	free(c);
}
