/* SPDX-License-Identifier: ISC */
/* cappcap.c - packets from one interface of any system, by libpcap */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pcap/pcap.h>

#include "cappcap.h"
#include "capway.h"
#include "strv.h"

/* Not every system says by the descriptor that there is something. */
#define DUE_MS		250
/* Packets a turn, so that a flood does not keep us for ever. */
#define BATCH		4096

struct cappcap {
	pcap_t *p;
	unsigned point;
	uint8_t mac[6];
	bool has_mac;
	enum capsrc_dir dir;
	unsigned fraction;	/* ns in a unit of tv_usec */
	bool stopped, over, gone, told;
	int settle_ms;		/* until the last packets are seen, surely */
	uint64_t stop_ns;	/* later ones are none of ours */
	struct capsrc_stats stats;
	/* during a read */
	int (*fn)(void *arg, const struct capsrc_packet *p);
	void *arg;
	int n;
};

static const char *
whose_bpf(const char *text)
{
	return strstr(text, "/dev/bpf") != NULL ? " (" CAPSRC_BPF_HINT ")" :
	    "";
}

static int
activate(struct cappcap *c, const char *ifname, const struct capsrc_opts *o,
    struct qerr *e)
{
	uint64_t buffer = o->buffer < INT_MAX ? o->buffer : INT_MAX;
	int rc;

	pcap_set_snaplen(c->p, (int)o->snaplen);
	pcap_set_promisc(c->p, 1);
	pcap_set_timeout(c->p, o->latency_ms);
	pcap_set_immediate_mode(c->p, o->latency_ms <= 1);
	pcap_set_buffer_size(c->p, (int)buffer);
	/* Where it cannot be had, pcap_get_tstamp_precision() says so. */
	pcap_set_tstamp_precision(c->p, PCAP_TSTAMP_PRECISION_NANO);
	rc = pcap_activate(c->p);
	if (rc < 0)
		return qerr_set(e, rc == PCAP_ERROR_PERM_DENIED ? QERR_PERM :
		    rc == PCAP_ERROR_NO_SUCH_DEVICE ? QERR_NOTFOUND :
		    QERR_FAIL, "cannot capture on %s: %s%s", ifname,
		    *pcap_geterr(c->p) ? pcap_geterr(c->p) :
		    pcap_statustostr(rc), whose_bpf(pcap_geterr(c->p)));
	if (pcap_datalink(c->p) != DLT_EN10MB)
		return qerr_set(e, QERR_FAIL, "%s is no Ethernet interface",
		    ifname);
	return 0;
}

static int
set_filter(struct cappcap *c, const char *filter, struct qerr *e)
{
	struct bpf_program prog;
	int rc;

	if (filter == NULL)
		return 0;
	if (pcap_compile(c->p, &prog, filter, 1, PCAP_NETMASK_UNKNOWN) == -1)
		return qerr_set(e, QERR_INPUT, "bad filter '%s': %s", filter,
		    pcap_geterr(c->p));
	rc = pcap_setfilter(c->p, &prog);
	pcap_freecode(&prog);
	if (rc == -1)
		return qerr_set(e, QERR_FAIL, "cannot attach the filter: %s",
		    pcap_geterr(c->p));
	return 0;
}

/* Where no sender tells, the system has to: it speaks as the host does. */
static int
set_direction(struct cappcap *c, bool host_view, struct qerr *e)
{
	if (c->dir == CAPSRC_BOTH)
		return 0;
	if (pcap_setdirection(c->p, (c->dir == CAPSRC_IN) == host_view ?
	    PCAP_D_IN : PCAP_D_OUT) != 0)
		return qerr_set(e, QERR_FAIL, "cannot tell directions there: "
		    "%s", pcap_geterr(c->p));
	return 0;
}

struct cappcap *
cappcap_open(const struct capsrc_if *i, const char *ifname,
    const struct capsrc_opts *o, struct qerr *e)
{
	struct cappcap *c = xcalloc(1, sizeof(*c));
	char err[PCAP_ERRBUF_SIZE];

	c->point = i->point;
	c->has_mac = i->has_mac;
	memcpy(c->mac, i->mac, sizeof(c->mac));
	c->dir = o->dir;
	c->settle_ms = 2 * o->latency_ms + 20;
	c->stats.filtered = o->filter == NULL ? 0 : UINT64_MAX;
	if ((c->p = pcap_create(ifname, err)) == NULL) {
		qerr_set(e, QERR_FAIL, "%s", err);
	} else if (activate(c, ifname, o, e) == 0 &&
	    set_filter(c, o->filter, e) == 0 &&
	    (c->has_mac || set_direction(c, i->host_view, e) == 0)) {
		if (pcap_setnonblock(c->p, 1, err) == 0) {
			c->fraction = pcap_get_tstamp_precision(c->p) ==
			    PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
			return c;
		}
		qerr_set(e, QERR_FAIL, "%s", err);
	}
	cappcap_close(c);
	return NULL;
}

