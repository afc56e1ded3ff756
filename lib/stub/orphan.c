/* SPDX-License-Identifier: ISC */
/* orphan.c - our parent's death, of which not every system tells */
#include "procs.h"

int
procs_die_with_parent(int sig, pid_t parent, struct qerr *e)
{
	(void)sig;
	(void)parent;
	(void)e;
	return 0;
}

bool
procs_can_die_with_parent(void)
{
	return false;
}
