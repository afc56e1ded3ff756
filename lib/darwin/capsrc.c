/* SPDX-License-Identifier: ISC */
/* capsrc.c - packets from the packet filter's devices, /dev/bpfN (macOS) */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <net/bpf.h>
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "bpfread.h"
#include "capsrc.h"
#include "strv.h"

/* bpfread.c's layout must be that of the headers. */
_Static_assert(offsetof(struct bpf_hdr, bh_tstamp) == 0, "bh_tstamp");
_Static_assert(sizeof(((struct bpf_hdr *)0)->bh_tstamp) == 8, "timeval32");
_Static_assert(offsetof(struct bpf_hdr, bh_caplen) == 8, "bh_caplen");
_Static_assert(offsetof(struct bpf_hdr, bh_datalen) == 12, "bh_datalen");
_Static_assert(offsetof(struct bpf_hdr, bh_hdrlen) == 16, "bh_hdrlen");
_Static_assert(sizeof(((struct bpf_hdr *)0)->bh_hdrlen) == 2, "bh_hdrlen");
_Static_assert(BPF_ALIGNMENT == 4, "BPF_ALIGNMENT");

/*
 * A device hears the one interface that it was bound to.  It has two buffers;
 * larger ones than the kernel likes it makes smaller itself.
 */
#define BUFFER_MAX	(4u << 20)
#define BUFFER_MIN	(32u << 10)
#define DEVICES		256	/* debug.bpf_maxdevices */
/* Not every poll(2) says that an interface went away. */
#define LOOK_MS		250

struct capsrc {
	struct bpfread in;
	struct capsrc_if i;
	bool filters, told;
};

/* A device that nobody has; they come into being one by one. */
static int
open_device(struct qerr *e)
{
	for (int n = 0; n < DEVICES; n++) {
		char path[32];
		int fd;

		snprintf(path, sizeof(path), "/dev/bpf%d", n);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd != -1)
			return fd;
		if (errno == EBUSY)
			continue;
		if (errno == ENOENT && n > 0)
			break;
		return qerr_sys(e, "cannot open %s", path);
	}
	return qerr_set(e, QERR_FAIL, "all devices /dev/bpf* are in use");
}

int
capsrc_may(struct qerr *e)
{
	int fd = open_device(e);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

bool
capsrc_one_each(void)
{
	return true;
}

/* The buffer's size is fixed once the interface is. */
static int
bind_to(int fd, const char *ifname, uint64_t buffer, struct qerr *e)
{
	u_int size = buffer < BUFFER_MAX ? (u_int)buffer : BUFFER_MAX, dlt;
	struct ifreq r = { 0 };

	strlcpy(r.ifr_name, ifname, sizeof(r.ifr_name));
	for (;; size /= 2) {
		if (ioctl(fd, BIOCSBLEN, &size) == -1)
			return qerr_sys(e, "cannot get a capture buffer");
		if (ioctl(fd, BIOCSETIF, &r) == 0)
			break;
		if (errno == ENXIO)
			return qerr_set(e, QERR_NOTFOUND, "cannot capture on "
			    "%s: there is no such interface", ifname);
		if (errno != ENOBUFS || size / 2 < BUFFER_MIN)
			return qerr_sys(e, "cannot capture on %s", ifname);
	}
	if (ioctl(fd, BIOCGDLT, &dlt) == -1)
		return qerr_sys(e, "cannot capture on %s", ifname);
	if (dlt != DLT_EN10MB)
		return qerr_set(e, QERR_FAIL, "%s is no Ethernet interface",
		    ifname);
	return 0;
}

/* The filter's return value is also what cuts frames to the snap length. */
static int
set_filter(int fd, const struct capsrc_opts *o, struct qerr *e)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, (int)o->snaplen);
	struct bpf_program prog = { 0 };
	int rc = 0;

	if (p == NULL)
		return qerr_set(e, QERR_FAIL, "cannot set up libpcap");
	/* VLAN tags are in the frames here, as a dead handle thinks. */
	if (pcap_compile(p, &prog, o->filter != NULL ? o->filter : "", 1,
	    PCAP_NETMASK_UNKNOWN) == -1)
		rc = qerr_set(e, QERR_INPUT, "bad filter '%s': %s", o->filter,
		    pcap_geterr(p));
	else if (prog.bf_len > BPF_MAXINSNS)
		rc = qerr_set(e, QERR_INPUT, "the filter is too long for the "
		    "kernel: %u instructions, it takes %d (--via pcap, or "
		    "qmp)", prog.bf_len, BPF_MAXINSNS);
	else if (ioctl(fd, BIOCSETF, &prog) == -1)
		rc = qerr_sys(e, "cannot attach the filter");
	pcap_freecode(&prog);
	pcap_close(p);
	return rc;
}

