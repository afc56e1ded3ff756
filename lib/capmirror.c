/* SPDX-License-Identifier: ISC */
/* capmirror.c - packets from a switch of the holder's (mirror.h) */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capfilter.h"
#include "capmirror.h"
#include "mirror.h"
#include "strv.h"

/* A record of any length fits, and some more, so that reads are large. */
#define BUFFER_SIZE	(2 * (MIRROR_HDRLEN + MIRROR_SNAPLEN_MAX))

#define MAX_TURNS	16

struct capmirror {
	int fd;
	unsigned point;
	uint32_t snaplen;
	enum capsrc_dir dir;
	bool stopped, ended, drained, told;
	const struct capfilter *filter;	/* NULL: all pass */
	struct capfilter *own;
	struct capsrc_stats stats;
	size_t pos, len;		/* buf[pos..len) is still to be told */
	uint8_t buf[BUFFER_SIZE];
};

uint32_t
capmirror_snaplen(const struct capsrc_opts *o)
{
	return o->filter != NULL ? MIRROR_SNAPLEN_MAX : o->snaplen;
}

struct capmirror *
capmirror_open(int fd, unsigned point, const struct capsrc_opts *o,
    struct qerr *e)
{
	struct capmirror *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->point = point;
	c->snaplen = o->snaplen;
	c->dir = o->dir;
	c->filter = o->here;
	if (o->filter == NULL || o->here != NULL)
		return c;
	c->filter = c->own = capfilter_new(o->filter, LINKTYPE_ETHERNET, e);
	if (c->own != NULL)
		return c;
	capmirror_close(c);
	return NULL;
}

int
capmirror_fd(const struct capmirror *c)
{
	return c->ended ? -1 : c->fd;
}

int
capmirror_due(const struct capmirror *c)
{
	return c->ended && !c->drained ? 0 : -1;
}

static bool
passes(const struct capmirror *c, const struct capsrc_packet *p)
{
	if (c->dir != CAPSRC_BOTH && (c->dir == CAPSRC_IN) != p->to_vm)
		return false;
	return c->filter == NULL || capfilter_match(c->filter, p);
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
		c->stats.dropped_slow += h.dropped;
		c->stats.received += h.dropped;
		p = (struct capsrc_packet){ .time_ns = h.time_ns, .len = h.len,
			.caplen = h.caplen, .point = c->point,
			.to_vm = h.to_vm, .data = data };
		if (h.len == 0)
			continue;
		if (!passes(c, &p)) {
			c->stats.filtered++;
			continue;
		}
		c->stats.received++;
		++*n;
		if (p.caplen > c->snaplen)
			p.caplen = c->snaplen;
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
	c->drained = c->ended && n == 0;
	return n;
}

bool
capmirror_gone(struct capmirror *c, unsigned *point)
{
	if (!c->drained || c->told)
		return false;
	c->told = true;
	*point = c->point;
	return true;
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
	capfilter_free(c->own);
	close(c->fd);
	free(c);
}
