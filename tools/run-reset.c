/* SPDX-License-Identifier: ISC */
/* run-reset.c - qlab-run --reset: overlays as their bases again */
#include <stdlib.h>
#include <unistd.h>

#include "disks.h"
#include "run-reset.h"
#include "state.h"
#include "tool.h"

int
run_reset(const struct lab *lab, const struct lab_vm *vm)
{
	struct state_lab was;
	struct state_vm *sv;
	struct qerr err;
	char *dir;
	int lock;
	size_t n = 0;

	lock = state_lock(lab->name, STATE_LOCK_MS, &dir, &err);
	if (lock == -1)
		tool_die(&err);
	state_load_lab(&was, dir);
	sv = state_vm_find(&was, vm->name);
	if (sv != NULL && sv->alive)
		qerr_set(&err, QERR_FAIL, "%s is running: 'qlab-ctl stop %s' "
		    "first", vm->name, vm->name);
	else if (disks_reset(lab, vm, &n, &err) == 0)
		err.kind = QERR_NONE;
	if (err.kind == QERR_NONE)
		tool_say("%s: %zu overlay%s put back", vm->name, n,
		    n == 1 ? "" : "s");
	else
		tool_say_err(&err);
	state_lab_release(&was);
	state_sweep(dir, NULL);
	close(lock);
	free(dir);
	return (int)err.kind;
}
