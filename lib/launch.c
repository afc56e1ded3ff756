/* SPDX-License-Identifier: ISC */
/* launch.c - start one QEMU, and end it */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "procs.h"
#include "strv.h"

#define SUDO_MS		5000

void
launch_last_words(const char *log, char *buf, size_t size)
{
	FILE *f = fopen(log, "re");
	size_t n;

	buf[0] = '\0';
	if (f == NULL)
		return;
	if (fseek(f, -(long)(size - 1), SEEK_END) == -1)
		rewind(f);
	n = fread(buf, 1, size - 1, f);
	fclose(f);
	while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == '\r'))
		n--;
	buf[n] = '\0';
	for (char *p = buf; *p != '\0'; p++)
		if (*p != '\n' && (*p < ' ' || *p > '~'))
			*p = '?';
}

/*
 * A session of its own: the terminal's ^C is not for it.  But sudo's right may
 * be one of this terminal's alone, so it stays in the session, out of the way.
 */
static int
leave_terminal(bool sudo, pid_t parent)
{
	if (sudo)
		return setpgid(0, 0);
	setsid();
	return procs_die_with_parent(SIGKILL, parent, NULL);
}

/* In the child: cables to where the command line says, output to the log. */
static void
run_qemu(const char *file, char *const *argv, const int *fds, size_t nfds,
    const char *log, bool sudo, pid_t parent)
{
	int null = open("/dev/null", O_RDWR);
	int out = open(log, O_WRONLY | O_APPEND | O_CREAT, 0600);
	sigset_t none;
	int *high = xcalloc(nfds, sizeof(*high));

	if (leave_terminal(sudo, parent) == -1)
		_exit(127);
	for (size_t i = 0; i < nfds; i++)
		high[i] = fcntl(fds[i], F_DUPFD, 256);
	dup2(null, 0);
	dup2(out != -1 ? out : null, 1);
	dup2(out != -1 ? out : null, 2);
	for (int fd = LAUNCH_FIRST_FD; fd < 256; fd++)
		close(fd);
	for (size_t i = 0; i < nfds; i++) {
		if (dup2(high[i], LAUNCH_FIRST_FD + (int)i) == -1)
			_exit(127);
		close(high[i]);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	execv(file, argv);
	dprintf(2, "cannot run '%s'\n", file);
	_exit(127);
}

int
launch_start(struct launch *l, char *const *argv, const int *fds, size_t nfds,
    const char *log, struct qerr *e)
{
	char *file = proc_find(argv[0]);
	pid_t parent = getpid();

	*l = (struct launch){ .sudo = strcmp(argv[0], "sudo") == 0 };
	if (file == NULL)
		return qerr_set(e, QERR_FAIL, "no program '%s' in PATH "
		    "(Debian, Ubuntu: apt-get install qemu-system-x86; "
		    "Homebrew: brew install qemu)", argv[0]);
	l->pid = fork();
	if (l->pid == 0)
		run_qemu(file, argv, fds, nfds, log, l->sudo, parent);
	free(file);
	if (l->pid == -1) {
		l->pid = 0;
		return qerr_sys(e, "cannot fork");
	}
	/* It may have ended already: SIGCHLD tells the story. */
	if (proc_id_get(l->pid, &l->qemu, NULL) == -1 || l->sudo ||
	    procs_can_die_with_parent())
		return 0;
	return watcher_start(&l->watcher, &l->qemu, -1, e);
}

void
launch_up(struct launch *l, pid_t qemu, int qmp)
{
	if (qemu > 0 && qemu != l->pid)
		proc_id_get(qemu, &l->qemu, NULL);
	if (!l->sudo && procs_can_die_with_parent())
		return;
	watcher_stop(&l->watcher);
	/* Without one it lives on when we are killed: no reason to stop it. */
	watcher_start(&l->watcher, &l->qemu, qmp, NULL);
}

/* A process, or with a minus a group, which may be root's. */
static int
end(pid_t whom)
{
	char pid[16];
	const char *const argv[] = { "sudo", "-n", "kill", "-KILL", pid, NULL };

	if (kill(whom, SIGKILL) == 0)
		return 0;
	if (errno != EPERM)
		return -1;
	snprintf(pid, sizeof(pid), "%d", (int)whom);
	return proc_run((char *const *)argv, NULL, NULL, NULL, SUDO_MS, NULL);
}

/*
 * sudo ends with its command.  Killed itself it would leave that behind, to
 * connect to the next start's sockets: unless the command is in its process
 * group still, which it is but for a sudo with use_pty, whose monitor ends it
 * some two seconds later.
 */
void
launch_kill(const struct launch *l, pid_t qemu)
{
	if (l->qemu.pid != l->pid && proc_id_alive(&l->qemu))
		qemu = l->qemu.pid;
	if (!l->sudo)
		kill(l->pid, SIGKILL);
	else if (qemu <= 0 || end(qemu) != 0)
		/* The group may be yet to come. */
		if (end(-l->pid) != 0)
			end(l->pid);
}

void
launch_gone(struct launch *l)
{
	watcher_stop(&l->watcher);
	*l = (struct launch){ .pid = 0 };
}
