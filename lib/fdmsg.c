/* SPDX-License-Identifier: ISC */
/* fdmsg.c - messages with descriptors between processes of ours */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdmsg.h"
#include "loop.h"
#include "strv.h"

struct head {
	uint32_t type, len;
};

/* Room for FDMSG_FDS descriptors, well aligned. */
union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(FDMSG_FDS * sizeof(int))];
};

int
fdmsg_pair(int sv[2], struct qerr *e)
{
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == -1)
		return qerr_sys(e, "cannot make a socket pair");
	fcntl(sv[0], F_SETFD, FD_CLOEXEC);
	fcntl(sv[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

static int
gone(struct qerr *e)
{
	errno = EPIPE;
	return qerr_sys(e, "the other process is gone");
}

ssize_t
fdmsg_write(int sock, const void *buf, size_t len, const int *fds, size_t nfds,
    int flags)
{
	struct iovec iov = { (void *)(uintptr_t)buf, len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	union control control;

	if (nfds > 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.buf;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(c), fds, nfds * sizeof(int));
	}
	return sendmsg(sock, &msg, MSG_NOSIGNAL | flags);
}

/* The descriptors beside a message: n of them at the most, no others left. */
static void
take_fds(struct msghdr *msg, int *fds, size_t n)
{
	size_t have = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	    c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= c->cmsg_len;
		    at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + at, sizeof(int));
			if (have == n) {
				close(fd);
				continue;
			}
			fcntl(fd, F_SETFD, FD_CLOEXEC);
			fds[have++] = fd;
		}
	}
}

ssize_t
fdmsg_read(int sock, void *buf, size_t len, int *fds, size_t nfds, int flags)
{
	struct iovec iov = { buf, len };
	union control control;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf) };
	ssize_t n = recvmsg(sock, &msg, flags);

	for (size_t i = 0; i < nfds; i++)
		fds[i] = -1;
	if (n != -1)
		take_fds(&msg, fds, nfds);
	return n;
}

int
fdmsg_pass(int sock, int fd, struct qerr *e)
{
	if (fdmsg_write(sock, "f", 1, &fd, 1, 0) != 1)
		return qerr_sys(e, "cannot pass a descriptor on");
	return 0;
}

int
fdmsg_take(int sock, int timeout_ms, struct qerr *e)
{
	struct pollfd p = { .fd = sock, .events = POLLIN };
	int64_t end = loop_now_ms() + timeout_ms, left;
	char byte;
	int fd, rc;

	do {
		left = end - loop_now_ms();
		rc = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (rc == -1 && errno == EINTR);
	if (rc == 0)
		return qerr_set(e, QERR_TIMEOUT, "no descriptor came");
	if (rc == -1 || fdmsg_read(sock, &byte, 1, &fd, 1, 0) == -1)
		return qerr_sys(e, "no descriptor came");
	if (fd == -1)
		return qerr_set(e, QERR_FAIL, "no descriptor came");
	return fd;
}

/* Descriptors go with the first byte. */
static int
send_all(int sock, const void *buf, size_t len, const int *fds, size_t nfds,
    struct qerr *e)
{
	const uint8_t *p = buf;

	while (len > 0) {
		ssize_t n = fdmsg_write(sock, p, len, fds, nfds, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return qerr_sys(e, "cannot reach the other process");
		nfds = 0;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fdmsg_send(int sock, uint32_t type, const void *buf, size_t len,
    const int *fds, size_t nfds, struct qerr *e)
{
	struct head h = { type, (uint32_t)len };

	if (send_all(sock, &h, sizeof(h), fds, nfds, e) == -1)
		return -1;
	return send_all(sock, buf, len, NULL, 0, e);
}

static int
recv_all(int sock, void *buf, size_t len, struct qerr *e)
{
	uint8_t *p = buf;

	while (len > 0) {
		ssize_t n = recv(sock, p, len, 0);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0)
			return gone(e);
		if (n == -1)
			return qerr_sys(e, "cannot hear the other process");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
fdmsg_recv(int sock, bool wait, struct fdmsg *m, struct qerr *e)
{
	struct head h;
	ssize_t n;

	*m = (struct fdmsg){ 0 };
	do
		n = fdmsg_read(sock, &h, sizeof(h), m->fds, FDMSG_FDS,
		    wait ? 0 : MSG_DONTWAIT);
	while (n == -1 && errno == EINTR && wait);
	if (n == -1 && !wait && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == -1)
		return qerr_sys(e, "cannot hear the other process");
	if (n == 0)
		return gone(e);
	while (m->nfds < FDMSG_FDS && m->fds[m->nfds] != -1)
		m->nfds++;
	if (recv_all(sock, (char *)&h + n, sizeof(h) - (size_t)n, e) == -1)
		goto fail;
	if (h.len > FDMSG_MAX) {
		qerr_set(e, QERR_FAIL, "a message of %u bytes", h.len);
		goto fail;
	}
	m->type = h.type;
	m->len = h.len;
	m->buf = xcalloc(1, h.len + 1);
	if (recv_all(sock, m->buf, h.len, e) == 0)
		return 1;
fail:
	fdmsg_release(m);
	return -1;
}

void
fdmsg_release(struct fdmsg *m)
{
	for (size_t i = 0; i < m->nfds; i++)
		if (m->fds[i] != -1)
			close(m->fds[i]);
	free(m->buf);
	*m = (struct fdmsg){ 0 };
}
