/* SPDX-License-Identifier: ISC */
/* ifwatch.c - hear when the map may have changed (macOS) */
#include <sys/types.h>
#include <sys/event.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysctl.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ifwatch.h"
#include "strv.h"

/*
 * The routing socket tells of interfaces that come, go and change and of
 * addresses, not of bridges' members and tables: those come with an interface.
 */
struct ifwatch {
	struct loop *l;
	loop_fn *fn;
	void *arg;
	int route, kq;		/* -1: none */
	struct loop_io *route_io, *kq_io;
	struct strv dirs;
	int *fds;		/* one each */
};

static void
on_route(void *arg, int fd, short revents)
{
	struct ifwatch *w = arg;
	char buf[4096];

	(void)revents;
	while (read(fd, buf, sizeof(buf)) > 0)
		continue;
	w->fn(w->arg);
}

static void
on_kqueue(void *arg, int fd, short revents)
{
	static const struct timespec now;
	struct ifwatch *w = arg;
	struct kevent ev[16];

	(void)revents;
	while (kevent(fd, NULL, 0, ev, 16, &now) > 0)
		continue;
	w->fn(w->arg);
}

struct ifwatch *
ifwatch_new(struct loop *l, loop_fn *fn, void *arg)
{
	struct ifwatch *w = xcalloc(1, sizeof(*w));

	*w = (struct ifwatch){ .l = l, .fn = fn, .arg = arg, .route = -1,
	    .kq = kqueue() };
	if (w->kq != -1) {
		fcntl(w->kq, F_SETFD, FD_CLOEXEC);
		w->kq_io = loop_io_add(l, w->kq, POLLIN, on_kqueue, w);
	}
	return w;
}

void
ifwatch_free(struct ifwatch *w)
{
	if (w == NULL)
		return;
	loop_io_del(w->route_io);
	loop_io_del(w->kq_io);
	if (w->route != -1)
		close(w->route);
	if (w->kq != -1)
		close(w->kq);
	for (size_t i = 0; i < w->dirs.n; i++)
		close(w->fds[i]);
	free(w->fds);
	strv_free(&w->dirs);
	free(w);
}

/* There is one space only. */
void
ifwatch_spaces(struct ifwatch *w, const struct fact_space *s, size_t n)
{
	(void)s;
	if (w->route != -1 || n == 0)
		return;
	w->route = socket(PF_ROUTE, SOCK_RAW, 0);
	if (w->route == -1)
		return;
	fcntl(w->route, F_SETFD, FD_CLOEXEC);
	fcntl(w->route, F_SETFL, O_NONBLOCK);
	w->route_io = loop_io_add(w->l, w->route, POLLIN, on_route, w);
}

void
ifwatch_proc(struct ifwatch *w, pid_t pid)
{
	struct kevent ev;

	EV_SET(&ev, (uintptr_t)pid, EVFILT_PROC, EV_ADD | EV_ONESHOT,
	    NOTE_EXIT, 0, NULL);
	kevent(w->kq, &ev, 1, NULL, 0, NULL);
}

/* A descriptor that tells of the directory, or -1. */
static int
open_dir(const struct ifwatch *w, const char *path)
{
	struct kevent ev;
	int fd = open(path, O_EVTONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	EV_SET(&ev, (uintptr_t)fd, EVFILT_VNODE, EV_ADD | EV_CLEAR,
	    NOTE_WRITE, 0, NULL);
	if (kevent(w->kq, &ev, 1, NULL, 0, NULL) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Is that the directory which has the name now? */
static bool
still_is(int fd, const char *path)
{
	struct stat open, now;

	return fstat(fd, &open) == 0 && stat(path, &now) == 0 &&
	    open.st_dev == now.st_dev && open.st_ino == now.st_ino;
}

void
ifwatch_dir(struct ifwatch *w, const char *path)
{
	size_t i = 0;
	int fd;

	while (i < w->dirs.n && strcmp(w->dirs.v[i], path) != 0)
		i++;
	if (i < w->dirs.n && still_is(w->fds[i], path))
		return;
	if ((fd = open_dir(w, path)) == -1)
		return;
	if (i < w->dirs.n) {	/* a lab's, started anew */
		close(w->fds[i]);
		w->fds[i] = fd;
		return;
	}
	w->fds = xrealloc(w->fds, (i + 1) * sizeof(*w->fds));
	w->fds[i] = fd;
	strv_add(&w->dirs, path);
}

static int64_t
read_clock(clockid_t id)
{
	return (int64_t)(clock_gettime_nsec_np(id) / 1000000);
}

bool
ifwatch_clocks(struct asleep_clocks *c)
{
	c->awake = read_clock(CLOCK_UPTIME_RAW);
	c->all = read_clock(CLOCK_MONOTONIC_RAW);
	c->awake_after = read_clock(CLOCK_UPTIME_RAW);
	return true;
}