int
cappcap_fd(const struct cappcap *c)
{
	return c->gone ? -1 : pcap_get_selectable_fd(c->p);
}

int
cappcap_due(const struct cappcap *c)
{
	const struct timeval *t = pcap_get_required_select_timeout(c->p);

	if (c->gone)
		return c->told ? -1 : 0;
	return t != NULL ? (int)(t->tv_sec * 1000 + t->tv_usec / 1000) :
	    DUE_MS;
}

static void
take(u_char *arg, const struct pcap_pkthdr *h, const u_char *data)
{
	struct cappcap *c = (void *)arg;
	struct capsrc_packet p = {
		.time_ns = (uint64_t)h->ts.tv_sec * UINT64_C(1000000000) +
		    (uint64_t)h->ts.tv_usec * c->fraction,
		.caplen = h->caplen, .len = h->len, .point = c->point,
		.data = data,
	};

	if (c->stopped && p.time_ns > c->stop_ns) {
		c->over = true;
		pcap_breakloop(c->p);
		return;
	}
	if (!c->has_mac) {
		p.no_way = c->dir == CAPSRC_BOTH;
		p.to_vm = c->dir == CAPSRC_IN;
	} else if (!capway_tell(&p, c->mac, c->dir)) {
		return;
	}
	c->n++;
	if (c->fn(c->arg, &p) != 0)
		pcap_breakloop(c->p);
}

/* Not every descriptor tells that there is something. */
static void
wait_for_last(const struct cappcap *c)
{
	struct pollfd p = { .fd = pcap_get_selectable_fd(c->p),
		.events = POLLIN };

	if (pcap_get_required_select_timeout(c->p) != NULL)
		p.fd = -1;
	while (poll(&p, 1, c->settle_ms) == -1 && errno == EINTR)
		continue;
}

int
cappcap_read(struct cappcap *c,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	int rc;

	if (c->gone || c->over)
		return 0;
	c->fn = fn;
	c->arg = arg;
	c->n = 0;
	rc = pcap_dispatch(c->p, BATCH, take, (u_char *)c);
	if (rc == 0 && c->stopped && !c->over) {
		wait_for_last(c);
		rc = pcap_dispatch(c->p, BATCH, take, (u_char *)c);
	}
	if (rc != PCAP_ERROR)
		return c->n;
	/* There is no other way to tell one error from the other. */
	if (strstr(pcap_geterr(c->p), "disappeared") == NULL)
		return qerr_set(e, QERR_FAIL, "capturing failed: %s",
		    pcap_geterr(c->p));
	c->gone = true;
	return c->n;
}

bool
cappcap_gone(struct cappcap *c, unsigned *point)
{
	if (!c->gone || c->told)
		return false;
	c->told = true;
	*point = c->point;
	return true;
}

/*
 * A filter that lets nothing pass would be for what is in the buffer already,
 * too: so it goes by time.
 */
int
cappcap_stop(struct cappcap *c, struct qerr *e)
{
	struct capsrc_stats s;
	struct timespec now;

	if (c->stopped)
		return 0;
	if (cappcap_stats(c, &s, e) == -1)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	c->stop_ns = (uint64_t)now.tv_sec * UINT64_C(1000000000) +
	    (uint64_t)now.tv_nsec;
	c->stopped = true;
	return 0;
}

int
cappcap_stats(struct cappcap *c, struct capsrc_stats *s, struct qerr *e)
{
	struct pcap_stat st;

	if (c->stopped) {
		*s = c->stats;
		return 0;
	}
	if (pcap_stats(c->p, &st) == -1)
		return qerr_set(e, QERR_FAIL, "cannot read the capture "
		    "counters: %s", pcap_geterr(c->p));
	c->stats.received = st.ps_recv;
	c->stats.dropped = st.ps_drop;
	*s = c->stats;
	return 0;
}

void
cappcap_close(struct cappcap *c)
{
	if (c == NULL)
		return;
	if (c->p != NULL)
		pcap_close(c->p);
	free(c);
}
