/* SPDX-License-Identifier: ISC */
/* outfile_test.c - output files that are whole or not there */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/stat.h>

#include <cmocka.h>

#include "outfile.h"

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/outfile_test.XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) == -1;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "x", "x.part", "real", "link",
		"link2", "fifo" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	/* Fails when a test left something else behind. */
	return chdir("/") == -1 || rmdir(dir) == -1;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static void
test_outfile(void **state)
{
	struct outfile o;
	struct stat st;
	mode_t mask;

	(void)state;
	unlink("x");
	mask = umask(027);
	assert_int_equal(outfile_open(&o, "x", NULL), 0);
	assert_false(exists("x"));
	assert_int_equal(write(o.fd, "1", 1), 1);
	assert_int_equal(outfile_commit(&o, NULL), 0);
	outfile_discard(&o);
	umask(mask);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(st.st_mode & 0777, 0640);

	/* What was there stays until the new one is whole. */
	assert_int_equal(outfile_open(&o, "x", NULL), 0);
	assert_int_equal(write(o.fd, "22", 2), 2);
	outfile_discard(&o);
	outfile_discard(&o);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_size, 1);

	assert_int_equal(outfile_open(&o, "x", NULL), 0);
	assert_int_equal(write(o.fd, "333", 3), 3);
	assert_int_equal(outfile_keep_part(&o, NULL), 0);
	outfile_discard(&o);
	assert_int_equal(stat("x.part", &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_size, 1);
}

static void
test_outfile_special(void **state)
{
	struct outfile o;
	struct stat st;
	struct qerr e = { 0 };
	int reader;

	(void)state;
	/* A link is followed, not replaced. */
	close(open("real", O_WRONLY | O_CREAT, 0600));
	assert_int_equal(symlink("real", "link"), 0);
	assert_int_equal(outfile_open(&o, "link", NULL), 0);
	assert_int_equal(write(o.fd, "1", 1), 1);
	assert_int_equal(outfile_commit(&o, NULL), 0);
	outfile_discard(&o);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat("real", &st), 0);
	assert_int_equal(st.st_size, 1);
	/* Who could not read what was there cannot read what comes. */
	assert_int_equal(st.st_mode & 0777, 0600);
	/* Also one that leads to nothing yet, and on from there. */
	unlink("real");
	assert_int_equal(symlink("link", "link2"), 0);
	assert_int_equal(outfile_open(&o, "./link2", NULL), 0);
	assert_int_equal(outfile_commit(&o, NULL), 0);
	outfile_discard(&o);
	assert_int_equal(lstat("link2", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat("real", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	/* A FIFO is written to. */
	assert_int_equal(mkfifo("fifo", 0600), 0);
	reader = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_int_equal(outfile_open(&o, "fifo", NULL), 0);
	assert_null(o.temp);
	assert_int_equal(outfile_commit(&o, NULL), 0);
	outfile_discard(&o);
	close(reader);
	assert_int_equal(lstat("fifo", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	/* No such directory; a directory. */
	assert_int_equal(outfile_open(&o, "none/x", &e), -1);
	assert_string_equal(e.msg,
	    "cannot create 'none/x': No such file or directory");
	assert_int_equal(outfile_open(&o, ".", &e), -1);
}

/* A directory that came meanwhile: what was written is not lost. */
static void
test_outfile_in_the_way(void **state)
{
	char name[sizeof("late.XXXXXX")] = "";
	struct outfile o;
	struct stat st;
	struct qerr e = { 0 };

	(void)state;
	assert_int_equal(outfile_open(&o, "late", NULL), 0);
	assert_int_equal(write(o.fd, "4444", 4), 4);
	assert_int_equal(mkdir("late", 0700), 0);
	assert_int_equal(outfile_commit(&o, &e), -1);
	outfile_discard(&o);
	assert_int_equal(sscanf(e.msg, "cannot rename '%11[^']'", name), 1);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir("late"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outfile),
		cmocka_unit_test(test_outfile_special),
		cmocka_unit_test(test_outfile_in_the_way),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
