/* SPDX-License-Identifier: ISC */
/* fdmsg_test.c - lib/fdmsg: messages with descriptors */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fdmsg.h"

static int sv[2];

static int
setup(void **state)
{
	struct qerr e;

	(void)state;
	return fdmsg_pair(sv, &e);
}

static int
teardown(void **state)
{
	(void)state;
	close(sv[0]);
	close(sv[1]);
	return 0;
}

static ino_t
inode(int fd)
{
	struct stat sb;

	assert_int_equal(fstat(fd, &sb), 0);
	return sb.st_ino;
}

static void
test_order(void **state)
{
	struct fdmsg m;
	struct qerr e;

	(void)state;
	assert_int_equal(fdmsg_recv(sv[1], false, &m, &e), 0);
	assert_int_equal(fdmsg_send(sv[0], 7, "abc", 3, NULL, 0, &e), 0);
	assert_int_equal(fdmsg_send(sv[0], 8, NULL, 0, NULL, 0, &e), 0);
	assert_int_equal(fdmsg_recv(sv[1], false, &m, &e), 1);
	assert_int_equal(m.type, 7);
	assert_int_equal(m.len, 3);
	assert_memory_equal(m.buf, "abc", 3);
	assert_int_equal(m.nfds, 0);
	fdmsg_release(&m);
	assert_int_equal(fdmsg_recv(sv[1], true, &m, &e), 1);
	assert_int_equal(m.type, 8);
	assert_int_equal(m.len, 0);
	fdmsg_release(&m);
	assert_int_equal(fdmsg_recv(sv[1], false, &m, &e), 0);
}

/* Each comes with its own message, close-on-exec, however many wait. */
static void
test_descriptors(void **state)
{
	int fds[FDMSG_FDS], kept;
	ino_t inodes[FDMSG_FDS];
	struct fdmsg m;
	struct qerr e;

	(void)state;
	for (int i = 0; i < FDMSG_FDS; i++) {
		int p[2];

		assert_int_equal(pipe(p), 0);
		close(p[1]);
		fds[i] = p[0];
		inodes[i] = inode(p[0]);
	}
	assert_int_equal(fdmsg_send(sv[0], 1, "x", 1, fds, 1, &e), 0);
	assert_int_equal(fdmsg_send(sv[0], 2, "y", 1, NULL, 0, &e), 0);
	assert_int_equal(fdmsg_send(sv[0], 3, NULL, 0, fds, FDMSG_FDS, &e), 0);
	for (int i = 0; i < FDMSG_FDS; i++)
		close(fds[i]);

	assert_int_equal(fdmsg_recv(sv[1], true, &m, &e), 1);
	assert_int_equal(m.nfds, 1);
	kept = m.fds[0];
	assert_true(inode(kept) == inodes[0]);
	assert_true(fcntl(kept, F_GETFD) & FD_CLOEXEC);
	m.fds[0] = -1;
	fdmsg_release(&m);
	assert_true(inode(kept) == inodes[0]);
	close(kept);
	assert_int_equal(fdmsg_recv(sv[1], true, &m, &e), 1);
	assert_int_equal(m.type, 2);
	assert_int_equal(m.nfds, 0);
	fdmsg_release(&m);
	assert_int_equal(fdmsg_recv(sv[1], true, &m, &e), 1);
	assert_int_equal(m.nfds, FDMSG_FDS);
	for (int i = 0; i < FDMSG_FDS; i++)
		assert_true(inode(m.fds[i]) == inodes[i]);
	kept = m.fds[2];
	fdmsg_release(&m);
	/* Nobody took it. */
	assert_int_equal(fcntl(kept, F_GETFD), -1);
}

/* Beside a byte; what is too many is closed, not leaked. */
static void
test_alone(void **state)
{
	int fds[2], got, ends[2];
	struct qerr e;
	char c;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fdmsg_take(sv[1], 0, &e), -1);
	assert_int_equal(e.kind, QERR_TIMEOUT);
	assert_int_equal(fdmsg_pass(sv[0], ends[0], &e), 0);
	got = fdmsg_take(sv[1], 1000, &e);
	assert_true(inode(got) == inode(ends[0]));
	assert_true(fcntl(got, F_GETFD) & FD_CLOEXEC);
	close(got);

	assert_int_equal(fdmsg_write(sv[0], "x", 1, NULL, 0, 0), 1);
	assert_int_equal(fdmsg_take(sv[1], 1000, &e), -1);
	assert_int_equal(e.kind, QERR_FAIL);

	assert_int_equal(fdmsg_write(sv[0], "y", 1, ends, 2, 0), 1);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(fdmsg_read(sv[1], &c, 1, fds, 1, 0), 1);
	assert_int_equal(c, 'y');
	/* It was the pipe's last writer but for a leaked one. */
	assert_int_equal(read(fds[0], &c, 1), 0);
	close(fds[0]);
}

static int passed;

static void
pass_late(int sig)
{
	(void)sig;
	fdmsg_pass(sv[0], passed, NULL);
}

/* It comes with a signal, which must not end the wait for it. */
static void
test_interrupted(void **state)
{
	const struct sigaction sa = { .sa_handler = pass_late };
	const struct itimerval soon = { .it_value.tv_usec = 20000 };
	struct sigaction was;
	struct qerr e;
	int got;

	(void)state;
	passed = sv[0];
	sigaction(SIGALRM, &sa, &was);
	setitimer(ITIMER_REAL, &soon, NULL);
	got = fdmsg_take(sv[1], 5000, &e);
	sigaction(SIGALRM, &was, NULL);
	assert_int_not_equal(got, -1);
	close(got);
}

static void
test_gone(void **state)
{
	struct fdmsg m;
	struct qerr e = { 0 };

	(void)state;
	assert_int_equal(fdmsg_send(sv[0], 5, "last", 4, NULL, 0, &e), 0);
	close(sv[0]);
	assert_int_equal(fdmsg_recv(sv[1], true, &m, &e), 1);
	fdmsg_release(&m);
	assert_int_equal(fdmsg_recv(sv[1], true, &m, &e), -1);
	assert_int_equal(e.sys, EPIPE);
	e.sys = 0;
	assert_int_equal(fdmsg_recv(sv[1], false, &m, &e), -1);
	assert_int_equal(e.sys, EPIPE);
	/* No signal kills who sends. */
	e.sys = 0;
	assert_int_equal(fdmsg_send(sv[1], 6, "x", 1, NULL, 0, &e), -1);
	assert_int_equal(e.sys, EPIPE);
	sv[0] = -1;
}

/* More than a socket's buffer: the other side has to read meanwhile. */
static void
test_largest(void **state)
{
	uint8_t *buf = malloc(FDMSG_MAX);
	struct fdmsg m;
	struct qerr e;
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(buf);
	for (size_t i = 0; i < FDMSG_MAX; i++)
		buf[i] = (uint8_t)(i * 31 >> 3);
	pid = fork();
	assert_true(pid != -1);
	if (pid == 0)
		_exit(fdmsg_send(sv[0], 9, buf, FDMSG_MAX, &sv[1], 1,
		    NULL) != 0);
	assert_int_equal(fdmsg_recv(sv[1], true, &m, &e), 1);
	assert_int_equal(m.len, FDMSG_MAX);
	assert_int_equal(m.nfds, 1);
	assert_memory_equal(m.buf, buf, FDMSG_MAX);
	fdmsg_release(&m);
	free(buf);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_descriptors, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(test_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_largest, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
