/* SPDX-License-Identifier: ISC */
/* vmlist.c - VMs that run, and that do not */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qmp.h"
#include "vmdef.h"
#include "vmlist.h"

#define STATUS_MS	500

static struct vmlist_row *
add(struct vmlist *list, const char *lab, const char *name)
{
	struct vmlist_row *r;

	list->rows = xrealloc(list->rows,
	    (list->n + 1) * sizeof(*list->rows));
	r = &list->rows[list->n++];
	*r = (struct vmlist_row){ .vm = NULL };
	snprintf(r->lab, sizeof(r->lab), "%s", lab);
	snprintf(r->name, sizeof(r->name), "%s", name);
	return r;
}

static void
ask_state(struct vmlist_row *r)
{
	struct qerr e = { .kind = QERR_NONE };
	struct qmp *q = r->vm->qmp != NULL ?
	    qmp_open(r->vm->qmp, STATUS_MS, &e) : NULL;
	json_t *j = q != NULL ? qmp_execute(q, "query-status", NULL, STATUS_MS,
	    NULL) : NULL;
	const char *s = json_string_value(json_object_get(j, "status"));

	snprintf(r->state, sizeof(r->state), "%s", s != NULL ? s :
	    e.kind == QERR_PERM ? "denied" : "hangs");
	json_decref(j);
	qmp_close(q);
}

static void
add_running(struct vmlist *list, const struct state_lab *slab, bool ask)
{
	for (size_t i = 0; i < slab->nvms; i++) {
		struct vmlist_row *r;

		if (!slab->vms[i].alive)
			continue;
		r = add(list, slab->name, slab->vms[i].name);
		r->vm = &slab->vms[i];
		if (ask)
			ask_state(r);
	}
}

/* What slab's definition has besides what runs of it. */
static void
add_stopped(struct vmlist *list, const struct state_lab *slab,
    const struct lab *lab)
{
	for (size_t i = 0; i < lab->nvms; i++) {
		const struct state_vm *vm = slab == NULL ? NULL :
		    state_vm_find(slab, lab->vms[i].name);

		if (vm == NULL || !vm->alive)
			snprintf(add(list, lab->name, lab->vms[i].name)->state,
			    sizeof(list->rows->state), "stopped");
	}
}

static bool
is_only(const char *only, const char *lab)
{
	size_t len = strlen(lab);

	return only == NULL || (strncmp(only, lab, len) == 0 &&
	    strcmp(only + len, ":") == 0);
}

void
vmlist_get(struct vmlist *list, const struct state *st, const char *only,
    bool stopped, bool ask)
{
	const struct state_lab *slab;
	struct lab lab;

	*list = (struct vmlist){ NULL, 0 };
	for (size_t i = 0; i < st->nlabs; i++) {
		slab = &st->labs[i];
		if (!slab->alive || !is_only(only, slab->name))
			continue;
		add_running(list, slab, ask);
		if (!stopped)
			continue;
		if (vmdef_load(slab, &lab) == 0)
			add_stopped(list, slab, &lab);
		lab_free(&lab);
	}
	if (!stopped)
		return;
	/* A running lab has been seen; its own definition counts. */
	if (vmdef_load(NULL, &lab) == 0 && is_only(only, lab.name) &&
	    ((slab = state_lab_find(st, lab.name)) == NULL || !slab->alive))
		add_stopped(list, NULL, &lab);
	lab_free(&lab);
}

void
vmlist_free(struct vmlist *list)
{
	free(list->rows);
	*list = (struct vmlist){ NULL, 0 };
}
