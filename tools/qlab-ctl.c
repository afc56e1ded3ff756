/* SPDX-License-Identifier: ISC */
/* qlab-ctl.c - running VMs: list, stop, kill, wait for, console, QMP */
#include <sys/wait.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "console.h"
#include "ctl-qmp.h"
#include "ready.h"
#include "state.h"
#include "table.h"
#include "timetext.h"
#include "tool.h"
#include "vmdef.h"
#include "vmip.h"
#include "vmlist.h"
#include "vmstop.h"

/* Some commands of QEMU's take their time. */
#define REQUEST_MS	60000

enum { OPT_TIMEOUT = 256, OPT_SOURCE };

static struct {
	bool all, json, quiet, no_header, dry, follow;
	long timeout_ms;	/* -1: the command's default */
	unsigned sources;	/* of addresses; 0: any */
} opt = { .timeout_ms = -1 };

static const struct tool_opt options[] = {
	{ 'a', NULL, NULL, "ls: VMs that do not run, too", false },
	{ 'F', NULL, NULL, "qmp: follow events", false },
	TOOL_OPT_NOHEAD,
	TOOL_OPT_JSON,
	TOOL_OPT_DRY,
	{ 'q', NULL, NULL, "only the names", false },
	{ OPT_SOURCE, "source", "SOURCE,...", "wait: whose word on an address "
	    "counts", false },
	{ OPT_TIMEOUT, "timeout", "SECS", "how long to wait", false },
	TOOL_OPT_END
};

static const struct tool ctl_tool = {
	.name = "qlab-ctl",
	.synopsis = "[-aHjq] ls [LAB:]\n"
	    "[-n] [--timeout=SECS] stop NAME...\n"
	    "[-n] kill NAME...\n"
	    "[--timeout=SECS] [--source=SOURCE,...] wait NAME "
	    "login|ready|ip|tcp:[ADDR:]PORT...\n"
	    "[--timeout=SECS] console NAME\n"
	    "[-F] [--timeout=SECS] qmp NAME [COMMAND|JSON|-]",
	.opts = options,
};

static struct state state;

/* One VM that runs, found by name, or the end. */
static struct state_target
pick(const char *word, bool nic_too)
{
	struct state_target t;
	struct qerr e;

	if (word == NULL)
		tool_usage("no VM named");
	if (state_resolve(&state, word, &t, &e) == -1)
		tool_die(&e);
	if (t.vm == NULL || (t.nic != NULL && !nic_too))
		tool_usage("'%s' is not one VM", word);
	return t;
}

/* ls */

static json_t *
row_json(const struct vmlist_row *r)
{
	json_t *nics = json_array();
	char started[TIME_RFC3339SZ];

	if (r->vm == NULL) {
		json_decref(nics);
		return json_pack("{s:s, s:s, s:s}", "lab", r->lab, "vm",
		    r->name, "state", r->state);
	}
	for (size_t i = 0; i < r->vm->nnics; i++)
		json_array_append_new(nics, json_string(r->vm->nics[i].id));
	return json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:o, s:s*, s:s*, "
	    "s:s*}", "lab", r->lab, "vm", r->name, "state", r->state,
	    "pid", (int)r->vm->qemu.pid, "runner", (int)r->vm->runner.pid,
	    "started", time_rfc3339(r->vm->started_us, started), "nics", nics,
	    "qmp", r->vm->qmp, "console", r->vm->console,
	    "console_log", r->vm->console_log);
}

static void
row_table(struct table *t, const struct vmlist_row *r)
{
	char up[TIME_SPANSZ] = "", pid[16] = "", *nics;
	struct strv ids = { 0 };

	if (r->vm != NULL) {
		time_span((int64_t)time(NULL) - r->vm->started_us / 1000000,
		    up);
		snprintf(pid, sizeof(pid), "%d", (int)r->vm->qemu.pid);
		for (size_t i = 0; i < r->vm->nnics; i++)
			strv_add(&ids, r->vm->nics[i].id);
	}
	nics = strv_join(&ids, ",", 4);
	table_cell(t, r->lab);
	table_cell(t, r->name);
	table_cell(t, r->state);
	table_cell(t, pid);
	table_cell(t, up);
	table_cell(t, nics);
	strv_free(&ids);
	free(nics);
}

