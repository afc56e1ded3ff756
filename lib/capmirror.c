/* SPDX-License-Identifier: ISC */
/* capmirror.c - packets from a switch of the holder's (mirror.h) */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "capmirror.h"
#include "mirror.h"
#include "strv.h"

/* A record of any length fits, and some more, so that reads are large. */
#define BUFFER_SIZE	(2 * (MIRROR_HDRLEN + MIRROR_SNAPLEN_MAX))

#define MAX_TURNS	16

struct capmirror {
	int fd;
	uint32_t snaplen;
	bool filtered, stopped, ended;
	struct bpf_program prog;
	struct capsrc_stats stats;
	size_t pos, len;		/* buf[pos..len) is still to be told */
	uint8_t buf[BUFFER_SIZE];
};

uint32_t
capmirror_snaplen(const struct capsrc_opts *o)
{
	return o->filter != NULL ? MIRROR_SNAPLEN_MAX : o->snaplen;
}

static int
compile(struct capmirror *c, const char *filter, struct qerr *e)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, MIRROR_SNAPLEN_MAX);
	int rc = 0;

	if (p == NULL)
		return qerr_set(e, QERR_FAIL, "cannot set up libpcap");
	if (pcap_compile(p, &c->prog, filter, 1, PCAP_NETMASK_UNKNOWN) == -1)
		rc = qerr_set(e, QERR_INPUT, "bad filter '%s': %s", filter,
		    pcap_geterr(p));
	else
		c->filtered = true;
	pcap_close(p);
	return rc;
}

struct capmirror *
capmirror_open(int fd, const struct capsrc_opts *o, struct qerr *e)
{
	struct capmirror *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->snaplen = o->snaplen;
	if (o->filter != NULL && compile(c, o->filter, e) == -1) {
		capmirror_close(c);
		return NULL;
	}
	return c;
}

int
capmirror_fd(const struct capmirror *c)
{
	return c->fd;
}

static bool
passes(const struct capmirror *c, const struct mirror_hdr *h,
    const uint8_t *data)
{
	struct pcap_pkthdr ph = { .caplen = h->caplen, .len = h->len };

	return h->len > 0 && (!c->filtered ||
	    pcap_offline_filter(&c->prog, &ph, data) != 0);
}

/*
 * Hand over what the buffer holds.  1: fn had enough; -1: these are no records.
 */
static int
tell(struct capmirror *c, int (*fn)(void *, const struct capsrc_packet *),
    void *arg, int *n)
{
	while (c->len - c->pos >= MIRROR_HDRLEN) {
		const uint8_t *data = c->buf + c->pos + MIRROR_HDRLEN;
		struct capsrc_packet p;
		struct mirror_hdr h;

		if (mirror_decode(&h, c->buf + c->pos) == -1)
			return -1;
		if (c->len - c->pos < MIRROR_HDRLEN + h.caplen)
			break;
		c->pos += MIRROR_HDRLEN + h.caplen;
		c->stats.dropped += h.dropped;
		c->stats.received += h.dropped;
		if (!passes(c, &h, data))
			continue;
		c->stats.received++;
		++*n;
		p = (struct capsrc_packet){ .time_ns = h.time_ns, .len = h.len,
			.caplen = h.caplen < c->snaplen ? h.caplen :
			c->snaplen, .to_vm = h.to_vm, .data = data };
		if (fn(arg, &p) != 0)
			return 1;
	}
	return 0;
}

/* Read once, without waiting; 0: nothing there now. */
static int
fill(struct capmirror *c, struct qerr *e)
{
	ssize_t n;

	memmove(c->buf, c->buf + c->pos, c->len - c->pos);
	c->len -= c->pos;
	c->pos = 0;
	n = recv(c->fd, c->buf + c->len, sizeof(c->buf) - c->len,
	    MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == -1 && errno != ECONNRESET)
		return qerr_sys(e, "cannot read from the lab's holder");
	c->ended = n <= 0;
	c->len += n > 0 ? (size_t)n : 0;
	return n > 0;
}

int
capmirror_read(struct capmirror *c,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	int n = 0, rc, more;

	/*
	 * First what fn left from the last time.  When all is filtered out the
	 * caller is to have its turn, too; but at the end, 0 must be the end.
	 */
	for (int turn = 0; turn < MAX_TURNS || c->stopped; turn++) {
		rc = tell(c, fn, arg, &n);
		if (rc == -1)
			return qerr_set(e, QERR_FAIL, "the lab's holder sent "
			    "something that is no packet");
		if (rc == 1 || n > 0)
			break;
		more = fill(c, e);
		if (more == -1)
			return -1;
		if (more == 0)
			break;
	}
	if (n == 0 && c->ended && !c->stopped)
		return qerr_set(e, QERR_NO, "the NIC, or its network, is gone");
	return n;
}

int
capmirror_stop(struct capmirror *c, struct qerr *e)
{
	/* What lies in the socket can still be read. */
	if (!c->stopped && shutdown(c->fd, SHUT_RDWR) == -1 &&
	    errno != ENOTCONN)
		return qerr_sys(e, "cannot end the capture");
	c->stopped = true;
	return 0;
}

int
capmirror_stats(struct capmirror *c, struct capsrc_stats *s, struct qerr *e)
{
	(void)e;
	*s = c->stats;
	return 0;
}

void
capmirror_close(struct capmirror *c)
{
	if (c == NULL)
		return;
	if (c->filtered)
		pcap_freecode(&c->prog);
	close(c->fd);
	free(c);
}
