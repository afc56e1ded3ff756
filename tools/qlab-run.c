/* SPDX-License-Identifier: ISC */
/* qlab-run.c - launch a lab's VMs and the networks they need */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disks.h"
#include "foreground.h"
#include "labup.h"
#include "launch.h"
#include "lint.h"
#include "ready.h"
#include "run-check.h"
#include "run-explain.h"
#include "run-lab.h"
#include "run-reset.h"
#include "run-vmnet.h"
#include "runner.h"
#include "tool.h"
#include "vnet.h"

#define GRACE_MS	10000	/* for guests that were asked to power down */
#define WAIT_DEFAULT	300	/* seconds; a guest under TCG takes its time */

enum {
	OPT_CHECK = 256, OPT_WAIT, OPT_SNAPSHOT, OPT_FREEZE, OPT_RESET, OPT_LAB,
	OPT_BACKEND, OPT_HOST_NET, OPT_TARGET, OPT_SUDOERS,
	OPT_FLAGS,		/* + enum lab_flag */
};

static const struct tool_opt options[] = {
	TOOL_OPT_FILE,
	TOOL_OPT_DETACH,
	TOOL_OPT_DRY,
	{ OPT_CHECK, "check", NULL, "only look for mistakes, in a lab file or "
	    "after -- a QEMU command line", false },
	{ OPT_WAIT, "wait", "SECS", "detach, and wait until the VMs are ready",
	    true },
	{ OPT_SNAPSHOT, "snapshot", NULL, "throw what is written to disks away",
	    false },
	{ OPT_FREEZE, "freeze", NULL, "start with the processors stopped",
	    false },
	{ OPT_RESET, "reset", "VM", "put a VM's overlays back to their bases",
	    false },
	{ OPT_TARGET, "target", "SYSTEM", "linux or darwin, with -n or "
	    "--check: as there", false },
	{ OPT_SUDOERS, "print-sudoers", NULL, "the rule that lets macOS start "
	    "the VMs without a password", false },
	TOOL_OPT_BACKEND(OPT_BACKEND),
	TOOL_OPT_HOST_NET(OPT_HOST_NET),
	{ OPT_LAB, "lab", "NAME", "name of a lab without a file (default "
	    DEFAULT_LAB ")", false },
	{ OPT_FLAGS + FLAG_DISK, "disk", "FILE", "a disk: FILE[,base=FILE]"
	    "[,create=SIZE]", false },
	{ OPT_FLAGS + FLAG_NIC, "nic", "NET", "a NIC: NETWORK or MODE[:SUBNET]"
	    "[,dhcp=off][,mac=M][,model=M]", false },
	{ OPT_FLAGS + FLAG_FORWARD, "forward", "F", "tcp:127.0.0.1:2222:22",
	    false },
	{ OPT_FLAGS + FLAG_MEMORY, "memory", "SIZE", "512M, 2G", false },
	{ OPT_FLAGS + FLAG_CPUS, "cpus", "N", "processors", false },
	{ OPT_FLAGS + FLAG_CDROM, "cdrom", "FILE", "a CD image", false },
	{ OPT_FLAGS + FLAG_BOOT, "boot", "ORDER", "as QEMU's -boot", false },
	{ OPT_FLAGS + FLAG_KERNEL, "kernel", "FILE", "boot this kernel",
	    false },
	{ OPT_FLAGS + FLAG_INITRD, "initrd", "FILE", "with this initrd",
	    false },
	{ OPT_FLAGS + FLAG_APPEND, "append", "TEXT", "and this command line",
	    false },
	{ OPT_FLAGS + FLAG_ARCH, "arch", "ARCH", "x86_64, aarch64, ...",
	    false },
	{ OPT_FLAGS + FLAG_MACHINE, "machine", "M", "as QEMU's -machine",
	    false },
	{ OPT_FLAGS + FLAG_ACCEL, "accel", "A", "auto, kvm, hvf, tcg", false },
	{ OPT_FLAGS + FLAG_CPU, "cpu", "MODEL", "as QEMU's -cpu", false },
	{ OPT_FLAGS + FLAG_DISPLAY, "display", "D", "none, window", false },
	{ OPT_FLAGS + FLAG_READY, "ready", "COND", "console:PATTERN, tcp:PORT "
	    "or lease", false },
	TOOL_OPT_END
};

