/* SPDX-License-Identifier: ISC */
/* rights.c - give up root's identity, network, other processes (macOS) */
#include <sys/types.h>
#include <sys/resource.h>

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "rights.h"
#include "sdk.h"

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

/*
 * Of the profiles that programs may name the one that takes the network away:
 * that for pure computation also takes the ioctl(2) by which a device is told
 * to stop and asked for its counts, and that against writing the ftruncate(2)
 * that cuts a file to whole packets.  There can be one only.
 */
int
rights_confine(struct qerr *e)
{
	const struct rlimit none = { 0 };
	char *why = NULL;

	if (sandbox_init(kSBXProfileNoNetwork, SANDBOX_NAMED, &why) == -1) {
		qerr_set(e, QERR_FAIL, "cannot have the network refused "
		    "(sandbox): %s", why != NULL ? why : "no reason given");
		sandbox_free_error(why);
		return -1;
	}
	/* No process beside this one, either. */
	setrlimit(RLIMIT_NPROC, &none);
	return 0;
}
