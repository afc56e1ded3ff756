/* SPDX-License-Identifier: ISC */
/* foreground.c - one VM's console on our own standard input and output */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "foreground.h"
#include "outq.h"
#include "strv.h"

#define BACKLOG		(4 << 20)
/* What a descriptor that polls writable surely takes without waiting. */
#define CHUNK		512
#define DRAIN_MS	500

struct foreground {
	struct loop *l;
	struct loop_io *in, *out;
	void (*typed)(void *arg, const void *data, size_t len);
	void *arg;
	struct termios saved;
	bool raw, reader_gone;
	struct outq q;
};

/* Write a little; stdout is shared with others and stays blocking. */
static void
write_some(struct foreground *f)
{
	size_t left = outq_size(&f->q), n = left < CHUNK ? left : CHUNK;
	ssize_t done = write(STDOUT_FILENO, f->q.buf + f->q.pos, n);

	if (done == -1 && errno != EINTR && errno != EAGAIN)
		f->reader_gone = true;
	if (done > 0)
		f->q.pos += (size_t)done;
	if (f->reader_gone || outq_size(&f->q) == 0)
		outq_free(&f->q);
}

static void
on_out(void *arg, int fd, short revents)
{
	struct foreground *f = arg;

	(void)fd;
	if ((revents & POLLOUT) && outq_size(&f->q) > 0)
		write_some(f);
	if (revents & (POLLERR | POLLNVAL))
		f->reader_gone = true;
	if (outq_size(&f->q) == 0 || f->reader_gone) {
		loop_io_del(f->out);
		f->out = NULL;
	}
}

static void
on_in(void *arg, int fd, short revents)
{
	struct foreground *f = arg;
	char buf[1024];
	ssize_t n = read(fd, buf, sizeof(buf));

	(void)revents;
	if (n > 0)
		f->typed(f->arg, buf, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
		loop_io_del(f->in);
		f->in = NULL;
	}
}

struct foreground *
foreground_open(struct loop *l,
    void (*typed)(void *arg, const void *data, size_t len), void *arg,
    struct qerr *e)
{
	struct foreground *f = xcalloc(1, sizeof(*f));
	struct termios t;

	f->l = l;
	f->typed = typed;
	f->arg = arg;
	if (isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &f->saved) == 0) {
		t = f->saved;
		cfmakeraw(&t);
		/* Our own messages go to this terminal, too. */
		t.c_oflag |= OPOST;
		if (tcsetattr(STDIN_FILENO, TCSADRAIN, &t) == -1) {
			qerr_sys(e, "cannot make the terminal raw");
			free(f);
			return NULL;
		}
		f->raw = true;
	}
	f->in = loop_io_add(l, STDIN_FILENO, POLLIN, on_in, f);
	return f;
}

void
foreground_show(struct foreground *f, const void *data, size_t len)
{
	if (f->reader_gone || outq_size(&f->q) + len > BACKLOG)
		return;
	outq_add(&f->q, data, len);
	if (f->out == NULL)
		f->out = loop_io_add(f->l, STDOUT_FILENO, POLLOUT, on_out, f);
}

void
foreground_close(struct foreground *f)
{
	int64_t until = loop_now_ms() + DRAIN_MS;

	if (f == NULL)
		return;
	while (outq_size(&f->q) > 0 && loop_now_ms() < until) {
		struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

		if (poll(&p, 1, (int)DRAIN_MS) > 0)
			write_some(f);
	}
	loop_io_del(f->in);
	loop_io_del(f->out);
	if (f->raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &f->saved);
	outq_free(&f->q);
	free(f);
}
