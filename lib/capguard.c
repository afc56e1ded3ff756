/* SPDX-License-Identifier: ISC */
/* capguard.c - the process that hangs a drainer on QEMU, and takes it off */
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capguard.h"
#include "capobj.h"
#include "loop.h"
#include "netdevs.h"
#include "qmp.h"
#include "rights.h"
#include "strv.h"

#define QMP_MS		3000	/* QEMU answers within */
#define DETACH_MS	2000	/* after that the drainer is killed */
#define RETRY_MS	100
#define DRAINED_MS	1000	/* from detaching until the end of the FIFOs */
#define PIPE_SIZE	(1 << 20)
/* How long before the next second a filter is not made any more. */
#define SECOND_LEFT_NS	60000000L

static const char *const dirs[DUMP_STREAMS] = { "rx", "tx" };

struct guard {
	struct capguard c;
	const struct capqmp_conf *conf;
	struct qmp *q;
	char *tmp;		/* a directory of our own, or NULL */
	char *path[DUMP_STREAMS];
	int keep_open[DUMP_STREAMS];	/* writing ends, until QEMU has them */
	int life;		/* the drainer sees it close */
	struct proc_id drainer;	/* pid 0: reaped */
	char id[DUMP_STREAMS][CAPOBJ_SZ];
};

static int	child_pipe[2];

/* ---- surroundings ---- */

static void
on_child(int sig)
{
	int was = errno;
	ssize_t n = write(child_pipe[1], "c", 1);

	(void)sig;
	(void)n;
	errno = was;
}

static bool
is_ours(const struct guard *g, int fd)
{
	return fd == g->c.opener || fd == g->c.drain.stream;
}

/*
 * What the opener had open is not for us to hold on to.  The memory of the ring
 * is mapped already.
 */
static void
close_others(const struct guard *g)
{
	int null = open("/dev/null", O_RDWR);
	DIR *d = opendir("/dev/fd");
	struct dirent *entry;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		int fd = atoi(entry->d_name);

		if (fd > 2 && fd != dirfd(d) && fd != null && !is_ours(g, fd))
			close(fd);
	}
	if (d != NULL)
		closedir(d);
	for (int fd = 0; fd <= 2; fd++)
		if (!is_ours(g, fd))
			dup2(null, fd);
	if (null > 2)
		close(null);
}

/* Nobody but reader, opener and drainer ends us. */
static int
set_signals(struct qerr *e)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM,
		SIGPIPE, SIGALRM, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU };
	struct sigaction child = { .sa_handler = on_child };
	sigset_t none;

	if (pipe(child_pipe) == -1)
		return qerr_sys(e, "cannot make a pipe");
	fcntl(child_pipe[0], F_SETFL, O_NONBLOCK);
	fcntl(child_pipe[1], F_SETFL, O_NONBLOCK);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	sigaction(SIGCHLD, &child, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return 0;
}

/*
 * QEMU must be able to open our FIFOs: root takes the identity of QEMU, or of
 * the runner, who is its user.
 */
static int
become(uid_t uid, struct qerr *e)
{
	struct passwd *pw;

	if (uid == (uid_t)-1 || uid == 0 || uid == geteuid())
		return 0;
	if (geteuid() != 0)
		return qerr_set(e, QERR_PERM, "QEMU belongs to user %u and "
		    "cannot write to us: be that user, or root",
		    (unsigned)uid);
	pw = getpwuid(uid);
	if (setgroups(0, NULL) == -1 ||
	    setgid(pw != NULL ? pw->pw_gid : (gid_t)uid) == -1 ||
	    setuid(uid) == -1)
		return qerr_sys(e, "cannot become user %u", (unsigned)uid);
	return 0;
}

/* ---- QMP ---- */

static struct qmp *
connect_qmp(const char *path, int timeout_ms, struct qerr *e)
{
	struct qmp *q = qmp_open(path, timeout_ms, e);

	if (q == NULL && e->kind == QERR_TIMEOUT)
		qerr_set(e, QERR_TIMEOUT, "QEMU's QMP socket '%s' does not "
		    "answer: it serves one program at a time, and another is "
		    "connected, or QEMU hangs", path);
	return q;
}

