/* SPDX-License-Identifier: ISC */
/* procs.c - other processes (macOS) */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/sysctl.h>
#include <sys/un.h>

#include <mach-o/dyld.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "procs.h"
#include "strv.h"

/* -1 with errno ESRCH when it is gone or a zombie. */
static int
look(pid_t pid, struct kinfo_proc *kp)
{
	int mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)pid };
	size_t len = sizeof(*kp);

	/* Of a process that is gone there is no error, but nothing either. */
	if (sysctl(mib, 4, kp, &len, NULL, 0) == -1)
		return -1;
	if (len < sizeof(*kp) || kp->kp_proc.p_stat == SZOMB) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}

/* Microseconds since the epoch. */
int
procs_start_time(pid_t pid, uint64_t *start)
{
	struct kinfo_proc kp;

	if (look(pid, &kp) == -1)
		return -1;
	*start = (uint64_t)kp.kp_proc.p_starttime.tv_sec * 1000000 +
	    (uint64_t)kp.kp_proc.p_starttime.tv_usec;
	return 0;
}

bool
procs_stopped(pid_t pid)
{
	struct kinfo_proc kp;

	return look(pid, &kp) == 0 && kp.kp_proc.p_stat == SSTOP;
}

uid_t
procs_uid(pid_t pid)
{
	struct kinfo_proc kp;

	return look(pid, &kp) == 0 ? kp.kp_eproc.e_ucred.cr_uid : (uid_t)-1;
}

char *
procs_self_dir(void)
{
	char path[PATH_MAX], real[PATH_MAX], *slash;
	uint32_t size = sizeof(path);

	if (_NSGetExecutablePath(path, &size) != 0 ||
	    realpath(path, real) == NULL)
		return NULL;
	slash = strrchr(real, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return xstrdup(real);
}

pid_t
procs_peer_pid(int fd)
{
	pid_t pid;
	socklen_t len = sizeof(pid);

	return getsockopt(fd, SOL_LOCAL, LOCAL_PEERPID, &pid, &len) == 0 ?
	    pid : -1;
}

uid_t
procs_peer_uid(int fd)
{
	uid_t uid;
	gid_t gid;

	return getpeereid(fd, &uid, &gid) == 0 ? uid : (uid_t)-1;
}
