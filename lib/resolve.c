/* SPDX-License-Identifier: ISC */
/* resolve.c - from what a command line names to what runs */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "near.h"
#include "state.h"

static int
copy_part(char *buf, size_t size, const char *s, size_t len)
{
	if (len == 0 || len >= size)
		return -1;
	memcpy(buf, s, len);
	buf[len] = '\0';
	return 0;
}

int
state_name_split(const char *word, struct state_name *p)
{
	const char *rest = word, *colon = strchr(word, ':'), *slash;

	*p = (struct state_name){ .lab = "" };
	if (colon != NULL && strncmp(word, "net:", 4) != 0) {
		if (copy_part(p->lab, sizeof(p->lab), word,
		    (size_t)(colon - word)) == -1 || !lab_name_ok(p->lab))
			return -1;
		rest = colon + 1;
		if (*rest == '\0')
			return 0;
	}
	if (strncmp(rest, "net:", 4) == 0) {
		rest += 4;
		if (copy_part(p->net, sizeof(p->net), rest, strlen(rest)) == -1)
			return -1;
		return lab_name_ok(p->net) ? 0 : -1;
	}
	slash = strchr(rest, '/');
	if (slash != NULL && copy_part(p->nic, sizeof(p->nic), slash + 1,
	    strlen(slash + 1)) == -1)
		return -1;
	if (copy_part(p->vm, sizeof(p->vm), rest, slash != NULL ?
	    (size_t)(slash - rest) : strlen(rest)) == -1)
		return -1;
	return lab_name_ok(p->vm) ? 0 : -1;
}

/* Does this lab have it?  Fills *t as far as it does. */
static bool
match(struct state_lab *lab, const struct state_name *p, struct state_target *t)
{
	*t = (struct state_target){ .lab = lab };
	if (!lab->alive || (*p->lab != '\0' && strcmp(p->lab, lab->name) != 0))
		return false;
	if (*p->net != '\0') {
		for (size_t i = 0; i < lab->nnets; i++)
			if (strcmp(lab->nets[i].name, p->net) == 0)
				t->net = &lab->nets[i];
		return t->net != NULL;
	}
	if (*p->vm == '\0')
		return true;
	t->vm = state_vm_find(lab, p->vm);
	if (t->vm == NULL || !t->vm->alive)
		return false;
	if (*p->nic == '\0')
		return true;
	for (size_t i = 0; i < t->vm->nnics; i++)
		if (strcmp(t->vm->nics[i].id, p->nic) == 0)
			t->nic = &t->vm->nics[i];
	return t->nic != NULL;
}

static bool
lab_is_here(const struct state_lab *lab)
{
	char cwd[PATH_MAX];
	size_t len;

	if (lab->file == NULL || getcwd(cwd, sizeof(cwd)) == NULL)
		return false;
	len = strcmp(cwd, "/") == 0 ? 0 : strlen(cwd);
	return strncmp(lab->file, cwd, len) == 0 &&
	    strchr(lab->file + len, '/') == lab->file + len &&
	    strchr(lab->file + len + 1, '/') == NULL;
}

/* Everything that could have been meant, for a near miss. */
static void
all_names(const struct state *st, const struct state_name *p,
    struct strv *names)
{
	for (size_t i = 0; i < st->nlabs; i++) {
		const struct state_lab *lab = &st->labs[i];

		if (!lab->alive)
			continue;
		if (*p->lab != '\0' && *p->vm == '\0' && *p->net == '\0' &&
		    *lab->name != '\0')
			strv_addf(names, "%s:", lab->name);
		for (size_t k = 0; *p->net != '\0' && k < lab->nnets; k++)
			strv_addf(names, "net:%s", lab->nets[k].name);
		for (size_t k = 0; *p->vm != '\0' && k < lab->nvms; k++) {
			const struct state_vm *vm = &lab->vms[k];

			if (!vm->alive)
				continue;
			if (*p->nic == '\0')
				strv_add(names, vm->name);
			for (size_t n = 0; *p->nic != '\0' && n < vm->nnics;
			    n++)
				strv_addf(names, "%s/%s", vm->name,
				    vm->nics[n].id);
		}
	}
}

static int
unknown(const struct state *st, const char *word, const struct state_name *p,
    struct qerr *e)
{
	const char *what = *p->net != '\0' ? "network" : *p->nic != '\0' ?
	    "NIC" : *p->vm != '\0' ? "VM" : "lab";
	struct strv names = { 0 };
	const char *colon = strchr(word, ':');
	const struct state_lab *lab = state_lab_find(st, word);
	char *near, *all;

	all_names(st, p, &names);
	if (lab != NULL && lab->alive) {
		strv_free(&names);
		return qerr_set(e, QERR_NOTFOUND, "no such %s '%s' is running: "
		    "the lab is '%s:'", what, word, word);
	}
	if (names.n == 0) {
		qerr_set(e, QERR_NOTFOUND, "no such %s '%s': nothing of the "
		    "kind is running", what, word);
		return -1;
	}
	near = near_names(*p->lab != '\0' && colon[1] != '\0' ? colon + 1 :
	    word, names.v, names.n);
	all = strv_join(&names, " ", 8);
	qerr_set(e, QERR_NOTFOUND, "no such %s '%s' is running (%s%s)", what,
	    word, near != NULL ? "near: " : "there are: ",
	    near != NULL ? near : all);
	free(near);
	free(all);
	strv_free(&names);
	return -1;
}

int
state_resolve(const struct state *st, const char *word, struct state_target *t,
    struct qerr *e)
{
	struct state_target found = { 0 }, one;
	struct strv candidates = { 0 };
	struct state_name p;
	size_t n = 0, here = 0;

	if (state_name_split(word, &p) == -1)
		return qerr_set(e, QERR_INPUT, "'%s' names nothing: write VM, "
		    "VM/NIC, LAB:, LAB:VM/NIC or net:NETWORK", word);
	for (size_t i = 0; i < st->nlabs; i++) {
		if (!match(&st->labs[i], &p, &one))
			continue;
		if (lab_is_here(one.lab)) {
			found = one;
			here++;
		} else if (n == 0)
			found = one;
		n++;
		strv_addf(&candidates, "%s:%s", one.lab->name, word);
	}
	if (n > 1 && here != 1) {
		char *all = strv_join(&candidates, " ", 8);

		qerr_set(e, QERR_NOTFOUND, "'%s' is ambiguous: %s", word, all);
		free(all);
	} else if (n == 0)
		unknown(st, word, &p, e);
	else
		*t = found;
	strv_free(&candidates);
	return n == 1 || here == 1 ? 0 : -1;
}
