/* SPDX-License-Identifier: ISC */
/* relay_test.c - many clients at one QEMU, played by the test and a real one */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"
#include "proc.h"
#include "qmp.h"
#include "relay.h"
#include "sock.h"
#include "strv.h"

#define WAIT_MS		10000
#define GREETING	"{\"QMP\": {\"capabilities\": [\"oob\"]}}"
#define CAPABLE		"{\"execute\":\"qmp_capabilities\"}\n"

/* The relay runs in a process of its own, as it does in qlab-run. */
static char dir[64], logfile[96];
static pid_t runner, qemu_pid;
static int qemu, con;		/* our end as QEMU; -1: not connected */

static struct loop *l;
static struct relay *r;

static void
runner_down(void *arg)
{
	(void)arg;
	loop_stop(l, 0);
}

static void
runner_signal(void *arg, int sig)
{
	(void)arg;
	(void)sig;
	loop_stop(l, 0);
}

/* Exit status 3: some of the console could not be logged. */
static void
run_relay(const char *log)
{
	struct relay_conf conf = { .dir = dir, .console_log = log,
	    .on_down = runner_down };
	struct qerr e;
	int rc;

	l = loop_new(&e);
	r = relay_open(l, &conf, &e);
	if (r == NULL || loop_signal(l, SIGTERM, runner_signal, NULL, &e) == -1)
		exit(1);
	loop_run(l);
	rc = relay_log_lost(r) > 0 ? 3 : 0;
	relay_close(r);
	loop_free(l);
	exit(rc);
}

static int
dial(const char *name)
{
	char path[128];
	int64_t end = loop_now_ms() + WAIT_MS;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	while ((fd = sock_connect(path, WAIT_MS, NULL)) == -1) {
		assert_true(loop_now_ms() < end);
		usleep(1000);
	}
	return fd;
}

/* Send all of it. */
static void
say_n(int fd, const char *text, size_t n)
{
	while (n > 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t done;

		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		done = write(fd, text, n);
		assert_true(done > 0);
		text += done;
		n -= (size_t)done;
	}
}

static void
say(int fd, const char *text)
{
	say_n(fd, text, strlen(text));
}

/* The next n bytes, fewer at the end of the stream. */
static size_t
hear_n(int fd, char *buf, size_t n)
{
	size_t got = 0;

	while (got < n) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t done;

		assert_int_equal(poll(&p, 1, WAIT_MS), 1);
		done = read(fd, buf + got, n - got);
		if (done <= 0)
			break;
		got += (size_t)done;
	}
	return got;
}

/* The next line, without its end; "" at the end of the stream. */
static const char *
hear(int fd)
{
	static char buf[4096];
	size_t n = 0;

	while (n + 1 < sizeof(buf) && hear_n(fd, buf + n, 1) == 1 &&
	    buf[n] != '\n')
		n++;
	buf[n] = '\0';
	return buf;
}

static void
expect(int fd, const char *want)
{
	assert_string_equal(hear(fd), want);
}

static void
start_relay(const char *log)
{
	runner = fork();
	if (runner == 0)
		run_relay(log);
}

/* Be QEMU. */
static void
start_qemu(void)
{
	con = dial("qemu-con.sock");
	qemu = dial("qemu-qmp.sock");
	say(qemu, GREETING "\r\n");
	expect(qemu, "{\"execute\":\"qmp_capabilities\",\"arguments\":"
	    "{\"enable\":[\"oob\"]}, \"id\": 1}");
	say(qemu, "{\"return\": {}, \"id\": 1}\r\n");
}

static void
start(const char *log)
{
	start_relay(log);
	start_qemu();
}

static int
client(void)
{
	int fd = dial("qmp.sock");

	expect(fd, GREETING);
	say(fd, CAPABLE);
	expect(fd, "{\"return\": {}}");
	return fd;
}

