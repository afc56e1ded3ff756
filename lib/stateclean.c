/* SPDX-License-Identifier: ISC */
/* stateclean.c - the registry of running labs, free of what is dead */
#include <stdlib.h>
#include <unistd.h>

#include "state.h"

static bool
has_dead(const struct state_lab *lab)
{
	bool dead = !lab->alive;

	for (size_t i = 0; i < lab->nvms; i++)
		dead |= !lab->vms[i].alive;
	return dead;
}

/* Who has the lock starts or stops the lab just now, or cleans it itself. */
static bool
sweep(const struct state_lab *lab)
{
	char *dir;
	int lock = state_lock(lab->name, 0, &dir, NULL);

	if (lock == -1)
		return false;
	state_sweep(dir, NULL);
	close(lock);
	free(dir);
	return true;
}

int
state_load_clean(struct state *st, struct qerr *e)
{
	bool swept = false;

	if (state_load(st, e) == -1)
		return -1;
	for (size_t i = 0; i < st->nlabs; i++)
		if (has_dead(&st->labs[i]))
			swept |= sweep(&st->labs[i]);
	if (!swept)
		return 0;
	state_free(st);
	return state_load(st, e);
}
