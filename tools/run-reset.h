/* SPDX-License-Identifier: ISC */
/* run-reset.h - qlab-run --reset: overlays as their bases again */
#ifndef QLAB_RUN_RESET_H
#define QLAB_RUN_RESET_H

#include "lab.h"

/* Those of a VM that does not run; the exit status. */
int	run_reset(const struct lab *lab, const struct lab_vm *vm);

#endif
