/* SPDX-License-Identifier: ISC */
/* loop_test.c - the event loop */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"

/* What happened, a letter each. */
static char trace[64];
static struct loop *l;
static char a[] = "a", b[] = "b", c[] = "c";

static void
note(char what)
{
	size_t n = strlen(trace);

	assert_true(n + 1 < sizeof(trace));
	trace[n] = what;
	trace[n + 1] = '\0';
}

static int
setup(void **state)
{
	struct qerr e;

	(void)state;
	trace[0] = '\0';
	l = loop_new(&e);
	return l == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	loop_free(l);
	return 0;
}

static void
timer_note(void *arg)
{
	note(*(const char *)arg);
}

static void
timer_stop(void *arg)
{
	loop_stop(l, arg != NULL ? *(int *)arg : 0);
}

static void
timers_fire_in_order_of_time(void **state)
{
	int value = 7;

	(void)state;
	loop_timer_add(l, 20, timer_note, b);
	loop_timer_add(l, 5, timer_note, a);
	loop_timer_add(l, 20, timer_note, c);
	loop_timer_add(l, 40, timer_stop, &value);
	assert_int_equal(loop_run(l), 7);
	assert_string_equal(trace, "abc");
}

static struct loop_timer *twin[2];

static void
delete_twin(void *arg)
{
	int me = *(int *)arg;

	note((char)('0' + me));
	loop_timer_del(twin[1 - me]);
}

/* Both are due in one round; whichever comes first forbids the other. */
static void
timers_that_delete_each_other(void **state)
{
	static int ids[2] = { 0, 1 };

	(void)state;
	twin[0] = loop_timer_add(l, 1, delete_twin, &ids[0]);
	twin[1] = loop_timer_add(l, 1, delete_twin, &ids[1]);
	loop_timer_add(l, 10, timer_stop, NULL);
	usleep(3000);
	loop_run(l);
	assert_string_equal(trace, "0");
}

static void
timer_again(void *arg)
{
	int *left = arg;

	note('x');
	if (--*left > 0)
		loop_timer_add(l, 0, timer_again, left);
	else
		loop_stop(l, 0);
}

static void
timers_may_add_themselves(void **state)
{
	int left = 5;

	(void)state;
	loop_timer_add(l, 0, timer_again, &left);
	loop_run(l);
	assert_string_equal(trace, "xxxxx");
}

static void
stop_before_run(void **state)
{
	(void)state;
	loop_stop(l, 3);
	assert_int_equal(loop_run(l), 3);
	/* It counts once. */
	loop_timer_add(l, 0, timer_note, a);
	loop_timer_add(l, 5, timer_stop, NULL);
	assert_int_equal(loop_run(l), 0);
	assert_string_equal(trace, "a");
}

static int pair[2], other[2];
static struct loop_io *io_a, *io_b;

static void
io_wrong(void *arg, int fd, short revents)
{
	(void)arg;
	(void)fd;
	(void)revents;
	note('!');
}

/*
 * Removes its neighbour, which is readable in this round too, closes its
 * descriptor and puts an idle one in its place under the same number.
 */
static void
io_replace(void *arg, int fd, short revents)
{
	char byte;
	int n;

	(void)arg;
	(void)revents;
	note('a');
	assert_int_equal(read(fd, &byte, 1), 1);
	n = other[0];
	loop_io_del(io_b);
	close(n);
	close(other[1]);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	if (other[0] != n) {
		assert_int_equal(dup2(other[0], n), n);
		close(other[0]);
		other[0] = n;
	}
	io_b = loop_io_add(l, other[0], POLLIN, io_wrong, NULL);
	loop_timer_add(l, 5, timer_stop, NULL);
}

static void
descriptor_reused_in_one_round(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	/* The one added last is served first. */
	io_b = loop_io_add(l, other[0], POLLIN, io_wrong, NULL);
	io_a = loop_io_add(l, pair[0], POLLIN, io_replace, NULL);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(write(other[1], "x", 1), 1);
	loop_run(l);
	assert_string_equal(trace, "a");
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(other[i]);
	}
}

static void
io_mute(void *arg, int fd, short revents)
{
	(void)arg;
	(void)fd;
	(void)revents;
	note('m');
	loop_io_events(io_b, 0);
	loop_io_del(io_a);
	loop_timer_add(l, 5, timer_stop, NULL);
}

/* What another callback no longer wants to hear in this round is not told. */
static void
events_changed_in_one_round(void **state)
{
	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
	io_b = loop_io_add(l, other[0], POLLIN, io_wrong, NULL);
	io_a = loop_io_add(l, pair[0], POLLIN, io_mute, NULL);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(write(other[1], "x", 1), 1);
	loop_run(l);
	assert_string_equal(trace, "m");
	for (int i = 0; i < 2; i++) {
		close(pair[i]);
		close(other[i]);
	}
}

static void
on_signal(void *arg, int sig)
{
	(void)arg;
	note(sig == SIGUSR1 ? '1' : '2');
	if (sig == SIGUSR2)
		loop_stop(l, 0);
}

/* More of one kind than a pipe holds do not hide the other kind. */
static void
signals_are_not_lost(void **state)
{
	struct qerr e;

	(void)state;
	assert_int_equal(loop_signal(l, SIGUSR1, on_signal, NULL, &e), 0);
	assert_int_equal(loop_signal(l, SIGUSR2, on_signal, NULL, &e), 0);
	for (int i = 0; i < 70000; i++)
		raise(SIGUSR1);
	raise(SIGUSR2);
	loop_run(l);
	assert_string_equal(trace, "12");
}

static void
signal_in_a_forked_child(void **state)
{
	struct qerr e;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(loop_signal(l, SIGUSR1, on_signal, NULL, &e), 0);
	pid = fork();
	if (pid == 0) {
		raise(SIGUSR1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGUSR1);
	loop_timer_add(l, 5, timer_stop, NULL);
	loop_run(l);
	assert_string_equal(trace, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(timers_fire_in_order_of_time),
		T(timers_that_delete_each_other),
		T(timers_may_add_themselves),
		T(stop_before_run),
		T(descriptor_reused_in_one_round),
		T(events_changed_in_one_round),
		T(signals_are_not_lost),
		T(signal_in_a_forked_child),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