static const struct tool run_tool = {
	.name = "qlab-run",
	.synopsis = "[-dn] [-f FILE] [--wait[=SECS]] [--snapshot] [--freeze] "
	    "[VM...] [-- ARG...]\n"
	    "[-dn] [--lab NAME] --disk FILE --nic NET [FLAG...] [VM] "
	    "[-- ARG...]\n"
	    "[-f FILE] --reset VM\n"
	    "[-f FILE] --print-sudoers [VM...]\n"
	    "[-f FILE] --check [VM... | FILE | - | -- QEMU-COMMAND...]",
	.opts = options,
	.in_order = true,
};

static struct {
	const char *file, *lab, *reset;
	bool detach, dry, host_net, check, wait, snapshot, freeze, sudoers;
	bool elsewhere;		/* --target is another machine */
	enum qemu_target target;
	enum net_backend require;	/* AUTO: any */
	long wait_ms;
	struct lab_flags flags;
	struct strv vms;
	char **extra;		/* after "--", NULL-terminated */
} opt;

static struct run_lab chosen = { .flags = &opt.flags, .vms = &opt.vms };

/* One start, from the lab file to the last VM's end. */
struct session {
	struct lab lab;
	const struct lab_vm **vms;	/* that are meant */
	size_t nvms;
	struct loop *loop;
	struct labup up;
	struct runner *runner;
	struct foreground *fg;
	bool signalled;
	struct run_vmnet vmnet;
	int started;			/* pipe to who detached us; -1: none */
};

static void
get_options(int argc, char *argv[])
{
	int c;

	opt.wait_ms = WAIT_DEFAULT * 1000L;
	opt.target = qemu_target_here();
	while ((c = tool_getopt(&run_tool, argc, argv)) != -1)
		switch (c) {
		case TOOL_OPERAND: strv_add(&opt.vms, optarg); break;
		case 'f': opt.file = optarg; break;
		case 'd': opt.detach = true; break;
		case 'n': opt.dry = true; break;
		case OPT_CHECK: opt.check = true; break;
		case OPT_SNAPSHOT: opt.snapshot = true; break;
		case OPT_FREEZE: opt.freeze = true; break;
		case OPT_RESET: opt.reset = optarg; break;
		case OPT_LAB: opt.lab = optarg; break;
		case OPT_BACKEND: opt.require = tool_backend(optarg); break;
		case OPT_HOST_NET: opt.host_net = true; break;
		case OPT_TARGET:
			opt.target = run_target(optarg, &opt.elsewhere);
			break;
		case OPT_SUDOERS: opt.sudoers = true; break;
		case OPT_WAIT:
			opt.wait = opt.detach = true;
			if (optarg != NULL)
				opt.wait_ms = tool_seconds("--wait",
				    optarg);
			break;
		default:
			lab_flags_add(&opt.flags, (enum lab_flag)(c -
			    OPT_FLAGS), optarg);
		}
	opt.extra = argv + optind;
	if (opt.host_net)
		opt.require = tool_host_net(opt.require);
	if (opt.elsewhere && !opt.dry && !opt.check && !opt.sudoers)
		tool_usage("--target: VMs run on this system only; -n or "
		    "--check tells of another");
}

static void
choose_vms(struct session *s)
{
	s->vms = xcalloc(s->lab.nvms + opt.vms.n, sizeof(*s->vms));
	s->nvms = 0;
	for (size_t i = 0; opt.snapshot && i < s->lab.nvms; i++)
		s->lab.vms[i].snapshot = true;
	if (opt.flags.n > 0 && s->lab.path == NULL)
		s->vms[s->nvms++] = &s->lab.vms[0];
	else if (opt.vms.n == 0)
		for (size_t i = 0; i < s->lab.nvms; i++)
			s->vms[s->nvms++] = &s->lab.vms[i];
	else
		for (size_t i = 0; i < opt.vms.n; i++) {
			const struct lab_vm *vm = run_lab_vm(&s->lab,
			    opt.vms.v[i]);
			bool twice = false;

			for (size_t k = 0; k < s->nvms; k++)
				twice |= s->vms[k] == vm;
			if (!twice)
				s->vms[s->nvms++] = vm;
		}
	if (s->nvms == 0 && !opt.check)
		tool_usage("'%s' has no VMs", s->lab.file);
}

