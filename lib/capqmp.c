/* SPDX-License-Identifier: ISC */
/* capqmp.c - packets of a NIC that QEMU itself hands out (QMP: filter-dump) */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "capguard.h"
#include "capobj.h"
#include "capqmp.h"
#include "fdmsg.h"
#include "loop.h"
#include "procs.h"
#include "shmem.h"
#include "strv.h"

#define ETHERNET	1	/* DLT_EN10MB */
#define ATTACH_MS	20000	/* more than all waits of the guard's */
#define RELEASE_MS	2000
#define LOOK_MS		400
#define STOP_MS		500	/* for what is still under way */

struct capqmp_hold {
	int guard;		/* the guard closes its end when it is done */
	pid_t pid;
	struct proc_id drainer;
	char *qmp;
};

struct capqmp {
	int fd;
	void *mem;
	size_t bytes;
	struct capring ring;
	uint32_t snaplen;
	bool closed;		/* the drainer is gone, the guard too */
	int64_t stop;		/* no longer than this; 0: not stopped */
};

/* ---- the opener's side ---- */

static void
close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] != -1)
			close(pair[i]);
}

/* The ring, mapped here; its descriptor goes down the stream to the reader. */
static void *
make_ring(size_t bytes, int stream, struct qerr *e)
{
	int fd = shmem_open(bytes, e);
	void *mem;

	if (fd == -1)
		return MAP_FAILED;
	mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mem == MAP_FAILED)
		qerr_sys(e, "cannot map %zu bytes of shared memory", bytes);
	else if (fdmsg_pass(stream, fd, e) == -1) {
		munmap(mem, bytes);
		mem = MAP_FAILED;
	}
	close(fd);
	return mem;
}

static void
reap(pid_t pid, bool wait)
{
	while (waitpid(pid, NULL, wait ? 0 : WNOHANG) == -1 && errno == EINTR)
		;
}

static pid_t
start_guard(const struct capguard *g, struct qerr *e)
{
	pid_t pid = fork();

	if (pid == 0) {
		setsid();
		capguard_run(g);
	}
	if (pid == -1)
		qerr_sys(e, "cannot start a process");
	return pid;
}

/* What the guard says: attached, and who reads; or why not. */
static int
hear_guard(int fd, struct proc_id *drainer, struct qerr *e)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t end = loop_now_ms() + ATTACH_MS, left;
	struct capguard_said said;

	while ((left = end - loop_now_ms()) > 0)
		if (poll(&p, 1, (int)left) == 1)
			break;
	if (left <= 0 || recv(fd, &said, sizeof(said), MSG_WAITALL) !=
	    sizeof(said))
		return qerr_set(e, QERR_FAIL, "the process that attaches to "
		    "QEMU has ended");
	*drainer = said.drainer;
	if (said.e.kind == QERR_NONE)
		return 0;
	if (e != NULL)
		*e = said.e;
	return -1;
}

struct capqmp_hold *
capqmp_attach(const struct capqmp_conf *conf, const struct capsrc_opts *o,
    int *stream, struct qerr *e)
{
	size_t bytes = capring_bytes(conf->buffer != 0 ? conf->buffer :
	    CAPQMP_BUFFER);
	int pair[2] = { -1, -1 }, to_guard[2] = { -1, -1 }, rc = -1;
	struct capfilter *filter = NULL;
	struct capqmp_hold *h = NULL;
	struct capguard g = { .conf = conf };
	struct proc_id drainer;
	pid_t pid = -1;
	void *mem = MAP_FAILED;

	if (o->filter != NULL &&
	    (filter = capfilter_new(o->filter, ETHERNET, e)) == NULL)
		return NULL;
	if (fdmsg_pair(pair, e) == -1 || fdmsg_pair(to_guard, e) == -1)
		goto out;
	/* Each end has its own flags: the reader's stays as it is. */
	fcntl(pair[1], F_SETFL, O_NONBLOCK);
	g.drain = (struct capdrain){ .stream = pair[1], .filter = filter,
		.snaplen = o->snaplen, .nap_ms = o->latency_ms > 1 };
	g.keep = filter != NULL ? CAPSRC_SNAPLEN_MAX : o->snaplen;
	g.opener = to_guard[1];
	mem = make_ring(bytes, pair[1], e);
	if (mem == MAP_FAILED ||
	    capring_init(&g.drain.ring, mem, bytes, e) == -1)
		goto out;
	if ((pid = start_guard(&g, e)) == -1)
		goto out;
	close(to_guard[1]);
	to_guard[1] = -1;
	rc = hear_guard(to_guard[0], &drainer, e);
out:
	if (rc == 0) {
		h = xcalloc(1, sizeof(*h));
		h->guard = to_guard[0];
		h->pid = pid;
		h->drainer = drainer;
		h->qmp = xstrdup(conf->qmp);
		*stream = pair[0];
		to_guard[0] = pair[0] = -1;
	}
	if (mem != MAP_FAILED)
		munmap(mem, bytes);
	close_pair(pair);
	close_pair(to_guard);
	if (h == NULL && pid != -1)
		reap(pid, true);
	capfilter_free(filter);
	return h;
}

/*
 * The guard kills a drainer that is stopped; but it may be stopped, too.  Then
 * it goes on, and takes off what is left in QEMU.
 */
void
capqmp_look_after(const struct capqmp_hold *h)
{
	if (h == NULL || capobj_state(&h->drainer) != CAPOBJ_STOPPED)
		return;
	kill(h->drainer.pid, SIGKILL);
	kill(h->pid, SIGCONT);
}

