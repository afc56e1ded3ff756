/* SPDX-License-Identifier: ISC */
/* linthost_test.c - disk images, and what of this machine a lab lacks */
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

#include "lint.h"
#include "linthost.h"
#include "proc.h"
#include "qemuimg.h"

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/qlab-test.XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	char rm[] = "rm", rf[] = "-rf";
	char *const argv[] = { rm, rf, dir, NULL };

	(void)state;
	return chdir("/") == -1 ? -1 :
	    proc_run(argv, NULL, NULL, NULL, 10000, NULL);
}

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static bool
there(const char *name)
{
	return access(name, F_OK) == 0;
}

/* How many files are in the current directory. */
static int
files(void)
{
	char sh[] = "sh", c[] = "-c", ls[] = "ls -A | wc -l";
	char *const argv[] = { sh, c, ls, NULL };
	char *out = NULL;
	int n;

	assert_int_equal(proc_run(argv, NULL, &out, NULL, 10000, NULL), 0);
	n = atoi(out);
	free(out);
	return n;
}

/* Another process that locks a byte of file as QEMU would. */
static pid_t
locker(const char *file, off_t byte)
{
	struct flock l = { .l_type = F_RDLCK, .l_whence = SEEK_SET,
	    .l_start = byte, .l_len = 1 };
	int fds[2], fd;
	pid_t pid;
	char c;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		fd = open(file, O_RDWR);
		if (fd == -1 || fcntl(fd, F_SETLK, &l) == -1 ||
		    write(fds[1], "", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
need(const char *program)
{
	char *path = proc_find(program);

	free(path);
	if (path == NULL) {
		print_message("%s is not installed\n", program);
		skip();
	}
}

/* Does qemu-img say that file stands on base, in these words? */
static bool
backed_by(const char *file, const char *base)
{
	char img[] = "qemu-img", info[] = "info", *copy = strdup(file);
	char *const argv[] = { img, info, copy, NULL };
	char *want = xasprintf("backing file: %s", base), *out = NULL, *at;
	bool found;

	assert_int_equal(proc_run(argv, NULL, &out, NULL, 10000, NULL), 0);
	at = strstr(out, want);
	found = at != NULL && (at[strlen(want)] == '\n' ||
	    at[strlen(want)] == ' ');
	free(copy);
	free(want);
	free(out);
	return found;
}

static void
test_images(void **state)
{
	struct qerr e = { 0 };
	char *format, *want;

	(void)state;
	need("qemu-img");
	assert_int_equal(qemuimg_create("base.img", 1 << 20, &e), 0);
	format = qemuimg_format("base.img", &e);
	assert_string_equal(format, "qcow2");
	free(format);
	/* a second time is no failure and changes nothing */
	assert_int_equal(qemuimg_create("base.img", 2 << 20, &e), 0);

	/* beside and below: relative, and right from elsewhere too */
	assert_int_equal(mkdir("sub", 0777), 0);
	assert_int_equal(qemuimg_create("sub/x,:y z.img", 1 << 20, &e), 0);
	assert_int_equal(qemuimg_overlay("over.qcow2", "base.img", &e), 0);
	assert_true(backed_by("over.qcow2", "base.img"));
	assert_int_equal(qemuimg_overlay("o2", "sub/x,:y z.img", &e), 0);
	assert_true(backed_by("o2", "sub/x,:y z.img"));
	assert_int_equal(chdir("sub"), 0);
	assert_int_equal(rename("x,:y z.img", "p:q"), 0);
	assert_int_equal(qemuimg_overlay("o3", "./p:q", &e), 0);
	assert_true(backed_by("o3", "./p:q"));
	/* above: absolute */
	assert_int_equal(qemuimg_overlay("o4", "../base.img", &e), 0);
	want = xasprintf("%s/base.img", dir);
	assert_true(backed_by("o4", want));
	free(want);
	assert_int_equal(chdir(dir), 0);
	format = qemuimg_format("sub/o4", &e);
	assert_string_equal(format, "qcow2");
	free(format);
}

static void
test_image_failures(void **state)
{
	struct qerr e = { 0 };
	int before;

	(void)state;
	need("qemu-img");
	assert_int_equal(qemuimg_create("base.img", 1 << 20, &e), 0);
	before = files();
	assert_int_equal(qemuimg_overlay("new", "gone.img", &e), -1);
	assert_non_null(strstr(e.msg, "'gone.img'"));
	assert_int_equal(qemuimg_overlay("no/dir/new", "base.img", &e), -1);
	assert_non_null(strstr(e.msg, "'no/dir/new'"));
	assert_int_equal(qemuimg_create("huge", UINT64_MAX, &e), -1);
	assert_non_null(strstr(e.msg, "'huge'"));
	assert_null(qemuimg_format("gone.img", &e));
	assert_null(qemuimg_format(".", &e));
	assert_false(there("new"));
	assert_int_equal(files(), before);
}

static void
test_reset(void **state)
{
	struct qerr e = { 0 };
	struct stat before, after;
	pid_t pid;

	(void)state;
	need("qemu-img");
	assert_int_equal(qemuimg_create("base.img", 1 << 20, &e), 0);
	assert_int_equal(qemuimg_overlay("real", "base.img", &e), 0);
	assert_int_equal(symlink("real", "link"), 0);
	assert_int_equal(stat("real", &before), 0);

	pid = locker("real", 101);
	assert_int_equal(qemuimg_reset("link", "base.img", &e), -1);
	assert_non_null(strstr(e.msg, "'link' is in use"));
	assert_int_equal(stat("real", &after), 0);
	assert_true(before.st_ino == after.st_ino);
	end(pid);

	assert_int_equal(qemuimg_reset("link", "gone", &e), -1);
	assert_int_equal(stat("real", &after), 0);
	assert_true(before.st_ino == after.st_ino);

	assert_int_equal(qemuimg_reset("link", "base.img", &e), 0);
	assert_int_equal(lstat("link", &after), 0);
	assert_true(S_ISLNK(after.st_mode));
	assert_int_equal(stat("real", &after), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_int_equal(files(), 3);
}

static void
test_in_use(void **state)
{
	pid_t pid;

	(void)state;
	write_file("d", "x");
	assert_false(qemuimg_in_use("d", true));
	assert_false(qemuimg_in_use("gone", true));
	pid = locker("d", 101);		/* somebody writes */
	assert_true(qemuimg_in_use("d", true));
	assert_true(qemuimg_in_use("d", false));
	end(pid);
	pid = locker("d", 201);		/* somebody reads, nobody may write */
	assert_true(qemuimg_in_use("d", true));
	assert_false(qemuimg_in_use("d", false));
	end(pid);
	pid = locker("d", 100);
	assert_false(qemuimg_in_use("d", true));
	end(pid);
}

/* QEMU's own locks are where we look for them. */
static void
test_real_lock(void **state)
{
	char program[] = "qemu-storage-daemon", opt[] = "--blockdev",
	    spec[] = "driver=file,node-name=f,filename=d,read-only=off,"
	    "locking=on", expo[] = "--export",
	    ex[] = "vhost-user-blk,id=e,node-name=f,writable=on,"
	    "addr.type=unix,addr.path=s", pidopt[] = "--pidfile",
	    pidfile[] = "pid", daemonize[] = "--daemonize";
	char *const argv[] = { program, opt, spec, expo, ex, pidopt, pidfile,
	    daemonize, NULL };
	struct qerr e = { 0 };
	char text[32] = "", *errs = NULL;
	FILE *f;
	pid_t pid;

	(void)state;
	need(program);
	write_file("d", "x");
	assert_int_equal(truncate("d", 1 << 20), 0);
	assert_int_equal(proc_run(argv, NULL, NULL, &errs, 10000, &e), 0);
	free(errs);
	assert_true(qemuimg_in_use("d", true));
	assert_true(qemuimg_in_use("d", false));
	f = fopen("pid", "r");
	assert_non_null(f);
	assert_non_null(fgets(text, sizeof(text), f));
	fclose(f);
	pid = atoi(text);
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

struct row {
	const char *file, *base;	/* of the one disk */
	const char *want;		/* "" nothing */
	bool create;
};

/* One VM with no NIC: QEMU is not asked anything. */
static void
lint_one(const struct lab *lab, const char *want)
{
	struct lint_conf conf = { .target = QEMU_LINUX };
	struct findings found = { 0 };

	lint_host(lab, &conf, &found);
	for (size_t i = 0; i < found.n; i++)
		if (want[0] == '\0' || strstr(found.f[i].text, want) == NULL)
			fail_msg("want '%s', got '%s'", want, found.f[i].text);
	if (found.n != (want[0] != '\0'))
		fail_msg("want '%s', got %zu findings", want, found.n);
	findings_free(&found);
}

static void
test_files(void **state)
{
	static const struct row rows[] = {
		{ "good", NULL, "", false },
		{ "gone", NULL, "disk 'gone' is not there", false },
		{ "gone", NULL, "", true },
		{ "no/gone", NULL, "disk 'no/gone' cannot be made: No such",
		    true },
		{ "good/x", NULL, "disk 'good/x': Not a directory", false },
		{ "sub", NULL, "disk 'sub' is a directory", false },
		{ "empty", NULL, "disk 'empty' is empty", false },
		{ "fifo", NULL, "disk 'fifo' is not a file", false },
		{ "gone", "good", "", false },
		{ "good", "gone", "base image 'gone' is not there", false },
		{ "gone", "empty", "base image 'empty' is empty", false },
		{ "\033[2J", NULL, "'\\x1b[2J' is not there", false },
	};

	(void)state;
	need("qemu-system-x86_64");
	write_file("good", "x");
	write_file("empty", "");
	assert_int_equal(mkdir("sub", 0777), 0);
	assert_int_equal(mkfifo("fifo", 0666), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab;
		struct lab_vm *vm;
		struct lab_disk *disk;

		lab_init(&lab);
		vm = lab_vm_add(&lab, "a");
		vm->arch = strdup("x86_64");
		disk = lab_disk_add(vm);
		disk->file = strdup(rows[i].file);
		if (rows[i].base != NULL)
			disk->base = strdup(rows[i].base);
		disk->create_bytes = rows[i].create ? 1 << 20 : 0;
		lint_one(&lab, rows[i].want);
		lab_free(&lab);
	}
}

static void
test_boot_files(void **state)
{
	struct lab lab;
	struct lab_vm *vm;

	(void)state;
	need("qemu-system-x86_64");
	write_file("good", "x");
	lab_init(&lab);
	vm = lab_vm_add(&lab, "a");
	vm->arch = strdup("x86_64");
	vm->cdrom = strdup("good");
	vm->kernel = strdup("good");
	vm->initrd = strdup("good");
	lint_one(&lab, "");
	stpcpy(vm->cdrom, "none");
	lint_one(&lab, "cdrom 'none' is not there");
	stpcpy(vm->cdrom, "good");
	stpcpy(vm->kernel, "none");
	lint_one(&lab, "kernel 'none' is not there");
	stpcpy(vm->kernel, "good");
	stpcpy(vm->initrd, "none");
	lint_one(&lab, "initrd 'none' is not there");
	lab_free(&lab);
}

static void
test_shared_disk(void **state)
{
	char one[] = "a";
	char *const only[] = { one, NULL };
	struct lint_conf conf = { .target = QEMU_LINUX, .vms = only };
	struct findings found = { 0 };
	struct lab lab;
	struct lab_vm *vm;
	pid_t pid;

	(void)state;
	need("qemu-system-x86_64");
	write_file("d", "x");
	assert_int_equal(link("d", "e"), 0);
	lab_init(&lab);
	vm = lab_vm_add(&lab, "a");
	vm->arch = strdup("x86_64");
	lab_disk_add(vm)->file = strdup("d");
	vm = lab_vm_add(&lab, "b");
	vm->arch = strdup("x86_64");
	lab_disk_add(vm)->file = strdup("e");
	lint_one(&lab, "disk 'e' of VM 'b' is a disk of VM 'a' too");
	lab.vms[1].ndisks = 0;
	lab_disk_add(&lab.vms[0])->file = strdup("e");
	lint_one(&lab, "disk 'e' is a disk of VM 'a' by another name");
	free(lab.vms[0].disks[--lab.vms[0].ndisks].file);
	lab.vms[1].ndisks = 1;
	/* not when they do not start together, or b throws its writes away */
	lint_host(&lab, &conf, &found);
	assert_int_equal(found.n, 0);
	lab.vms[1].snapshot = true;
	lint_one(&lab, "");
	pid = locker("d", 201);
	lint_one(&lab, "disk 'd' is in use by another process");
	end(pid);
	lab_free(&lab);
}

static void
test_qemu(void **state)
{
	struct lint_conf conf = { .target = QEMU_LINUX };
	struct findings found = { 0 };
	struct lab lab;
	struct lab_vm *vm;
	struct lab_net *net;
	char *path = proc_find("qemu-system-tricore");

	(void)state;
	need("qemu-system-x86_64");
	lab_init(&lab);
	net = lab_net_add(&lab, "n");
	net->mode = NET_HOST;
	vm = lab_vm_add(&lab, "a");
	vm->arch = strdup("tricore");
	strcpy(lab_nic_add(vm)->net, "n");
	lab_finish(&lab);
	free(path);
	if (path == NULL) {
		lint_one(&lab, "sudo apt-get install qemu-system-misc");
		conf.target = QEMU_DARWIN;
		lint_host(&lab, &conf, &found);
		assert_non_null(strstr(found.f[0].text, "brew install qemu"));
		findings_free(&found);
	}
	stpcpy(vm->arch, "x86_64");
	lint_one(&lab, "");
	/* user networks and vmnet are asked of QEMU itself */
	lab_nic_add(vm);
	lab_finish(&lab);
	lint_one(&lab, "");
	net->backend = BACKEND_VMNET;
	lint_one(&lab, "qemu-system-x86_64 has no netdev 'vmnet-host', which "
	    "NIC 'a/n' needs");
	lab_free(&lab);
}

static void
test_texts(void **state)
{
	int major, minor;

	(void)state;
	assert_true(linthost_version("QEMU emulator version 7.0.92 (Debian)\n",
	    &major, &minor));
	assert_int_equal(major, 7);
	assert_int_equal(minor, 0);
	assert_false(linthost_version("QEMU emulator\n", &major, &minor));
	assert_true(linthost_has_line("types:\nuser\r\ntap\n", "user"));
	assert_true(linthost_has_line("types:\nuser\ntap", "tap"));
	assert_false(linthost_has_line("vhost-user\nuserx\n\n", "user"));
	assert_string_equal(linthost_package("aarch64"), "qemu-system-arm");
	assert_string_equal(linthost_package("mips64el"), "qemu-system-mips");
	assert_string_equal(linthost_package("riscv64"), "qemu-system-misc");
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_images),
		TEST(test_image_failures),
		TEST(test_reset),
		TEST(test_in_use),
		TEST(test_real_lock),
		TEST(test_files),
		TEST(test_boot_files),
		TEST(test_shared_disk),
		TEST(test_qemu),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