/* Only before 8.1 does QEMU leave virtio's header before frames of taps. */
static int
check_version(struct guard *g, const struct netdev *n, struct qerr *e)
{
	int major = 0, minor = 0;
	json_t *v;

	if (strcmp(n->type, "tap") != 0 || strncmp(n->model, "virtio", 6) != 0)
		return 0;
	v = qmp_execute(g->q, "query-version", NULL, QMP_MS, e);
	if (v == NULL)
		return -1;
	json_unpack(v, "{s:{s:i,s:i}}", "qemu", "major", &major, "minor",
	    &minor);
	json_decref(v);
	g->c.drain.has_vnethdr = major < 8 || (major == 8 && minor < 1);
	memcpy(g->c.drain.vnethdr.mac, n->mac, sizeof(n->mac));
	if (g->c.keep < CAPSRC_SNAPLEN_MAX - VNETHDR_MAX)
		g->c.keep += VNETHDR_MAX;
	return 0;
}

static int
find_netdev(struct guard *g, struct netdev *n, struct qerr *e)
{
	json_t *text = qmp_execute(g->q, "human-monitor-command",
	    json_pack("{s:s}", "command-line", "info network"), QMP_MS, e);
	bool found;

	if (text == NULL)
		return -1;
	found = json_is_string(text) && netdevs_find(json_string_value(text),
	    g->conf->netdev, g->conf->mac, n);
	json_decref(text);
	return found ? 0 : qerr_set(e, QERR_NOTFOUND, "QEMU has no such NIC");
}

/* In words what QEMU's own leave open. */
static void
explain(struct qerr *e)
{
	const char *why = NULL;

	if (strstr(e->msg, "multiqueue") != NULL)
		why = "a NIC with several queues can be captured on its tap "
		    "only";
	else if (strstr(e->msg, "Vhost") != NULL ||
	    strstr(e->msg, "vhost") != NULL)
		why = "with vhost, packets bypass QEMU: capture on the tap";
	else if (strstr(e->msg, "can't open") != NULL)
		why = "QEMU sees other files than we do, or is confined";
	if (why != NULL) {
		char was[sizeof(e->msg)];

		memcpy(was, e->msg, sizeof(was));
		qerr_set(e, QERR_FAIL, "%s (%s)", why, was);
	} else
		qerr_prefix(e, "QEMU does not dump this NIC");
}

static int
add_filter(struct guard *g, int i, const char *netdev, struct qerr *e)
{
	json_t *done = qmp_execute(g->q, "object-add", json_pack(
	    "{s:s,s:s,s:s,s:s,s:s,s:I}", "qom-type", "filter-dump", "id",
	    g->id[i], "netdev", netdev, "queue", dirs[i], "file", g->path[i],
	    "maxlen", (json_int_t)g->c.keep), QMP_MS, e);

	if (done == NULL && e->kind == QERR_FAIL)
		explain(e);
	json_decref(done);
	return done != NULL ? 0 : -1;
}

/*
 * The stamps of both filters count from a second of the day: let it be the
 * same one.
 */
static void
early_in_second(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	if (ts.tv_nsec > 1000000000 - SECOND_LEFT_NS)
		poll(NULL, 0, (int)((1000000000 - ts.tv_nsec) / 1000000 + 1));
}

/* 1: they were there; 0: they were not; -1: no answer. */
static int
remove_filters(const struct guard *g, struct qmp *q)
{
	int rc = 0;

	for (int i = 0; i < DUMP_STREAMS; i++) {
		struct qerr e = { 0 };
		json_t *done = qmp_execute(q, "object-del", json_pack("{s:s}",
		    "id", g->id[i]), QMP_MS, &e);

		if (done == NULL && e.kind == QERR_TIMEOUT)
			return -1;
		if (done != NULL)
			rc = 1;
		json_decref(done);
	}
	return rc;
}

/* As remove_filters(); QEMU gone is "they were not". */
static int
detach(const struct guard *g)
{
	int64_t end = loop_now_ms() + DETACH_MS;

	do {
		struct qerr e;
		struct qmp *q = connect_qmp(g->conf->qmp, DETACH_MS / 2, &e);
		int rc;

		if (q == NULL && (e.sys == ECONNREFUSED || e.sys == ENOENT ||
		    e.sys == EPIPE))
			return 0;
		if (q != NULL) {
			rc = remove_filters(g, q);
			qmp_close(q);
			return rc;
		}
		poll(NULL, 0, RETRY_MS);
	} while (loop_now_ms() < end);
	return -1;
}

