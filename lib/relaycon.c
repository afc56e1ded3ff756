/* SPDX-License-Identifier: ISC */
/* relaycon.c - the console half of a relay (relay.h) */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"
#include "peer.h"
#include "relaycon.h"
#include "strv.h"

#define REPLAY_BYTES	4096
#define READER_LIMIT	(4 << 20)
/* What is typed ahead of a guest that does not listen. */
#define TYPE_LIMIT	65536
/* At the end, for readers that are a little behind. */
#define DRAIN_MS	200

struct reader {
	struct peer p;		/* first: the list is one of peers */
	struct relaycon *c;
};

struct relaycon {
	struct loop *l;
	struct listener *qemu_listener, *listener;
	struct peer qemu;
	bool connected;
	struct peer *readers;
	char replay[REPLAY_BYTES];
	size_t replay_len;
	int log;
	uint64_t log_lost;
	void *arg;
	void (*on_connect)(void *arg);
	void (*on_data)(void *arg, const void *data, size_t len);
};

static void
sweep(struct relaycon *c)
{
	for (struct peer **p = &c->readers; *p != NULL;) {
		struct peer *dead = *p;

		if (dead->fd == -1) {
			*p = dead->next;
			free(dead);
		} else
			p = &dead->next;
	}
}

/* A full disk must not stop the guest: what is lost is counted. */
static void
write_log(struct relaycon *c, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(c->log, data, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			c->log_lost += len;
			return;
		}
		data += n;
		len -= (size_t)n;
	}
}

static void
keep_replay(struct relaycon *c, const char *data, size_t len)
{
	size_t keep;

	if (len > REPLAY_BYTES) {
		data += len - REPLAY_BYTES;
		len = REPLAY_BYTES;
	}
	keep = c->replay_len < REPLAY_BYTES - len ? c->replay_len :
	    REPLAY_BYTES - len;
	memmove(c->replay, c->replay + c->replay_len - keep, keep);
	memcpy(c->replay + keep, data, len);
	c->replay_len = keep + len;
}

static void
spread(struct relaycon *c, const char *data, size_t len)
{
	write_log(c, data, len);
	keep_replay(c, data, len);
	for (struct peer *p = c->readers; p != NULL; p = p->next)
		peer_send(p, data, len);
}

/* Does the guest take what is typed?  If not, its typists wait. */
static void
update_typists(struct relaycon *c)
{
	bool room = outq_size(&c->qemu.out) < TYPE_LIMIT;

	for (struct peer *p = c->readers; p != NULL; p = p->next)
		peer_want(p, room);
}

static void
qemu_ended(struct relaycon *c)
{
	peer_drop(&c->qemu);
	for (struct peer *p = c->readers; p != NULL; p = p->next)
		peer_finish(p);
}

static void
on_qemu(void *arg, int fd, short revents)
{
	struct relaycon *c = arg;
	char buf[65536];
	ssize_t n;

	if (revents & POLLOUT) {
		peer_flush(&c->qemu);
		update_typists(c);
	}
	if ((revents & ~POLLOUT) == 0)
		return;
	n = read(fd, buf, sizeof(buf));
	if (n > 0)
		spread(c, buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		qemu_ended(c);
	sweep(c);
	/* Last, since it may close the console. */
	if (n > 0 && c->on_data != NULL)
		c->on_data(c->arg, buf, (size_t)n);
}

static void
on_reader(void *arg, int fd, short revents)
{
	struct reader *r = arg;
	struct relaycon *c = r->c;
	char buf[4096];
	ssize_t n;

	if (revents & POLLOUT)
		peer_flush(&r->p);
	if (r->p.fd != -1 && (revents & POLLIN)) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0)
			relaycon_type(c, buf, (size_t)n);
		else if (n == 0 && !(revents & POLLHUP))
			/* It types no more; it may go on reading. */
			peer_want(&r->p, false);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			peer_drop(&r->p);
	} else if (revents & (POLLHUP | POLLERR))
		peer_drop(&r->p);
	sweep(c);
}

static void
on_new_reader(void *arg, int fd)
{
	struct relaycon *c = arg;
	struct reader *r = xcalloc(1, sizeof(*r));

	r->c = c;
	peer_init(&r->p, c->l, fd, READER_LIMIT, on_reader, r);
	r->p.next = c->readers;
	c->readers = &r->p;
	peer_send(&r->p, c->replay, c->replay_len);
	if (c->connected && c->qemu.fd == -1)
		peer_finish(&r->p);
	else
		peer_want(&r->p, outq_size(&c->qemu.out) < TYPE_LIMIT);
	sweep(c);
}

static void
on_new_qemu(void *arg, int fd)
{
	struct relaycon *c = arg;

	listener_close(c->qemu_listener);
	c->qemu_listener = NULL;
	peer_drop(&c->qemu);
	peer_init(&c->qemu, c->l, fd, 0, on_qemu, c);
	c->connected = true;
	if (c->on_connect != NULL)
		c->on_connect(c->arg);
}

struct relaycon *
relaycon_open(struct loop *l, const struct relaycon_conf *conf, struct qerr *e)
{
	struct relaycon *c = xcalloc(1, sizeof(*c));

	*c = (struct relaycon){ .l = l, .qemu.fd = -1, .arg = conf->arg,
	    .on_connect = conf->on_connect, .on_data = conf->on_data };
	c->log = open(conf->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (c->log == -1) {
		qerr_sys(e, "cannot open console log '%s'", conf->log);
		goto fail;
	}
	c->qemu_listener = listener_open(l, conf->qemu_path, on_new_qemu, c, e);
	if (c->qemu_listener == NULL)
		goto fail;
	c->listener = listener_open(l, conf->path, on_new_reader, c, e);
	if (c->listener == NULL)
		goto fail;
	return c;
fail:
	relaycon_close(c);
	return NULL;
}

bool
relaycon_connected(const struct relaycon *c)
{
	return c->connected;
}

void
relaycon_type(struct relaycon *c, const void *data, size_t len)
{
	peer_send(&c->qemu, data, len);
	update_typists(c);
}

uint64_t
relaycon_log_lost(const struct relaycon *c)
{
	return c->log_lost;
}

/* What QEMU printed and nobody has read yet. */
static void
read_rest(struct relaycon *c)
{
	char buf[65536];
	ssize_t n;

	while (c->qemu.fd != -1 &&
	    (n = read(c->qemu.fd, buf, sizeof(buf))) > 0) {
		spread(c, buf, (size_t)n);
		if (c->on_data != NULL)
			c->on_data(c->arg, buf, (size_t)n);
	}
}

void
relaycon_close(struct relaycon *c)
{
	if (c == NULL)
		return;
	listener_close(c->qemu_listener);
	listener_close(c->listener);
	if (c->log != -1)
		read_rest(c);
	qemu_ended(c);
	peers_drain(c->readers, DRAIN_MS);
	for (struct peer *p = c->readers; p != NULL; p = p->next)
		peer_drop(p);
	sweep(c);
	if (c->log != -1)
		close(c->log);
	free(c);
}
