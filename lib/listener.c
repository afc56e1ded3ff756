/* SPDX-License-Identifier: ISC */
/* listener.c - a Unix socket in the event loop */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "listener.h"
#include "sock.h"
#include "strv.h"

/* Out of descriptors: how long to wait for one to be closed. */
#define PAUSE_MS	200

struct listener {
	struct loop *l;
	struct loop_io *io;
	struct loop_timer *pause;
	char *path;
	int fd;
	void (*fn)(void *arg, int fd);
	void *arg;
};

static void
resume(void *arg)
{
	struct listener *s = arg;

	s->pause = NULL;
	loop_io_events(s->io, POLLIN);
}

static void
on_peer(void *arg, int fd, short revents)
{
	struct listener *s = arg;
	int peer = sock_accept(fd);

	(void)revents;
	if (peer != -1) {
		s->fn(s->arg, peer);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK) {
		/* The peer stays in the queue, so poll(2) would spin. */
		loop_io_events(s->io, 0);
		s->pause = loop_timer_add(s->l, PAUSE_MS, resume, s);
	}
}

struct listener *
listener_open(struct loop *l, const char *path, void (*fn)(void *arg, int fd),
    void *arg, struct qerr *e)
{
	struct listener *s;
	int fd = sock_listen(path, e);

	if (fd == -1)
		return NULL;
	s = xcalloc(1, sizeof(*s));
	*s = (struct listener){ .l = l, .path = xstrdup(path), .fd = fd,
	    .fn = fn, .arg = arg };
	s->io = loop_io_add(l, fd, POLLIN, on_peer, s);
	return s;
}

void
listener_close(struct listener *s)
{
	if (s == NULL)
		return;
	loop_io_del(s->io);
	loop_timer_del(s->pause);
	close(s->fd);
	unlink(s->path);
	free(s->path);
	free(s);
}
