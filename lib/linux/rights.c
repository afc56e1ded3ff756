/* SPDX-License-Identifier: ISC */
/* rights.c - give up all capabilities, and root's identity */
#include <grp.h>
#include <unistd.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

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
	struct __user_cap_header_struct h = {
		.version = _LINUX_CAPABILITY_VERSION_3
	};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (leave_root(e) == -1)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return qerr_sys(e, "cannot forgo new privileges");
	/* Ambient capabilities cannot outlive the permitted ones. */
	if (syscall(SYS_capset, &h, none) == -1)
		return qerr_sys(e, "cannot drop capabilities");
	return 0;
}
