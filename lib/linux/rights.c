/* SPDX-License-Identifier: ISC */
/* rights.c - give up all capabilities, and root's identity */
#include <grp.h>
#include <unistd.h>

#include "ns.h"
#include "rights.h"

/* The kernel's overflow id, "nobody" on every distribution. */
#define NOBODY	65534

/*
 * Root without capabilities still owns root's files.  In a user namespace
 * where we are not mapped geteuid() says the overflow id already.
 */
static int
leave_root(struct qerr *e)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) == -1 ||
	    setresgid(NOBODY, NOBODY, NOBODY) == -1 ||
	    setresuid(NOBODY, NOBODY, NOBODY) == -1)
		return qerr_sys(e, "cannot become nobody");
	return 0;
}

int
rights_drop(struct qerr *e)
{
	if (leave_root(e) == -1)
		return -1;
	return ns_drop_caps(e);
}
