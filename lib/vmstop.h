/* SPDX-License-Identifier: ISC */
/* vmstop.h - end a running VM, gently if it can be */
#ifndef QLAB_VMSTOP_H
#define QLAB_VMSTOP_H

#include "qerr.h"
#include "state.h"

/* How a VM went: as asked; told to quit instead; killed. */
enum vmstop { VMSTOP_DOWN, VMSTOP_QUIT, VMSTOP_KILLED };

/*
 * Press the power button (QMP system_powerdown), again every few seconds for a
 * guest that was still booting, and wait.  After timeout_ms, or at once for a
 * guest that cannot react (never started, panicked), QEMU is told to quit; one
 * that does not within 3 s is killed.  Returns when QEMU is gone and its runner
 * has cleared up; that it was gone before is fine too.  With timeout_ms 0 it
 * quits at once.  -1: it is still there.
 */
int	vmstop_stop(const struct state_vm *vm, int timeout_ms,
	    enum vmstop *how, struct qerr *e);

#endif
