/* SPDX-License-Identifier: ISC */
/* procs.c - other processes, and our parent's death (Linux) */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "procs.h"
#include "strv.h"

/*
 * proc(5), /proc/PID/stat: field 3, the state, and field 22, when it started in
 * clock ticks since boot.
 */
static int
read_stat(pid_t pid, char *state, uint64_t *start)
{
	unsigned long long ticks;
	char path[64], buf[1024];
	const char *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		if (errno == ENOENT)
			errno = ESRCH;
		return -1;
	}
	n = read(fd, buf, sizeof(buf) - 1);
	close(fd);
	if (n <= 0) {
		errno = ESRCH;
		return -1;
	}
	buf[n] = '\0';
	/* The name may hold blanks and parentheses: start after the last. */
	p = strrchr(buf, ')');
	if (p == NULL || sscanf(p + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s "
	    "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu", state,
	    &ticks) != 2 || *state == 'Z' || *state == 'X') {
		errno = ESRCH;
		return -1;
	}
	*start = ticks;
	return 0;
}

int
procs_start_time(pid_t pid, uint64_t *start)
{
	char state;

	return read_stat(pid, &state, start);
}

bool
procs_stopped(pid_t pid)
{
	uint64_t start;
	char state;

	return read_stat(pid, &state, &start) == 0 && state == 'T';
}

uid_t
procs_uid(pid_t pid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	return stat(path, &st) == 0 ? st.st_uid : (uid_t)-1;
}

int
procs_die_with_parent(int sig, pid_t parent, struct qerr *e)
{
	if (prctl(PR_SET_PDEATHSIG, sig) == -1)
		return qerr_sys(e, "cannot tie a process to its parent");
	/* It may have died before the call. */
	if (getppid() != parent) {
		errno = ESRCH;
		return qerr_sys(e, "parent process %d is gone", (int)parent);
	}
	return 0;
}

bool
procs_can_die_with_parent(void)
{
	return true;
}

char *
procs_self_dir(void)
{
	char path[PATH_MAX], *slash;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n <= 0)
		return NULL;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return NULL;
	*slash = '\0';
	return xstrdup(path);
}

static int
peer(int fd, struct ucred *cred)
{
	socklen_t len = sizeof(*cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &len);
}

pid_t
procs_peer_pid(int fd)
{
	struct ucred cred;

	return peer(fd, &cred) == 0 ? cred.pid : -1;
}

uid_t
procs_peer_uid(int fd)
{
	struct ucred cred;

	return peer(fd, &cred) == 0 ? cred.uid : (uid_t)-1;
}
