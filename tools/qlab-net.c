/* SPDX-License-Identifier: ISC */
/* qlab-net.c - a lab's networks: up, down, list, run a command inside, clean */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "labup.h"
#include "lint.h"
#include "loop.h"
#include "near.h"
#include "net-gc.h"
#include "net-ls.h"
#include "run-check.h"
#include "state.h"
#include "tool.h"
#include "vnet.h"

#define EXEC_FAILED	125
#define OPT_BACKEND	256
#define OPT_HOST_NET	257
#define DOWN_MS		10000

static struct {
	const char *file;
	bool dry, host_net, json, no_header, quiet;
	enum net_backend require;	/* AUTO: any */
} opt;

static const struct tool_opt options[] = {
	TOOL_OPT_FILE,
	TOOL_OPT_NOHEAD,
	TOOL_OPT_JSON,
	TOOL_OPT_DRY,
	TOOL_OPT_QUIET,
	TOOL_OPT_BACKEND(OPT_BACKEND),
	TOOL_OPT_HOST_NET(OPT_HOST_NET),
	TOOL_OPT_END
};

static const struct tool net_tool = {
	.name = "qlab-net",
	.synopsis = "[-n] [-f FILE] [--host-net] up [NETWORK...]\n"
	    "[-n] [-f FILE] down [LAB:]\n"
	    "[-Hjq] ls [LAB:]\n"
	    "exec NETWORK|LAB [--] [COMMAND [ARG...]]\n"
	    "[-n] gc",
	.opts = options,
	.in_order = true,
};

static void
say_notes(const struct strv *notes)
{
	for (size_t i = 0; i < notes->n; i++)
		tool_say("%s", notes->v[i]);
}

static void
load_lab(struct lab *lab)
{
	struct qerr err;

	if (lab_load(lab, opt.file != NULL ? opt.file : "lab.yaml",
	    &err) == -1) {
		if (err.kind == QERR_NOTFOUND && opt.file == NULL)
			tool_usage("no lab file './lab.yaml' here: name one "
			    "with -f");
		tool_die_file(opt.file != NULL ? opt.file : "lab.yaml", &err,
		    stderr);
	}
}

static void __attribute__((noreturn))
no_such_net(const struct lab *lab, const char *name)
{
	struct strv names = { 0 };
	struct qerr err;
	char *near, *all;

	for (size_t i = 0; i < lab->nnets; i++)
		strv_add(&names, lab->nets[i].name);
	near = near_names(name, names.v, names.n);
	all = strv_join(&names, " ", 8);
	qerr_set(&err, QERR_NOTFOUND, "no network '%s' in '%s' (%s%s)", name,
	    lab->file, near != NULL ? "near: " : "there are: ",
	    near != NULL ? near : all);
	free(near);
	free(all);
	strv_free(&names);
	tool_die(&err);
}

/* Which networks of the lab are meant: those named, or all that are ours. */
static bool *
wanted_nets(const struct lab *lab, char **names)
{
	bool *wanted = xcalloc(lab->nnets, sizeof(*wanted));

	for (size_t i = 0; i < lab->nnets && *names == NULL; i++)
		wanted[i] = lab->nets[i].mode != NET_USER;
	for (; *names != NULL; names++) {
		const char *name = strncmp(*names, "net:", 4) == 0 ?
		    *names + 4 : *names;
		const struct lab_net *net = lab_net_find(lab, name);

		if (net == NULL) {
			free(wanted);
			no_such_net(lab, name);
		}
		wanted[net - lab->nets] = true;
	}
	return wanted;
}

/* No network is made of what cannot work; VMs are qlab-run's to check. */
static int
lint_nets(const struct lab *lab)
{
	char *none[] = { NULL };
	struct lint_conf conf = { .target = qemu_target_here(),
	    .backend = opt.require != BACKEND_AUTO ? opt.require :
	    vnet_backend(), .host_net = opt.host_net, .vms = none };
	struct findings found = { 0 };
	const struct state_lab *was;
	struct state st;
	struct qerr err;
	bool runs;
	int rc;

	if (state_load(&st, &err) == -1)
		tool_die(&err);
	was = state_lab_find(&st, lab->name);
	conf.host_net |= was != NULL && was->holder_alive && was->host_net;
	runs = was != NULL && was->alive;
	state_free(&st);
	lint_lab(lab, &conf, &found);
	check_routes(lab, &conf, runs, &found);
	rc = check_print(lab->file, &found, stderr);
	findings_free(&found);
	return rc;
}

