/* SPDX-License-Identifier: ISC */
/* segment.c - one userspace network: a switch, its cables, its captures */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fdmsg.h"
#include "l2switch.h"
#include "mirror.h"
#include "outq.h"
#include "segment.h"
#include "strv.h"

/* Read at once; what is left of a frame from the last time stands before. */
#define READ_SIZE	(256 << 10)
/* Runs of frames that one system call takes. */
#define MAX_RUNS	64
/* What waits for a VM, or a capture, that does not read. */
#define PORT_QUEUE	(1 << 20)
#define MIRROR_QUEUE	(4 << 20)
/* The kernel gives what net.core.wmem_max allows. */
#define SOCKET_BUFFER	(1 << 20)

struct port {
	struct segment *s;
	struct port *next;
	char vm[LAB_NAMESZ], nic[LAB_NICSZ];
	struct l2port *l2;
	int fd;
	struct loop_io *io;
	uint8_t *part;			/* the beginning of a frame */
	size_t npart;
	struct iovec runs[MAX_RUNS];	/* to go out before the next read */
	size_t nruns;
	struct outq q;
	uint64_t tx_frames, tx_bytes, tx_dropped;
	bool dead;
};

struct capture {
	struct segment *s;
	struct capture *next;
	const struct port *port;	/* NULL: the whole network */
	bool last;			/* the port is gone: only the queue */
	uint32_t snaplen, dropped;
	int fd;
	struct loop_io *io;
	struct outq q;
	bool dead;
};

struct segment {
	struct loop *l;
	char name[LAB_NAMESZ];
	struct l2switch *sw;
	struct port *ports;
	struct capture *captures;
	void (*say)(void *arg, const char *text);
	void *arg;
	void (*hear)(void *arg, const void *frame, size_t len);
	void *hear_arg;
	uint8_t *buf;			/* READ_SIZE and a frame */
};

static void	forward(struct l2port *l2, const uint8_t *run, size_t len);

struct segment *
segment_new(struct loop *l, const char *name, bool isolated, bool transparent,
    void (*say)(void *arg, const char *text), void *arg)
{
	struct segment *s = xcalloc(1, sizeof(*s));

	s->l = l;
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->sw = l2switch_new(isolated, transparent, forward);
	s->say = say;
	s->arg = arg;
	s->buf = xrealloc(NULL, READ_SIZE + L2_HDRLEN + L2_FRAME_MAX);
	return s;
}

/* ---- captures ---- */

static void
capture_free(struct capture *c)
{
	loop_io_del(c->io);
	close(c->fd);
	outq_free(&c->q);
	free(c);
}

static void
capture_flush(struct capture *c)
{
	if (!c->dead && outq_flush(&c->q, c->fd) == -1)
		c->dead = true;
	/* There is room again: tell what it has missed. */
	if (!c->dead && c->dropped > 0 && outq_size(&c->q) == 0) {
		uint8_t hdr[MIRROR_HDRLEN];

		mirror_encode(&(struct mirror_hdr){ .dropped = c->dropped },
		    hdr);
		c->dropped = 0;
		outq_add(&c->q, hdr, sizeof(hdr));
		if (outq_flush(&c->q, c->fd) == -1)
			c->dead = true;
	}
	loop_io_events(c->io, outq_size(&c->q) > 0 ? POLLIN | POLLOUT :
	    POLLIN);
}

static void
capture_add(struct capture *c, const uint8_t *run, size_t len, bool to_vm,
    uint64_t now_ns)
{
	int32_t n;

	for (; (n = l2_frame(run, len)) > 0; run += n, len -= (size_t)n) {
		struct mirror_hdr h = { .time_ns = now_ns, .to_vm = to_vm,
		    .len = (uint32_t)n - L2_HDRLEN, .dropped = c->dropped };
		uint8_t hdr[MIRROR_HDRLEN];

		h.caplen = h.len < c->snaplen ? h.len : c->snaplen;
		if (h.len == 0)
			continue;
		if (outq_size(&c->q) + sizeof(hdr) + h.caplen > MIRROR_QUEUE) {
			c->dropped++;
			continue;
		}
		c->dropped = 0;
		mirror_encode(&h, hdr);
		outq_add(&c->q, hdr, sizeof(hdr));
		outq_add(&c->q, run + L2_HDRLEN, h.caplen);
	}
}