static int
setup(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	snprintf(dir, sizeof(dir), "/tmp/relay_test.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(logfile, sizeof(logfile), "%s/log", dir);
	runner = qemu_pid = 0;
	qemu = con = -1;
	return 0;
}

static int
runner_status(void)
{
	int status;

	assert_int_equal(waitpid(runner, &status, 0), runner);
	runner = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/*
 * End the runner: it goes when QEMU goes.  It leaves no socket behind, and (in
 * a checked build) leaks nothing.
 */
static int
teardown(void **state)
{
	bool alone = qemu == -1 && qemu_pid <= 0;

	(void)state;
	if (qemu != -1)
		close(qemu);
	if (con != -1)
		close(con);
	if (qemu_pid > 0) {
		kill(qemu_pid, SIGKILL);
		waitpid(qemu_pid, NULL, 0);
	}
	if (runner > 0) {
		if (alone)
			kill(runner, SIGTERM);
		if (runner_status() != 0)
			return -1;
	}
	unlink(logfile);
	return rmdir(dir);
}

static void
each_client_has_its_own_ids(void **state)
{
	int a, b;

	(void)state;
	start(logfile);
	a = client();
	b = client();
	say(a, "{\"execute\":\"one\",\"id\":1}");
	expect(qemu, "{\"execute\":\"one\",\"id\":2}");
	say(b, "{\"id\":{\"k\":[1.50,null]},\"execute\":\"two\"}\n");
	expect(qemu, "{\"id\":3,\"execute\":\"two\"}");
	say(a, "{\n\"execute\":\"three\"\n}");
	expect(qemu, "{");
	expect(qemu, "\"execute\":\"three\", \"id\": 4");
	expect(qemu, "}");
	/* In any order; a number beyond 2^63 stays what it is. */
	say(qemu, "{\"return\": 18446744073709551615, \"id\": 4}\n"
	    "{\"return\": 0.10, \"id\": 3}\r\n{\"return\": {}, \"id\": 2}\n");
	expect(a, "{\"return\": 18446744073709551615}");
	expect(a, "{\"return\": {}, \"id\": 1}");
	expect(b, "{\"return\": 0.10, \"id\": {\"k\":[1.50,null]}}");
	/* A reply that nobody waits for is nobody's. */
	say(qemu, "{\"return\": 1, \"id\": 2}\n{\"return\": 1, \"id\": \"x\"}\n"
	    "{\"return\": 1}\nrubbish\n{\"event\": \"E\"}\n");
	expect(a, "{\"event\": \"E\"}");
	expect(b, "{\"event\": \"E\"}");
	close(a);
	close(b);
}

static void
negotiation_is_local(void **state)
{
	int a;

	(void)state;
	start(logfile);
	a = dial("qmp.sock");
	expect(a, GREETING);
	/* As QEMU does it: nothing else before, no events either. */
	say(a, "{\"execute\":\"quit\",\"id\":9}\n");
	expect(a, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": "
	    "\"Expecting capabilities negotiation with 'qmp_capabilities'\"}, "
	    "\"id\": 9}");
	say(qemu, "{\"event\": \"EARLY\"}\n");
	say(a, "{\"execute\":\"qmp_capabilities\",\"arguments\":"
	    "{\"enable\":[\"teleport\"]}}\n");
	expect(a, "{\"error\": {\"class\": \"GenericError\", \"desc\": "
	    "\"this capability is not available\"}}");
	say(a, "{\"execute\":\"qmp_capabilities\",\"arguments\":"
	    "{\"enable\":[\"oob\"]},\"id\":\"c\"}\n");
	expect(a, "{\"return\": {}, \"id\": \"c\"}");
	say(qemu, "{\"event\": \"LATE\"}\n");
	expect(a, "{\"event\": \"LATE\"}");
	close(a);
}

static void
clients_wait_for_qemu(void **state)
{
	int a, b;

	(void)state;
	start_relay(logfile);
	a = dial("qmp.sock");
	say(a, CAPABLE "{\"execute\":\"early\"}");
	b = dial("qmp.sock");
	close(b);
	start_qemu();
	expect(a, GREETING);
	expect(a, "{\"return\": {}}");
	expect(qemu, "{\"execute\":\"early\", \"id\": 2}");
	close(a);
}

static void
garbage_is_answered(void **state)
{
	int a, b;
	char *big;

	(void)state;
	start(logfile);
	a = client();
	b = client();
	say(a, "what?\n");
	expect(a, "{\"error\": {\"class\": \"GenericError\", \"desc\": "
	    "\"malformed JSON: '{' expected\"}}");
	say_n(a, "{\"a\":\0}\n", 8);
	assert_non_null(strstr(hear(a), "malformed JSON"));
	say(a, "{\"\\u0069d\":1,\"execute\":\"x\"}\n");
	assert_non_null(strstr(hear(a), "without escapes"));
	big = malloc(2 << 20);
	memset(big, '[', 2 << 20);
	say(a, "{\"a\":");
	say_n(a, big, 2 << 20);
	say(a, "\n{\"execute\":\"next\"}");
	free(big);
	assert_non_null(strstr(hear(a), "over 1048576 bytes"));
	expect(qemu, "{\"execute\":\"next\", \"id\": 2}");
	/* Nobody else has noticed. */
	say(b, "{\"execute\":\"other\"}");
	expect(qemu, "{\"execute\":\"other\", \"id\": 3}");
	close(a);
	close(b);
}

static void
leaving_clients_harm_nobody(void **state)
{
	int a, b;

	(void)state;
	start(logfile);
	a = client();
	b = client();
	say(a, "{\"execute\":\"gone\",\"id\":1}");
	expect(qemu, "{\"execute\":\"gone\",\"id\":2}");
	close(a);
	say(b, "{\"execute\":\"stay\",\"id\":1}");
	expect(qemu, "{\"execute\":\"stay\",\"id\":3}");
	say(qemu, "{\"return\": \"a\", \"id\": 2}\n"
	    "{\"return\": \"b\", \"id\": 3}\n");
	expect(b, "{\"return\": \"b\", \"id\": 1}");
	/* One that only says no more still gets its answer. */
	say(b, "{\"execute\":\"last\"}");
	shutdown(b, SHUT_WR);
	expect(qemu, "{\"execute\":\"last\", \"id\": 4}");
	say(qemu, "{\"return\": {}, \"id\": 4}\n");
	expect(b, "{\"return\": {}}");
	expect(b, "");
	close(b);
}

static void
qemu_ends(void **state)
{
	int a, b;

	(void)state;
	start(logfile);
	a = client();
	b = client();
	say(a, "{\"execute\":\"quit\"}{\"execute\":\"more\",\"id\":7}");
	expect(qemu, "{\"execute\":\"quit\", \"id\": 2}");
	expect(qemu, "{\"execute\":\"more\",\"id\":3}");
	say(qemu, "{\"return\": {}, \"id\": 2}\n{\"event\": \"SHUTDOWN\"}\n");
	close(qemu);
	qemu = -1;
	expect(a, "{\"return\": {}}");
	expect(a, "{\"event\": \"SHUTDOWN\"}");
	expect(a, "{\"error\": {\"class\": \"GenericError\", \"desc\": "
	    "\"QEMU has ended\"}, \"id\": 7}");
	expect(a, "");
	expect(b, "{\"event\": \"SHUTDOWN\"}");
	expect(b, "");
	close(a);
	close(b);
	assert_int_equal(runner_status(), 0);
}

/* 12 MiB of events: who does not read goes, who reads gets them all. */
static void
lazy_client_is_cut_off(void **state)
{
	enum { LINES = 12 * 1024 };
	char line[1025], buf[1025];
	int lazy, good;
	size_t got;

	(void)state;
	start(logfile);
	lazy = client();
	good = client();
	memset(line, ' ', sizeof(line));
	memcpy(line, "{\"event\": \"E\"", 13);
	line[1022] = '}';
	line[1023] = '\n';
	for (int i = 0; i < LINES; i++) {
		say_n(qemu, line, 1024);
		assert_int_equal(hear_n(good, buf, 1024), 1024);
		assert_memory_equal(buf, line, 1024);
	}
	got = 0;
	while (hear_n(lazy, buf, 1) == 1)
		got++;
	assert_true(got < (LINES - 4 * 1024) * 1024);
	close(lazy);
	close(good);
}

/* One answer may be longer than what may lie about. */
static void
big_reply_arrives(void **state)
{
	enum { SIZE = 6 << 20 };
	char *big = malloc(SIZE + 64), *back = malloc(SIZE + 64);
	int a;
	size_t n;

	(void)state;
	start(logfile);
	a = client();
	say(a, "{\"execute\":\"big\"}");
	expect(qemu, "{\"execute\":\"big\", \"id\": 2}");
	n = (size_t)snprintf(big, 64, "{\"return\": \"");
	memset(big + n, 'x', SIZE);
	say_n(qemu, big, n + SIZE);
	say(qemu, "\", \"id\": 2}\n");
	memcpy(big + n + SIZE, "\"}\n", 3);
	assert_int_equal(hear_n(a, back, n + SIZE + 3), n + SIZE + 3);
	assert_memory_equal(back, big, n + SIZE + 3);
	free(big);
	free(back);
	close(a);
}

/* A QEMU that does not read: its clients wait, nothing piles up. */
static void
deaf_qemu_holds_clients(void **state)
{
	char request[4096];
	size_t sent = 0;
	int a, b;

	(void)state;
	start(logfile);
	a = client();
	memset(request, ' ', sizeof(request));
	memcpy(request, "{\"execute\":\"x\"}", 15);
	for (;;) {
		struct pollfd p = { .fd = a, .events = POLLOUT };
		ssize_t n;

		if (poll(&p, 1, 300) == 0)
			break;
		n = write(a, request, sizeof(request));
		assert_true(n > 0);
		sent += (size_t)n;
		assert_true(sent < 16 << 20);
	}
	/* Another is still greeted, and the first may leave. */
	b = client();
	close(a);
	say(b, "{\"execute\":\"y\"}");
	for (int i = 2; i < 2 + 64; i++) {
		char want[64];

		snprintf(want, sizeof(want),
		    "{\"execute\":\"x\", \"id\": %d}", i);
		expect(qemu, want);
	}
	assert_non_null(strstr(hear(qemu), "\"y\""));
	close(b);
}

static void
console_is_logged_and_shared(void **state)
{
	char text[5000], buf[5000];
	int a, b, fd;

	(void)state;
	start_relay(logfile);
	/* From the first byte, before anybody is there. */
	con = dial("qemu-con.sock");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)i;
	say_n(con, text, 1000);
	say_n(con, text + 1000, sizeof(text) - 1000);
	a = dial("console.sock");
	/* A new reader gets the last 4096; this one may come in between. */
	do {
		close(a);
		a = dial("console.sock");
		assert_int_equal(hear_n(a, buf, 4096), 4096);
	} while (memcmp(buf, text + sizeof(text) - 4096, 4096) != 0);
	b = dial("console.sock");
	assert_int_equal(hear_n(b, buf, 4096), 4096);
	say(con, "more");
	assert_int_equal(hear_n(a, buf, 4), 4);
	assert_memory_equal(buf, "more", 4);
	assert_int_equal(hear_n(b, buf, 4), 4);
	/* All can type; all bytes are QEMU's. */
	say_n(a, "\0\001x\r", 4);
	assert_int_equal(hear_n(con, buf, 4), 4);
	assert_memory_equal(buf, "\0\001x\r", 4);
	say(b, "y");
	assert_int_equal(hear_n(con, buf, 1), 1);
	assert_int_equal(buf[0], 'y');
	/* A reader that has typed its last still reads. */
	shutdown(a, SHUT_WR);
	say(con, "bye");
	close(con);
	con = -1;
	assert_int_equal(hear_n(a, buf, 10), 3);
	assert_memory_equal(buf, "bye", 3);
	assert_int_equal(hear_n(b, buf, 10), 3);
	fd = open(logfile, O_RDONLY);
	assert_int_equal(hear_n(fd, buf, 5000), 5000);
	assert_memory_equal(buf, text, 5000);
	assert_int_equal(hear_n(fd, buf, 100), 7);
	assert_memory_equal(buf, "morebye", 7);
	close(fd);
	close(a);
	close(b);
}

/* A guest that does not take what is typed holds up typists, not readers. */
static void
deaf_guest_holds_typists(void **state)
{
	char block[4096], buf[16];
	size_t sent = 0;
	int a, b;

	(void)state;
	start(logfile);
	a = dial("console.sock");
	b = dial("console.sock");
	memset(block, 'k', sizeof(block));
	for (;;) {
		struct pollfd p = { .fd = a, .events = POLLOUT };
		ssize_t n;

		if (poll(&p, 1, 300) == 0)
			break;
		n = write(a, block, sizeof(block));
		assert_true(n > 0);
		sent += (size_t)n;
		assert_true(sent < 4 << 20);
	}
	say(con, "hello");
	assert_int_equal(hear_n(a, buf, 5), 5);
	assert_int_equal(hear_n(b, buf, 5), 5);
	/* Once it listens, all of it arrives. */
	while (sent > 0) {
		size_t n = hear_n(con, block, sent < sizeof(block) ? sent :
		    sizeof(block));

		assert_true(n > 0);
		sent -= n;
	}
	say(a, "!");
	assert_int_equal(hear_n(con, buf, 1), 1);
	close(a);
	close(b);
}

static void
full_disk_is_counted(void **state)
{
	char buf[16];
	int a;

	(void)state;
	if (access("/dev/full", W_OK) == -1) {
		print_message("no /dev/full here\n");
		skip();
	}
	start("/dev/full");
	a = dial("console.sock");
	say(con, "hello");
	assert_int_equal(hear_n(a, buf, 5), 5);
	close(a);
	kill(runner, SIGTERM);
	assert_int_equal(runner_status(), 3);
}

/* sockets belong to us alone */
static void
sockets_are_private(void **state)
{
	static const char *const names[] = { "qmp.sock", "console.sock" };

	(void)state;
	start(logfile);
	close(client());
	for (size_t i = 0; i < 2; i++) {
		struct stat st;
		char path[128];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	/* QEMU's have served their turn. */
	assert_int_equal(access(dir, F_OK), 0);
	{
		char path[128];

		snprintf(path, sizeof(path), "%s/qemu-qmp.sock", dir);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static bool
start_real_qemu(void)
{
	char *program = proc_find("qemu-system-x86_64");
	char *qmp = xasprintf("socket,id=qmp,path=%s/qemu-qmp.sock,server=off",
	    dir);
	char *serial = xasprintf("socket,id=con,path=%s/qemu-con.sock,"
	    "server=off,mux=on", dir);
	char con_path[128];

	if (program == NULL)
		return false;
	start_relay(logfile);
	snprintf(con_path, sizeof(con_path), "%s/qemu-qmp.sock", dir);
	while (access(con_path, F_OK) == -1)
		usleep(1000);
	qemu_pid = fork();
	if (qemu_pid == 0) {
		execl(program, program, "-S", "-accel", "tcg", "-M", "pc",
		    "-m", "64", "-nodefaults", "-display", "none",
		    "-chardev", serial, "-serial", "chardev:con",
		    "-mon", "chardev=con,mode=readline", "-chardev", qmp,
		    "-mon", "chardev=qmp,mode=control", (char *)NULL);
		_exit(127);
	}
	free(program);
	free(qmp);
	free(serial);
	return true;
}

/* One client's life: some commands, at random slow, rude or wrong. */
static void
stress_client(unsigned seed, const char *path)
{
	struct qerr e;
	struct qmp *q = qmp_open(path, 60000, &e);
	char tag[32];
	int fd;

	alarm(120);
	srandom(seed);
	if (q == NULL)
		_exit(1);
	for (int i = 0; i < 3; i++) {
		json_t *j;

		snprintf(tag, sizeof(tag), "no-%u-%d", seed, i);
		switch (random() % 10) {
		default:
			j = qmp_execute(q, "query-status", NULL, 60000, &e);
			if (json_object_get(j, "running") == NULL)
				_exit(2);
			json_decref(j);
			break;
		case 0: case 1: case 2:	/* the answer names what we asked for */
			if (qmp_execute(q, tag, NULL, 60000, &e) != NULL ||
			    strstr(e.msg, tag) == NULL)
				_exit(3);
			break;
		case 3:		/* one that asks and leaves */
			if ((fd = sock_connect(path, 60000, &e)) == -1)
				_exit(4);
			if (write(fd, CAPABLE
			    "{\"execute\":\"query-qmp-schema\"}",
			    strlen(CAPABLE) + 30) == -1)
				_exit(5);
			close(fd);
			break;
		case 4:		/* a big answer */
			j = qmp_execute(q, "query-qmp-schema", NULL, 60000, &e);
			if (json_array_size(j) < 100)
				_exit(6);
			json_decref(j);
			break;
		}
	}
	qmp_close(q);
	_exit(0);
}

static void
two_hundred_clients_at_a_real_qemu(void **state)
{
	enum { CLIENTS = 200, LAZY = 2 };
	pid_t pids[CLIENTS];
	int lazy[LAZY], bad = 0;
	char path[128], buf[64];

	(void)state;
	if (!start_real_qemu()) {
		print_message("no qemu-system-x86_64 here\n");
		skip();
	}
	snprintf(path, sizeof(path), "%s/qmp.sock", dir);
	for (int i = 0; i < LAZY; i++) {
		lazy[i] = dial("qmp.sock");
		say(lazy[i], CAPABLE);
		for (int k = 0; k < 40; k++)
			say(lazy[i], "{\"execute\":\"query-qmp-schema\"}");
	}
	for (int i = 0; i < CLIENTS; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			stress_client((unsigned)i, path);
	}
	for (int i = 0; i < CLIENTS; i++) {
		int status;

		waitpid(pids[i], &status, 0);
		if (status != 0) {
			print_message("client %d: status %x\n", i, status);
			bad++;
		}
	}
	assert_int_equal(bad, 0);
	for (int i = 0; i < LAZY; i++)
		close(lazy[i]);
	/* QEMU's own multiplexer: Ctrl-A C goes to the monitor. */
	con = dial("console.sock");
	say(con, "\001cinfo version\r");
	do
		assert_int_equal(hear_n(con, buf, 1), 1);
	while (buf[0] != '(');
	assert_int_equal(hear_n(con, buf, 4), 4);
	assert_memory_equal(buf, "qemu", 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(each_client_has_its_own_ids),
		T(negotiation_is_local),
		T(clients_wait_for_qemu),
		T(garbage_is_answered),
		T(leaving_clients_harm_nobody),
		T(qemu_ends),
		T(lazy_client_is_cut_off),
		T(big_reply_arrives),
		T(deaf_qemu_holds_clients),
		T(console_is_logged_and_shared),
		T(deaf_guest_holds_typists),
		T(full_disk_is_counted),
		T(sockets_are_private),
		T(two_hundred_clients_at_a_real_qemu),
	};

	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
