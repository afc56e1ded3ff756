/* SPDX-License-Identifier: ISC */
/* proc_test.c - programs run with input, output and a time limit */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
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

#include "loop.h"
#include "proc.h"
#include "strv.h"

static int
sh(const char *script, const char *in, char **out, char **errs, int ms,
    struct qerr *e)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };

	return proc_run(argv, in, out, errs, ms, e);
}

static void
status_and_streams(void **state)
{
	char *out, *errs;
	struct qerr e;

	(void)state;
	assert_int_equal(sh("cat; echo bad >&2; exit 7", "in\n", &out, &errs,
	    5000, &e), 7);
	assert_string_equal(out, "in\n");
	assert_string_equal(errs, "bad\n");
	free(out);
	free(errs);
	/* Without input its stdin is empty; what nobody wants is dropped. */
	assert_int_equal(sh("cat; echo x; echo y >&2", NULL, NULL, NULL, 5000,
	    &e), 0);
	assert_int_equal(sh(":", NULL, &out, NULL, 5000, &e), 0);
	assert_string_equal(out, "");
	free(out);
	assert_int_equal(sh("kill -9 $$", NULL, NULL, NULL, 5000, &e), 137);
}

/* A child that answers before it has read all must not block us. */
static void
large_both_ways(void **state)
{
	size_t len = 1 << 20;
	char *in = xcalloc(1, len + 1), *out;
	struct qerr e;

	(void)state;
	memset(in, 'x', len);
	assert_int_equal(sh("cat", in, &out, NULL, 20000, &e), 0);
	assert_int_equal(strlen(out), len);
	free(out);
	/* One that does not read at all. */
	assert_int_equal(sh("exec <&-; echo done", in, &out, NULL, 20000, &e),
	    0);
	assert_string_equal(out, "done\n");
	free(out);
	/* And one that neither reads nor ends. */
	assert_int_equal(sh("exec sleep 60", in, NULL, NULL, 200, &e), -1);
	assert_int_equal(e.kind, QERR_TIMEOUT);
	free(in);
}

static void
time_limit(void **state)
{
	int64_t begin = loop_now_ms();
	char *out;
	struct qerr e;

	(void)state;
	assert_int_equal(sh("echo early; exec sleep 60", NULL, &out, NULL, 300,
	    &e), -1);
	assert_int_equal(e.kind, QERR_TIMEOUT);
	assert_true(loop_now_ms() - begin < 10000);
	assert_string_equal(out, "early\n");
	free(out);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);	/* no zombie */
}

static void
no_such_program(void **state)
{
	char *argv[] = { (char *)"no-such-program-here", NULL };
	char *out = NULL, *errs = NULL;
	struct qerr e;

	(void)state;
	assert_int_equal(proc_run(argv, "x", &out, &errs, 1000, &e), -1);
	assert_int_equal(e.kind, QERR_FAIL);
	assert_string_equal(e.msg, "no program 'no-such-program-here' in PATH");
	assert_string_equal(out, "");
	assert_string_equal(errs, "");
	free(out);
	free(errs);
}

/* Descriptors of ours are not the child's. */
static void
nothing_leaks(void **state)
{
	char *out;
	struct qerr e;

	(void)state;
	assert_int_equal(sh("for fd in 3 4 5 6 7 8 9; do "
	    "if (: <&$fd) 2>/dev/null; then echo $fd; fi; done", "in", &out,
	    NULL, 5000, &e), 0);
	assert_string_equal(out, "");
	free(out);
}

static void
found_in_path(void **state)
{
	char dir[] = "/tmp/qlab-proc-test.XXXXXX", *old, *file, *found;
	char *sub, *path;
	int fd;

	(void)state;
	old = xstrdup(getenv("PATH"));
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/qlab-prog", dir);
	sub = xasprintf("%s/sub", dir);
	path = xasprintf("::%s:%s:%s", sub, "/nonexistent", dir);
	assert_int_equal(mkdir(sub, 0700), 0);
	setenv("PATH", path, 1);
	/* A directory of the name, a file that nobody may run: not meant. */
	free(path);
	path = xasprintf("%s/qlab-prog", sub);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(file, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_null(proc_find("qlab-prog"));
	assert_null(proc_find(file));
	assert_int_equal(chmod(file, 0700), 0);
	found = proc_find("qlab-prog");
	assert_non_null(found);
	assert_string_equal(found, file);
	free(found);
	found = proc_find(file);
	assert_non_null(found);
	free(found);
	/* The system's own are found without any PATH. */
	unsetenv("PATH");
	found = proc_find("sh");
	assert_non_null(found);
	free(found);
	setenv("PATH", old, 1);
	assert_int_equal(unlink(file) | rmdir(path) | rmdir(sub) | rmdir(dir),
	    0);
	free(path);
	free(sub);
	free(file);
	free(old);
}

static void
identity(void **state)
{
	struct proc_id self, child;
	bool knows;		/* start times; the stub does not */
	pid_t pid;

	(void)state;
	assert_int_equal(proc_id_get(0, &self, NULL), 0);
	assert_int_equal(self.pid, getpid());
	assert_true(proc_id_alive(&self));
	knows = self.start != 0;
	self.start++;
	assert_false(proc_id_alive(&self));
	assert_false(proc_id_alive(&(struct proc_id){ 0, 0 }));
	assert_false(proc_id_alive(&(struct proc_id){ -1, 0 }));
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	assert_int_equal(proc_id_get(pid, &child, NULL), 0);
	assert_true(proc_id_alive(&child));
	kill(pid, SIGKILL);
	/* A zombie is dead, too. */
	for (int i = 0; knows && i < 2000 && proc_id_alive(&child); i++)
		usleep(1000);
	assert_true(!knows || !proc_id_alive(&child));
	waitpid(pid, NULL, 0);
	assert_false(proc_id_alive(&child));
	assert_int_equal(proc_id_get(pid, &child, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_and_streams),
		cmocka_unit_test(large_both_ways),
		cmocka_unit_test(time_limit),
		cmocka_unit_test(no_such_program),
		cmocka_unit_test(nothing_leaks),
		cmocka_unit_test(found_in_path),
		cmocka_unit_test(identity),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}
