/* SPDX-License-Identifier: ISC */
/* ifwatch.c - hear when the map may have changed (Linux) */
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "ifwatch.h"
#include "qemus.h"
#include "strv.h"

#ifndef SYS_pidfd_open
#define SYS_pidfd_open	434
#endif

/* A space's netlink socket, or a process's descriptor. */
struct ear {
	struct ifwatch *w;
	struct ear *next;
	bool space;		/* else a process */
	uint64_t id;		/* namespace's inode, or pid */
	int fd;
	struct loop_io *io;
};

struct ifwatch {
	struct loop *l;
	loop_fn *fn;
	void *arg;
	struct ear *ears;
	int notify;		/* inotify(7) */
	struct loop_io *notify_io;
};

static void
ear_free(struct ear *e)
{
	loop_io_del(e->io);
	close(e->fd);
	free(e);
}

static void
ear_drop(struct ear *e)
{
	for (struct ear **p = &e->w->ears; *p != NULL; p = &(*p)->next)
		if (*p == e) {
			*p = e->next;
			break;
		}
	ear_free(e);
}

/* What it says is no matter: read it away.  -1: nothing more will come. */
static int
drain(int fd)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		continue;
	return n == 0 ? -1 : 0;
}

static void
on_ear(void *arg, int fd, short revents)
{
	struct ear *e = arg;
	struct ifwatch *w = e->w;

	(void)revents;
	/* A process's end is told once. */
	if (!e->space || drain(fd) == -1)
		ear_drop(e);
	w->fn(w->arg);
}

static void
on_notify(void *arg, int fd, short revents)
{
	struct ifwatch *w = arg;

	(void)revents;
	drain(fd);
	w->fn(w->arg);
}

struct ifwatch *
ifwatch_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct ifwatch *w = xcalloc(1, sizeof(*w));

	w->l = l;
	w->fn = fn;
	w->arg = arg;
	w->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->notify != -1)
		w->notify_io = loop_io_add(l, w->notify, POLLIN, on_notify, w);
	return w;
}

void
ifwatch_free(struct ifwatch *w)
{
	if (w == NULL)
		return;
	for (struct ear *e = w->ears, *next; e != NULL; e = next) {
		next = e->next;
		ear_free(e);
	}
	loop_io_del(w->notify_io);
	if (w->notify != -1)
		close(w->notify);
	free(w);
}

static bool
has_ear(const struct ifwatch *w, bool space, uint64_t id)
{
	for (const struct ear *e = w->ears; e != NULL; e = e->next)
		if (e->space == space && e->id == id)
			return true;
	return false;
}

static void
add_ear(struct ifwatch *w, bool space, uint64_t id, int fd)
{
	struct ear *e;

	if (fd == -1)
		return;
	e = xcalloc(1, sizeof(*e));
	e->w = w;
	e->space = space;
	e->id = id;
	e->fd = fd;
	e->next = w->ears;
	w->ears = e;
	e->io = loop_io_add(w->l, fd, POLLIN, on_ear, e);
}

static int
open_netlink(struct qerr *e)
{
	struct sockaddr_nl nl = { .nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    NETLINK_ROUTE);

	if (fd == -1)
		return qerr_sys(e, "cannot open a netlink socket");
	if (bind(fd, (struct sockaddr *)&nl, sizeof(nl)) == -1) {
		qerr_sys(e, "cannot bind a netlink socket");
		close(fd);
		return -1;
	}
	return fd;
}

static void
hear_space(struct ifwatch *w, const struct fact_space *s)
{
	if (s->seen && (s->who.pid != 0 || s->handle != -1 ||
	    s->id == qemus_space(0)) && !has_ear(w, true, s->id))
		add_ear(w, true, s->id, qemus_open_in(s, open_netlink, NULL));
}

static bool
is_among(const struct fact_space *s, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (s[i].id == id)
			return true;
	return false;
}

void
ifwatch_spaces(struct ifwatch *w, const struct fact_space *s, size_t n)
{
	for (struct ear *e = w->ears, *next; e != NULL; e = next) {
		next = e->next;
		if (e->space && !is_among(s, n, e->id))
			ear_drop(e);
	}
	for (size_t i = 0; i < n; i++)
		hear_space(w, &s[i]);
}

void
ifwatch_proc(struct ifwatch *w, pid_t pid)
{
	if (pid > 0 && !has_ear(w, false, (uint64_t)pid))
		add_ear(w, false, (uint64_t)pid, (int)syscall(SYS_pidfd_open,
		    pid, 0));
}

void
ifwatch_dir(struct ifwatch *w, const char *path)
{
	if (w->notify != -1)
		inotify_add_watch(w->notify, path, IN_CREATE | IN_DELETE |
		    IN_MOVED_TO | IN_MOVED_FROM | IN_MODIFY | IN_ONLYDIR);
}

static bool
read_clock(clockid_t id, int64_t *ms)
{
	struct timespec t;

	if (clock_gettime(id, &t) == -1)
		return false;
	*ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	return true;
}

bool
ifwatch_clocks(struct asleep_clocks *c)
{
	return read_clock(CLOCK_MONOTONIC, &c->awake) &&
	    read_clock(CLOCK_BOOTTIME, &c->all) &&
	    read_clock(CLOCK_MONOTONIC, &c->awake_after);
}
