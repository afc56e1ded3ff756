/* SPDX-License-Identifier: ISC */
/* loop.c - a small event loop over poll(2): descriptors, timers, signals */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "strv.h"

struct loop_io {
	struct loop *l;
	struct loop_io *next;
	int fd;			/* -1: removed, swept after the round */
	short events;
	size_t slot;		/* in pfds during a round; 0: not polled */
	loop_io_fn *fn;
	void *arg;
};

struct loop_timer {
	struct loop *l;
	struct loop_timer *next;
	int64_t at_ms;
	loop_fn *fn;		/* NULL: removed or fired */
	void *arg;
};

struct loop_signal {
	loop_signal_fn *fn;	/* NULL: not ours */
	void *arg;
};

struct loop {
	struct loop_io *ios;
	struct loop_timer *timers;	/* the next one to fire first */
	struct loop_signal signals[NSIG];
	struct pollfd *pfds;
	size_t cap;
	int pipe[2];
	bool stop;
	int value;
};

/*
 * One loop a process takes signals.  The pipe only wakes it; which signals came
 * stands in signal_seen, so that a full pipe loses none.
 */
static volatile sig_atomic_t signal_fd = -1, signal_owner;
static volatile sig_atomic_t signal_seen[NSIG];

static void
on_signal(int sig)
{
	int saved = errno;

	if (getpid() != (pid_t)signal_owner) {
		/* A forked child that has not called exec: not our news. */
		signal(sig, SIG_DFL);
		raise(sig);
		return;
	}
	signal_seen[sig] = 1;
	if (write(signal_fd, "", 1) != 1) {
		/* A full pipe has wake-ups enough. */
	}
	errno = saved;
}

static void
drain_signals(void *arg, int fd, short revents)
{
	struct loop *l = arg;
	char buf[64];

	(void)revents;
	while (read(fd, buf, sizeof(buf)) > 0)
		continue;
	for (int sig = 1; sig < NSIG; sig++)
		if (signal_seen[sig] && l->signals[sig].fn != NULL) {
			signal_seen[sig] = 0;
			l->signals[sig].fn(l->signals[sig].arg, sig);
		}
}

struct loop *
loop_new(struct qerr *e)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	if (pipe(l->pipe) == -1) {
		qerr_sys(e, "cannot make a pipe");
		free(l);
		return NULL;
	}
	for (int i = 0; i < 2; i++) {
		fcntl(l->pipe[i], F_SETFL, O_NONBLOCK);
		fcntl(l->pipe[i], F_SETFD, FD_CLOEXEC);
	}
	loop_io_add(l, l->pipe[0], POLLIN, drain_signals, l);
	return l;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	for (int sig = 1; sig < NSIG; sig++)
		if (l->signals[sig].fn != NULL) {
			signal(sig, SIG_DFL);
			signal_seen[sig] = 0;
		}
	if (signal_fd == l->pipe[1])
		signal_fd = -1;
	while (l->ios != NULL) {
		struct loop_io *io = l->ios;

		l->ios = io->next;
		free(io);
	}
	while (l->timers != NULL) {
		struct loop_timer *t = l->timers;

		l->timers = t->next;
		free(t);
	}
	close(l->pipe[0]);
	close(l->pipe[1]);
	free(l->pfds);
	free(l);
}

struct loop_io *
loop_io_add(struct loop *l, int fd, short events, loop_io_fn *fn, void *arg)
{
	struct loop_io *io = xcalloc(1, sizeof(*io));

	*io = (struct loop_io){ .l = l, .next = l->ios, .fd = fd,
	    .events = events, .fn = fn, .arg = arg };
	l->ios = io;
	return io;
}

void
loop_io_events(struct loop_io *io, short events)
{
	io->events = events;
}

void
loop_io_del(struct loop_io *io)
{
	if (io != NULL)
		io->fd = -1;
}

