/* SPDX-License-Identifier: ISC */
/* qemus.c - which QEMUs run, and where (Linux) */
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/if_tun.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdmsg.h"
#include "hostleases.h"
#include "ns.h"
#include "procs.h"
#include "qemuargv.h"
#include "qemus.h"
#include "strv.h"
#include "vnet.h"

/* Where ip-netns(8) keeps its names. */
#define NETNS_DIR	"/run/netns"
/* A command line may be this long; the kernel's own limit is lower. */
#define MAX_CMDLINE	(4u << 20)

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd	438
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open	434
#endif

/* A file of /proc, whole and NUL-terminated; NULL with errno. */
static char *
slurp(int dirfd, const char *path, size_t *len)
{
	size_t cap = 4096;
	char *buf;
	ssize_t n;
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC), saved;

	if (fd == -1)
		return NULL;
	buf = xcalloc(1, cap);
	*len = 0;
	while ((n = read(fd, buf + *len, cap - *len - 1)) > 0) {
		*len += (size_t)n;
		if (cap - *len == 1 && cap < MAX_CMDLINE)
			buf = xrealloc(buf, cap *= 2);
	}
	saved = errno;
	close(fd);
	buf[*len] = '\0';
	if (n == -1 || *len == 0) {
		free(buf);
		errno = saved;
		return NULL;
	}
	return buf;
}

/* The words of a command line, each ended by a NUL; NULL: not a QEMU's. */
static char **
qemu_argv(const char *text, size_t len)
{
	struct strv argv = { 0 };

	if (qemu_arch_of(text) == NULL)
		return NULL;
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		strv_add(&argv, text + at);
	return argv.v;
}

static uint64_t
inode(int fd, const char *path)
{
	struct stat st;

	if ((path != NULL ? stat(path, &st) : fstat(fd, &st)) == -1)
		return 0;
	return st.st_ino;
}

uint64_t
qemus_space(pid_t pid)
{
	char path[64] = "/proc/self/ns/net";

	if (pid != 0)
		snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	return inode(-1, path);
}

/* Note where a space can be entered; handle is ours to keep or close. */
static void
add_space(struct facts *f, uint64_t id, const struct proc_id *who, int handle)
{
	struct fact_space *s;

	if (id == 0) {
		if (handle != -1)
			close(handle);
		return;
	}
	s = facts_space(f, id);
	if (who != NULL && s->who.pid == 0)
		s->who = *who;
	if (s->handle == -1)
		s->handle = handle;
	else if (handle != -1)
		close(handle);
}

/*
 * Ask the tap itself: QEMU may live elsewhere.  Needs rights over the process
 * (Yama may withhold them) and over the tap's namespace.
 */
static void
ask_tap(struct facts *f, int pidfd, struct fact_tap *t)
{
	int fd, ns;

	fd = pidfd == -1 ? -1 :
	    (int)syscall(SYS_pidfd_getfd, pidfd, t->fd, 0);
	if (fd == -1)
		return;
	ns = ioctl(fd, TUNGETDEVNETNS);
	close(fd);
	if (ns == -1)
		return;
	t->space = inode(ns, NULL);
	t->sure = t->space != 0;
	fcntl(ns, F_SETFD, FD_CLOEXEC);
	add_space(f, t->space, NULL, ns);
}

/* "iff:\ttap3" in the fdinfo of a tap (drivers/net/tun.c). */
static void
read_fdinfo(struct facts *f, struct fact_proc *p, int dirfd, int pidfd,
    const char *name)
{
	struct fact_tap *t;
	char *text, *iff, ifname[HOSTIF_NAMESZ];
	size_t len;

	text = slurp(dirfd, name, &len);
	if (text == NULL)
		return;
	iff = strstr(text, "\niff:");
	if (iff != NULL && sscanf(iff + 5, "%15s", ifname) == 1) {
		t = facts_tap(p);
		t->fd = atoi(name);
		memcpy(t->name, ifname, sizeof(ifname));
		ask_tap(f, pidfd, t);
	}
	free(text);
}

static int
by_fd(const void *a, const void *b)
{
	return ((const struct fact_tap *)a)->fd -
	    ((const struct fact_tap *)b)->fd;
}

static void
read_taps(struct facts *f, struct fact_proc *p)
{
	char path[64];
	struct dirent *d;
	int pidfd;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", (int)p->id.pid);
	dir = opendir(path);
	if (dir == NULL)
		return;
	pidfd = (int)syscall(SYS_pidfd_open, p->id.pid, 0);
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] >= '0' && d->d_name[0] <= '9')
			read_fdinfo(f, p, dirfd(dir), pidfd, d->d_name);
	closedir(dir);
	if (pidfd != -1)
		close(pidfd);
	if (p->ntaps > 0)
		qsort(p->taps, p->ntaps, sizeof(*p->taps), by_fd);
	p->fds_seen = true;
}