/* Does this very VM run already?  Then its disks are rightly in use. */
static bool
runs(const struct state *st, const struct lab *lab, const char *vm)
{
	const struct state_lab *was = state_lab_find(st, lab->name);
	const struct state_vm *sv = was != NULL ? state_vm_find(was, vm) : NULL;

	return sv != NULL && sv->alive && (was->file == NULL) ==
	    (lab->path == NULL) && (lab->path == NULL ||
	    strcmp(was->file, lab->path) == 0);
}

static int
lint(const struct session *s, FILE *f)
{
	char **names = xcalloc(s->nvms + 1, sizeof(*names));
	struct lint_conf conf = { .target = opt.target,
	    .backend = opt.require != BACKEND_AUTO || opt.elsewhere ?
	    opt.require : vnet_backend(), .elsewhere = opt.elsewhere,
	    .host_net = opt.host_net, .vms = names,
	    .apart = opt.check && opt.vms.n == 0 };
	struct findings found = { 0 };
	const struct state_lab *was;
	struct qerr err;
	struct state st;
	size_t n = 0;
	int rc;

	if ((opt.dry || opt.check ? state_load(&st, &err) :
	    state_load_clean(&st, &err)) == -1)
		tool_die(&err);
	for (size_t i = 0; i < s->nvms; i++)
		if (!runs(&st, &s->lab, s->vms[i]->name))
			names[n++] = (char *)s->vms[i]->name;
	was = state_lab_find(&st, s->lab.name);
	conf.host_net |= was != NULL && was->holder_alive && was->host_net;
	lint_lab(&s->lab, &conf, &found);
	qemu_args_lint(opt.extra, 0, opt.target, &found);
	/* Files and routes are those of the other machine. */
	if (!opt.elsewhere) {
		lint_host(&s->lab, &conf, &found);
		check_routes(&s->lab, &conf, was != NULL && was->alive,
		    &found);
	}
	rc = check_print(s->lab.file != NULL ? s->lab.file : "qlab-run",
	    &found, f);
	findings_free(&found);
	state_free(&st);
	free(names);
	return rc;
}

static bool *
wanted_nets(const struct session *s)
{
	bool *wanted = xcalloc(s->lab.nnets, sizeof(*wanted));

	for (size_t i = 0; i < s->nvms; i++)
		for (size_t k = 0; k < s->vms[i]->nnics; k++) {
			const struct lab_net *net = lab_net_find(&s->lab,
			    s->vms[i]->nics[k].net);

			if (net != NULL)
				wanted[net - s->lab.nets] = true;
		}
	return wanted;
}

/* What is to be run, before anything is. */
static void
explain(const struct session *s)
{
	bool *wanted = wanted_nets(s);
	struct run_explain x = { .lab = &s->lab, .vms = s->vms,
	    .nvms = s->nvms, .wanted = wanted, .require = opt.require,
	    .host_net = opt.host_net, .rc = { .lab = (struct lab *)&s->lab,
	    .target = opt.target, .freeze = opt.freeze, .extra = opt.extra,
	    .rights = s->vmnet.rights, .qemu_version = s->vmnet.version } };

	if (opt.sudoers)
		run_explain_sudoers(&x);
	else
		run_explain(&x);
	free(wanted);
}

static void
say_one(void *arg, const char *text)
{
	(void)arg;
	tool_say("%s", text);
}

static void
say_notes(struct strv *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		tool_say("%s", notes->v[i]);
	strv_free(notes);
}