/* ---- FIFOs and the drainer ---- */

static int
make_fifos(struct guard *g, struct qerr *e)
{
	char tmp[] = "/tmp/qlab-cap.XXXXXX";
	const char *dir = g->conf->dir;

	if (dir == NULL) {
		if ((dir = mkdtemp(tmp)) == NULL)
			return qerr_sys(e, "cannot make a directory in /tmp");
		g->tmp = xstrdup(tmp);
	}
	for (int i = 0; i < DUMP_STREAMS; i++) {
		char *path = xasprintf("%s/qcap-%d-%s", dir, (int)getpid(),
		    dirs[i]);

		if (mkfifo(path, 0600) == -1) {
			qerr_sys(e, "cannot make '%s'", path);
			free(path);
			return -1;
		}
		g->path[i] = path;
		/* The reader first: QEMU waits for one, and the VM with it. */
		g->c.drain.fifo[i] = open(path, O_RDONLY | O_NONBLOCK |
		    O_CLOEXEC);
		g->keep_open[i] = open(path, O_WRONLY | O_NONBLOCK |
		    O_CLOEXEC);
		if (g->c.drain.fifo[i] == -1 || g->keep_open[i] == -1)
			return qerr_sys(e, "cannot open '%s'", path);
#ifdef F_SETPIPE_SZ
		/* As much as we may; else it is 64 KiB. */
		fcntl(g->keep_open[i], F_SETPIPE_SZ, PIPE_SIZE);
#endif
	}
	return 0;
}

/* QEMU has them open, or never will. */
static void
forget_fifos(struct guard *g)
{
	for (int i = 0; i < DUMP_STREAMS; i++) {
		if (g->path[i] != NULL)
			unlink(g->path[i]);
		free(g->path[i]);
		g->path[i] = NULL;
		if (g->keep_open[i] != -1)
			close(g->keep_open[i]);
		g->keep_open[i] = -1;
	}
	if (g->tmp != NULL)
		rmdir(g->tmp);
	free(g->tmp);
	g->tmp = NULL;
}

static void
drainer(struct guard *g)
{
	struct capdrain *d = &g->c.drain;

	signal(SIGCHLD, SIG_DFL);
	close(child_pipe[0]);
	close(child_pipe[1]);
	close(g->life);
	close(g->c.opener);
	for (int i = 0; i < DUMP_STREAMS; i++)
		close(g->keep_open[i]);
	qmp_close(g->q);
	if (rights_drop(NULL) == -1)
		_exit(QERR_FAIL);
	rights_confine(NULL);	/* where it can be had */
	capdrain_run(d);
	_exit(0);
}

static int
start_drainer(struct guard *g, struct qerr *e)
{
	int life[2];
	pid_t pid;

	if (pipe(life) == -1)
		return qerr_sys(e, "cannot make a pipe");
	g->c.drain.life = life[0];
	g->life = life[1];
	if ((pid = fork()) == 0)
		drainer(g);
	if (pid == -1)
		return qerr_sys(e, "cannot start a process");
	close(life[0]);
	/* From here on it alone reads: if it dies QEMU goes on. */
	for (int i = 0; i < DUMP_STREAMS; i++) {
		close(g->c.drain.fifo[i]);
		g->c.drain.fifo[i] = -1;
	}
	if (proc_id_get(pid, &g->drainer, e) == -1) {
		g->drainer.pid = pid;
		return -1;
	}
	for (int i = 0; i < DUMP_STREAMS; i++)
		capobj_name(&g->drainer, dirs[i], g->id[i]);
	return 0;
}

static void
kill_drainer(struct guard *g)
{
	if (g->drainer.pid == 0)
		return;
	kill(g->drainer.pid, SIGKILL);
	while (waitpid(g->drainer.pid, NULL, 0) == -1 && errno == EINTR)
		;
	g->drainer.pid = 0;
}

