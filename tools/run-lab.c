/* SPDX-License-Identifier: ISC */
/* run-lab.c - which lab, and which of its VMs, qlab-run is to start */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "near.h"
#include "run-lab.h"
#include "tool.h"

#define DEFAULT_FILE	"lab.yaml"

/* Which VM do flags without a file make? */
static const char *
flag_vm_name(const struct run_lab *c)
{
	static char name[LAB_NAMESZ];

	if (c->vms->n > 1)
		tool_usage("flags describe one VM, not %zu", c->vms->n);
	if (c->vms->n == 1)
		return c->vms->v[0];
	for (size_t i = 0; i < c->flags->n; i++)
		if (c->flags->v[i].flag == FLAG_DISK) {
			const char *s = strrchr(c->flags->v[i].value, '/');

			s = s != NULL ? s + 1 : c->flags->v[i].value;
			snprintf(name, sizeof(name), "%.*s",
			    (int)strcspn(s, ".,"), s);
			return lab_name_ok(name) ? name : "vm";
		}
	return "vm";
}

static void
lab_from_flags(const struct run_lab *c, struct lab *lab)
{
	const char *name = c->lab != NULL ? c->lab : DEFAULT_LAB;
	const char *vm = flag_vm_name(c);
	struct qerr err;

	lab_init(lab);
	if (!lab_name_ok(name))
		tool_usage("--lab: '%s' %s", name, lab_name_problem(name));
	if (!lab_name_ok(vm))
		tool_usage("VM '%s' %s", vm, lab_name_problem(vm));
	snprintf(lab->name, sizeof(lab->name), "%s", name);
	lab->dir = xstrdup(".");
	if (lab_flags_apply(c->flags, lab, lab_vm_add(lab, vm), &err) == -1)
		tool_die(&err);
}

static void
no_such_vm(const struct lab *lab, const char *name)
{
	struct strv names = { 0 };
	struct qerr err;
	char *near, *all;

	if (access(name, F_OK) == 0)
		tool_usage("'%s' is a file, not a VM: a lab file is named "
		    "with -f", name);
	for (size_t i = 0; i < lab->nvms; i++)
		strv_add(&names, lab->vms[i].name);
	near = near_names(name, names.v, names.n);
	all = strv_join(&names, " ", 8);
	qerr_set(&err, QERR_NOTFOUND, "no VM '%s' in %s (%s%s)", name,
	    lab->file != NULL ? lab->file : "the lab",
	    near != NULL ? "near: " : "there are: ", near != NULL ? near : all);
	free(near);
	free(all);
	strv_free(&names);
	tool_die(&err);
}

struct lab_vm *
run_lab_vm(const struct lab *lab, const char *name)
{
	struct lab_vm *vm = lab_vm_find(lab, name);

	if (vm == NULL)
		no_such_vm(lab, name);
	return vm;
}

static void
no_lab_file(const struct run_lab *c)
{
	const char *name = c->vms->n == 1 ? c->vms->v[0] : NULL;

	if (name != NULL && access(name, F_OK) == 0)
		tool_usage("no lab file './" DEFAULT_FILE "' here: name '%s' "
		    "with -f", name);
	if (name != NULL && c->check)
		tool_usage("there is neither a file '%s' nor a lab file "
		    "'./" DEFAULT_FILE "' with such a VM", name);
	tool_usage("no lab file './" DEFAULT_FILE "' here: name one with -f, "
	    "or describe a VM with --disk and --nic");
}

void
run_lab_get(const struct run_lab *c, struct lab *lab)
{
	bool implied = c->file == NULL;
	struct qerr err;

	if (implied && c->flags->n > 0 && (c->lab != NULL ||
	    access(DEFAULT_FILE, F_OK) == -1)) {
		lab_from_flags(c, lab);
		return;
	}
	if (lab_load(lab, implied ? DEFAULT_FILE : c->file, &err) == -1) {
		if (err.kind == QERR_NOTFOUND && implied)
			no_lab_file(c);
		tool_die_file(implied ? DEFAULT_FILE : c->file, &err,
		    c->check ? stdout : stderr);
	}
	if (c->lab != NULL)
		tool_usage("--lab is for a lab without a file");
	run_lab_flags(c, lab);
}

void
run_lab_flags(const struct run_lab *c, struct lab *lab)
{
	struct qerr err;

	if (c->flags->n == 0)
		return;
	if (c->vms->n != 1 && !(c->vms->n == 0 && lab->nvms == 1))
		tool_usage("flags beside a lab file are for one VM: name it, "
		    "or a lab without a file with --lab");
	if (lab_flags_apply(c->flags, lab, c->vms->n == 1 ?
	    run_lab_vm(lab, c->vms->v[0]) : &lab->vms[0], &err) == -1)
		tool_die(&err);
}
