/* SPDX-License-Identifier: ISC */
/* peer.c - one connection in the event loop, that must never hold us up */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "peer.h"
#include "strv.h"

static void
update(struct peer *p)
{
	loop_io_events(p->io, (short)((p->want_in ? POLLIN : 0) |
	    (outq_size(&p->out) > 0 ? POLLOUT : 0)));
}

void
peer_init(struct peer *p, struct loop *l, int fd, size_t limit, loop_io_fn *fn,
    void *arg)
{
	*p = (struct peer){ .fd = fd, .want_in = true, .limit = limit };
	p->io = loop_io_add(l, fd, POLLIN, fn, arg);
}

void
peer_flush(struct peer *p)
{
	if (p->fd == -1)
		return;
	if (outq_flush(&p->out, p->fd) == -1) {
		if (p->limit > 0) {
			peer_drop(p);
			return;
		}
		outq_free(&p->out);
	}
	if (p->last && outq_size(&p->out) == 0)
		peer_drop(p);
	else
		update(p);
}

void
peer_send(struct peer *p, const void *data, size_t len)
{
	if (p->fd == -1)
		return;
	if (p->limit > 0 && outq_size(&p->out) > p->limit) {
		peer_drop(p);
		return;
	}
	outq_add(&p->out, data, len);
	peer_flush(p);
}

void
peer_want(struct peer *p, bool in)
{
	if (p->fd == -1 || p->last)
		return;
	p->want_in = in;
	update(p);
}

void
peer_finish(struct peer *p)
{
	p->want_in = false;
	p->last = true;
	peer_flush(p);
}

void
peer_drop(struct peer *p)
{
	if (p->fd == -1)
		return;
	loop_io_del(p->io);
	p->io = NULL;
	close(p->fd);
	p->fd = -1;
	outq_free(&p->out);
}

void
peers_drain(struct peer *list, int ms)
{
	int64_t end = loop_now_ms() + ms, left = ms;
	struct pollfd *pfds = NULL;
	nfds_t n;

	do {
		n = 0;
		for (struct peer *p = list; p != NULL; p = p->next) {
			peer_flush(p);
			if (p->fd == -1 || outq_size(&p->out) == 0)
				continue;
			pfds = xrealloc(pfds, (n + 1) * sizeof(*pfds));
			pfds[n++] = (struct pollfd){ .fd = p->fd,
			    .events = POLLOUT };
		}
		if (n > 0)
			poll(pfds, n, (int)left);
	} while (n > 0 && (left = end - loop_now_ms()) > 0);
	free(pfds);
}
