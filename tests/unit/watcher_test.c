/* SPDX-License-Identifier: ISC */
/* watcher_test.c - what we watch over ends when we are killed */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "watcher.h"

/* A process to watch over; it closes *alive by ending. */
static pid_t
start(int *alive, struct proc_id *id)
{
	int p[2];
	pid_t pid;

	assert_int_equal(pipe(p), 0);
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		for (;;)
			pause();
	}
	close(p[1]);
	*alive = p[0];
	assert_int_equal(proc_id_get(pid, id, NULL), 0);
	return pid;
}

/* One of us who starts a watcher, says so on ready, and waits for a word. */
static pid_t
start_owner(const struct proc_id *id, int qmp, int *ready, int *word)
{
	int r[2], w[2];
	pid_t pid;

	assert_int_equal(pipe(r), 0);
	assert_int_equal(pipe(w), 0);
	pid = fork();
	if (pid == 0) {
		struct watcher watcher;
		char c;

		close(w[1]);
		if (watcher_start(&watcher, id, qmp, NULL) == -1 ||
		    write(r[1], "", 1) != 1)
			_exit(1);
		if (read(w[0], &c, 1) == 1)
			watcher_stop(&watcher);
		_exit(0);
	}
	close(r[1]);
	close(w[0]);
	*ready = r[0];
	*word = w[1];
	return pid;
}

static void
run(bool kill_it, int qmp, int *alive, pid_t *victim)
{
	struct proc_id id;
	int ready, word, status;
	pid_t owner;
	char c;

	*victim = start(alive, &id);
	owner = start_owner(&id, qmp, &ready, &word);
	assert_int_equal(read(ready, &c, 1), 1);
	if (kill_it)
		kill(owner, SIGKILL);
	else
		assert_int_equal(write(word, "", 1), 1);
	assert_int_equal(waitpid(owner, &status, 0), owner);
	close(ready);
	close(word);
}

static void
test_killed_owner(void **state)
{
	int alive, status;
	pid_t victim;
	char c;

	(void)state;
	run(true, -1, &alive, &victim);
	assert_int_equal(read(alive, &c, 1), 0);
	assert_int_equal(waitpid(victim, &status, 0), victim);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(alive);
}

/* An owner that goes in peace has ended its QEMU itself, or lets it live. */
static void
test_peaceful_owner(void **state)
{
	int alive, status;
	pid_t victim;

	(void)state;
	run(false, -1, &alive, &victim);
	/* watcher_stop() has waited: if it were to kill, it has. */
	assert_int_equal(waitpid(victim, &status, WNOHANG), 0);
	kill(victim, SIGKILL);
	assert_int_equal(waitpid(victim, &status, 0), victim);
	close(alive);
}

/* A QEMU of root's cannot be killed, but quits when it is asked to. */
static void
test_quit_comes_first(void **state)
{
	static const char want[] = "{\"execute\":\"quit\"}\n";
	int alive, sv[2], status;
	pid_t victim;
	char buf[64] = "";

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	run(true, sv[1], &alive, &victim);
	close(sv[1]);
	assert_int_equal(read(sv[0], buf, sizeof(buf) - 1),
	    (ssize_t)strlen(want));
	assert_string_equal(buf, want);
	/* not yet killed: it has 3 seconds from here */
	assert_int_equal(waitpid(victim, &status, WNOHANG), 0);
	close(sv[0]);
	assert_int_equal(waitpid(victim, &status, 0), victim);
	close(alive);
}

static void
test_stop_of_none(void **state)
{
	struct watcher w = { .fd = -1 };

	(void)state;
	watcher_stop(&w);
	assert_int_equal(w.pid, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_owner),
		cmocka_unit_test(test_peaceful_owner),
		cmocka_unit_test(test_quit_comes_first),
		cmocka_unit_test(test_stop_of_none),
	};

	return cmocka_run_group_tests_name("watcher", tests, NULL, NULL);
}
