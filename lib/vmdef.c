/* SPDX-License-Identifier: ISC */
/* vmdef.c - how a VM was defined, whether it runs or not */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmdef.h"

int
vmdef_load(const struct state_lab *slab, struct lab *lab)
{
	struct qerr e;
	size_t len;
	char *text;
	int rc;

	if (slab == NULL)
		return lab_load(lab, "lab.yaml", &e);
	lab_init(lab);
	text = state_read_text(slab->dir, &len);
	if (text == NULL)
		return -1;
	rc = lab_parse(lab, text, len, slab->file != NULL ? slab->file :
	    slab->name, ".", &e);
	free(text);
	if (rc == 0)
		snprintf(lab->name, sizeof(lab->name), "%s", slab->name);
	return rc;
}

static bool
defined_in(const struct state_lab *slab, const char *labname, const char *vm)
{
	struct lab lab;
	bool found = vmdef_load(slab, &lab) == 0 &&
	    (*labname == '\0' || strcmp(labname, lab.name) == 0) &&
	    (*vm == '\0' || lab_vm_find(&lab, vm) != NULL);

	lab_free(&lab);
	return found;
}

/* In several labs, else it would have been found. */
static bool
runs(const struct state *st, const char *vm)
{
	for (size_t i = 0; i < st->nlabs; i++) {
		const struct state_vm *sv = state_vm_find(&st->labs[i], vm);

		if (sv != NULL && sv->alive)
			return true;
	}
	return false;
}

bool
vmdef_stopped(const struct state *st, const char *word)
{
	const char *colon = strchr(word, ':');
	const char *vm = colon != NULL ? colon + 1 : word;
	char *lab;
	bool found;

	if (runs(st, word))
		return false;
	lab = xasprintf("%.*s", colon != NULL ? (int)(colon - word) : 0, word);
	found = defined_in(NULL, lab, vm);
	for (size_t i = 0; i < st->nlabs && !found; i++)
		if (st->labs[i].alive)
			found = defined_in(&st->labs[i], lab, vm);
	free(lab);
	return found;
}
