/* SPDX-License-Identifier: ISC */
/* sock.c - Unix stream sockets between processes of one user */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "procs.h"
#include "sock.h"

#define BACKLOG		128
/* How soon to knock again at a listener whose queue is full. */
#define RETRY_MS	10

static int
make_address(struct sockaddr_un *sun, const char *path, struct qerr *e)
{
	size_t len = strlen(path);

	*sun = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (len >= sizeof(sun->sun_path))
		return qerr_set(e, QERR_INPUT,
		    "socket path '%s' has %zu bytes, at most %zu fit", path,
		    len, sizeof(sun->sun_path) - 1);
	memcpy(sun->sun_path, path, len + 1);
	return 0;
}

static void
set_flags(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int
make_socket(struct qerr *e)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd == -1)
		return qerr_sys(e, "cannot make a socket");
	set_flags(fd);
	return fd;
}

int
sock_listen(const char *path, struct qerr *e)
{
	struct sockaddr_un sun;
	mode_t mask;
	int fd, rc;

	if (make_address(&sun, path, e) == -1 || (fd = make_socket(e)) == -1)
		return -1;
	if (unlink(path) == -1 && errno != ENOENT) {
		qerr_sys(e, "cannot replace '%s'", path);
		close(fd);
		return -1;
	}
	/* Before the peer's uid is asked, the file's mode keeps others out. */
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&sun, sizeof(sun));
	umask(mask);
	if (rc == -1 || listen(fd, BACKLOG) == -1) {
		qerr_sys(e, "cannot listen on '%s'", path);
		if (rc == 0)
			unlink(path);
		close(fd);
		return -1;
	}
	return fd;
}

int
sock_accept(int fd)
{
	for (;;) {
		int peer = accept(fd, NULL, NULL);
		uid_t uid;

		if (peer == -1 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (peer == -1)
			return -1;
		uid = procs_peer_uid(peer);
		if (uid == geteuid() || uid == 0) {
			set_flags(peer);
			return peer;
		}
		close(peer);
	}
}

int
sock_connect(const char *path, int timeout_ms, struct qerr *e)
{
	int64_t end = loop_now_ms() + timeout_ms;
	struct sockaddr_un sun;
	int fd;

	if (make_address(&sun, path, e) == -1 || (fd = make_socket(e)) == -1)
		return -1;
	while (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN) {
			qerr_sys(e, "cannot connect to '%s'", path);
			close(fd);
			return -1;
		}
		/* Unlike TCP's, a full queue cannot be polled for room. */
		if (loop_now_ms() >= end) {
			close(fd);
			return qerr_set(e, QERR_TIMEOUT,
			    "cannot connect to '%s': its queue is full", path);
		}
		poll(NULL, 0, RETRY_MS);
	}
	return fd;
}
