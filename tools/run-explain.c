/* SPDX-License-Identifier: ISC */
/* run-explain.c - qlab-run -n and --print-sudoers: what would be run */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "disks.h"
#include "labup.h"
#include "launch.h"
#include "run-explain.h"
#include "tool.h"
#include "vmnet.h"

enum qemu_target
run_target(const char *value, bool *elsewhere)
{
	enum qemu_target target = QEMU_LINUX;
	static const char *const archs[] = { "arm64", "aarch64", "x86_64",
		"amd64" };
	const char *slash = strchr(value, '/');
	size_t len = slash != NULL ? (size_t)(slash - value) : strlen(value),
	    i = 0;

	while (slash != NULL && i < sizeof(archs) / sizeof(archs[0]) &&
	    strcmp(slash + 1, archs[i]) != 0)
		i++;
	if (i == sizeof(archs) / sizeof(archs[0]))
		tool_usage("--target: processor '%s' is not arm64 or x86_64",
		    slash + 1);
	if (slash != NULL)
		accel_suppose_arch(archs[i]);
	if (len == 6 && memcmp(value, "darwin", len) == 0)
		target = QEMU_DARWIN;
	else if (len != 5 || memcmp(value, "linux", len) != 0)
		tool_usage("--target: '%.*s' is not linux or darwin", (int)len,
		    value);
	*elsewhere = target != qemu_target_here() || slash != NULL;
	return target;
}

/* A VM's command line, and the lines about its disks. */
static void
get_argv(const struct runner_conf *rc, const struct lab_vm *vm,
    struct strv *argv, struct strv *lines)
{
	struct strv formats = { 0 };
	const char *root;
	struct qerr err;
	char *dir;

	root = state_root(false, &err);
	if (root == NULL || disks_explain(rc->lab, vm, &formats, lines,
	    &err) == -1)
		tool_die(&err);
	dir = xasprintf("%s/%s/%s", root, rc->lab->name, vm->name);
	if (runner_argv(rc, vm, formats.v, dir, argv, &err) == -1)
		tool_die(&err);
	free(dir);
	strv_free(&formats);
}

static void
explain_vm(const struct runner_conf *rc, const struct lab_vm *vm)
{
	struct strv lines = { 0 }, argv = { 0 };
	int fd = LAUNCH_FIRST_FD;
	char *text;

	get_argv(rc, vm, &argv, &lines);
	for (size_t i = 0; i < lines.n; i++)
		printf("# %s\n", lines.v[i]);
	for (size_t i = 0; i < vm->nnics; i++)
		if (runner_has_cable(rc, &vm->nics[i]))
			printf("# fd=%d: a new %s '%s' for %s/%s\n", fd++,
			    rc->backend == BACKEND_USERSPACE ?
			    "cable to switch" : "tap on bridge",
			    vm->nics[i].net, vm->name, vm->nics[i].id);
	text = strv_quote(argv.v);
	printf("%s\n", text);
	free(text);
	strv_free(&argv);
	strv_free(&lines);
}

static enum net_backend
backend_of(const struct run_explain *x, struct strv *lines)
{
	enum net_backend backend;
	struct qerr err;

	if (labup_explain(x->lab, x->wanted, x->rc.target, x->require,
	    x->host_net, &backend, lines, &err) == -1)
		tool_die(&err);
	return backend;
}

void
run_explain(struct run_explain *x)
{
	struct strv lines = { 0 };

	x->rc.backend = backend_of(x, &lines);
	for (size_t i = 0; i < lines.n; i++)
		printf("# %s\n", lines.v[i]);
	for (size_t i = 0; i < x->nvms; i++)
		explain_vm(&x->rc, x->vms[i]);
	strv_free(&lines);
}

/* A rule wants the whole path; Homebrew's, of a Mac that is not this one. */
static void
set_path(struct strv *argv, size_t at)
{
	char *path;

	if (*argv->v[at] == '/')
		return;
	path = xasprintf("%s/bin/%s", accel_is_x86(accel_host_arch()) ?
	    "/usr/local" : "/opt/homebrew", argv->v[at]);
	free(argv->v[at]);
	argv->v[at] = path;
}

void
run_explain_sudoers(struct run_explain *x)
{
	struct strv lines = { 0 };
	char *user = vmnet_user();

	x->rc.backend = backend_of(x, &lines);
	x->rc.rights = VNET_ROOT;
	if (x->rc.backend != BACKEND_VMNET)
		tool_usage("--print-sudoers: only vmnet, on macOS, wants root "
		    "of QEMU (see --target)");
	if (user == NULL)
		tool_usage("--print-sudoers: whose rule shall it be? run it "
		    "as that user");
	printf("# for 'sudo visudo -f /etc/sudoers.d/qlab-%s'\n"
	    "# These commands and no others, as root without a password; they "
	    "change with\n# the lab file.  Who can write the programs can be "
	    "root with this.\n", x->lab->name);
	for (size_t i = 0; i < x->nvms; i++) {
		struct strv argv = { 0 };
		size_t skip = 0;
		char *rule;

		if (!vmnet_needed(x->vms[i], x->rc.extra))
			continue;
		get_argv(&x->rc, x->vms[i], &argv, &lines);
		while (strcmp(argv.v[skip++], "--") != 0)
			continue;
		set_path(&argv, skip);
		rule = vmnet_sudoers(user, argv.v + skip);
		printf("%s\n", rule);
		free(rule);
		strv_free(&argv);
	}
	strv_free(&lines);
	free(user);
}
