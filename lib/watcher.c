/* SPDX-License-Identifier: ISC */
/* watcher.c - end a QEMU when we die, where the kernel does not */
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "watcher.h"

#define QUIT_MS		3000	/* QMP quit works within */
#define FDS_MAX		4096

/* QEMU closes its end as it goes. */
static void
quit(int qmp)
{
	static const char cmd[] = "{\"execute\":\"quit\"}\n";
	int64_t until = loop_now_ms() + QUIT_MS, left;
	char buf[4096];

	if (write(qmp, cmd, strlen(cmd)) == -1)
		return;
	while ((left = until - loop_now_ms()) > 0) {
		struct pollfd p = { .fd = qmp, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(qmp, buf, sizeof(buf));
		if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
			return;
	}
}

/* Others' ends of pipes in our hands would keep their watchers waiting. */
static void
close_all_but(int a, int b)
{
	long n = sysconf(_SC_OPEN_MAX);

	for (int fd = 0; fd < (n > 0 && n < FDS_MAX ? n : FDS_MAX); fd++)
		if (fd != a && fd != b)
			close(fd);
}

static void
watch(int pipe, const struct proc_id *qemu, int qmp)
{
	sigset_t none;
	ssize_t n;
	char c;

	setsid();
	for (int sig = 1; sig < 32; sig++)
		signal(sig, sig == SIGTERM ? SIG_DFL : SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	close_all_but(pipe, qmp);
	do
		n = read(pipe, &c, 1);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		return;
	if (qmp != -1)
		quit(qmp);
	if (proc_id_alive(qemu))
		kill(qemu->pid, SIGKILL);
}

int
watcher_start(struct watcher *w, const struct proc_id *qemu, int qmp,
    struct qerr *e)
{
	int p[2];

	*w = (struct watcher){ .fd = -1 };
	if (pipe(p) == -1)
		return qerr_sys(e, "cannot make a pipe");
	fcntl(p[1], F_SETFD, FD_CLOEXEC);
	w->pid = fork();
	if (w->pid == 0) {
		watch(p[0], qemu, qmp);
		_exit(0);
	}
	close(p[0]);
	if (w->pid == -1) {
		w->pid = 0;
		close(p[1]);
		return qerr_sys(e, "cannot fork");
	}
	w->fd = p[1];
	return 0;
}

void
watcher_stop(struct watcher *w)
{
	if (w->pid == 0)
		return;
	if (write(w->fd, "", 1) == -1)
		kill(w->pid, SIGTERM);
	close(w->fd);
	while (waitpid(w->pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	*w = (struct watcher){ .fd = -1 };
}
