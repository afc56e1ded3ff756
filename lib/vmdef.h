/* SPDX-License-Identifier: ISC */
/* vmdef.h - how a VM was defined, whether it runs or not */
#ifndef QLAB_VMDEF_H
#define QLAB_VMDEF_H

#include <stdbool.h>

#include "lab.h"
#include "state.h"

/*
 * The definition that a running lab was started with, or, for slab NULL, the
 * lab file here.  0 or -1; *lab is initialised either way, lab_free() it.
 */
int	vmdef_load(const struct state_lab *slab, struct lab *lab);

/*
 * Is word (VM, LAB: or LAB:VM) something that exists but does not run?  To be
 * asked when state_resolve() has not found it.
 */
bool	vmdef_stopped(const struct state *st, const char *word);

#endif
