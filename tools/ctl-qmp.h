/* SPDX-License-Identifier: ISC */
/* ctl-qmp.h - qlab-ctl qmp: requests to QEMU, and its events */
#ifndef QLAB_CTL_QMP_H
#define QLAB_CTL_QMP_H

#include <stdbool.h>

#include "state.h"

/*
 * Run the request that the word is, a command's name or JSON, or what stands on
 * standard input ("-", or NULL without follow), each for ms at most; print
 * replies, and events if they are to be followed.  The exit status.
 */
int	ctl_qmp(const struct state_vm *vm, const char *word, bool follow,
	    int ms);

#endif
