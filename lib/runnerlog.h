/* SPDX-License-Identifier: ISC */
/* runnerlog.h - what a lab's log tells of its VMs, and how they ended */
#ifndef QLAB_RUNNERLOG_H
#define QLAB_RUNNERLOG_H

#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"
#include "state.h"

/* The VM runs, and its NICs are plugged in; nics may be NULL. */
void	runnerlog_started(const char *lab, const char *vm, pid_t pid,
	    const struct state_nic *nics, size_t n);
/*
 * They are not any more, with that status of waitpid(2); why: QMP's reason, or
 * "".
 */
void	runnerlog_ended(const char *lab, const char *vm, int status,
	    const char *why, const struct state_nic *nics, size_t n);

/*
 * Why a VM ended, in vmnet's words made plain (vmnet: it was on it, and as root
 * or not), in QEMU's last ones in its log, or in none.
 */
void	runnerlog_why(const char *vm, int status, const char *qemu_log,
	    bool vmnet, bool as_root, struct qerr *e);

#endif
