/* SPDX-License-Identifier: ISC */
/* net-gc.c - qlab-net gc: remove what crashes left */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capobj.h"
#include "ifmap.h"
#include "net-gc.h"
#include "state.h"
#include "tool.h"
#include "vnet.h"

/* A QEMU that is busy with somebody else is passed over. */
#define QMP_MS	1000

static void
explain_gc(const struct state_lab *lab, struct strv *said)
{
	for (size_t i = 0; i < lab->nvms; i++)
		if (!lab->vms[i].alive)
			strv_addf(said, "VM %s:%s", lab->name,
			    lab->vms[i].name);
	if (!lab->alive)
		strv_addf(said, "lab %s", lab->name);
}

static int
clean(const char *lab, struct strv *said)
{
	struct qerr err;
	char *dir;
	int lock = state_lock(lab, STATE_LOCK_MS, &dir, &err);

	if (lock == -1) {
		tool_say_err(&err);
		/* Whoever works on it cleans it, too. */
		return err.kind == QERR_TIMEOUT ? 0 : (int)err.kind;
	}
	err.kind = QERR_NONE;
	if (state_sweep(dir, said) == -1) {
		qerr_set(&err, QERR_FAIL, "cannot remove all that lab '%s' "
		    "left in '%s'", lab, dir);
		tool_say_err(&err);
	}
	close(lock);
	free(dir);
	return (int)err.kind;
}

/* What the host's own network has marks of; we may know nothing of the lab. */
static void
clean_host(bool dry, struct strv *said)
{
	struct strv labs = { 0 };

	vnet_marked(&labs);
	for (size_t i = 0; i < labs.n; i++) {
		struct qerr err;
		char *dir;
		int lock;

		if (dry) {
			vnet_sweep(labs.v[i], true, said);
			continue;
		}
		lock = state_lock(labs.v[i], STATE_LOCK_MS, &dir, &err);
		if (lock == -1) {
			tool_say_err(&err);
			continue;
		}
		vnet_sweep(labs.v[i], false, said);
		/* The lock may have made the lab's directory. */
		state_sweep(dir, NULL);
		close(lock);
		free(dir);
	}
	strv_free(&labs);
}

static void
clean_vm(const struct state_lab *lab, const struct state_vm *vm, bool dry,
    struct strv *said)
{
	struct strv names = { 0 };
	struct qmp *q = vm->alive && vm->qmp != NULL ?
	    qmp_open(vm->qmp, QMP_MS, NULL) : NULL;

	if (q == NULL)
		return;
	capobj_sweep(q, QMP_MS, dry, &names, NULL);
	for (size_t i = 0; i < names.n; i++)
		strv_addf(said, "capture %s of VM %s%s%s", names.v[i],
		    lab->name, *lab->name != '\0' ? ":" : "", vm->name);
	strv_free(&names);
	qmp_close(q);
}

/* What captures left in VMs that live, of any lab or none. */
static void
clean_captures(bool dry, struct strv *said)
{
	struct state st;
	struct map map;

	if (state_load(&st, NULL) == -1)
		return;
	ifmap_build(&map, &st);
	for (size_t i = 0; i < map.nlabs; i++)
		for (size_t k = 0; k < map.labs[i].lab->nvms; k++)
			clean_vm(map.labs[i].lab, &map.labs[i].lab->vms[k],
			    dry, said);
	ifmap_free(&map);
	state_free(&st);
}

int
net_gc(bool dry)
{
	struct strv said = { 0 };
	struct state st;
	struct qerr err;
	int rc = 0;

	if (state_load(&st, &err) == -1)
		tool_die(&err);
	for (size_t i = 0; i < st.nlabs; i++) {
		if (dry)
			explain_gc(&st.labs[i], &said);
		else {
			int one = clean(st.labs[i].name, &said);

			rc = one != 0 ? one : rc;
		}
	}
	clean_host(dry, &said);
	clean_captures(dry, &said);
	for (size_t i = 0; i < said.n; i++)
		printf("%s %s\n", dry ? "would remove" : "removed",
		    said.v[i]);
	strv_free(&said);
	state_free(&st);
	return rc;
}
