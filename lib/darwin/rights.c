/* SPDX-License-Identifier: ISC */
/* rights.c - give up root's identity (macOS has nothing finer) */
#include <sys/types.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "rights.h"

int
rights_drop(struct qerr *e)
{
	const struct passwd *pw;
	gid_t gid;

	if (geteuid() != 0 && getuid() != 0)
		return 0;
	errno = 0;
	pw = getpwnam("nobody");
	if (pw == NULL || pw->pw_uid == 0)
		return qerr_sys(e, "there is no user nobody to become");
	gid = pw->pw_gid;
	/* In this order: without root no group can be left. */
	if (setgroups(1, &gid) == -1 || setgid(gid) == -1 ||
	    setuid(pw->pw_uid) == -1)
		return qerr_sys(e, "cannot become nobody");
	if (setuid(0) == 0 || geteuid() == 0)
		return qerr_set(e, QERR_FAIL, "could become root again");
	return 0;
}

/* The sandbox has no profile that leaves descriptors alone and nothing else. */
int
rights_confine(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL,
	    "refusing system calls is not supported on macOS");
}
