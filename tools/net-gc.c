/* SPDX-License-Identifier: ISC */
/* net-gc.c - qlab-net gc: remove what crashes left */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net-gc.h"
#include "state.h"
#include "tool.h"
#include "vnet.h"

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
	for (size_t i = 0; i < said.n; i++)
		printf("%s %s\n", dry ? "would remove" : "removed",
		    said.v[i]);
	strv_free(&said);
	state_free(&st);
	return rc;
}