/* Who detached us learns that all VMs run; from here on we have no terminal. */
static void
on_up(void *arg)
{
	struct session *s = arg;

	if (s->started != -1) {
		int null = open("/dev/null", O_RDWR);

		if (write(s->started, "", 1) != 1) {
			/* It is gone: nobody waits. */
		}
		close(s->started);
		s->started = -1;
		setsid();
		for (int fd = 0; fd < 3; fd++)
			dup2(null, fd);
		close(null);
	} else if (s->fg == NULL) {
		for (size_t i = 0; i < s->nvms; i++)
			tool_say("%s: running (qlab-ctl console %s)",
			    s->vms[i]->name, s->vms[i]->name);
	}
}

static void
on_console(void *arg, const void *data, size_t len)
{
	struct session *s = arg;

	foreground_show(s->fg, data, len);
}

static void
on_typed(void *arg, const void *data, size_t len)
{
	struct session *s = arg;

	if (s->runner != NULL)
		runner_type(s->runner, data, len);
}

static void
on_signal(void *arg, int sig)
{
	struct session *s = arg;

	(void)sig;
	if (s->runner == NULL)
		return;
	if (!s->signalled && s->fg == NULL && s->started == -1)
		tool_say("stopping; once more to stop at once");
	s->signalled = true;
	runner_stop(s->runner, opt.freeze ? 0 : GRACE_MS);
}

/* Those that run already are said and left alone. */
static void
drop_running(struct session *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->nvms; i++) {
		const struct state_vm *was = state_vm_find(&s->up.was,
		    s->vms[i]->name);

		if (was != NULL && was->alive)
			tool_say("%s: running already", s->vms[i]->name);
		else
			s->vms[n++] = s->vms[i];
	}
	s->nvms = n;
}

static int
start_all(struct session *s, struct qerr *e)
{
	struct runner_conf rc = { .loop = s->loop, .lab = &s->lab,
	    .up = &s->up, .target = opt.target, .backend = s->up.backend,
	    .rights = s->vmnet.rights, .qemu_version = s->vmnet.version,
	    .freeze = opt.freeze, .extra = opt.extra, .arg = s, .say = say_one,
	    .on_up = on_up, .on_console = s->fg != NULL ? on_console : NULL };

	s->runner = runner_new(&rc, e);
	if (s->runner == NULL)
		return -1;
	for (size_t i = 0; i < s->nvms; i++) {
		struct strv formats = { 0 };
		int r = disks_prepare(&s->lab, s->vms[i], &formats, e);

		if (r == 0)
			r = runner_start(s->runner, s->vms[i], formats.v, e);
		strv_free(&formats);
		if (r == -1)
			return -1;
	}
	return 0;
}

/*
 * The definition that runs may have won over the file's, so the VMs are chosen
 * again.  Then everything up to the last VM's start, under the lab's lock.
 */
static int
bring_up(struct session *s, bool *nothing_to_do, struct qerr *e)
{
	bool *wanted;
	int rc;

	if (labup_begin(&s->up, &s->lab, opt.require, e) == -1)
		return -1;
	say_notes(&s->up.notes);
	if (s->up.reread)
		run_lab_flags(&chosen, &s->lab);
	free(s->vms);
	choose_vms(s);
	drop_running(s);
	*nothing_to_do = s->nvms == 0;
	if (s->nvms == 0)
		return 0;
	wanted = wanted_nets(s);
	s->up.host_net = opt.host_net;
	rc = labup_nets(&s->up, &s->lab, wanted, e);
	free(wanted);
	say_notes(&s->up.notes);
	if (rc == -1)
		return -1;
	if (s->nvms == 1 && s->started == -1 && !opt.detach) {
		if (isatty(STDIN_FILENO))
			tool_say("%s: Ctrl-A X quits, Ctrl-A C is QEMU's "
			    "monitor, Ctrl-A H helps", s->vms[0]->name);
		s->fg = foreground_open(s->loop, on_typed, s, e);
		if (s->fg == NULL)
			return -1;
	}
	rc = start_all(s, e);
	if (rc == 0)
		labup_unlock(&s->up);
	return rc;
}

