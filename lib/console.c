/* SPDX-License-Identifier: ISC */
/* console.c - a person or a pipe at a VM's console */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"
#include "loop.h"
#include "outq.h"
#include "sock.h"

#define CONNECT_MS	2000
/* What may wait for a console or a reader that is slow. */
#define BACKLOG		65536

struct attach {
	struct loop *l;
	int fd, in, out;
	bool raw;
	struct termios saved;
	bool typed, in_ended;
	struct outq typing;		/* to the console */
	struct loop_io *io, *in_io, *out_io;
	struct loop_timer *linger;
	int linger_ms;
	enum console_end how;
	int sig;			/* to die of */
	int err;			/* errno of a failed write to out */
};

static int
set_raw(struct attach *a)
{
	struct termios t = a->saved;

	cfmakeraw(&t);
	return tcsetattr(a->in, TCSADRAIN, &t);
}

static void
stop(struct attach *a, enum console_end how)
{
	a->how = how;
	loop_stop(a->l, 0);
}

static void
on_quiet(void *arg)
{
	struct attach *a = arg;

	a->linger = NULL;
	stop(a, CONSOLE_QUIET);
}

/* Start to wait for silence, anew whenever something moves. */
static void
set_linger(struct attach *a)
{
	loop_timer_del(a->linger);
	a->linger = a->in_ended && a->typed && outq_size(&a->typing) == 0 ?
	    loop_timer_add(a->l, a->linger_ms, on_quiet, a) : NULL;
}

static void
flush_typing(struct attach *a)
{
	/* A console that is gone says so to read(2), after its last words. */
	if (outq_flush(&a->typing, a->fd) == -1)
		outq_free(&a->typing);
	loop_io_events(a->io, outq_size(&a->typing) > 0 ?
	    POLLIN | POLLOUT : POLLIN);
	if (a->in_io != NULL)
		loop_io_events(a->in_io,
		    outq_size(&a->typing) < BACKLOG ? POLLIN : 0);
	set_linger(a);
}

/* out may be shared with others, so it is not made non-blocking. */
static bool
write_out(struct attach *a, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(a->out, p, n);

		if (done == -1 && errno == EAGAIN) {
			struct pollfd w = { .fd = a->out, .events = POLLOUT };

			poll(&w, 1, -1);
		} else if (done == -1 && errno != EINTR) {
			a->err = errno;
			return false;
		}
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return true;
}

static void
on_console(void *arg, int fd, short revents)
{
	struct attach *a = arg;
	char buf[16384];
	ssize_t n;

	if (revents & POLLOUT)
		flush_typing(a);
	if ((revents & ~POLLOUT) == 0)
		return;
	n = read(fd, buf, sizeof(buf));
	if (n > 0) {
		if (!write_out(a, buf, (size_t)n))
			stop(a, CONSOLE_LEFT);
		set_linger(a);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		stop(a, CONSOLE_CLOSED);
}

static void
on_input(void *arg, int fd, short revents)
{
	struct attach *a = arg;
	char buf[4096], *esc = NULL;
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)revents;
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		loop_io_del(a->in_io);
		a->in_io = NULL;
		a->in_ended = true;
		if (a->raw)
			stop(a, CONSOLE_LEFT);	/* the terminal is gone */
	} else {
		if (a->raw)
			esc = memchr(buf, CONSOLE_ESCAPE, (size_t)n);
		if (esc != NULL) {
			n = esc - buf;
			stop(a, CONSOLE_LEFT);
		}
		a->typed = true;
		outq_add(&a->typing, buf, (size_t)n);
	}
	flush_typing(a);
}

/* Only POLLERR: nobody reads any more. */
static void
on_output(void *arg, int fd, short revents)
{
	struct attach *a = arg;

	(void)fd;
	if (revents & (POLLERR | POLLNVAL)) {
		a->err = EPIPE;
		stop(a, CONSOLE_LEFT);
	}
	loop_io_del(a->out_io);
	a->out_io = NULL;
}

static void
on_signal(void *arg, int sig)
{
	struct attach *a = arg;

	a->sig = sig;
	loop_stop(a->l, 0);
}

/* Leave the shell a sane terminal while we are stopped. */
static void
on_suspend(void *arg, int sig)
{
	struct attach *a = arg;

	(void)sig;
	tcsetattr(a->in, TCSADRAIN, &a->saved);
	raise(SIGSTOP);
	set_raw(a);
}

static int
set_up(struct attach *a, struct qerr *e)
{
	static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	a->io = loop_io_add(a->l, a->fd, POLLIN, on_console, a);
	a->in_io = loop_io_add(a->l, a->in, POLLIN, on_input, a);
	if (!a->raw) {
		a->out_io = loop_io_add(a->l, a->out, 0, on_output, a);
		return 0;
	}
	if (tcgetattr(a->in, &a->saved) == -1)
		return qerr_sys(e, "cannot read the terminal's settings");
	for (size_t i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		if (loop_signal(a->l, deadly[i], on_signal, a, e) == -1)
			return -1;
	if (loop_signal(a->l, SIGTSTP, on_suspend, a, e) == -1)
		return -1;
	if (set_raw(a) == -1)
		return qerr_sys(e, "cannot make the terminal raw");
	return 0;
}

int
console_attach(const char *path, int in, int out, int linger_ms,
    enum console_end *how, struct qerr *e)
{
	struct attach a = { .in = in, .out = out, .linger_ms = linger_ms,
	    .raw = isatty(in) && isatty(out) };
	int rc;

	a.fd = sock_connect(path, CONNECT_MS, e);
	if (a.fd == -1)
		return -1;
	a.l = loop_new(e);
	if (a.l == NULL) {
		close(a.fd);
		return -1;
	}
	rc = set_up(&a, e);
	if (rc == 0) {
		loop_run(a.l);
		if (a.raw)
			tcsetattr(in, TCSADRAIN, &a.saved);
	}
	loop_free(a.l);
	outq_free(&a.typing);
	close(a.fd);
	if (a.sig != 0)
		raise(a.sig);
	if (rc == 0 && a.err != 0 && a.err != EPIPE) {
		errno = a.err;
		rc = qerr_sys(e, "cannot write the console's output");
	}
	*how = a.how;
	return rc;
}
