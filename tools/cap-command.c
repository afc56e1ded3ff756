/* SPDX-License-Identifier: ISC */
/* cap-command.c - the command that qlab-cap captures around */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>

#include "cap-command.h"
#include "tool.h"

#define NOT_RUNNABLE	126
#define NOT_FOUND	127

/* So long it may take after a SIGTERM. */
#define KILL_STEPS	100
#define KILL_STEP_MS	50

/* What we changed for ourselves is not for it. */
static void
child(const struct cap_command *c)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(c->argv[0], c->argv);
	tool_say("cannot run '%s': %s", c->argv[0], strerror(errno));
	_exit(errno == ENOENT ? NOT_FOUND : NOT_RUNNABLE);
}

int
cap_command_start(struct cap_command *c, struct qerr *e)
{
	if ((c->pid = fork()) == -1) {
		c->pid = 0;
		return qerr_sys(e, "cannot start '%s'", c->argv[0]);
	}
	if (c->pid == 0)
		child(c);
	return 0;
}

static int
reap(struct cap_command *c, int flags)
{
	int status;
	pid_t rc;

	if (c->pid == 0)
		return 0;
	while ((rc = waitpid(c->pid, &status, flags)) == -1 && errno == EINTR)
		;
	if (rc != c->pid)
		return 0;
	c->pid = 0;
	c->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
	return 1;
}

int
cap_command_reap(struct cap_command *c)
{
	if (!reap(c, WNOHANG))
		return 0;
	if (c->status > 128)
		tool_say("'%s' ended by signal %d", c->argv[0],
		    c->status - 128);
	else if (c->status != 0)
		tool_say("'%s' ended with status %d", c->argv[0], c->status);
	return 1;
}

void
cap_command_wait(struct cap_command *c)
{
	while (c->pid != 0 && !reap(c, 0) && errno != ECHILD)
		;
}

void
cap_command_kill(struct cap_command *c)
{
	const struct timespec step = { .tv_nsec = KILL_STEP_MS * 1000000 };

	if (c->pid == 0)
		return;
	kill(c->pid, SIGTERM);
	for (int i = 0; i < KILL_STEPS; i++) {
		if (reap(c, WNOHANG))
			return;
		nanosleep(&step, NULL);
	}
	kill(c->pid, SIGKILL);
	cap_command_wait(c);
}