struct loop_timer *
loop_timer_add(struct loop *l, int64_t ms, loop_fn *fn, void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t)), **p;

	*t = (struct loop_timer){ .l = l, .fn = fn, .arg = arg,
	    .at_ms = loop_now_ms() + (ms > 0 ? ms : 0) };
	for (p = &l->timers; *p != NULL && (*p)->at_ms <= t->at_ms;)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
	return t;
}

void
loop_timer_del(struct loop_timer *t)
{
	if (t != NULL)
		t->fn = NULL;
}

int
loop_signal(struct loop *l, int sig, loop_signal_fn *fn, void *arg,
    struct qerr *e)
{
	struct sigaction sa = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };

	sigemptyset(&sa.sa_mask);
	signal_fd = l->pipe[1];
	signal_owner = (sig_atomic_t)getpid();
	l->signals[sig].fn = fn;
	l->signals[sig].arg = arg;
	if (sigaction(sig, &sa, NULL) == -1)
		return qerr_sys(e, "cannot catch signal %d", sig);
	return 0;
}

/* Free what was removed while callbacks ran. */
static void
sweep(struct loop *l)
{
	for (struct loop_io **p = &l->ios; *p != NULL;) {
		struct loop_io *io = *p;

		if (io->fd == -1) {
			*p = io->next;
			free(io);
		} else
			p = &io->next;
	}
	for (struct loop_timer **p = &l->timers; *p != NULL;) {
		struct loop_timer *t = *p;

		if (t->fn == NULL) {
			*p = t->next;
			free(t);
		} else
			p = &t->next;
	}
}

/* After a sweep: only timers that still wait are left. */
static int
next_timeout(const struct loop *l)
{
	int64_t left;

	if (l->timers == NULL)
		return -1;
	left = l->timers->at_ms - loop_now_ms();
	return left < 0 ? 0 : left > 3600 * 1000 ? 3600 * 1000 : (int)left;
}

/* One that is added meanwhile stands in its place and may fire at once. */
static void
fire_timers(struct loop *l)
{
	int64_t now = loop_now_ms();

	for (struct loop_timer *t = l->timers;
	    t != NULL && t->at_ms <= now && !l->stop; t = t->next) {
		loop_fn *fn = t->fn;

		if (fn != NULL) {
			t->fn = NULL;
			fn(t->arg);
		}
	}
}

static size_t
fill_pfds(struct loop *l)
{
	size_t n = 0;

	for (struct loop_io *io = l->ios; io != NULL; io = io->next) {
		if (n == l->cap) {
			l->cap = l->cap ? 2 * l->cap : 16;
			l->pfds = xrealloc(l->pfds,
			    l->cap * sizeof(*l->pfds));
		}
		l->pfds[n] = (struct pollfd){ .fd = io->fd,
		    .events = io->events };
		io->slot = ++n;
	}
	return n;
}

/*
 * Watchers added by a callback stand in front, slot 0: what poll(2) said about
 * a descriptor of the same number was meant for an earlier one.
 */
static void
call_ios(struct loop *l)
{
	for (struct loop_io *io = l->ios; io != NULL && !l->stop;
	    io = io->next) {
		short revents;

		if (io->slot == 0 || io->fd == -1)
			continue;
		/* Another callback may have changed what is wanted. */
		revents = l->pfds[io->slot - 1].revents &
		    (io->events | POLLERR | POLLHUP | POLLNVAL);
		if (revents != 0)
			io->fn(io->arg, io->fd, revents);
	}
}

int
loop_run(struct loop *l)
{
	while (!l->stop) {
		size_t n;
		int ready;

		sweep(l);
		n = fill_pfds(l);
		ready = poll(l->pfds, (nfds_t)n, next_timeout(l));
		fire_timers(l);
		if (ready > 0)
			call_ios(l);
	}
	l->stop = false;
	sweep(l);
	return l->value;
}

void
loop_stop(struct loop *l, int value)
{
	l->stop = true;
	l->value = value;
}

int64_t
loop_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