static int
run(struct session *s)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct qerr err = { .kind = QERR_NONE }, late;
	bool nothing = false;
	int rc;

	s->loop = loop_new(&err);
	if (s->loop == NULL)
		tool_die(&err);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		if (loop_signal(s->loop, sigs[i], on_signal, s, &err) == -1)
			tool_die(&err);
	rc = bring_up(s, &nothing, &err);
	if (rc == 0 && !nothing)
		loop_run(s->loop);
	else if (rc == 0)
		on_up(s);
	if (s->runner != NULL && runner_finish(s->runner, &late) == -1 &&
	    rc == 0) {
		err = late;
		rc = -1;
	}
	foreground_close(s->fg);
	if (rc == -1)
		tool_say_err(&err);
	labup_end(&s->up);
	loop_free(s->loop);
	return rc == -1 ? (int)err.kind : 0;
}

/* After the detached child has said that its VMs run. */
static int
wait_ready(const struct session *s)
{
	int64_t until = loop_now_ms() + opt.wait_ms;
	struct qerr err;
	struct state st;

	if (state_load(&st, &err) == -1)
		tool_die(&err);
	for (size_t i = 0; i < s->nvms; i++) {
		const struct lab_vm *vm = s->vms[i];
		struct state_lab *lab = state_lab_find(&st, s->lab.name);
		struct state_vm *sv = lab != NULL ? state_vm_find(lab,
		    vm->name) : NULL;
		int64_t left = until - loop_now_ms();

		if (sv == NULL) {
			tool_say("%s: ended", vm->name);
			return QERR_FAIL;
		}
		if (ready_wait(lab, sv, vm->ready, vm->nready,
		    left > 0 ? (int)left : 0, &err) == -1)
			tool_die(&err);
	}
	state_free(&st);
	return 0;
}

static int
detach(struct session *s)
{
	int p[2], status;
	pid_t pid;
	char c;

	if (pipe(p) == -1 || (pid = fork()) == -1) {
		tool_say("cannot detach: %s", strerror(errno));
		return QERR_FAIL;
	}
	if (pid == 0) {
		/* make -j waits for whoever has its pipe, others for theirs. */
		for (int fd = STDERR_FILENO + 1; fd < 256; fd++)
			if (fd != p[1])
				close(fd);
		fcntl(p[1], F_SETFD, FD_CLOEXEC);
		/* sudo's right may be this terminal's alone: see on_up(). */
		if (s->vmnet.rights == VNET_ANYBODY)
			setsid();
		s->started = p[1];
		exit(run(s));
	}
	close(p[1]);
	if (read(p[0], &c, 1) == 1)
		return opt.wait ? wait_ready(s) : 0;
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : QERR_FAIL;
}

int
main(int argc, char *argv[])
{
	static struct session s = { .started = -1, .up = { .lock = -1,
	    .holder = HOLDER_CONN_INIT } };
	int rc;

	get_options(argc, argv);
	chosen.lab = opt.lab;
	chosen.check = opt.check;
	if (opt.check && opt.extra[0] != NULL)
		return tool_finish(check_words(opt.extra));
	if (opt.check && opt.vms.n == 1) {
		if (check_file(opt.vms.v[0], &rc))
			return tool_finish(rc);
		if (access(opt.vms.v[0], F_OK) == 0) {
			/* Not QEMU's, so a lab's. */
			opt.file = opt.vms.v[0];
			opt.vms.n = 0;
		}
	}
	chosen.file = opt.file;
	run_lab_get(&chosen, &s.lab);
	if (opt.reset != NULL && opt.vms.n > 0)
		tool_usage("--reset starts nothing: leave '%s' out",
		    opt.vms.v[0]);
	if (opt.reset != NULL)
		return tool_finish(run_reset(&s.lab,
		    run_lab_vm(&s.lab, opt.reset)));
	choose_vms(&s);
	rc = lint(&s, opt.check ? stdout : stderr);
	if (opt.check || rc != 0)
		return tool_finish(rc);
	s.vmnet = run_vmnet_look(&s.lab, s.vms, s.nvms, opt.extra,
	    opt.target, opt.require);
	if (opt.dry || opt.sudoers) {
		explain(&s);
		return tool_finish(0);
	}
	run_vmnet_permit(&s.vmnet, &opt.require);
	return tool_finish(opt.detach ? detach(&s) : run(&s));
}