static int
cmd_up(char **args)
{
	struct labup up;
	struct qerr err;
	struct lab lab;
	bool *wanted;
	int rc;

	load_lab(&lab);
	rc = lint_nets(&lab);
	if (rc != 0) {
		lab_free(&lab);
		return rc;
	}
	wanted = wanted_nets(&lab, args);
	if (opt.dry) {
		struct strv lines = { 0 };
		enum net_backend backend;

		if (labup_explain(&lab, wanted, qemu_target_here(),
		    opt.require, opt.host_net, &backend, &lines, &err) == -1)
			tool_die(&err);
		for (size_t i = 0; i < lines.n; i++)
			printf("%s\n", lines.v[i]);
		strv_free(&lines);
		free(wanted);
		lab_free(&lab);
		return 0;
	}
	rc = labup_begin(&up, &lab, opt.require, &err);
	up.host_net = opt.host_net;
	if (rc == 0)
		rc = labup_nets(&up, &lab, wanted, &err);
	if (rc == 0 && up.backend == BACKEND_VMNET)
		rc = qerr_set(&err, QERR_FAIL, "vmnet's networks come with "
		    "their first VM and go with the last: 'qlab-run'");
	if (rc == 0 && up.holder.fd != -1)
		rc = holder_pin(&up.holder, true, &err);
	if (rc == 0)
		labup_unlock(&up);
	say_notes(&up.notes);
	if (rc == -1)
		tool_say_err(&err);
	labup_end(&up);
	free(wanted);
	lab_free(&lab);
	return rc == 0 ? 0 : (int)err.kind;
}

/* The lab that is meant: the operand's, or the lab file's. */
static char *
lab_name_of(char **args)
{
	struct lab lab;
	char *name;

	if (args[0] != NULL) {
		size_t len = strcspn(args[0], ":");

		if (args[1] != NULL)
			tool_usage("one lab at a time");
		name = xasprintf("%.*s", (int)len, args[0]);
		if (!lab_name_ok(name) || (args[0][len] == ':' &&
		    args[0][len + 1] != '\0'))
			tool_usage("'%s' is no lab: write LAB:", args[0]);
		return name;
	}
	load_lab(&lab);
	name = xstrdup(lab.name);
	lab_free(&lab);
	return name;
}

/* How many VMs of it run? */
static int
running_vms(const struct state_lab *lab)
{
	int n = 0;

	for (size_t i = 0; i < lab->nvms; i++)
		n += lab->vms[i].alive;
	return n;
}

static int
still_running(const char *name, int n, struct qerr *e)
{
	return qerr_set(e, QERR_FAIL, "%d VM%s of lab '%s' still run%s: "
	    "'qlab-ctl stop %s:' first", n, n > 1 ? "s" : "", name,
	    n > 1 ? "" : "s", name);
}

static int
explain_down(const char *name)
{
	const struct state_lab *lab;
	struct state st;
	struct qerr err;
	int n;

	if (state_load(&st, &err) == -1)
		tool_die(&err);
	lab = state_lab_find(&st, name);
	n = lab != NULL ? running_vms(lab) : 0;
	if (n > 0) {
		still_running(name, n, &err);
		tool_die(&err);
	}
	printf("lab '%s': %s\n", name, lab != NULL && lab->holder_alive ?
	    "its networks would be removed" : "no networks are up");
	state_free(&st);
	return 0;
}

/* It is down when its holder is. */
static int
wait_down(const struct state_lab *lab, struct qerr *e)
{
	int64_t until = loop_now_ms() + DOWN_MS;

	while (proc_id_alive(&lab->holder)) {
		if (loop_now_ms() > until)
			return qerr_set(e, QERR_FAIL, "lab '%s' is still in "
			    "use: its networks stay up until that ends",
			    lab->name);
		usleep(5000);
	}
	return 0;
}

static int
cmd_down(char **args)
{
	struct holder_conn c = HOLDER_CONN_INIT;
	char *name = lab_name_of(args), *dir;
	struct state_lab lab;
	struct qerr err;
	int lock, n, rc = 0;

	if (opt.dry) {
		rc = explain_down(name);
		free(name);
		return rc;
	}
	lock = state_lock(name, STATE_LOCK_MS, &dir, &err);
	if (lock == -1)
		tool_die(&err);
	state_load_lab(&lab, dir);
	n = running_vms(&lab);
	if (n > 0)
		rc = still_running(name, n, &err);
	else if (lab.holder_alive) {
		rc = holder_connect(&c, dir, &err);
		if (rc == 0)
			rc = holder_pin(&c, false, &err);
	} else {
		tool_say("%s: no networks are up", name);
		state_sweep(dir, NULL);
	}
	/* It needs the lock to go. */
	close(lock);
	holder_close(&c);
	if (rc == 0 && lab.holder_alive)
		rc = wait_down(&lab, &err);
	if (rc == -1)
		tool_say_err(&err);
	state_lab_release(&lab);
	free(dir);
	free(name);
	return rc == -1 ? (int)err.kind : 0;
}

static int
cmd_ls(char **args)
{
	char *only = args[0] != NULL ? lab_name_of(args) : NULL;

	net_ls(only, opt.quiet ? NET_LS_NAMES : opt.json ? NET_LS_JSON :
	    opt.no_header ? NET_LS_BARE : NET_LS_TABLE);
	free(only);
	return 0;
}

