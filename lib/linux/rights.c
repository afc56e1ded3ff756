/* SPDX-License-Identifier: ISC */
/* rights.c - give up all capabilities, and root's identity */
#include <errno.h>
#include <grp.h>
#include <unistd.h>

#include "ns.h"
#include "rights.h"

/* The kernel's overflow id, "nobody" on every distribution. */
#define NOBODY	65534

/*
 * Root without capabilities still owns root's files.  Root of a user namespace
 * that does not map nobody cannot change, and need not: outside of it, it is
 * an ordinary user.
 */
static int
leave_root(struct qerr *e)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) == 0 &&
	    setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0)
		return 0;
	if (errno == EPERM || errno == EINVAL)
		return 0;
	return qerr_sys(e, "cannot become nobody");
}

int
rights_drop(struct qerr *e)
{
	if (leave_root(e) == -1)
		return -1;
	return ns_drop_caps(e);
}
