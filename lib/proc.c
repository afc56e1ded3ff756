/* SPDX-License-Identifier: ISC */
/* proc.c - start programs, and know a process for sure */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "proc.h"
#include "procs.h"
#include "strv.h"

int
proc_id_get(pid_t pid, struct proc_id *id, struct qerr *e)
{
	id->pid = pid != 0 ? pid : getpid();
	if (procs_start_time(id->pid, &id->start) == -1)
		return qerr_sys(e, "cannot look at process %d", (int)id->pid);
	return 0;
}

bool
proc_id_alive(const struct proc_id *id)
{
	uint64_t start;

	return id->pid > 0 && procs_start_time(id->pid, &start) == 0 &&
	    start == id->start;
}

static bool
runs(const char *file)
{
	struct stat st;

	return access(file, X_OK) == 0 && stat(file, &st) == 0 &&
	    S_ISREG(st.st_mode);
}

char *
proc_find(const char *name)
{
	const char *path = getenv("PATH");
	char *all, *save = NULL, *found = NULL;

	if (strchr(name, '/') != NULL)
		return runs(name) ? xstrdup(name) : NULL;
	all = xasprintf("%s:/usr/sbin:/sbin:/usr/bin:/bin",
	    path != NULL ? path : "");
	for (char *dir = strtok_r(all, ":", &save);
	    dir != NULL && found == NULL; dir = strtok_r(NULL, ":", &save)) {
		char *file = xasprintf("%s/%s", dir, name);

		if (runs(file))
			found = file;
		else
			free(file);
	}
	free(all);
	return found;
}

/* One of a child's standard streams, as we see it. */
struct stream {
	int fd;			/* ours; -1: closed */
	char **out;		/* where its bytes go; NULL: discarded */
	size_t len;
};

/* In the child: fds are its ends of stdin, stdout and stderr; -1: /dev/null. */
static void
child_exec(const char *file, char *const argv[], const int fds[3])
{
	for (int i = 0; i < 3; i++) {
		int fd = fds[i];

		if (fd == -1)
			fd = open("/dev/null", O_RDWR);
		if (fd == -1 || dup2(fd, i) == -1)
			_exit(127);
	}
	signal(SIGPIPE, SIG_DFL);
	execv(file, argv);
	_exit(127);
}

static void
stream_close(struct stream *s)
{
	if (s->fd != -1)
		close(s->fd);
	s->fd = -1;
}

static void
stream_read(struct stream *s)
{
	char buf[65536];
	ssize_t n = read(s->fd, buf, sizeof(buf));

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		stream_close(s);
		return;
	}
	if (s->out == NULL)
		return;
	*s->out = xrealloc(*s->out, s->len + (size_t)n + 1);
	memcpy(*s->out + s->len, buf, (size_t)n);
	s->len += (size_t)n;
	(*s->out)[s->len] = '\0';
}

/* Feed and drain until both outputs are closed.  -1 when time is up. */
static int
pump(struct stream s[3], const char *in, int64_t until_ms)
{
	size_t left = in != NULL ? strlen(in) : 0;

	while (s[0].fd != -1 || s[1].fd != -1 || s[2].fd != -1) {
		struct pollfd p[3] = {
			{ .fd = s[0].fd, .events = POLLOUT },
			{ .fd = s[1].fd, .events = POLLIN },
			{ .fd = s[2].fd, .events = POLLIN },
		};
		int64_t wait = until_ms - loop_now_ms();

		if (wait <= 0)
			return -1;
		if (poll(p, 3, (int)wait) <= 0)
			continue;
		if (p[0].revents != 0) {
			ssize_t n = write(s[0].fd, in, left);

			if (n > 0) {
				in += n;
				left -= (size_t)n;
			}
			if (left == 0 || (n == -1 && errno != EINTR &&
			    errno != EAGAIN))
				stream_close(&s[0]);
		}
		for (int i = 1; i < 3; i++)
			if (p[i].revents != 0)
				stream_read(&s[i]);
	}
	return 0;
}

static int
reap(pid_t pid, bool kill_it)
{
	int status;

	if (kill_it)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

int
proc_run(char *const argv[], const char *in, char **out, char **errs,
    int timeout_ms, struct qerr *e)
{
	struct stream s[3] = { { -1, NULL, 0 }, { -1, out, 0 },
		{ -1, errs, 0 } };
	int theirs[3] = { -1, -1, -1 }, rc = -1;
	char *file = proc_find(argv[0]);
	bool late;
	pid_t pid;

	if (out != NULL)
		*out = xstrdup("");
	if (errs != NULL)
		*errs = xstrdup("");
	if (file == NULL) {
		qerr_set(e, QERR_FAIL, "no program '%s' in PATH", argv[0]);
		return -1;
	}
	for (int i = 0; i < 3; i++) {
		int p[2];

		if (i == 0 && in == NULL)
			continue;
		if (pipe(p) == -1) {
			qerr_sys(e, "cannot make a pipe");
			goto out;
		}
		fcntl(p[0], F_SETFD, FD_CLOEXEC);
		fcntl(p[1], F_SETFD, FD_CLOEXEC);
		/* A child that does not read must not stop us from reading. */
		if (i == 0)
			fcntl(p[1], F_SETFL, O_NONBLOCK);
		s[i].fd = p[i == 0];
		theirs[i] = p[i != 0];
	}
	pid = fork();
	if (pid == 0)
		child_exec(file, argv, theirs);
	for (int i = 0; i < 3; i++) {
		if (theirs[i] != -1)
			close(theirs[i]);
		theirs[i] = -1;
	}
	if (pid == -1) {
		qerr_sys(e, "cannot start '%s'", argv[0]);
		goto out;
	}
	late = pump(s, in, loop_now_ms() + timeout_ms) == -1;
	rc = reap(pid, late);
	if (late)
		rc = qerr_set(e, QERR_TIMEOUT, "'%s' took over %d ms", argv[0],
		    timeout_ms);
out:
	for (int i = 0; i < 3; i++) {
		stream_close(&s[i]);
		if (theirs[i] != -1)
			close(theirs[i]);
	}
	free(file);
	return rc;
}