/* When a frame is seen: at once, or latency_ms later at the latest. */
static int
set_latency(int fd, int latency_ms, struct qerr *e)
{
	struct timeval t = { .tv_sec = latency_ms / 1000,
		.tv_usec = latency_ms % 1000 * 1000 };
	u_int at_once = latency_ms <= 1;

	if (ioctl(fd, BIOCIMMEDIATE, &at_once) == -1 ||
	    (!at_once && ioctl(fd, BIOCSRTIMEOUT, &t) == -1))
		return qerr_sys(e, "cannot set up capturing");
	return 0;
}

void
capsrc_kit_release(struct capsrc_kit *k)
{
	if (k->fd != -1)
		close(k->fd);
	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
}

/* What comes before the filter is there is forgotten when that is set. */
int
capsrc_kit_open(struct capsrc_kit *k, const char *ifname,
    const struct capsrc_opts *o, struct qerr *e)
{
	u_int yes = 1;

	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
	if ((k->fd = open_device(e)) == -1)
		return -1;
	if (bind_to(k->fd, ifname, o->buffer, e) == 0 &&
	    set_latency(k->fd, o->latency_ms, e) == 0 &&
	    set_filter(k->fd, o, e) == 0) {
		/* What the bridge sends to the VM is "sent" here. */
		if (ioctl(k->fd, BIOCSSEESENT, &yes) == 0) {
			/* A vmenet is so already; some others refuse. */
			ioctl(k->fd, BIOCPROMISC, NULL);
			return 0;
		}
		qerr_sys(e, "cannot see what %s sends", ifname);
	}
	capsrc_kit_release(k);
	return -1;
}

struct capsrc *
capsrc_open(struct capsrc_kit *k, const struct capsrc_opts *o, struct qerr *e)
{
	struct capsrc *c = xcalloc(1, sizeof(*c));
	u_int size = 0;

	c->in = (struct bpfread){ .fd = k->fd, .dir = o->dir, .read = read };
	c->filters = o->filter != NULL;
	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
	if (ioctl(c->in.fd, BIOCGBLEN, &size) == 0 && size > 0) {
		c->in.buf = xcalloc(1, size);
		c->in.size = size;
		return c;
	}
	qerr_sys(e, "cannot ask for the capture buffer's size");
	capsrc_close(c);
	return NULL;
}

/* Where no sender tells, the device can leave out what was sent: no more. */
static int
set_direction(struct capsrc *c, struct qerr *e)
{
	u_int sent = 0;

	if (c->in.dir == CAPSRC_BOTH)
		return 0;
	if ((c->in.dir == CAPSRC_IN) != c->i.host_view)
		return qerr_set(e, QERR_FAIL, "cannot tell directions there: "
		    "macOS shows what comes in, or all");
	if (ioctl(c->in.fd, BIOCSSEESENT, &sent) == -1)
		return qerr_sys(e, "cannot tell directions there");
	return 0;
}

int
capsrc_add(struct capsrc *c, const struct capsrc_if *ifs, size_t n,
    struct qerr *e)
{
	if (n != 1 || c->in.hears != NULL)
		return qerr_set(e, QERR_FAIL,
		    "a device hears one interface only");
	c->i = ifs[0];
	if (!c->i.has_mac && set_direction(c, e) == -1)
		return -1;
	c->in.hears = &c->i;
	return 0;
}

int
capsrc_fd(const struct capsrc *c)
{
	return c->in.gone ? -1 : c->in.fd;
}

int
capsrc_due(const struct capsrc *c)
{
	return !c->in.gone ? LOOK_MS : c->told ? -1 : 0;
}

unsigned
capsrc_nap(const struct capsrc *c)
{
	(void)c;
	return 0;
}

int
capsrc_read(struct capsrc *c,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	return bpfread_read(&c->in, fn, arg, e);
}

bool
capsrc_gone(struct capsrc *c, unsigned *point)
{
	if (!c->in.gone || c->told)
		return false;
	c->told = true;
	*point = c->i.point;
	return true;
}

/* A read brings what waits though its time has not come. */
int
capsrc_stop(struct capsrc *c, struct qerr *e)
{
	struct bpf_insn none = { .code = BPF_RET | BPF_K };
	struct bpf_program prog = { .bf_len = 1, .bf_insns = &none };

	if (!c->in.gone && ioctl(c->in.fd, BIOCSETFNR, &prog) == -1)
		return qerr_sys(e, "cannot end the capture");
	return 0;
}

/* The kernel counts what came before the filter: what passed, we do. */
int
capsrc_stats(struct capsrc *c, struct capsrc_stats *s, struct qerr *e)
{
	struct bpf_stat st = { 0 };

	if (ioctl(c->in.fd, BIOCGSTATS, &st) == -1)
		return qerr_sys(e, "cannot read the capture counters");
	*s = (struct capsrc_stats){ .received = c->in.handed + st.bs_drop,
		.filtered = c->filters ? UINT64_MAX : c->in.turned_away,
		.dropped = st.bs_drop };
	return 0;
}

void
capsrc_close(struct capsrc *c)
{
	if (c == NULL)
		return;
	if (c->in.fd != -1)
		close(c->in.fd);
	free(c->in.buf);
	free(c);
}
