/* SPDX-License-Identifier: ISC */
/* qmppeer.h - a QEMU's end of QMP that plays a script */
#ifndef QLAB_QMPPEER_H
#define QLAB_QMPPEER_H

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sock.h"

#define GREETING	"{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define CAPABLE		"{\"return\": {}, \"id\": \"qlab-1\"}\r\n"

static char dir[64], path[80];	/* its socket is path */
static pid_t peer;

static void
await_input(int fd)
{
	poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1);
}

/* For each request line it says the next answer. */
static void
play(int listener, const char *const *script)
{
	char buf[4096];
	int fd;

	alarm(10);
	await_input(listener);
	if ((fd = sock_accept(listener)) == -1)
		_exit(1);
	for (;;) {
		ssize_t n = (ssize_t)strlen(*script);

		if (n > 0 && write(fd, *script, (size_t)n) != n)
			_exit(1);
		if (*++script == NULL)
			_exit(0);	/* and the connection ends */
		await_input(fd);
		if (read(fd, buf, sizeof(buf)) <= 0)
			_exit(0);
	}
}

static void
start_peer(const char *const *script)
{
	struct qerr e;
	int fd = sock_listen(path, &e);

	assert_int_not_equal(fd, -1);
	peer = fork();
	if (peer == 0)
		play(fd, script);
	close(fd);
}

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "/tmp/qmp_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	peer = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (peer > 0) {
		kill(peer, SIGKILL);
		waitpid(peer, NULL, 0);
	}
	unlink(path);
	return rmdir(dir);
}

#endif
