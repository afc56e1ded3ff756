/* SPDX-License-Identifier: ISC */
/* loop.h - a small event loop over poll(2): descriptors, timers, signals */
#ifndef QLAB_LOOP_H
#define QLAB_LOOP_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"

/*
 * Single-threaded.  Callbacks may add and remove any watcher, their own too: a
 * removed one is never called again, also when its descriptor is closed and the
 * number is used anew in the same round.
 */
struct loop;
struct loop_io;
struct loop_timer;

typedef void loop_io_fn(void *arg, int fd, short revents);
typedef void loop_fn(void *arg);
typedef void loop_signal_fn(void *arg, int sig);

struct loop	*loop_new(struct qerr *e);
void		 loop_free(struct loop *l);	/* watchers too; not the fds */

/*
 * events as for poll(2); POLLERR, POLLHUP and POLLNVAL always come too.  Remove
 * the watcher before or right after closing fd.
 */
struct loop_io	*loop_io_add(struct loop *l, int fd, short events,
		    loop_io_fn *fn, void *arg);
void		 loop_io_events(struct loop_io *io, short events);
void		 loop_io_del(struct loop_io *io);	/* NULL is fine */

/*
 * Once, after ms milliseconds (monotonic clock), in the order of their times.
 * The handle is gone once it has fired: forget it in the callback.
 */
struct loop_timer *loop_timer_add(struct loop *l, int64_t ms, loop_fn *fn,
		    void *arg);
void		 loop_timer_del(struct loop_timer *t);	/* NULL is fine */

/*
 * sig is delivered to fn from the loop, never in signal context; several that
 * came meanwhile are one.  One loop a process.  In a forked child that has not
 * yet called exec the signal has its default effect.
 */
int		 loop_signal(struct loop *l, int sig, loop_signal_fn *fn,
		    void *arg, struct qerr *e);

/* Until loop_stop(), also one before the start; returns its value. */
int		 loop_run(struct loop *l);
void		 loop_stop(struct loop *l, int value);

/* Monotonic milliseconds. */
int64_t		 loop_now_ms(void);

#endif
