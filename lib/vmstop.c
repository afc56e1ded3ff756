/* SPDX-License-Identifier: ISC */
/* vmstop.c - end a running VM, gently if it can be */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "qmp.h"
#include "vmstop.h"

#define OPEN_MS		2000
#define COMMAND_MS	2000
#define BUTTON_MS	3000	/* between presses of the power button */
#define QUIT_MS		3000
#define KILL_MS		3000
#define CLEAR_MS	3000	/* for the runner to remove the VM's state */
#define TICK_MS		5

/* Nothing portable tells of the end of a process that is not our child. */
static bool
gone(const struct state_vm *vm, int ms)
{
	int64_t end = loop_now_ms() + ms;

	while (proc_id_alive(&vm->qemu)) {
		if (loop_now_ms() >= end)
			return false;
		poll(NULL, 0, TICK_MS);
	}
	return true;
}

static void
wait_cleared(const struct state_vm *vm)
{
	int64_t end = loop_now_ms() + CLEAR_MS;

	while (loop_now_ms() < end && proc_id_alive(&vm->runner) &&
	    access(vm->qmp, F_OK) == 0)
		poll(NULL, 0, TICK_MS);
}

/* Can the guest never see the power button? */
static bool
deaf(struct qmp *q)
{
	static const char *const states[] = { "prelaunch", "guest-panicked",
	    "internal-error", "shutdown" };
	json_t *j = qmp_execute(q, "query-status", NULL, COMMAND_MS, NULL);
	const char *s = json_string_value(json_object_get(j, "status"));
	bool found = false;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		found |= s != NULL && strcmp(s, states[i]) == 0;
	json_decref(j);
	return found;
}

/* True when QEMU has ended or is ending. */
static bool
press_button(struct qmp *q, int timeout_ms)
{
	int64_t end = loop_now_ms() + timeout_ms;
	struct qerr e = { .kind = QERR_NONE };

	for (;;) {
		int64_t left = end - loop_now_ms();
		json_t *j;

		if (left <= 0)
			return false;
		j = qmp_execute(q, "system_powerdown", NULL,
		    left < COMMAND_MS ? (int)left : COMMAND_MS, &e);
		json_decref(j);
		if (j == NULL && e.sys == EPIPE)
			return true;
		left = end - loop_now_ms();
		j = qmp_event(q, "SHUTDOWN", left < 0 ? 0 :
		    left < BUTTON_MS ? (int)left : BUTTON_MS, &e);
		json_decref(j);
		if (j != NULL || e.sys == EPIPE)
			return true;
	}
}

/* q may be NULL: QMP cannot be had. */
static int
force(const struct state_vm *vm, struct qmp *q, enum vmstop *how,
    struct qerr *e)
{
	if (q != NULL) {
		*how = VMSTOP_QUIT;
		json_decref(qmp_execute(q, "quit", NULL, COMMAND_MS, NULL));
		if (gone(vm, QUIT_MS))
			return 0;
	}
	*how = VMSTOP_KILLED;
	if (vm->qemu.pid <= 1)	/* kill(2) would mean everybody */
		return qerr_set(e, QERR_FAIL, "QEMU's process is not known");
	if (proc_id_alive(&vm->qemu) && kill(vm->qemu.pid, SIGKILL) == -1 &&
	    errno != ESRCH)
		return qerr_sys(e, "cannot kill QEMU, process %d",
		    (int)vm->qemu.pid);
	if (gone(vm, KILL_MS))
		return 0;
	return qerr_set(e, QERR_FAIL, "QEMU, process %d, does not end even "
	    "when killed", (int)vm->qemu.pid);
}

int
vmstop_stop(const struct state_vm *vm, int timeout_ms, enum vmstop *how,
    struct qerr *e)
{
	struct qerr why = { .kind = QERR_NONE };
	struct qmp *q = qmp_open(vm->qmp, OPEN_MS, &why);
	int rc = 0;

	if (why.kind == QERR_PERM)
		return qerr_set(e, QERR_PERM,
		    "it is another user's (started by sudo? stop it so)");

	*how = VMSTOP_DOWN;
	if (q != NULL && timeout_ms > 0 && deaf(q))
		timeout_ms = 0;
	if (!gone(vm, 0) && !(q != NULL && timeout_ms > 0 &&
	    press_button(q, timeout_ms) && gone(vm, QUIT_MS)))
		rc = force(vm, q, how, e);
	if (*how == VMSTOP_QUIT && timeout_ms == 0)
		*how = VMSTOP_DOWN;
	qmp_close(q);
	if (rc == 0)
		wait_cleared(vm);
	return rc;
}
