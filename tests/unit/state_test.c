/* SPDX-License-Identifier: ISC */
/* state_test.c - the registry: hostile files, refusals, locks, sweeping */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
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
#include "state.h"
#include "statedir.h"

#define LAN	"{\"name\":\"lan\",\"mode\":\"host\",\"backend\":\"auto\"," \
    "\"dhcp\":true,\"isolated\":false,\"transparent\":false}"

/* ROOT/REL with text in it; its directories are made. */
static void
put(const char *rel, const void *text, size_t len)
{
	char *path = xasprintf("%s/%s", root, rel);
	int fd;

	for (char *p = path + strlen(top) + 1; (p = strchr(p, '/')) != NULL;
	    p++) {
		*p = '\0';
		if (mkdir(path, 0700) == -1)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	close(fd);
	free(path);
}

static void
puts_to(const char *rel, const char *text)
{
	put(rel, text, strlen(text));
}

static bool
there(const char *rel)
{
	char *path = xasprintf("%s/%s", root, rel);
	struct stat st;
	bool is = lstat(path, &st) == 0;

	free(path);
	return is;
}

/* A process that waits until it is killed. */
static pid_t
sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	assert_true(pid > 0);
	return pid;
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
root_is_made(void **state)
{
	struct qerr e;
	struct stat st;

	(void)state;
	assert_string_equal(state_root(false, &e), root);
	assert_int_equal(lstat(root, &st), -1);
	assert_string_equal(state_root(true, &e), root);
	assert_int_equal(lstat(root, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	assert_string_equal(state_root(true, &e), root);
}

static void
root_is_refused(void **state)
{
	struct qerr e;
	char *other = xasprintf("%s/other", top);
	char name[300];

	(void)state;
	assert_int_equal(mkdir(other, 0700), 0);
	/* A link, even to a directory of ours. */
	assert_int_equal(symlink(other, root), 0);
	assert_null(state_root(true, &e));
	assert_int_equal(e.kind, QERR_PERM);
	assert_non_null(strstr(e.msg, root));
	assert_int_equal(unlink(root), 0);
	/* A file. */
	assert_int_equal(mknod(root, S_IFREG | 0600, 0), 0);
	assert_null(state_root(true, &e));
	assert_int_equal(e.kind, QERR_PERM);
	assert_int_equal(unlink(root), 0);
	/* Others may look in, or write. */
	for (unsigned mode = 1; mode <= 040; mode <<= 1) {
		assert_int_equal(mkdir(root, 0700), 0);
		assert_int_equal(chmod(root, 0700 | mode), 0);
		assert_null(state_root(true, &e));
		assert_int_equal(e.kind, QERR_PERM);
		assert_non_null(strstr(e.msg, "refused"));
		assert_int_equal(rmdir(root), 0);
	}
	/* Nobody's below, nor a relative or endless one. */
	setenv("QLAB_STATE", "state", 1);
	assert_null(state_root(true, &e));
	assert_int_equal(e.kind, QERR_INPUT);
	memset(name, 'x', sizeof(name) - 1);
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	setenv("QLAB_STATE", name, 1);
	assert_null(state_root(true, &e));
	assert_int_equal(e.kind, QERR_INPUT);
	setenv("QLAB_STATE", "/nonexistent/x", 1);
	assert_null(state_root(true, &e));
	assert_int_equal(e.kind, QERR_FAIL);
	free(other);
}

static void
root_of_another(void **state)
{
	struct qerr e;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(mkdir(root, 0700), 0);
	assert_int_equal(chown(root, 12345, (gid_t)-1), 0);
	assert_null(state_root(true, &e));
	assert_int_equal(e.kind, QERR_PERM);
	assert_non_null(strstr(e.msg, "owner 12345"));
	/* By sudo it is just that user's. */
	setenv("SUDO_UID", "12345", 1);
	assert_int_equal(state_owner(), 12345);
	assert_string_equal(state_root(true, &e), root);
	assert_int_equal(rmdir(root), 0);
	assert_string_equal(state_root(true, &e), root);
	setenv("SUDO_UID", "12345x", 1);
	assert_int_equal(state_owner(), 0);
	assert_null(state_root(true, &e));
	unsetenv("SUDO_UID");
}

/* What a state directory may hold without taking a tool down. */
static void
hostile_vm(void **state)
{
	static const char *const texts[] = {
		"", "{", "[]", "null", "\"x\"", "{}", "{\"schema\":1",
		"{\"qemu\":7,\"runner\":[],\"nics\":{},\"argv\":\"x\"}",
		"{\"qemu\":{\"pid\":\"1\",\"start\":null},\"nics\":[1,null,"
		"\"x\",{}],\"argv\":[1,{},null,\"ok\"]}",
		"{\"qemu\":{\"pid\":-1,\"start\":-1},\"runner\":{\"pid\":"
		"-1,\"start\":-1}}",
		"{\"qemu\":{\"pid\":9223372036854775807,\"start\":0}}",
		"{\"qemu\":{\"pid\":4294967297,\"start\":0}}",
		"{\"qemu\":{\"pid\":1e400}}",
		"{\"vm\":\"a\\u0000b\"}",
		"{\"vm\":\"\xff\"}",
		"{} trailing",
		"{\"nics\":[{\"id\":\"0123456789012345678901234567890123456789"
		"01234567890123456789\",\"mac\":\"52:54:00\",\"hostif\":"
		"\"0123456789012345678901234567890123456789\",\"mode\":"
		"\"01234567890123456789\"}]}",
	};

	(void)state;
	assert_non_null(state_root(true, NULL));
	puts_to("l/lab.json", "{\"networks\":[" LAN ",{\"name\":7},3,null]}");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct state st;
		struct qerr e;

		puts_to("l/v/vm.json", texts[i]);
		assert_int_equal(state_load(&st, &e), 0);
		assert_int_equal(st.nlabs, 1);
		assert_false(st.labs[0].alive);
		assert_int_equal(st.labs[0].nnets, 1);
		for (size_t k = 0; k < st.labs[0].nvms; k++) {
			assert_string_equal(st.labs[0].vms[k].name, "v");
			assert_false(st.labs[0].vms[k].alive);
		}
		state_free(&st);
	}
}

static void
hostile_lab(void **state)
{
	static const char *const texts[] = {
		"", "nonsense", "[1]", "{\"networks\":7,\"file\":8}",
		"{\"networks\":{}}", "{\"file\":\"\\u0000\"}",
		"{\"networks\":[{\"name\":\"a\",\"mode\":\"host\",\"subnet\":"
		"\"1.2.3.4/99\"}]}",
	};
	struct state st;
	struct qerr e;

	(void)state;
	assert_non_null(state_root(true, NULL));
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		puts_to("l/lab.json", texts[i]);
		puts_to("l/holder.json", texts[i]);
		assert_int_equal(state_load(&st, &e), 0);
		assert_int_equal(st.nlabs, 1);
		assert_int_equal(st.labs[0].nnets, 0);
		assert_false(st.labs[0].alive);
		state_free(&st);
	}
}

/* Nothing that stands in a file's place is waited for or followed. */
static void
no_files(void **state)
{
	char *fifo = xasprintf("%s/l/v/vm.json", root);
	char *json = xasprintf("%s/l/w/vm.json", root), *big;
	char *dir = xasprintf("%s/l/holder.json", root);
	size_t len = (16 << 20) + 1;
	struct state st;
	struct qerr e;

	(void)state;
	assert_non_null(state_root(true, NULL));
	puts_to("stray", "");
	puts_to("l/v/x", "");
	puts_to("l/w/x", "");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_int_equal(symlink("/dev/zero", json), 0);
	assert_int_equal(mkdir(dir, 0700), 0);
	big = xcalloc(1, len);
	memset(big, ' ', len);
	memcpy(big, "{}", 2);
	put("l/b/vm.json", big, len);
	free(big);
	assert_int_equal(state_load(&st, &e), 0);
	assert_int_equal(st.nlabs, 1);
	assert_null(state_lab_find(&st, "stray"));
	assert_int_equal(state_lab_find(&st, "l")->nvms, 0);
	state_free(&st);
	free(fifo);
	free(json);
	free(dir);
}

static struct state_vm
living_vm(const char *name, pid_t qemu)
{
	struct state_vm vm = { .started_us = 1700000000123456 };

	snprintf(vm.name, sizeof(vm.name), "%s", name);
	assert_int_equal(proc_id_get(qemu, &vm.qemu, NULL), 0);
	assert_int_equal(proc_id_get(0, &vm.runner, NULL), 0);
	return vm;
}

static void
written_and_read(void **state)
{
	char *argv[] = { (char *)"qemu", (char *)"-name", (char *)"a\xff",
	    (char *)"", NULL };
	struct state_nic nic = { .id = "lan", .net = "lan", .mode = "host",
	    .mac = { 2, 0, 0, 0, 0, 9 }, .model = "e1000", .hostif = "tap7",
	    .evidence = "registry" };
	struct lab lab;
	struct state_vm vm, *got;
	struct state_lab back;
	struct qerr e;
	pid_t qemu;
	size_t len;
	char *dir, *text;
	int lock;

	(void)state;
	lock = state_lock("one", 0, &dir, &e);
	assert_int_not_equal(lock, -1);
	qemu = sleeper();
	if (proc_id_get(qemu, &vm.qemu, &e) == -1) {
		end(qemu);	/* the stub knows no processes */
		close(lock);
		free(dir);
		skip();
		return;
	}
	vm = living_vm("a", qemu);
	vm.argv = argv;
	vm.nics = &nic;
	vm.nnics = 1;
	vm.qmp = (char *)"/x/qmp.sock";
	lab_init(&lab);
	snprintf(lab.name, sizeof(lab.name), "one");
	lab.path = xstrdup("/some/where/lab.yaml");
	lab_net_add(&lab, "lan")->mode = NET_HOST;
	lab_finish(&lab);
	assert_int_equal(state_write_lab(dir, &lab, BACKEND_USERSPACE,
	    "text\0x", 6, &e), 0);
	assert_int_equal(state_write_vm(dir, &vm, &e), 0);

	state_load_lab(&back, dir);
	assert_string_equal(back.name, "one");
	assert_string_equal(back.file, "/some/where/lab.yaml");
	assert_int_equal(back.backend, BACKEND_USERSPACE);
	assert_int_equal(back.nnets, 1);
	assert_true(back.alive && !back.holder_alive);
	got = state_vm_find(&back, "a");
	assert_non_null(got);
	assert_true(got->alive);
	assert_true(got->qemu.pid == qemu && got->qemu.start == vm.qemu.start);
	assert_true(got->started_us == 1700000000123456);
	assert_string_equal(got->argv[2], "?");
	assert_string_equal(got->argv[3], "");
	assert_null(got->argv[4]);
	assert_int_equal(got->nnics, 1);
	assert_string_equal(got->nics[0].hostif, "tap7");
	assert_memory_equal(got->nics[0].mac, nic.mac, 6);
	assert_string_equal(got->qmp, "/x/qmp.sock");
	assert_null(got->console);
	state_lab_release(&back);
	text = state_read_text(dir, &len);
	assert_int_equal(len, 6);
	assert_memory_equal(text, "text\0x", 7);
	free(text);

	/* What lives stays; what died goes, with what was half made. */
	puts_to("one/half/qmp.sock", "");
	state_sweep(dir, NULL);
	assert_true(there("one/a/vm.json") && !there("one/half"));
	end(qemu);
	struct strv said = { 0 };
	state_sweep(dir, &said);
	assert_int_equal(said.n, 2);
	assert_string_equal(said.v[0], "VM one:a");
	assert_string_equal(said.v[1], "lab one");
	assert_false(there("one"));
	strv_free(&said);
	lab_free(&lab);
	close(lock);
	free(dir);
}

/* The same pid with another start time is another process. */
static void
a_pid_used_anew(void **state)
{
	struct state_lab lab;
	struct qerr e;
	struct proc_id self;
	char *dir;
	int lock = state_lock("l", 0, &dir, &e);

	(void)state;
	assert_int_not_equal(lock, -1);
	if (proc_id_get(0, &self, NULL) == -1) {
		close(lock);
		free(dir);
		skip();
		return;
	}
	assert_int_equal(state_write_holder(dir, &self, false, &e), 0);
	state_load_lab(&lab, dir);
	assert_true(lab.holder_alive && lab.alive);
	state_lab_release(&lab);
	self.start++;
	assert_int_equal(state_write_holder(dir, &self, false, &e), 0);
	state_load_lab(&lab, dir);
	assert_true(!lab.holder_alive && !lab.alive);
	state_lab_release(&lab);
	close(lock);
	free(dir);
}

static void
lock_excludes(void **state)
{
	struct qerr e;
	char *dir, *again;
	int lock = state_lock("l", 0, &dir, &e), second;
	int64_t begin;

	(void)state;
	assert_int_not_equal(lock, -1);
	assert_int_equal(state_lock("l", 0, &again, &e), -1);
	assert_null(again);
	assert_int_equal(e.kind, QERR_TIMEOUT);
	begin = loop_now_ms();
	assert_int_equal(state_lock("l", 100, &again, &e), -1);
	assert_true(loop_now_ms() - begin >= 100);
	/* Another lab is another lock. */
	second = state_lock("m", 0, &again, &e);
	assert_int_not_equal(second, -1);
	close(second);
	free(again);
	close(lock);
	second = state_lock("l", 0, &again, &e);
	assert_int_not_equal(second, -1);
	close(second);
	free(again);
	free(dir);
	/* Not a name, not out of the root. */
	assert_int_equal(state_lock("../x", 0, &dir, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_int_equal(state_lock("lock", 0, &dir, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
}

/*
 * Who waited for a lab that was removed meanwhile gets a lock that others see,
 * not one on a file that has no name any more.
 */
static void
lab_removed_under_a_waiter(void **state)
{
	struct qerr e;
	char *dir, *again;
	int lock = state_lock("l", 0, &dir, &e), ready[2], status;
	char c;
	pid_t pid;

	(void)state;
	assert_int_not_equal(lock, -1);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	if (pid == 0) {
		close(lock);
		if (write(ready[1], "", 1) != 1)
			_exit(9);
		lock = state_lock("l", 5000, &again, &e);
		if (lock == -1)
			_exit(1);
		/* The waiter now excludes others. */
		_exit(state_lock("l", 0, &again, &e) == -1 ? 0 : 2);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	state_sweep(dir, NULL);
	assert_false(there("l"));
	close(lock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	close(ready[0]);
	close(ready[1]);
	free(dir);
}

/* Many at once, each removing the lab at its end: never two inside. */
static void
lock_race(void **state)
{
	enum { WORKERS = 4, TURNS = 100 };
	pid_t pids[WORKERS];

	(void)state;
	for (int i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		for (int k = 0; k < TURNS; k++) {
			struct qerr e;
			char *dir, *path;
			int lock = state_lock("l", 20000, &dir, &e), fd;

			if (lock == -1)
				_exit(1);
			path = xasprintf("%s/inside", top);
			fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0600);
			if (fd == -1)
				_exit(2);
			close(fd);
			unlink(path);
			state_sweep(dir, NULL);
			close(lock);
			free(path);
			free(dir);
		}
		_exit(0);
	}
	for (int i = 0; i < WORKERS; i++) {
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_false(there("l"));
}

static void
links_are_not_followed(void **state)
{
	char *link = xasprintf("%s/l", root), *dir;
	char *lock = xasprintf("%s/m/lock", root);
	struct qerr e;

	(void)state;
	assert_non_null(state_root(true, NULL));
	assert_int_equal(symlink("/tmp", link), 0);
	assert_int_equal(state_lock("l", 0, &dir, &e), -1);
	assert_int_equal(e.kind, QERR_PERM);
	puts_to("m/x", "");
	assert_int_equal(symlink("x", lock), 0);
	assert_int_equal(state_lock("m", 0, &dir, &e), -1);
	assert_null(dir);
	free(link);
	free(lock);
}

static void
socket_paths(void **state)
{
	char buf[200], small[20];
	struct qerr e;

	(void)state;
	assert_int_equal(state_socket_path(buf, sizeof(buf), &e, "%0103d", 0),
	    0);
	assert_int_equal(strlen(buf), 103);
	assert_int_equal(state_socket_path(buf, sizeof(buf), &e, "%0104d", 0),
	    -1);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_non_null(strstr(e.msg, "QLAB_STATE"));
	assert_int_equal(state_socket_path(small, sizeof(small), &e, "%020d",
	    0), -1);
}

static void
rotation(void **state)
{
	char *log = xasprintf("%s/log", root), *old = xasprintf("%s.1", log);

	(void)state;
	puts_to("log", "");
	state_rotate(log, true);	/* an empty one is not worth it */
	assert_true(there("log") && !there("log.1"));
	puts_to("log", "small");
	state_rotate(log, false);
	assert_true(there("log") && !there("log.1"));
	assert_int_equal(truncate(log, (4 << 20) + 1), 0);
	state_rotate(log, false);
	assert_true(!there("log") && there("log.1"));
	puts_to("log", "new");
	state_rotate(log, true);
	assert_int_equal(truncate(old, 3), 0);
	state_rotate(log, true);	/* none there */
	assert_true(there("log.1"));
	free(log);
	free(old);
}

static void
events(void **state)
{
	char *path = xasprintf("%s/qlab/l/events.ndjson", top), line[256];
	FILE *f;

	(void)state;
	state_event("l", "vm-started", json_pack("{s:s}", "vm",
	    "a\n\x1b[2J"));
	state_event("l", "networks-down", NULL);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, "\"event\":\"vm-started\",\"lab\":\"l\","
	    "\"vm\":\"a\\n\\u001B[2J\"}\n"));
	assert_non_null(fgets(line, sizeof(line), f));
	assert_non_null(strstr(line, "\"networks-down\""));
	assert_null(fgets(line, sizeof(line), f));
	fclose(f);
	free(path);
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* Not that what is below it is not there. */
static void
log_dir_denied(void **state)
{
	char *closed, *want;
	struct qerr e;

	(void)state;
	if (geteuid() == 0)
		skip();
	closed = xasprintf("%s/closed", top);
	assert_int_equal(mkdir(closed, 0500), 0);
	setenv("XDG_STATE_HOME", closed, 1);
	assert_null(state_log_dir("lab", &e));
	want = xasprintf("cannot make '%s/qlab': Permission denied", closed);
	assert_string_equal(e.msg, want);
	assert_int_equal(e.kind, QERR_PERM);
	setenv("XDG_STATE_HOME", top, 1);
	rmdir(closed);
	free(want);
	free(closed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(root_is_made),
		T(root_is_refused),
		T(root_of_another),
		T(hostile_vm),
		T(hostile_lab),
		T(no_files),
		T(written_and_read),
		T(a_pid_used_anew),
		T(lock_excludes),
		T(lab_removed_under_a_waiter),
		T(lock_race),
		T(links_are_not_followed),
		T(socket_paths),
		T(rotation),
		T(events),
		T(log_dir_denied),
	};

	return cmocka_run_group_tests_name("state", tests, NULL, NULL);
}