/* What the guard says at its end; 0: nothing yet, -1: it was killed. */
static int
hear_end(const struct capqmp_hold *h)
{
	struct pollfd p = { .fd = h->guard, .events = POLLIN };
	int64_t end = loop_now_ms() + RELEASE_MS, left;
	char c;

	while ((left = end - loop_now_ms()) > 0) {
		if (poll(&p, 1, left < LOOK_MS ? (int)left : LOOK_MS) == 1)
			return read(h->guard, &c, 1) == 1 ? 1 : -1;
		/* Stopped, it would never let go. */
		capqmp_look_after(h);
		if (procs_stopped(h->pid))
			kill(h->pid, SIGCONT);
	}
	return 0;
}

void
capqmp_release(struct capqmp_hold *h)
{
	struct qmp *q;
	int done;

	if (h == NULL)
		return;
	done = hear_end(h);
	reap(h->pid, done != 0);
	if (done == -1 &&
	    (q = qmp_open(h->qmp, RELEASE_MS / 2, NULL)) != NULL) {
		capobj_sweep(q, RELEASE_MS / 2, false, NULL, NULL);
		qmp_close(q);
	}
	close(h->guard);
	free(h->qmp);
	free(h);
}

/* ---- the reader's side ---- */

static int
map_ring(struct capqmp *c, struct qerr *e)
{
	int fd = fdmsg_take(c->fd, 1000, e);
	struct stat st;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || st.st_size <= 0) {
		close(fd);
		return qerr_set(e, QERR_FAIL, "no ring of packets came");
	}
	c->mem = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE,
	    MAP_SHARED, fd, 0);
	close(fd);
	if (c->mem == MAP_FAILED)
		return qerr_sys(e, "cannot map the ring of packets");
	c->bytes = (size_t)st.st_size;
	return capring_init(&c->ring, c->mem, c->bytes, e);
}

struct capqmp *
capqmp_open(int fd, const struct capsrc_opts *o, struct qerr *e)
{
	struct capqmp *c = xcalloc(1, sizeof(*c));

	c->fd = fd;
	c->mem = MAP_FAILED;
	c->snaplen = o->snaplen;
	if (map_ring(c, e) == -1 ||
	    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == -1) {
		capqmp_close(c);
		return NULL;
	}
	return c;
}

int
capqmp_fd(const struct capqmp *c)
{
	return c->fd;
}

/* What woke us is no more than that. */
static void
hear(struct capqmp *c)
{
	char buf[64];
	ssize_t n;

	do
		n = read(c->fd, buf, sizeof(buf));
	while (n > 0 || (n == -1 && errno == EINTR));
	if (n == 0 || errno != EAGAIN)
		c->closed = true;
}

/* Is there surely no more to come? */
static bool
at_end(const struct capqmp *c)
{
	return c->closed || capring_ended(&c->ring) != 0 ||
	    (c->stop != 0 && loop_now_ms() >= c->stop);
}

static int
end_error(const struct capqmp *c, struct qerr *e)
{
	switch (capring_ended(&c->ring)) {
	case CAPDRAIN_GONE:
		return qerr_set(e, QERR_NO, "the VM is gone");
	case CAPDRAIN_CUT:
		return qerr_set(e, QERR_FAIL, "QEMU was told to end the "
		    "capture, or could not go on with it");
	case CAPDRAIN_HELD:
		return qerr_set(e, QERR_FAIL, "the process that reads from "
		    "QEMU was stopped by a signal; the VM must not wait, so "
		    "the capture has ended");
	case CAPDRAIN_GARBAGE:
		return qerr_set(e, QERR_FAIL,
		    "what QEMU dumps are no packets");
	default:
		return qerr_set(e, QERR_FAIL,
		    "the process that reads from QEMU was killed");
	}
}

int
capqmp_read(struct capqmp *c,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	struct capsrc_packet p;
	int n = 0, rc;

	for (;;) {
		/* First this, then whether there is something. */
		bool end = at_end(c);

		while ((rc = capring_take(&c->ring, &p, e)) == 1) {
			if (p.caplen > c->snaplen)
				p.caplen = c->snaplen;
			n++;
			if (fn(arg, &p) != 0)
				return n;
		}
		if (rc == -1)
			return -1;
		if (end)
			return n > 0 || c->stop != 0 ? n : end_error(c, e);
		hear(c);
		if (at_end(c) || !capring_sleep(&c->ring))
			continue;
		if (c->stop == 0 || n > 0)
			return n;
		poll(&(struct pollfd){ .fd = c->fd, .events = POLLIN }, 1,
		    (int)(c->stop - loop_now_ms()));
	}
}

int
capqmp_stop(struct capqmp *c, struct qerr *e)
{
	char stop = CAPDRAIN_STOP;

	(void)e;
	if (c->stop == 0) {
		c->stop = loop_now_ms() + STOP_MS;
		if (write(c->fd, &stop, 1) == -1)
			c->closed = true;
	}
	return 0;
}

int
capqmp_stats(struct capqmp *c, struct capsrc_stats *s, struct qerr *e)
{
	(void)e;
	capring_stats(&c->ring, s);
	return 0;
}

void
capqmp_close(struct capqmp *c)
{
	if (c == NULL)
		return;
	if (c->mem != MAP_FAILED)
		munmap(c->mem, c->bytes);
	close(c->fd);
	free(c);
}
