/* SPDX-License-Identifier: ISC */
/* ns.c - a lab's own namespaces */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <linux/nsfs.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ns.h"
#include "vnet.h"

static int
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), saved;
	ssize_t n;

	if (fd == -1)
		return -1;
	n = write(fd, text, strlen(text));
	saved = errno;
	close(fd);
	errno = saved;
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

int
ns_sysctl(const char *name, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "/proc/sys/net/%s", name);
	return write_text(path, value);
}

static int
caps_get(struct __user_cap_header_struct *h, struct __user_cap_data_struct d[2])
{
	*h = (struct __user_cap_header_struct){
		_LINUX_CAPABILITY_VERSION_3, 0 };
	return (int)syscall(SYS_capget, h, d);
}

int
ns_keep_caps(struct qerr *e)
{
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[2];

	if (caps_get(&h, d) == -1)
		return qerr_sys(e, "cannot read own capabilities");
	d[0].inheritable = d[0].permitted;
	d[1].inheritable = d[1].permitted;
	if (syscall(SYS_capset, &h, d) == -1)
		return qerr_sys(e, "cannot make capabilities inheritable");
	for (int cap = 0; cap < 64; cap++)
		if (d[cap / 32].permitted & (1u << (cap % 32)))
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return 0;
}

int
ns_drop_caps(struct qerr *e)
{
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[2];

	if (caps_get(&h, d) == -1)
		return qerr_sys(e, "cannot read own capabilities");
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	memset(d, 0, sizeof(d));
	if (syscall(SYS_capset, &h, d) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return qerr_sys(e, "cannot drop capabilities");
	return 0;
}

static int
enter_user(struct qerr *e)
{
	unsigned uid = geteuid(), gid = getegid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == -1) {
		qerr_sys(e, "cannot make a user and network namespace");
		if (e != NULL && e->sys != ENOMEM) {
			e->kind = QERR_PERM;
			qerr_prefix(e, "user namespaces are not allowed here "
			    "(sudo sysctl user.max_user_namespaces=10000, on "
			    "some systems kernel.unprivileged_userns_clone=1)");
		}
		return -1;
	}
	snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
	if (write_text("/proc/self/setgroups", "deny") == -1 ||
	    write_text("/proc/self/uid_map", map) == -1)
		return qerr_sys(e, "cannot map uid %u into the namespace", uid);
	snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
	if (write_text("/proc/self/gid_map", map) == -1)
		return qerr_sys(e, "cannot map gid %u into the namespace", gid);
	return 0;
}

int
ns_enter(struct qerr *e)
{
	if (geteuid() == 0) {
		if (unshare(CLONE_NEWNET) == -1) {
			qerr_sys(e, "cannot make a network namespace");
			if (e != NULL && e->kind == QERR_PERM)
				qerr_prefix(e, "this root is not allowed "
				    "namespaces (containers: --privileged)");
			return -1;
		}
	} else if (enter_user(e) == -1)
		return -1;
	return ns_keep_caps(e);
}

/* Is fd the namespace of that kind which we are in already? */
static int
is_ours(int fd, const char *kind)
{
	struct stat a, b;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	return fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
	    a.st_ino == b.st_ino && a.st_dev == b.st_dev;
}

int
ns_join_fd(int fd, struct qerr *e)
{
	int user = ioctl(fd, NS_GET_USERNS), rc = 0;

	if (user == -1)
		return qerr_sys(e, "cannot find a network namespace's owner");
	if (!is_ours(user, "user") && setns(user, CLONE_NEWUSER) == -1)
		rc = qerr_sys(e, "cannot join a user namespace");
	else if (!is_ours(fd, "net") && setns(fd, CLONE_NEWNET) == -1)
		rc = qerr_sys(e, "cannot join a network namespace");
	close(user);
	return rc;
}

int
vnet_join(const struct proc_id *id, struct qerr *e)
{
	static const char *const kinds[] = { "user", "net" };
	int fds[2] = { -1, -1 }, rc = -1;

	for (int i = 0; i < 2; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)id->pid,
		    kinds[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] == -1 && (errno == ENOENT || errno == ESRCH))
			goto ended;	/* or about to, without any already */
		if (fds[i] == -1) {
			qerr_sys(e, "cannot open the lab's %s namespace",
			    kinds[i]);
			goto out;
		}
	}
	if (!proc_id_alive(id))
		goto ended;
	if (!is_ours(fds[0], "user") && setns(fds[0], CLONE_NEWUSER) == -1) {
		qerr_sys(e, "cannot join the lab's user namespace");
		goto out;
	}
	if (!is_ours(fds[1], "net") && setns(fds[1], CLONE_NEWNET) == -1) {
		qerr_sys(e, "cannot join the lab's network namespace");
		goto out;
	}
	rc = ns_keep_caps(e);
	goto out;
ended:
	qerr_set(e, QERR_NOTFOUND, "the lab ended meanwhile");
out:
	for (int i = 0; i < 2; i++)
		if (fds[i] != -1)
			close(fds[i]);
	return rc;
}