/* NETWORK, net:NETWORK, LAB or LAB: */
static struct state_lab *
exec_lab(struct state *st, const char *word)
{
	struct state_target t;
	struct qerr err, first;
	char *net = strchr(word, ':') == NULL ? xasprintf("net:%s", word) :
	    xstrdup(word);
	char *lab = xasprintf("%.*s:", (int)strcspn(word, ":"), word);

	if (state_resolve(st, net, &t, &first) == -1 &&
	    (strchr(word, ':') != NULL ||
	    state_resolve(st, lab, &t, &err) == -1)) {
		tool_say_err(&first);
		exit(EXEC_FAILED);
	}
	free(net);
	free(lab);
	if (!t.lab->holder_alive) {
		tool_say("lab '%s' has no networks up", t.lab->name);
		exit(EXEC_FAILED);
	}
	if (t.lab->backend == BACKEND_USERSPACE) {
		tool_say("lab '%s' is on backend userspace: it has no network "
		    "namespace to run a command in", t.lab->name);
		exit(EXEC_FAILED);
	}
	return t.lab;
}

static int
cmd_exec(char **args)
{
	const char *shell = getenv("SHELL");
	char *fallback[] = { NULL, NULL };
	struct state_lab *lab;
	struct state st;
	struct qerr err;
	char **command;
	int rc;

	if (args[0] == NULL)
		tool_usage("exec: no network or lab named");
	command = args + 1;
	if (*command != NULL && strcmp(*command, "--") == 0)
		command++;
	if (*command == NULL) {
		fallback[0] = (char *)(shell != NULL && *shell != '\0' ?
		    shell : "/bin/sh");
		command = fallback;
	}
	if (state_load_clean(&st, &err) == -1) {
		tool_say_err(&err);
		return EXEC_FAILED;
	}
	lab = exec_lab(&st, args[0]);
	rc = vnet_join(&lab->holder, &err);
	state_free(&st);
	if (rc == -1) {
		tool_say_err(&err);
		return EXEC_FAILED;
	}
	execvp(command[0], command);
	rc = errno == ENOENT ? 127 : 126;
	tool_say("cannot run '%s': %s", command[0], strerror(errno));
	return rc;
}

static int
cmd_gc(char **args)
{
	if (args[0] != NULL)
		tool_usage("gc takes no operands");
	return net_gc(opt.dry);
}

static const struct {
	const char *name;
	const char *options;	/* letters it takes; R, N: --require-backend,
				   --host-net */
	int (*fn)(char **args);
} commands[] = {
	{ "up", "fnRN", cmd_up }, { "down", "fn", cmd_down },
	{ "ls", "Hjq", cmd_ls }, { "exec", "", cmd_exec },
	{ "gc", "n", cmd_gc },
};

static void
check_options(const char *name, const char *takes, const char *given)
{
	for (; *given != '\0'; given++)
		if (strchr(takes, *given) == NULL)
			tool_usage("'%s' takes no %s", name, *given == 'R' ?
			    "--require-backend" : *given == 'N' ?
			    "--host-net" : (char[]){ '-', *given, '\0' });
	if (opt.json && opt.quiet)
		tool_usage("-j and -q exclude each other");
}

int
main(int argc, char *argv[])
{
	static char **operands;		/* until the end */
	char given[16] = "";
	size_t n = 0;
	int c;

	operands = xcalloc((size_t)argc + 1, sizeof(*operands));
	while ((c = tool_getopt(&net_tool, argc, argv)) != -1) {
		switch (c) {
		case 'f': opt.file = optarg; break;
		case 'H': opt.no_header = true; break;
		case 'j': opt.json = true; break;
		case 'n': opt.dry = true; break;
		case 'q': opt.quiet = true; break;
		case OPT_BACKEND: opt.require = tool_backend(optarg); break;
		case OPT_HOST_NET: opt.host_net = true; break;
		case TOOL_OPERAND: operands[n++] = optarg; break;
		}
		c = c == OPT_BACKEND ? 'R' : c == OPT_HOST_NET ? 'N' : c;
		if (c != TOOL_OPERAND && strchr(given, c) == NULL)
			given[strlen(given)] = (char)c;
		/* What follows exec's network is the command's own. */
		if (n == 2 && strcmp(operands[0], "exec") == 0)
			break;
	}
	for (int i = optind; i < argc; i++)
		operands[n++] = argv[i];
	if (opt.host_net)
		opt.require = tool_host_net(opt.require);
	if (n == 0)
		tool_usage("no command: up, down, ls, exec or gc");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(operands[0], commands[i].name) == 0) {
			check_options(operands[0], commands[i].options, given);
			return tool_finish(commands[i].fn(operands + 1));
		}
	tool_usage("unknown command '%s': up, down, ls, exec or gc",
	    operands[0]);
}
