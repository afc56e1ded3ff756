/* SPDX-License-Identifier: ISC */
/* service.c - programs that live and die with the holder */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fdmsg.h"
#include "loop.h"
#include "ns.h"
#include "proc.h"
#include "procs.h"
#include "service.h"

#define STOP_MS	1000

/* In the child: the default signals, no terminal, its output to out (or -1). */
static void
settle(pid_t parent, int out)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	if (procs_die_with_parent(SIGKILL, parent, NULL) == -1)
		_exit(127);
	dup2(null, 0);
	dup2(out != -1 ? out : null, 1);
	dup2(out != -1 ? out : null, 2);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
}

pid_t
service_start(const struct strv *argv, int out, struct qerr *e)
{
	char *file = proc_find(argv->v[0]);
	pid_t parent = getpid(), pid;

	if (file == NULL)
		return qerr_set(e, QERR_FAIL, "no program '%s' in PATH",
		    argv->v[0]);
	pid = fork();
	if (pid == 0) {
		settle(parent, out);
		execv(file, argv->v);
		_exit(127);
	}
	free(file);
	if (pid == -1)
		return qerr_sys(e, "cannot start '%s'", argv->v[0]);
	return pid;
}

void
service_stop(pid_t *pid)
{
	int64_t until = loop_now_ms() + STOP_MS;

	if (*pid <= 0)
		return;
	kill(*pid, SIGTERM);
	while (waitpid(*pid, NULL, WNOHANG) == 0) {
		if (loop_now_ms() > until)
			kill(*pid, SIGKILL);
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	*pid = 0;
}

/* Words arrive NUL-terminated, an empty one ends them. */
static void
usher_run(int fd)
{
	static char buf[8192];
	struct strv argv = { 0 };
	size_t len = 0;
	ssize_t n;
	char *file;

	while ((n = read(fd, buf + len, sizeof(buf) - len)) > 0) {
		len += (size_t)n;
		if (len >= 2 && buf[len - 1] == '\0' && buf[len - 2] == '\0')
			break;
	}
	if (n <= 0)
		_exit(0);
	for (const char *p = buf; *p != '\0'; p += strlen(p) + 1)
		strv_add(&argv, p);
	if (argv.n == 0)
		_exit(127);
	file = proc_find(argv.v[0]);
	if (file != NULL)
		execv(file, argv.v);
	_exit(127);
}

pid_t
service_usher(const char *log, int *fd, struct qerr *e)
{
	pid_t parent = getpid(), pid;
	int sv[2];

	if (fdmsg_pair(sv, e) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(sv[0]);
		settle(parent, open(log, O_WRONLY | O_APPEND | O_CREAT,
		    0600));
		usher_run(sv[1]);
	}
	close(sv[1]);
	if (pid == -1) {
		qerr_sys(e, "cannot fork");
		close(sv[0]);
		return -1;
	}
	*fd = sv[0];
	return pid;
}

int
service_usher_go(int *fd, const struct strv *argv, struct qerr *e)
{
	int rc = 0;

	for (size_t i = 0; i <= argv->n && rc == 0; i++) {
		const char *w = i < argv->n ? argv->v[i] : "";
		size_t len = strlen(w) + 1;

		if (send(*fd, w, len, MSG_NOSIGNAL) != (ssize_t)len)
			rc = qerr_sys(e, "cannot start '%s'", argv->v[0]);
	}
	close(*fd);
	*fd = -1;
	return rc;
}

pid_t
service_anchor(struct qerr *e)
{
	pid_t parent = getpid(), pid;
	int ready[2];
	char c;

	if (pipe2(ready, O_CLOEXEC) == -1)
		return qerr_sys(e, "cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		settle(parent, -1);
		if (ns_drop_caps(NULL) == -1)
			_exit(127);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		for (;;)
			pause();
	}
	/* It closes the pipe when it has no rights any more. */
	close(ready[1]);
	while (read(ready[0], &c, 1) == -1 && errno == EINTR)
		continue;
	close(ready[0]);
	if (pid == -1)
		return qerr_sys(e, "cannot fork");
	return pid;
}

char *
service_last_words(const char *log)
{
	char buf[512], *last = NULL, *save = NULL;
	FILE *f = fopen(log, "re");
	size_t n;

	if (f == NULL)
		return xstrdup("");
	if (fseek(f, -(long)(sizeof(buf) - 1), SEEK_END) == -1)
		rewind(f);
	n = fread(buf, 1, sizeof(buf) - 1, f);
	buf[n] = '\0';
	fclose(f);
	for (char *p = strtok_r(buf, "\r\n", &save); p != NULL;
	    p = strtok_r(NULL, "\r\n", &save))
		/* passt complains about a missing syslog besides its reason. */
		if (strstr(p, "to syslog") == NULL)
			last = p;
	/* Behind the time that a stamper (stamper.h) put there. */
	if (last != NULL && strlen(last) > 33 && last[10] == 'T' &&
	    last[32] == ' ')
		last += 33;
	return xstrdup(last != NULL ? last : "");
}
