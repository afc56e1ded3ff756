/* SPDX-License-Identifier: ISC */
/* launch_test.c - VMs on vmnet, from their start to their end */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "labup.h"
#include "loop.h"
#include "proc.h"
#include "procs.h"
#include "runner.h"
#include "strv.h"
#include "testdir.h"

/*
 * The programs in tests/data/standin do what QEMU and sudo do on a Mac, as far
 * as what starts them can see; all else here is what qlab-run runs there.
 */
#define STANDIN		"tests/data/standin"

static const char text[] =
    "lab: standin\n"
    "networks:\n"
    "  wan: {mode: shared, subnet: 172.16.0.0/12}\n"
    "vms:\n"
    "  router: {arch: x86_64, nics: [wan]}\n"
    "  client: {arch: x86_64, nics: [wan]}\n";

static char top[64], args[96];
static struct strv said;
/* Who is told that VMs are up, when they shall stay so; -1: they shall not. */
static int stay = -1;

static void
say(void *arg, const char *line)
{
	(void)arg;
	strv_add(&said, line);
}

static void
on_up(void *arg)
{
	struct runner **r = arg;

	strv_add(&said, "up");
	if (stay == -1)
		runner_stop(*r, 0);
	else
		assert_int_equal(write(stay, "", 1), 1);
}

/* Is there anything left under the state directory? */
static bool
clean(void)
{
	return rmdir(top) == 0 && mkdir(top, 0700) == 0;
}

/* Start n of the VMs and stay with them; 0 or -1 with *e. */
static int
run_vms(size_t n, enum vnet_rights rights, struct qerr *e)
{
	bool wanted[] = { true };
	struct labup up;
	struct runner *r = NULL;
	struct lab lab;
	struct runner_conf rc = { .loop = loop_new(NULL), .lab = &lab, .up =
	    &up, .target = QEMU_DARWIN, .backend = BACKEND_VMNET, .rights =
	    rights, .start_ms = 1500, .arg = &r, .say = say, .on_up = on_up };
	int status;

	strv_free(&said);
	unlink(args);
	assert_int_equal(lab_parse(&lab, text, strlen(text), "lab.yaml", ".",
	    e), 0);
	assert_int_equal(labup_begin(&up, &lab, BACKEND_VMNET, e), 0);
	assert_int_equal(labup_nets(&up, &lab, wanted, e), 0);
	assert_int_equal(up.holder.fd, -1);
	assert_int_equal(up.backend, BACKEND_VMNET);
	r = runner_new(&rc, e);
	assert_non_null(r);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(runner_start(r, &lab.vms[i], NULL, e), 0);
	labup_unlock(&up);
	loop_run(rc.loop);
	e->kind = QERR_NONE;
	status = runner_finish(r, e);
	labup_end(&up);
	loop_free(rc.loop);
	lab_free(&lab);
	return status;
}

static bool
was_said(const char *words)
{
	for (size_t i = 0; i < said.n; i++)
		if (strstr(said.v[i], words) != NULL)
			return true;
	return false;
}

/* How often is that line among the arguments? */
static int
given(const char *word)
{
	FILE *f = fopen(args, "r");
	char line[4096];
	int n = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		n += strcmp(line, word) == 0;
	}
	if (f != NULL)
		fclose(f);
	return n;
}

/* The stand-in's last pid, as it wrote it down itself. */
static pid_t
started_pid(void)
{
	FILE *f = fopen(args, "r");
	char line[4096];
	long pid = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "pid: ", 5) == 0)
			pid = strtol(line + 5, NULL, 10);
	if (f != NULL)
		fclose(f);
	return (pid_t)pid;
}

static void
test_comes_up_and_goes(void **state)
{
	struct qerr e;

	(void)state;
	setenv("STANDIN", "live", 1);
	assert_int_equal(run_vms(2, VNET_ANYBODY, &e), 0);
	assert_true(was_said("up"));
	assert_true(was_said("router: ended"));
	assert_true(was_said("client: ended"));
	assert_int_equal(given("vmnet-shared,id=wan,start-address=172.16.0.1,"
	    "end-address=172.31.255.254,subnet-mask=255.240.0.0"), 2);
	assert_true(clean());
}

