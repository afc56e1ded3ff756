/* SPDX-License-Identifier: ISC */
/* stateclean_test.c - dead labs go when met, what is in use stays */
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sock.h"
#include "state.h"
#include "statedir.h"

static bool
there(const char *path)
{
	char *full = xasprintf("%s/%s", root, path);
	bool yes = access(full, F_OK) == 0;

	free(full);
	return yes;
}

/* A lab with one VM and a holder; each lives as long as we, or is dead. */
static void
make_lab(const char *name, bool vm_lives, bool holder_lives)
{
	struct proc_id self, dead;
	struct state_vm vm = { .name = "vm" };
	struct qerr e;
	char *dir;
	int lock = state_lock(name, 0, &dir, &e);

	assert_int_not_equal(lock, -1);
	if (proc_id_get(0, &self, NULL) == -1)
		skip();
	dead = (struct proc_id){ self.pid, self.start + 1 };
	vm.qemu = vm.runner = vm_lives ? self : dead;
	assert_int_equal(state_write_vm(dir, &vm, &e), 0);
	assert_int_equal(state_write_holder(dir, holder_lives ? &self : &dead,
	    false, &e), 0);
	close(lock);
	free(dir);
}

static void
only_the_dead_go(void **state)
{
	struct state st;
	struct qerr e;

	(void)state;
	make_lab("dead", false, false);
	make_lab("half", false, true);
	make_lab("live", true, true);
	make_lab("nonet", true, false);
	assert_int_equal(state_load(&st, &e), 0);
	assert_int_equal(st.nlabs, 4);
	state_free(&st);
	assert_int_equal(state_load_clean(&st, &e), 0);
	assert_int_equal(st.nlabs, 3);
	assert_null(state_lab_find(&st, "dead"));
	assert_int_equal(state_lab_find(&st, "half")->nvms, 0);
	assert_int_equal(state_lab_find(&st, "live")->nvms, 1);
	assert_int_equal(state_lab_find(&st, "nonet")->nvms, 1);
	assert_false(there("dead"));
	assert_false(there("half/vm"));
	assert_true(there("half/holder.json"));
	assert_true(there("live/vm/vm.json"));
	state_free(&st);
}

/* Who has the lock is about to change it: it is his, and nobody waits. */
static void
locked_labs_stay(void **state)
{
	struct state st;
	struct qerr e;
	char *dir;
	int lock;

	(void)state;
	make_lab("dead", false, false);
	lock = state_lock("dead", 0, &dir, &e);
	assert_int_not_equal(lock, -1);
	assert_int_equal(state_load_clean(&st, &e), 0);
	assert_int_equal(st.nlabs, 1);
	assert_true(there("dead/vm/vm.json"));
	state_free(&st);
	close(lock);
	free(dir);
	assert_int_equal(state_load_clean(&st, &e), 0);
	assert_int_equal(st.nlabs, 0);
	assert_false(there("dead"));
	state_free(&st);
}

/* What is no directory is no lab, and not ours to remove. */
static void
strangers_stay(void **state)
{
	struct state st;
	struct qerr e;
	char *file = xasprintf("%s/file", root), *link = xasprintf("%s/link",
	    root), *dir = xasprintf("%s/dir", top);
	FILE *f;

	(void)state;
	assert_non_null(state_root(true, &e));
	f = fopen(file, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(symlink(dir, link), 0);
	assert_int_equal(state_load_clean(&st, &e), 0);
	assert_int_equal(st.nlabs, 0);
	assert_true(there("file") && there("link") && there("../dir"));
	state_free(&st);
	free(file);
	free(link);
	free(dir);
}

/* What cannot be removed is told; what can is. */
static void
a_stubborn_thing(void **state)
{
	struct strv said = { 0 };
	struct qerr e;
	char *path = xasprintf("%s/dead/vm/sub", root), *dir;
	int lock;

	(void)state;
	make_lab("dead", false, false);
	assert_int_equal(mkdir(path, 0700), 0);
	lock = state_lock("dead", 0, &dir, &e);
	assert_int_not_equal(lock, -1);
	assert_int_equal(state_sweep(dir, &said), -1);
	assert_int_equal(said.n, 0);
	assert_false(there("dead/vm/vm.json"));
	close(lock);
	assert_int_equal(rmdir(path), 0);
	free(dir);
	lock = state_lock("dead", 0, &dir, &e);
	assert_int_equal(state_sweep(dir, &said), 0);
	assert_int_equal(said.n, 2);
	assert_false(there("dead"));
	close(lock);
	strv_free(&said);
	free(path);
	free(dir);
}

static void
nothing_there(void **state)
{
	struct state st;
	struct qerr e;

	(void)state;
	assert_int_equal(state_load_clean(&st, &e), 0);
	assert_int_equal(st.nlabs, 0);
	assert_int_equal(access(root, F_OK), -1);	/* nothing was made */
	state_free(&st);
}

/* As from within another PID namespace: nobody is to be seen, but answers. */
static void
who_answers_stays(void **state)
{
	char *path;
	struct state st;
	struct qerr e;
	int fd;

	(void)state;
	make_lab("far", false, false);
	path = xasprintf("%s/far/holder.sock", root);
	fd = sock_listen(path, &e);
	assert_int_not_equal(fd, -1);
	assert_int_equal(state_load_clean(&st, &e), 0);
	state_free(&st);
	assert_true(there("far/vm/vm.json"));
	close(fd);
	assert_int_equal(state_load_clean(&st, &e), 0);
	state_free(&st);
	assert_false(there("far"));
	free(path);
}

/* The same, too busy to take a connection. */
static void
who_is_busy_stays(void **state)
{
	int listener, fds[512];
	size_t n = 0;
	struct state st;
	struct qerr e = { 0 };
	bool full;
	char *path;

	(void)state;
	make_lab("far", false, false);
	path = xasprintf("%s/far/holder.sock", root);
	listener = sock_listen(path, &e);
	assert_int_not_equal(listener, -1);
	while (n < 512 && (fds[n] = sock_connect(path, 0, &e)) != -1)
		n++;
	free(path);
	full = e.kind == QERR_TIMEOUT;
	if (full) {
		assert_int_equal(state_load_clean(&st, &e), 0);
		state_free(&st);
		assert_true(there("far/vm/vm.json"));
	}
	while (n > 0)
		close(fds[--n]);
	close(listener);
	if (!full)
		skip();		/* a full queue looks like none here */
}

#define T(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(only_the_dead_go),
		T(locked_labs_stay),
		T(who_answers_stays),
		T(who_is_busy_stays),
		T(strangers_stay),
		T(a_stubborn_thing),
		T(nothing_there),
	};

	return cmocka_run_group_tests_name("stateclean", tests, NULL, NULL);
}
