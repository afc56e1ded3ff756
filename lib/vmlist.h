/* SPDX-License-Identifier: ISC */
/* vmlist.h - VMs that run, and that do not */
#ifndef QLAB_VMLIST_H
#define QLAB_VMLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"
#include "state.h"

struct vmlist_row {
	char lab[LAB_NAMESZ];
	char name[LAB_NAMESZ];
	char state[32];		/* QEMU's word, "hangs", "denied",
				 * "stopped", "" */
	const struct state_vm *vm;	/* in the registry; NULL: stopped */
};

struct vmlist {
	struct vmlist_row *rows;
	size_t n;
};

/*
 * The VMs of all labs, or of the one written "LAB:" in only.  With stopped also
 * those that are defined, in running labs and in the lab file here, but do not
 * run.  With ask, QEMU is asked for its state, and given 500 ms to answer.
 * Rows point into *st; vmlist_free() them.
 */
void	vmlist_get(struct vmlist *list, const struct state *st,
	    const char *only, bool stopped, bool ask);
void	vmlist_free(struct vmlist *list);

#endif
