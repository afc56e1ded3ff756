/* SPDX-License-Identifier: ISC */
/* disks_test.c - images made, explained and put back */
#include <sys/stat.h>

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

#include "disks.h"
#include "proc.h"
#include "testdir.h"

static char *top;
static struct lab lab;

static int
setup(void **state)
{
	char tmpl[] = "/tmp/qlab-disks-test.XXXXXX";

	(void)state;
	if (mkdtemp(tmpl) == NULL)
		return -1;
	top = xstrdup(tmpl);
	lab_init(&lab);
	lab.dir = xstrdup(top);
	lab_vm_add(&lab, "vm");
	return 0;
}

static int
teardown(void **state)
{
	int rc = remove_all(top);

	(void)state;
	lab_free(&lab);
	free(top);
	return rc;
}

static void
need_qemu_img(void)
{
	char *file = proc_find("qemu-img");

	if (file == NULL)
		skip();
	free(file);
}

static void
disk(const char *file, const char *base, uint64_t bytes)
{
	struct lab_disk *d = lab_disk_add(&lab.vms[0]);

	d->file = xstrdup(file);
	d->base = base != NULL ? xstrdup(base) : NULL;
	d->create_bytes = bytes;
}

/* TOP/NAME with len bytes that begin with text. */
static void
put(const char *name, const char *text, off_t len)
{
	char *path = xasprintf("%s/%s", top, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(truncate(path, len), 0);
	free(path);
}

static bool
there(const char *name)
{
	char *path = xasprintf("%s/%s", top, name);
	bool is = access(path, F_OK) == 0;

	free(path);
	return is;
}

static void
prepare(void **state)
{
	struct strv formats = { 0 };
	struct qerr e;

	(void)state;
	need_qemu_img();
	put("base.img", "", 1 << 20);
	put("plain", "", 1 << 20);
	disk("plain", NULL, 0);
	disk("over.qcow2", "base.img", 0);
	disk("new.qcow2", NULL, 1 << 20);
	if (disks_prepare(&lab, &lab.vms[0], &formats, &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(formats.n, 3);
	assert_string_equal(formats.v[0], "raw");
	assert_string_equal(formats.v[1], "qcow2");
	assert_string_equal(formats.v[2], "qcow2");
	assert_true(there("over.qcow2") && there("new.qcow2"));
	strv_free(&formats);
	/* A second time they are as they were. */
	assert_int_equal(disks_prepare(&lab, &lab.vms[0], &formats, &e), 0);
	strv_free(&formats);
}

/* What a killed process left goes; a living one's stays, and all others. */
static void
orphans(void **state)
{
	struct strv formats = { 0 };
	struct qerr e;
	char *ours = xasprintf(".new.qcow2.%d-0.new", (int)getpid());
	static const char *const others[] = { ".new.qcow2.999999999-0.newer",
	    ".new.qcow2.x-0.new", ".new.qcow2.-999999999-0.new",
	    ".other.qcow2.999999999-0.new", "new.qcow2.999999999-0.new",
	    ".new.qcow2.0-0.new" };

	(void)state;
	need_qemu_img();
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		put(others[i], "", 1);
	put(ours, "", 1);
	put(".new.qcow2.999999999-0.new", "", 1);
	disk("new.qcow2", NULL, 1 << 20);
	assert_int_equal(disks_prepare(&lab, &lab.vms[0], &formats, &e), 0);
	strv_free(&formats);
	assert_false(there(".new.qcow2.999999999-0.new"));
	/* Also beside a disk that was finished. */
	put(".new.qcow2.999999999-1.new", "", 1);
	assert_int_equal(disks_prepare(&lab, &lab.vms[0], &formats, &e), 0);
	strv_free(&formats);
	assert_false(there(".new.qcow2.999999999-1.new"));
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_true(there(others[i]));
	assert_true(there(ours));
	free(ours);
}

static void
explain(void **state)
{
	struct strv formats = { 0 }, lines = { 0 };
	char *want;
	struct qerr e;

	(void)state;
	need_qemu_img();
	put("base.img", "", 1 << 20);
	disk("base.img", NULL, 0);
	disk("over.qcow2", "base.img", 0);
	disk("new\x1b[2J.qcow2", NULL, 1 << 20);
	if (disks_explain(&lab, &lab.vms[0], &formats, &lines, &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(formats.n, 3);
	assert_string_equal(formats.v[0], "raw");
	assert_string_equal(formats.v[1], "qcow2");
	assert_int_equal(lines.n, 2);
	want = xasprintf("new overlay '%s/over.qcow2' on 'base.img'", top);
	assert_string_equal(lines.v[0], want);
	free(want);
	want = xasprintf("new disk '%s/new\\x1b[2J.qcow2' of 1048576 bytes",
	    top);
	assert_string_equal(lines.v[1], want);
	free(want);
	assert_false(there("over.qcow2"));
	strv_free(&formats);
	strv_free(&lines);
}

static void
reset(void **state)
{
	struct strv formats = { 0 };
	char *file = xasprintf("%s/over.qcow2", top);
	struct stat before, after;
	struct qerr e;
	size_t n;

	(void)state;
	need_qemu_img();
	put("base.img", "", 1 << 20);
	put("plain", "", 1 << 20);
	disk("plain", NULL, 0);
	assert_int_equal(disks_reset(&lab, &lab.vms[0], &n, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_string_equal(e.msg, "'vm' has no overlay: none of its disks has "
	    "a base");
	disk("over.qcow2", "base.img", 0);
	assert_int_equal(disks_prepare(&lab, &lab.vms[0], &formats, &e), 0);
	strv_free(&formats);
	assert_int_equal(stat(file, &before), 0);
	if (disks_reset(&lab, &lab.vms[0], &n, &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(n, 1);
	assert_int_equal(stat(file, &after), 0);
	assert_true(before.st_ino != after.st_ino);
	/* Without its base the old one stays. */
	free(lab.vms[0].disks[1].base);
	lab.vms[0].disks[1].base = xstrdup("gone.img");
	assert_int_equal(disks_reset(&lab, &lab.vms[0], &n, &e), -1);
	assert_int_equal(stat(file, &before), 0);
	assert_true(before.st_ino == after.st_ino);
	free(file);
}

static void
wrong(void **state)
{
	static const struct {
		const char *file, *base;
		uint64_t bytes;
	} cases[] = {
		{ "missing.img", NULL, 0 },
		{ "over.qcow2", "missing.img", 0 },
		{ "no/such/dir/x.qcow2", NULL, 1 << 20 },
		{ "damaged.qcow2", NULL, 0 },
	};

	(void)state;
	need_qemu_img();
	put("damaged.qcow2", "QFI\xfb" "garbage follows here", 4096);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct strv formats = { 0 };
		struct qerr e;

		disk(cases[i].file, cases[i].base, cases[i].bytes);
		if (disks_prepare(&lab, &lab.vms[0], &formats, &e) == 0)
			fail_msg("'%s' is made", cases[i].file);
		assert_int_equal(e.kind, QERR_FAIL);
		assert_non_null(strstr(e.msg, cases[i].base != NULL ?
		    cases[i].base : cases[i].file));
		strv_free(&formats);
		free(lab.vms[0].disks[0].file);
		free(lab.vms[0].disks[0].base);
		lab.vms[0].ndisks = 0;
		assert_false(there("over.qcow2"));
	}
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(prepare),
		T(orphans),
		T(explain),
		T(reset),
		T(wrong),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("disks", tests, NULL, NULL);
}