static void
add_qemu(struct facts *f, pid_t pid, char **argv)
{
	struct fact_proc *p = facts_proc(f);
	struct stat st;
	char path[64];

	p->argv = argv;
	p->id.pid = pid;
	procs_start_time(pid, &p->id.start);
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	if (stat(path, &st) == 0)
		p->uid = st.st_uid;
	p->space = qemus_space(pid);
	add_space(f, p->space, &p->id, -1);
	read_taps(f, p);
	if (!p->fds_seen)
		f->unreadable++;
}

/* Root alone may look into them; others need not be told about each. */
static void
add_named(struct facts *f)
{
	struct dirent *d;
	DIR *dir;

	if (geteuid() != 0 || (dir = opendir(NETNS_DIR)) == NULL)
		return;
	while ((d = readdir(dir)) != NULL) {
		int fd;

		if (d->d_name[0] == '.')
			continue;
		fd = openat(dirfd(dir), d->d_name, O_RDONLY | O_CLOEXEC);
		if (fd != -1)
			add_space(f, inode(fd, NULL), NULL, fd);
	}
	closedir(dir);
}

int
qemus_list(struct facts *f, struct qerr *e)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;

	if (proc == NULL)
		return qerr_sys(e, "cannot read '/proc'");
	add_space(f, qemus_space(0), NULL, -1);
	while ((d = readdir(proc)) != NULL) {
		char path[300], *text, **argv;
		size_t len;

		if (d->d_name[0] < '1' || d->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "%s/cmdline", d->d_name);
		text = slurp(dirfd(proc), path, &len);
		if (text == NULL)
			continue;
		argv = qemu_argv(text, len);
		free(text);
		if (argv != NULL)
			add_qemu(f, atoi(d->d_name), argv);
	}
	closedir(proc);
	add_named(f);
	f->leases_space = qemus_space(0);
	hostleases_read(&f->leases, &f->leases_err);
	return 0;
}

char *
qemus_path(const struct fact_proc *p, const char *path)
{
	char mnt[64];

	if (p->id.pid == 0)
		return NULL;
	if (*path != '/')
		return xasprintf("/proc/%d/cwd/%s", (int)p->id.pid, path);
	snprintf(mnt, sizeof(mnt), "/proc/%d/ns/mnt", (int)p->id.pid);
	if (inode(-1, mnt) == inode(-1, "/proc/self/ns/mnt"))
		return xstrdup(path);
	return xasprintf("/proc/%d/root%s", (int)p->id.pid, path);
}

static int
join(const void *arg, struct qerr *e)
{
	const struct fact_space *s = arg;

	return s->who.pid != 0 ? vnet_join(&s->who, e) :
	    ns_join_fd(s->handle, e);
}

int
qemus_look(struct fact_space *s)
{
	int rc;

	if (s->id == qemus_space(0)) {
		rc = hostifs_get(&s->ifs, &s->err);
		if (rc == 0)
			hostifs_sort(&s->ifs);
	} else
		rc = hostifs_get_by(join, s, &s->ifs, &s->err);
	s->seen = rc == 0;
	return rc;
}

/* The descriptor that the child sent, or what kept it from having one. */
static int
receive_fd(int sock, struct qerr *e)
{
	struct fdmsg m;
	int fd = -1;

	if (fdmsg_recv(sock, true, &m, e) != 1)
		return -1;
	if (m.nfds > 0) {
		fd = m.fds[0];
		m.fds[0] = -1;
	} else if (e != NULL && m.len == sizeof(*e))
		memcpy(e, m.buf, sizeof(*e));
	fdmsg_release(&m);
	return fd;
}

int
qemus_open_in(const struct fact_space *s, int (*open_fn)(struct qerr *e),
    struct qerr *e)
{
	int sv[2], fd;
	pid_t pid;

	if (s->id == qemus_space(0))
		return open_fn(e);
	if (fdmsg_pair(sv, e) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct qerr err = { .kind = QERR_NONE };

		fd = join(s, &err) == 0 ? open_fn(&err) : -1;
		fdmsg_send(sv[1], 0, &err, sizeof(err), &fd, fd != -1, NULL);
		_exit(0);
	}
	close(sv[1]);
	fd = pid == -1 ? qerr_sys(e, "cannot fork") : receive_fd(sv[0], e);
	close(sv[0]);
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	return fd;
}