static int
attach(struct guard *g, struct qerr *e)
{
	struct netdev n;

	if ((g->q = connect_qmp(g->conf->qmp, QMP_MS, e)) == NULL ||
	    become(qmp_peer_uid(g->q), e) == -1 ||
	    capobj_sweep(g->q, QMP_MS, false, NULL, e) == -1 ||
	    find_netdev(g, &n, e) == -1 || check_version(g, &n, e) == -1 ||
	    make_fifos(g, e) == -1 || start_drainer(g, e) == -1)
		return -1;
	early_in_second();
	for (int i = 0; i < DUMP_STREAMS; i++)
		if (add_filter(g, i, n.id, e) == -1) {
			remove_filters(g, g->q);
			return -1;
		}
	return 0;
}

/* ---- while it goes on ---- */

/* What became of the drainer?  0: it runs. */
static uint32_t
look_after(struct guard *g)
{
	int status;

	if (waitpid(g->drainer.pid, &status, WNOHANG | WUNTRACED) <= 0)
		return 0;
	if (WIFSTOPPED(status)) {
		/* The VM comes to a stand: free it at once. */
		kill_drainer(g);
		return CAPDRAIN_HELD;
	}
	g->drainer.pid = 0;
	return WIFSIGNALED(status) ? CAPDRAIN_KILLED : CAPDRAIN_CUT;
}

/* Why it is over; 0: it is no longer wanted. */
static uint32_t
watch(struct guard *g)
{
	struct pollfd p[] = {
		{ .fd = child_pipe[0], .events = POLLIN },
		{ .fd = g->c.drain.stream },
		{ .fd = g->c.opener },
	};
	char buf[16];
	uint32_t why;

	for (;;) {
		if (poll(p, 3, -1) == -1 && errno != EINTR)
			return 0;
		if (p[0].revents != 0)
			while (read(child_pipe[0], buf, sizeof(buf)) > 0)
				;
		if ((why = look_after(g)) != 0)
			return why;
		if ((p[1].revents | p[2].revents) & (POLLHUP | POLLERR))
			return 0;
	}
}

/* QEMU has closed the FIFOs, so the drainer comes to an end. */
static void
await_drainer(struct guard *g)
{
	int64_t end = loop_now_ms() + DRAINED_MS, left;
	struct pollfd p = { .fd = child_pipe[0], .events = POLLIN };
	char buf[16];

	while (g->drainer.pid != 0 && look_after(g) == 0 &&
	    (left = end - loop_now_ms()) > 0)
		if (poll(&p, 1, (int)left) == 1 &&
		    read(child_pipe[0], buf, sizeof(buf)) == -1)
			continue;
}

static void
tell_opener(const struct guard *g, const void *what, size_t len)
{
	ssize_t n = write(g->c.opener, what, len);

	(void)n;	/* it is gone: we shall see */
}

void
capguard_run(const struct capguard *conf)
{
	struct guard g = { .c = *conf, .conf = conf->conf, .life = -1,
		.keep_open = { -1, -1 } };
	struct capguard_said said = { 0 };
	struct qerr e = { 0 };
	uint32_t why = 0;
	int rc;

	close_others(&g);
	rc = set_signals(&e);
	if (rc == 0)
		rc = attach(&g, &e);
	forget_fifos(&g);
	qmp_close(g.q);
	g.q = NULL;
	if (rc == -1) {
		/* A capture's own time is not up. */
		if (e.kind == QERR_TIMEOUT)
			e.kind = QERR_FAIL;
		kill_drainer(&g);
		said.e = e;
		tell_opener(&g, &said, sizeof(said));
		_exit(0);
	}
	said.drainer = g.drainer;
	tell_opener(&g, &said, sizeof(said));
	why = watch(&g);
	rc = detach(&g);
	if (rc == 1)
		await_drainer(&g);
	kill_drainer(&g);
	if (rc != -1)
		tell_opener(&g, "d", 1);
	/* A reader that has gone does not care. */
	capring_end(&g.c.drain.ring, why == CAPDRAIN_CUT && rc == 0 ?
	    CAPDRAIN_GONE : why != 0 ? why : CAPDRAIN_CUT);
	_exit(0);
}