static void
print_list(const struct vmlist *list)
{
	static const char *const header[] = { "LAB", "VM", "STATE", "PID",
	    "UP", "NICS" };
	struct table t;
	json_t *vms;

	if (opt.quiet) {
		for (size_t i = 0; i < list->n; i++)
			printf("%s:%s\n", list->rows[i].lab,
			    list->rows[i].name);
	} else if (opt.json) {
		vms = json_array();
		for (size_t i = 0; i < list->n; i++)
			json_array_append_new(vms, row_json(&list->rows[i]));
		vms = json_pack("{s:i, s:o}", "schema", 1, "vms", vms);
		json_dumpf(vms, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
		printf("\n");
		json_decref(vms);
	} else {
		table_init(&t, 6, header);
		for (size_t i = 0; i < list->n; i++)
			row_table(&t, &list->rows[i]);
		table_write(&t, stdout, !opt.no_header);
		table_free(&t);
	}
}

static int
cmd_ls(char **args)
{
	struct state_target t = { 0 };
	struct vmlist list;
	struct qerr e;

	if (args[0] != NULL && args[1] != NULL)
		tool_usage("ls: one lab at a time");
	if (args[0] != NULL) {
		size_t len = strlen(args[0]);

		if (len == 0 || args[0][len - 1] != ':')
			tool_usage("'%s' is no lab: write LAB:", args[0]);
		if (state_resolve(&state, args[0], &t, &e) == -1 &&
		    !(opt.all && vmdef_stopped(&state, args[0])))
			tool_die(&e);
	}
	vmlist_get(&list, &state, args[0], opt.all, !opt.quiet);
	print_list(&list);
	vmlist_free(&list);
	return 0;
}

/* stop, kill */

struct ending {
	const struct state_vm **vms;
	pid_t *pids;
	size_t n;
};

static void
add_ending(struct ending *end, const struct state_vm *vm)
{
	for (size_t i = 0; i < end->n; i++)
		if (end->vms[i] == vm)
			return;
	end->vms = xrealloc(end->vms, (end->n + 1) * sizeof(*end->vms));
	end->vms[end->n++] = vm;
}

/* All that the words name; a VM that does not run is said, no more. */
static void
collect(struct ending *end, char **words)
{
	struct state_target t;
	struct qerr e;

	if (*words == NULL)
		tool_usage("no VM named");
	for (; *words != NULL; words++) {
		if (state_resolve(&state, *words, &t, &e) == -1) {
			if (e.kind != QERR_NOTFOUND ||
			    !vmdef_stopped(&state, *words))
				tool_die(&e);
			/* "lab:" has its colon already. */
			tool_say("%s%s not running", *words,
			    strchr(*words, '\0')[-1] == ':' ? "" : ":");
			continue;
		}
		if (t.nic != NULL || t.net != NULL)
			tool_usage("'%s' is neither a VM nor a lab", *words);
		for (size_t i = 0; i < t.lab->nvms; i++)
			if (t.lab->vms[i].alive &&
			    (t.vm == NULL || t.vm == &t.lab->vms[i]))
				add_ending(end, &t.lab->vms[i]);
	}
}

static int
end_one(const struct state_vm *vm, long timeout_ms)
{
	enum vmstop how;
	struct qerr e;

	if (vmstop_stop(vm, (int)timeout_ms, &how, &e) == -1) {
		qerr_prefix(&e, "%s", vm->name);
		tool_say_err(&e);
		return (int)e.kind;
	}
	if (how == VMSTOP_KILLED)
		tool_say("%s: QEMU did not answer and was killed", vm->name);
	else if (how == VMSTOP_QUIT)
		tool_say("%s: did not power off, was switched off", vm->name);
	return 0;
}

/* A process for each, so that they all go down together. */
static int
end_all(struct ending *end, long timeout_ms)
{
	int worst = 0;

	end->pids = xcalloc(end->n, sizeof(*end->pids));
	for (size_t i = 0; i < end->n; i++) {
		fflush(NULL);
		end->pids[i] = fork();
		if (end->pids[i] == 0)
			_exit(end_one(end->vms[i], timeout_ms));
		if (end->pids[i] == -1)
			worst = end_one(end->vms[i], timeout_ms);
	}
	for (size_t i = 0; i < end->n; i++) {
		int status, rc;

		if (end->pids[i] == -1 || waitpid(end->pids[i], &status, 0) ==
		    -1)
			continue;
		rc = WIFEXITED(status) ? WEXITSTATUS(status) : QERR_FAIL;
		worst = rc > worst ? rc : worst;
	}
	free(end->pids);
	return worst;
}

static int
end_command(char **args, long timeout_ms)
{
	struct ending end = { 0 };
	int rc = 0;

	collect(&end, args);
	if (!opt.dry)
		rc = end_all(&end, timeout_ms);
	for (size_t i = 0; opt.dry && i < end.n; i++) {
		if (timeout_ms > 0)
			printf("%s: press the power button, wait %g s, then "
			    "quit\n", end.vms[i]->name, timeout_ms / 1000.0);
		else
			printf("%s: quit\n", end.vms[i]->name);
	}
	free(end.vms);
	return rc;
}

static int
cmd_stop(char **args)
{
	return end_command(args, opt.timeout_ms >= 0 ? opt.timeout_ms : 30000);
}

static int
cmd_kill(char **args)
{
	return end_command(args, 0);
}

/* wait */

/* Conditions of a word; "ready" may be several.  Points into *lab. */
static void
add_conds(const char *word, const struct state_target *t, struct lab *lab,
    struct ready_cond **conds, size_t *n)
{
	const struct lab_vm *vm;
	struct ready_cond c;
	struct qerr e;

	if (strcmp(word, "ready") == 0) {
		vm = lab->nvms > 0 || vmdef_load(t->lab, lab) == 0 ?
		    lab_vm_find(lab, t->vm->name) : NULL;
		if (vm == NULL || vm->nready == 0)
			tool_say("%s: its definition has no 'ready'",
			    t->vm->name);
		for (size_t i = 0; vm != NULL && i < vm->nready; i++) {
			*conds = xrealloc(*conds, (*n + 1) * sizeof(**conds));
			(*conds)[(*n)++] = (struct ready_cond){
			    .kind = vm->ready[i].kind,
			    .pattern = vm->ready[i].pattern,
			    .port = vm->ready[i].port,
			    .sources = VMIP_LEASE,
			};
		}
		return;
	}
	if (ready_parse(word, &c, &e) == -1)
		tool_usage("%s", e.msg);
	c.nic = t->nic;
	c.sources = opt.sources;
	*conds = xrealloc(*conds, (*n + 1) * sizeof(**conds));
	(*conds)[(*n)++] = c;
}

static int
cmd_wait(char **args)
{
	long ms = opt.timeout_ms >= 0 ? opt.timeout_ms : 60000;
	struct state_target t = pick(args[0], true);
	struct ready_cond *conds = NULL;
	char text[IP4_STRSZ];
	bool print_ip = false;
	struct lab lab;
	struct qerr e;
	uint32_t ip;
	size_t n = 0;
	int rc;

	lab_init(&lab);
	if (args[1] == NULL)
		tool_usage("wait: for what? login, ready, ip, tcp:PORT");
	for (char **word = args + 1; *word != NULL; word++) {
		add_conds(*word, &t, &lab, &conds, &n);
		print_ip |= strcmp(*word, "ip") == 0;
	}
	rc = ready_wait_for(t.lab, t.vm, conds, n, (int)ms, &e);
	if (rc == 0 && print_ip &&
	    (rc = vmip_find(t.lab, t.vm, t.nic, opt.sources != 0 ?
	    opt.sources : VMIP_ANY, &ip, &e)) == 0)
		printf("%s\n", ip4_format(ip, text));
	if (rc == -1)
		tool_say_err(&e);
	free(conds);
	lab_free(&lab);
	return rc == 0 ? 0 : (int)e.kind;
}

/* console */

static int
cmd_console(char **args)
{
	long linger = opt.timeout_ms >= 0 ? opt.timeout_ms : 1000;
	struct state_target t = pick(args[0], false);
	bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	enum console_end how;
	struct qerr e;

	if (args[1] != NULL)
		tool_usage("console: one VM at a time");
	if (person)
		tool_say("at the console of %s; Ctrl-] leaves", t.vm->name);
	if (console_attach(t.vm->console, STDIN_FILENO, STDOUT_FILENO,
	    (int)linger, &how, &e) == -1) {
		qerr_prefix(&e, "%s", t.vm->name);
		tool_die(&e);
	}
	if (person)
		fputc('\n', stderr);
	if (how == CONSOLE_CLOSED)
		tool_say("%s has ended", t.vm->name);
	return 0;
}

/* qmp */

static int
cmd_qmp(char **args)
{
	struct state_target t = pick(args[0], false);

	if (args[1] != NULL && args[2] != NULL)
		tool_usage("qmp: one request at a time; quote it");
	return ctl_qmp(t.vm, args[1], opt.follow, opt.timeout_ms >= 0 ?
	    (int)opt.timeout_ms : REQUEST_MS);
}

static const struct command {
	const char *name;
	const char *options;	/* letters it takes; T: --timeout */
	int (*fn)(char **args);
} commands[] = {
	{ "ls", "aHjq", cmd_ls },
	{ "stop", "nT", cmd_stop },
	{ "kill", "n", cmd_kill },
	{ "wait", "ST", cmd_wait },
	{ "console", "T", cmd_console },
	{ "qmp", "FT", cmd_qmp },
};

int
main(int argc, char *argv[])
{
	const struct command *cmd = NULL;
	char given[64] = "";
	struct qerr e;
	int c, rc;

	signal(SIGPIPE, SIG_IGN);
	while ((c = tool_getopt(&ctl_tool, argc, argv)) != -1) {
		switch (c) {
		case 'a': opt.all = true; break;
		case 'F': opt.follow = true; break;
		case 'H': opt.no_header = true; break;
		case 'j': opt.json = true; break;
		case 'n': opt.dry = true; break;
		case 'q': opt.quiet = true; break;
		case OPT_TIMEOUT:
			opt.timeout_ms = tool_seconds("--timeout", optarg);
			break;
		case OPT_SOURCE:
			if (vmip_sources(optarg, &opt.sources, &e) == -1)
				tool_usage("%s", e.msg);
			break;
		}
		c = c == OPT_TIMEOUT ? 'T' : c == OPT_SOURCE ? 'S' : c;
		if (strchr(given, c) == NULL)
			given[strlen(given)] = (char)c;
	}
	argv += optind;
	if (*argv == NULL)
		tool_usage("no command: ls, stop, kill, wait, console or qmp");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(*argv, commands[i].name) == 0)
			cmd = &commands[i];
	if (cmd == NULL)
		tool_usage("unknown command '%s': ls, stop, kill, wait, "
		    "console or qmp", *argv);
	for (const char *p = given; *p != '\0'; p++)
		if (strchr(cmd->options, *p) == NULL)
			tool_usage("'%s' takes no %s", cmd->name, *p == 'T' ?
			    "--timeout" : *p == 'S' ? "--source" :
			    (char[]){ '-', *p, '\0' });
	if (opt.json && opt.quiet)
		tool_usage("-j and -q exclude each other");
	if ((opt.dry ? state_load(&state, &e) :
	    state_load_clean(&state, &e)) == -1)
		tool_die(&e);
	rc = cmd->fn(argv + 1);
	state_free(&state);
	return tool_finish(rc);
}
