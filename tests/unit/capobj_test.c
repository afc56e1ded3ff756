/* SPDX-License-Identifier: ISC */
/* capobj_test.c - whose filter objects those are */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <sys/wait.h>

#include <signal.h>
#include <unistd.h>

#include "capobj.h"
#include "capwatch.h"
#include "qmppeer.h"

static void
names(void **state)
{
	static const char *const others[] = { "", "qcap", "qcap-1-2",
		"qcap-1-2-", "qcap-1-2-r", "qcap-1-2-xr",
		"qcap-1-2-rx ", "qcap-1-2-rxx", "qcap-01-2-rx",
		"qcap-+1-2-rx", "qcap--1-2-rx", "qcap-0-2-rx", " qcap-1-2-rx",
		"qcap-1-2-r\xff", "qcap-99999999999-1-rx",
		"qcap-1-99999999999999999999999999999999999999999999999-rx" };
	const struct proc_id id = { 4711, 123456789012345 };
	struct proc_id back;
	char buf[CAPOBJ_SZ];

	(void)state;
	assert_string_equal(capobj_name(&id, "rx", buf),
	    "qcap-4711-123456789012345-rx");
	assert_true(capobj_parse("qcap-4711-123456789012345-tx", &back));
	assert_int_equal(back.pid, 4711);
	assert_int_equal(back.start, 123456789012345);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (capobj_parse(others[i], &back))
			fail_msg("taken for ours: '%s'", others[i]);
}

static void
request(struct capwatch *w, const char *command, const char *name)
{
	json_t *j = json_pack("{s:s,s:{s:s}}", "execute", command, "arguments",
	    "id", name);

	capwatch_request(w, j);
	json_decref(j);
}

static struct loop *loop;
static char removed[1024];

static void
on_remove(void *arg, const char *name)
{
	(void)arg;
	strncat(removed, name, sizeof(removed) - strlen(removed) - 1);
	strncat(removed, " ", sizeof(removed) - strlen(removed) - 1);
	loop_stop(loop, 0);
}

static void
too_late(void *arg)
{
	(void)arg;
	loop_stop(loop, 1);
}

static pid_t
sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

/* The dead one's filter goes; the stopped one is killed; the third is left. */
static void
watch(void **state)
{
	char name[3][CAPOBJ_SZ], expected[256];
	struct loop_timer *late;
	struct proc_id id[3];
	struct capwatch *w;
	int status;

	(void)state;
	loop = loop_new(NULL);
	w = capwatch_new(loop, on_remove, NULL);
	request(w, "object-add", "disk0");
	for (int i = 0; i < 3; i++) {
		assert_int_equal(proc_id_get(sleeper(), &id[i], NULL), 0);
		capobj_name(&id[i], "rx", name[i]);
		request(w, "object-add", name[i]);
	}
	assert_int_equal(capobj_state(&id[0]), CAPOBJ_READ);
	kill(id[0].pid, SIGKILL);
	waitpid(id[0].pid, &status, 0);
	assert_int_equal(capobj_state(&id[0]), CAPOBJ_DEAD);
	late = loop_timer_add(loop, 1000, too_late, NULL);
	assert_int_equal(loop_run(loop), 0);
	snprintf(expected, sizeof(expected), "%s ", name[0]);
	assert_string_equal(removed, expected);
	loop_timer_del(late);

	kill(id[1].pid, SIGSTOP);
	assert_int_equal(waitpid(id[1].pid, &status, WUNTRACED), id[1].pid);
	if (capobj_state(&id[1]) != CAPOBJ_STOPPED) {
		kill(id[1].pid, SIGKILL);
		kill(id[2].pid, SIGKILL);
		skip();		/* cannot be seen on this system */
	}
	late = loop_timer_add(loop, 1000, too_late, NULL);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(waitpid(id[1].pid, &status, 0), id[1].pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	snprintf(expected, sizeof(expected), "%s %s ", name[0], name[1]);
	assert_string_equal(removed, expected);
	loop_timer_del(late);

	/* He goes by himself. */
	request(w, "object-del", name[2]);
	kill(id[2].pid, SIGKILL);
	waitpid(id[2].pid, &status, 0);
	loop_timer_add(loop, 600, too_late, NULL);
	assert_int_equal(loop_run(loop), 1);
	assert_string_equal(removed, expected);
	capwatch_free(w);
	loop_free(loop);
}

static pid_t
stopped(uid_t uid, struct proc_id *id)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (setuid(uid) == 0)
			raise(SIGSTOP);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(proc_id_get(pid, id, NULL), 0);
	return pid;
}

static bool
is_killed(pid_t pid)
{
	int status;

	return waitpid(pid, &status, WNOHANG) == pid && WIFSIGNALED(status);
}

/*
 * Who is served by a QEMU says what its objects are called: root must not kill
 * what its user could not.
 */
static void
stopped_of_others(void **state)
{
	static char objects[512];
	const char *const script[] = { GREETING, CAPABLE, objects,
		"{\"return\": {}, \"id\": \"qlab-3\"}\n", "", NULL };
	struct strv said = { 0 };
	struct proc_id id[2];
	char name[2][CAPOBJ_SZ];
	struct qmp *q;
	pid_t pid[2];
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();		/* nobody else can be had */
	for (int i = 0; i < 2; i++) {
		pid[i] = stopped(i == 0 ? 65534 : 0, &id[i]);
		capobj_name(&id[i], "rx", name[i]);
	}
	snprintf(objects, sizeof(objects), "{\"return\": [{\"name\": \"%s\"}, "
	    "{\"name\": \"%s\"}], \"id\": \"qlab-2\"}\n", name[0], name[1]);
	start_peer(script);
	q = qmp_open(path, 5000, NULL);
	assert_non_null(q);
	if (capobj_state(&id[1]) == CAPOBJ_STOPPED) {
		assert_int_equal(capobj_sweep(q, 5000, false, &said, NULL), 1);
		assert_string_equal(said.v[0], name[1]);
		assert_int_equal(waitpid(pid[1], &status, 0), pid[1]);
		assert_false(is_killed(pid[0]));
		strv_free(&said);
	}
	qmp_close(q);
	kill(pid[0], SIGKILL);
	waitpid(pid[0], &status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(watch),
		cmocka_unit_test_setup_teardown(stopped_of_others, setup,
		    teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
