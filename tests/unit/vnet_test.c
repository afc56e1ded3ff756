/* SPDX-License-Identifier: ISC */
/* vnet_test.c - networks of the system's own kind, with real frames */
#include <sys/wait.h>

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "vnet.h"

/* Taps have a virtio header of 10 bytes before each frame. */
#define HEADER	10
#define FRAME	60

static char dir[] = "/tmp/qlab-vnet.XXXXXX";

/* Type 88b5 is for experiments; the kernel has no interest in it. */
static void
say(int fd, const uint8_t to[6])
{
	uint8_t buf[HEADER + FRAME] = { 0 };

	memcpy(buf + HEADER, to, 6);
	memcpy(buf + HEADER + 6, "\2\0\0\0\0\1", 6);
	memcpy(buf + HEADER + 12, "\x88\xb5", 2);
	if (write(fd, buf, sizeof(buf)) != sizeof(buf))
		_exit(2);
}

/* The last byte of the next frame's destination; -1: none came. */
static int
hear(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t buf[2048];

	while (poll(&p, 1, 2000) == 1)
		if (read(fd, buf, sizeof(buf)) >= HEADER + FRAME &&
		    memcmp(buf + HEADER + 12, "\x88\xb5", 2) == 0)
			return buf[HEADER + 5];
	return -1;
}

/*
 * In a child, since there is no way back out of a namespace: which of the
 * addresses 01:80:c2:00:00:0x cross a network?  *got has bit x set.
 */
static int
try_groups(bool transparent, uint16_t *got)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	struct lab_net net = { .name = "lan", .mode = NET_HOST,
	    .transparent = transparent };
	struct qerr err;
	struct vnet *v = vnet_open("test", dir, dir, false, &err);
	char hostif[16];
	int a, b;

	if (v == NULL) {
		print_message("# %s\n", err.msg);
		return 1;
	}
	if (vnet_up(v, &net, 1, &err) == -1 ||
	    vnet_plug(v, "lan", "a", "lan", hostif, &a, &err) == -1 ||
	    vnet_plug(v, "lan", "b", "lan", hostif, &b, &err) == -1) {
		print_message("# %s\n", err.msg);
		return 2;
	}
	*got = 0;
	for (uint8_t i = 0; i < 16; i++) {
		const uint8_t to[6] = { 1, 0x80, 0xc2, 0, 0, i };
		int first;

		say(a, to);
		say(a, all);	/* this one always arrives */
		first = hear(b);
		if (first == -1 || (first == i && hear(b) != 255))
			return 2;
		if (first == i)
			*got |= (uint16_t)(1 << i);
	}
	vnet_close(v);
	return 0;
}

static uint16_t
groups(bool transparent)
{
	uint16_t got;
	int p[2], status;
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		int rc = try_groups(transparent, &got);

		if (rc == 0 && write(p[1], &got, sizeof(got)) != sizeof(got))
			rc = 2;
		_exit(rc);
	}
	close(p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 1)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(read(p[0], &got, sizeof(got)), sizeof(got));
	close(p[0]);
	return got;
}

/* Without spanning tree, its frames alone are like any others. */
static void
opaque(void **state)
{
	(void)state;
	assert_int_equal(groups(false), 1 << 0);
}

/* Pause frames (1) are for one cable alone. */
static void
transparent(void **state)
{
	(void)state;
	assert_int_equal(groups(true), 0xfffd);
}

/* A process that has ended, though nobody has reaped it yet, has none. */
static void
ended(void **state)
{
	struct qerr err = { .kind = QERR_NONE };
	struct proc_id id;
	siginfo_t si;
	int p[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(read(p[0], p, 1) != 1);
	if (proc_id_get(pid, &id, &err) == -1)
		id = (struct proc_id){ 0 };
	assert_int_equal(write(p[1], "", 1), 1);
	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	if (id.pid != 0 && vnet_join(&id, &err) == -1)
		assert_int_equal(err.kind, QERR_NOTFOUND);
	else
		id.pid = 0;	/* a system where nothing can be joined */
	close(p[0]);
	close(p[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	if (id.pid == 0)
		skip();
}

static int
set_up(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
tear_down(void **state)
{
	static const char *const files[] = { "dnsmasq.log", "wayout.log" };

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		unlink(path);
	}
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opaque),
		cmocka_unit_test(transparent),
		cmocka_unit_test(ended),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