/* facts of QEMU's sources: each has one explanation and one status. */
static void
test_each_error(void **state)
{
	static const struct {
		const char *standin, *has;
		enum qerr_kind kind, root_kind;
	} cases[] = {
		{ "say 'start-address', 'end-address', 'subnet-mask' should "
		    "be provided together", "three addresses", QERR_FAIL,
		    QERR_FAIL },
		{ "say Invalid UUID provided in 'net-uuid'", "uuid", QERR_FAIL,
		    QERR_FAIL },
		{ "say vmnet-shared.isolated feature is unavailable: outdated "
		    "vmnet.framework API", "macOS 11", QERR_FAIL, QERR_FAIL },
		{ "say unsupported ifname 'en7', expected one of [ en0 ]",
		    "en7", QERR_FAIL, QERR_FAIL },
		{ "say unsupported ifname 'en7', no supported interfaces "
		    "available", "no interface of this Mac", QERR_FAIL,
		    QERR_FAIL },
		{ "say unable to create interface with requested params",
		    "refuses", QERR_PERM, QERR_FAIL },
		{ "say cannot create vmnet interface: general failure "
		    "(possibly not enough privileges)", "root", QERR_PERM,
		    QERR_FAIL },
		{ "say cannot create vmnet interface: memory allocation "
		    "failure", "memory", QERR_FAIL, QERR_FAIL },
		{ "say cannot create vmnet interface: invalid argument "
		    "specified", "addresses", QERR_FAIL, QERR_FAIL },
		{ "say cannot create vmnet interface: interface setup is not "
		    "complete", "try again", QERR_FAIL, QERR_FAIL },
		{ "say cannot create vmnet interface: invalid access, "
		    "permission denied", "permitted", QERR_PERM, QERR_PERM },
		{ "say cannot create vmnet interface: buffers exhausted in "
		    "kernel", "buffers", QERR_FAIL, QERR_FAIL },
		{ "say cannot create vmnet interface: conflict, sharing "
		    "service is in use", "Internet Sharing", QERR_FAIL,
		    QERR_FAIL },
		{ "say cannot create vmnet interface: unknown vmnet error",
		    "does not know", QERR_FAIL, QERR_FAIL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct qerr e;

		print_message("%s\n", cases[i].standin);
		setenv("STANDIN", cases[i].standin, 1);
		assert_int_equal(run_vms(1, VNET_ROOT, &e), -1);
		assert_int_equal(e.kind, cases[i].root_kind);
		assert_non_null(strstr(e.msg, cases[i].has));
		assert_int_equal(strncmp(e.msg, "router: ", 8), 0);
		/* QEMU's own words stand below. */
		assert_non_null(strstr(e.msg, ":\nqemu-system-x86_64: "));
		assert_false(was_said("up"));
		assert_true(clean());
		if (geteuid() == 0)
			continue;
		assert_int_equal(run_vms(1, VNET_ANYBODY, &e), -1);
		assert_int_equal(e.kind, cases[i].kind);
	}
}

static void
test_one_fails_the_other_is_stopped(void **state)
{
	struct qerr e;

	(void)state;
	setenv("STANDIN", "say cannot create vmnet interface: conflict, "
	    "sharing service is in use", 1);
	assert_int_equal(run_vms(2, VNET_ROOT, &e), -1);
	assert_int_equal(e.kind, QERR_FAIL);
	assert_true(clean());
}

static void
test_hang_ends_at_a_timeout(void **state)
{
	struct qerr e;

	(void)state;
	setenv("STANDIN", "hang", 1);
	assert_int_equal(run_vms(1, VNET_ANYBODY, &e), -1);
	if (e.kind != QERR_TIMEOUT)
		fail_msg("%s", e.msg);
	assert_non_null(strstr(e.msg, "router: QEMU did not come up"));
	assert_non_null(strstr(e.msg, "vmnet gives no answer"));
	assert_true(clean());
}

/* Of the stub nobody hears QEMU's pid. */
static bool
tells_pids(void)
{
	return procs_can_die_with_parent() || procs_self_dir() != NULL;
}

/* Killed, it may take its parent, or init, a moment to see it. */
static bool
ends(pid_t pid)
{
	struct proc_id id = { 0 };

	for (int i = 0; i < 500; i++) {
		if (proc_id_get(pid, &id, NULL) == -1)
			return true;
		usleep(10000);
	}
	return false;
}

/* What is started by a sudo with use_pty goes too, before its sudo does. */
static void
test_hang_by_sudo(void **state)
{
	static const char *const sudos[] = { "yes", "pty" };

	(void)state;
	setenv("STANDIN", "hang", 1);
	for (size_t i = 0; i < 2; i++) {
		struct qerr e;

		setenv("STANDIN_SUDO", sudos[i], 1);
		assert_int_equal(run_vms(1, VNET_ROOT, &e), -1);
		assert_int_equal(e.kind, QERR_TIMEOUT);
		assert_int_equal(given("as root: 1"), 1);
		assert_true(started_pid() > 0);
		if (tells_pids())
			assert_true(ends(started_pid()));
		else
			kill(started_pid(), SIGKILL);
		assert_true(clean());
	}
	unsetenv("STANDIN_SUDO");
}

static void
test_success_then_death(void **state)
{
	struct qerr e;

	(void)state;
	stay = open("/dev/null", O_WRONLY);
	setenv("STANDIN", "die qemu-system-x86_64: vmnet: read failed: gone",
	    1);
	assert_int_equal(run_vms(1, VNET_ANYBODY, &e), -1);
	close(stay);
	stay = -1;
	assert_true(was_said("up"));
	assert_int_equal(e.kind, QERR_FAIL);
	assert_non_null(strstr(e.msg, "gives no frames: 'gone'"));
	assert_true(clean());
}

static void
test_by_sudo(void **state)
{
	struct qerr e;

	(void)state;
	setenv("STANDIN", "root", 1);
	assert_int_equal(run_vms(2, VNET_ROOT, &e), 0);
	assert_true(was_said("up"));
	assert_int_equal(given("as root: 1"), 2);
	assert_int_equal(given("as root: 0"), 0);
	assert_true(clean());
}

static void
test_first_without_root(void **state)
{
	struct qerr e;

	(void)state;
	if (getenv("STANDIN_REAL_SUDO") != NULL)
		skip();		/* root's without it, too */
	/* macOS 26 that lets us */
	setenv("STANDIN", "live", 1);
	assert_int_equal(run_vms(1, VNET_TRY, &e), 0);
	assert_int_equal(given("as root: 0"), 1);
	assert_int_equal(given("as root: 1"), 0);
	/* and one that does not */
	setenv("STANDIN", "root", 1);
	assert_int_equal(run_vms(1, VNET_TRY, &e), 0);
	assert_true(was_said("again by sudo"));
	assert_true(was_said("up"));
	assert_int_equal(given("as root: 0"), 1);
	assert_int_equal(given("as root: 1"), 1);
	/* what is no matter of rights is not tried again */
	setenv("STANDIN", "say cannot create vmnet interface: memory "
	    "allocation failure", 1);
	assert_int_equal(run_vms(1, VNET_TRY, &e), -1);
	assert_false(was_said("again by sudo"));
	assert_true(clean());
}

static void
test_sudo_says_no(void **state)
{
	struct qerr e;

	(void)state;
	if (getenv("STANDIN_REAL_SUDO") != NULL)
		skip();
	setenv("STANDIN", "root", 1);
	setenv("STANDIN_SUDO", "no", 1);
	assert_int_equal(run_vms(1, VNET_ROOT, &e), -1);
	assert_int_equal(e.kind, QERR_PERM);
	assert_non_null(strstr(e.msg, "sudo -v"));
	assert_int_equal(run_vms(1, VNET_TRY, &e), -1);
	assert_int_equal(e.kind, QERR_PERM);
	unsetenv("STANDIN_SUDO");
	assert_true(clean());
}

/* The pid that the stand-in's VM is written down with. */
static pid_t
qemu_pid(void)
{
	struct state st;
	struct state_lab *lab;
	pid_t pid = 0;

	if (state_load(&st, NULL) == -1)
		return 0;
	lab = state_lab_find(&st, "standin");
	if (lab != NULL && lab->nvms > 0 && lab->vms[0].alive)
		pid = lab->vms[0].qemu.pid;
	state_free(&st);
	return pid;
}

/* Killed, we leave no QEMU, and certainly not one that sudo started. */
static void
test_killed(void **state)
{
	struct proc_id id;
	int p[2], status;
	pid_t pid, qemu;
	bool up, known;
	char c, line[32];

	(void)state;
	if (!tells_pids())
		skip();
	assert_int_equal(pipe(p), 0);
	setenv("STANDIN", "root", 1);
	stay = p[1];
	pid = fork();
	if (pid == 0) {
		struct qerr e;

		close(p[0]);
		run_vms(1, VNET_ROOT, &e);
		_exit(0);
	}
	close(p[1]);
	stay = -1;
	up = read(p[0], &c, 1) == 1;
	close(p[0]);
	/* The registry knows QEMU's own pid, not sudo's. */
	qemu = qemu_pid();
	known = qemu > 0 && proc_id_get(qemu, &id, NULL) == 0;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	assert_true(up);
	assert_true(known);
	snprintf(line, sizeof(line), "pid: %d", (int)qemu);
	assert_int_equal(given(line), 1);
	assert_int_equal(given("as root: 1"), 1);
	for (int i = 0; i < 1000 && proc_id_alive(&id); i++)
		usleep(5000);
	assert_false(proc_id_alive(&id));
}

static int
set_up(void **state)
{
	char cwd[4096], *path;

	(void)state;
	if (getcwd(cwd, sizeof(cwd)) == NULL)
		return -1;
	/* With a real sudo PATH has QEMU's stand-in already. */
	path = getenv("STANDIN_REAL_SUDO") != NULL ? xstrdup(getenv("PATH")) :
	    xasprintf("%s/" STANDIN ":%s", cwd, getenv("PATH"));
	snprintf(top, sizeof(top), "/tmp/qlab-launch.XXXXXX");
	if (access(STANDIN "/sudo", X_OK) == -1 || mkdtemp(top) == NULL)
		return -1;
	snprintf(args, sizeof(args), "%s.args", top);
	signal(SIGPIPE, SIG_IGN);
	setenv("PATH", path, 1);
	setenv("QLAB_STATE", top, 1);
	setenv("STANDIN_ARGS", args, 1);
	unsetenv("SUDO_UID");
	free(path);
	path = xasprintf("%s.log", top);
	setenv("XDG_STATE_HOME", path, 1);
	free(path);
	return 0;
}

static int
tear_down(void **state)
{
	char *logs = xasprintf("%s.log", top);
	int rc = remove_all(top) | remove_all(logs) | remove_all(args);

	(void)state;
	free(logs);
	strv_free(&said);
	return rc;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_up_and_goes),
		cmocka_unit_test(test_each_error),
		cmocka_unit_test(test_one_fails_the_other_is_stopped),
		cmocka_unit_test(test_hang_ends_at_a_timeout),
		cmocka_unit_test(test_hang_by_sudo),
		cmocka_unit_test(test_success_then_death),
		cmocka_unit_test(test_by_sudo),
		cmocka_unit_test(test_first_without_root),
		cmocka_unit_test(test_sudo_says_no),
		cmocka_unit_test(test_killed),
	};

	return cmocka_run_group_tests_name("launch", tests, set_up, tear_down);
}