/* A run that comes from (or goes to) a port, to whom it concerns. */
static void
mirror(struct segment *s, const struct port *p, const uint8_t *run, size_t len,
    bool to_vm)
{
	struct timespec now;

	if (s->captures == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	for (struct capture *c = s->captures; c != NULL; c = c->next)
		if (!c->last && (c->port == p || (c->port == NULL && !to_vm)))
			capture_add(c, run, len, to_vm, (uint64_t)now.tv_sec *
			    1000000000 + (uint64_t)now.tv_nsec);
}

/* A run that comes from a port, frame by frame. */
static void
let_hear(const struct segment *s, const uint8_t *run, size_t len)
{
	int32_t n;

	for (; s->hear != NULL && (n = l2_frame(run, len)) > 0; run += n,
	    len -= (size_t)n)
		s->hear(s->hear_arg, run + L2_HDRLEN, (size_t)n - L2_HDRLEN);
}

void
segment_listen(struct segment *s, void (*fn)(void *arg, const void *frame,
    size_t len), void *arg)
{
	s->hear = fn;
	s->hear_arg = arg;
}

/* ---- ports ---- */

static void
port_free(struct port *p)
{
	l2switch_port_del(p->l2);
	loop_io_del(p->io);
	close(p->fd);
	outq_free(&p->q);
	free(p->part);
	free(p);
}

/*
 * What of the runs, the first sent bytes of which are gone, can wait.  A frame
 * that has begun has to go on; else frames go as a whole or not.
 */
static void
port_keep(struct port *p, size_t sent)
{
	for (size_t i = 0; i < p->nruns; i++) {
		const uint8_t *at = p->runs[i].iov_base;
		size_t left = p->runs[i].iov_len;
		int32_t n;

		for (; (n = l2_frame(at, left)) > 0; at += n,
		    left -= (size_t)n) {
			size_t gone = sent < (size_t)n ? sent : (size_t)n;

			sent -= gone;
			if (gone == 0 && outq_size(&p->q) + (size_t)n >
			    PORT_QUEUE) {
				p->tx_dropped++;
				continue;
			}
			p->tx_frames++;
			p->tx_bytes += (size_t)n - L2_HDRLEN;
			outq_add(&p->q, at + gone, (size_t)n - gone);
		}
	}
	p->nruns = 0;
}

static void
port_flush(struct port *p)
{
	struct msghdr msg = { .msg_iov = p->runs, .msg_iovlen = p->nruns };
	ssize_t n = 0;

	if (p->nruns == 0)
		return;
	if (!p->dead && outq_size(&p->q) == 0) {
		n = sendmsg(p->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && errno != EAGAIN && errno != EINTR &&
		    errno != ENOBUFS)
			p->dead = true;
	}
	port_keep(p, n > 0 ? (size_t)n : 0);
	if (outq_size(&p->q) > 0)
		loop_io_events(p->io, POLLIN | POLLOUT);
}

static void
forward(struct l2port *l2, const uint8_t *run, size_t len)
{
	struct port *p = l2->owner;

	mirror(p->s, p, run, len, true);
	if (p->nruns == MAX_RUNS)
		port_flush(p);
	p->runs[p->nruns++] = (struct iovec){ (void *)run, len };
}

/* After each event: send what it brought, let go who is gone. */
static void
settle(struct segment *s)
{
	struct port **pp = &s->ports;
	struct capture **cp = &s->captures;

	for (struct port *p = s->ports; p != NULL; p = p->next)
		port_flush(p);
	while (*pp != NULL) {
		struct port *p = *pp;

		if (!p->dead) {
			pp = &p->next;
			continue;
		}
		*pp = p->next;
		for (struct capture *c = s->captures; c != NULL; c = c->next)
			c->last |= c->port == p;
		port_free(p);
	}
	while (*cp != NULL) {
		struct capture *c = *cp;

		if (!c->dead)
			capture_flush(c);
		if (!c->dead && (!c->last || outq_size(&c->q) > 0)) {
			cp = &c->next;
			continue;
		}
		*cp = c->next;
		capture_free(c);
	}
}

static void
port_cut(struct port *p, uint32_t bad)
{
	char *text = xasprintf("network '%s': the cable of %s/%s was cut: QEMU "
	    "sent a frame of %u bytes", p->s->name, p->vm, p->nic,
	    (unsigned)bad);

	if (p->s->say != NULL)
		p->s->say(p->s->arg, text);
	free(text);
	p->dead = true;
}

/* One read; the frames that it completes go their ways. */
static void
port_read(struct port *p)
{
	uint8_t *buf = p->s->buf;
	uint32_t bad = 0;
	int64_t used;
	size_t len;
	ssize_t n;

	n = recv(p->fd, buf + p->npart, READ_SIZE, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		p->dead = true;
		return;
	}
	if (p->npart > 0)
		memcpy(buf, p->part, p->npart);
	len = p->npart + (size_t)n;
	mirror(p->s, p, buf, len, false);
	let_hear(p->s, buf, len);
	used = l2switch_input(p->l2, buf, len, loop_now_ms(), &bad);
	if (used == -1) {
		port_cut(p, bad);
		return;
	}
	p->npart = len - (size_t)used;
	if (p->npart > 0) {
		p->part = xrealloc(p->part, p->npart);
		memcpy(p->part, buf + used, p->npart);
	}
}

static void
on_port(void *arg, int fd, short revents)
{
	struct port *p = arg;
	struct segment *s = p->s;

	(void)fd;
	if (revents & POLLOUT) {
		if (outq_flush(&p->q, p->fd) == -1)
			p->dead = true;
		else if (outq_size(&p->q) == 0)
			loop_io_events(p->io, POLLIN);
	}
	if (!p->dead && revents & (POLLIN | POLLHUP | POLLERR))
		port_read(p);
	settle(s);
}

/* A pair of close-on-exec sockets with room; ours, [0], does not block. */
static int
make_pair(int sv[2], struct qerr *e)
{
	const int size = SOCKET_BUFFER;

	if (fdmsg_pair(sv, e) == -1)
		return -1;
	for (int i = 0; i < 2; i++)
		setsockopt(sv[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	return 0;
}

int
segment_plug(struct segment *s, const char *vm, const char *nic, int *fd,
    struct qerr *e)
{
	struct port *p;
	int sv[2];

	if (make_pair(sv, e) == -1)
		return -1;
	p = xcalloc(1, sizeof(*p));
	p->s = s;
	snprintf(p->vm, sizeof(p->vm), "%s", vm);
	snprintf(p->nic, sizeof(p->nic), "%s", nic);
	p->fd = sv[0];
	p->l2 = l2switch_port_add(s->sw, p);
	p->io = loop_io_add(s->l, p->fd, POLLIN, on_port, p);
	p->next = s->ports;
	s->ports = p;
	*fd = sv[1];
	return 0;
}

static void
on_capture(void *arg, int fd, short revents)
{
	struct capture *c = arg;
	char byte;

	/* Its reader says nothing: readable means gone. */
	if (revents & (POLLIN | POLLHUP | POLLERR) &&
	    recv(fd, &byte, 1, MSG_DONTWAIT) != -1)
		c->dead = true;
	settle(c->s);
}

int
segment_mirror(struct segment *s, const char *vm, const char *nic,
    uint32_t snaplen, int *fd, struct qerr *e)
{
	struct port *p = s->ports;
	struct capture *c;
	int sv[2];

	/* The newest first: a VM may have been started anew. */
	while (vm != NULL && p != NULL &&
	    (strcmp(p->vm, vm) != 0 || strcmp(p->nic, nic) != 0))
		p = p->next;
	if (vm != NULL && p == NULL)
		return qerr_set(e, QERR_NOTFOUND, "%s/%s has no cable on "
		    "network '%s'", vm, nic, s->name);
	if (make_pair(sv, e) == -1)
		return -1;
	c = xcalloc(1, sizeof(*c));
	c->s = s;
	c->port = vm != NULL ? p : NULL;
	c->snaplen = snaplen < MIRROR_SNAPLEN_MAX ? snaplen :
	    MIRROR_SNAPLEN_MAX;
	c->fd = sv[0];
	c->io = loop_io_add(s->l, c->fd, POLLIN, on_capture, c);
	c->next = s->captures;
	s->captures = c;
	*fd = sv[1];
	return 0;
}

static json_t *
port_json(const struct port *p)
{
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I}", "vm", p->vm,
	    "nic", p->nic, "rx_packets", (json_int_t)p->l2->rx_frames,
	    "rx_bytes", (json_int_t)p->l2->rx_bytes,
	    "rx_dropped", (json_int_t)p->l2->rx_dropped,
	    "tx_packets", (json_int_t)p->tx_frames,
	    "tx_bytes", (json_int_t)p->tx_bytes,
	    "tx_dropped", (json_int_t)p->tx_dropped);
}

void
segment_ports(const struct segment *s, json_t *array, size_t *skip, size_t max)
{
	for (const struct port *p = s->ports; p != NULL; p = p->next) {
		if (*skip > 0)
			--*skip;
		else if (json_array_size(array) < max)
			json_array_append_new(array, port_json(p));
	}
}

void
segment_free(struct segment *s)
{
	if (s == NULL)
		return;
	while (s->captures != NULL) {
		struct capture *c = s->captures;

		s->captures = c->next;
		capture_free(c);
	}
	while (s->ports != NULL) {
		struct port *p = s->ports;

		s->ports = p->next;
		port_free(p);
	}
	l2switch_free(s->sw);
	free(s->buf);
	free(s);
}
