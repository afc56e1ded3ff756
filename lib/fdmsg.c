/* SPDX-License-Identifier: ISC */
/* fdmsg.c - messages with descriptors between processes of ours */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdmsg.h"
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

int
fdmsg_send(int sock, uint32_t type, const void *buf, size_t len,
    const int *fds, size_t nfds, struct qerr *e)
{
	struct head h = { type, (uint32_t)len };
	struct iovec iov[] = { { &h, sizeof(h) }, { (void *)buf, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	union control c;
	size_t sent = 0;

	if (nfds > 0) {
		struct cmsghdr *cmsg;

		memset(&c, 0, sizeof(c));
		msg.msg_control = c.buf;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
	}
	while (sent < sizeof(h) + len) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return qerr_sys(e, "cannot reach the other process");
		/* Descriptors go with the first byte. */
		msg.msg_control = NULL;
		msg.msg_controllen = 0;
		sent += (size_t)n;
		for (int i = 0; i < 2; i++) {
			size_t k = (size_t)n < iov[i].iov_len ? (size_t)n :
			    iov[i].iov_len;

			iov[i].iov_base = (char *)iov[i].iov_base + k;
			iov[i].iov_len -= k;
			n -= (ssize_t)k;
		}
	}
	return 0;
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

static void
take_fds(struct fdmsg *m, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	    c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		m->nfds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(m->fds, CMSG_DATA(c), m->nfds * sizeof(int));
		for (size_t i = 0; i < m->nfds; i++)
			fcntl(m->fds[i], F_SETFD, FD_CLOEXEC);
	}
}

int
fdmsg_recv(int sock, bool wait, struct fdmsg *m, struct qerr *e)
{
	struct head h;
	struct iovec iov = { &h, sizeof(h) };
	union control c;
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = c.buf, .msg_controllen = sizeof(c.buf) };
	ssize_t n;

	*m = (struct fdmsg){ 0 };
	do
		n = recvmsg(sock, &msg, wait ? 0 : MSG_DONTWAIT);
	while (n == -1 && errno == EINTR && wait);
	if (n == -1 && !wait && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == -1)
		return qerr_sys(e, "cannot hear the other process");
	if (n == 0)
		return gone(e);
	take_fds(m, &msg);
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
