/* SPDX-License-Identifier: ISC */
/* cap-command.c - the command that qlab-cap captures around */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/wait.h>

#include "cap-command.h"
#include "procs.h"
#include "tool.h"

#define NOT_RUNNABLE	126
#define NOT_FOUND	127

/* So long it may take after a SIGTERM. */
#define KILL_STEPS	100
#define STEP_MS		50

/* What we changed for ourselves is not for it. */
static void
child(const struct cap_command *c, pid_t parent)
{
	sigset_t none;

	setpgid(0, 0);
	procs_die_with_parent(SIGTERM, parent, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	execvp(c->argv[0], c->argv);
	tool_say("cannot run '%s': %s", c->argv[0], strerror(errno));
	_exit(errno == ENOENT ? NOT_FOUND : NOT_RUNNABLE);
}

int
cap_command_start(struct cap_command *c, struct qerr *e)
{
	pid_t parent = getpid();

	c->tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	/* We give the terminal to it, and take it back. */
	signal(SIGTTOU, SIG_IGN);
	if ((c->pid = fork()) == -1) {
		c->pid = 0;
		return qerr_sys(e, "cannot start '%s'", c->argv[0]);
	}
	if (c->pid == 0)
		child(c, parent);
	/* Whoever of both is first. */
	setpgid(c->pid, c->pid);
	return 0;
}

/* ---- the terminal ---- */

/* From one group to another one, if it has it. */
static bool
hand_over(const struct cap_command *c, pid_t from, pid_t to)
{
	return c->tty != -1 && tcgetpgrp(c->tty) == from &&
	    tcsetpgrp(c->tty, to) == 0;
}

/* All of our job, as the keyboard would have it. */
static void
stop_us(void)
{
	struct sigaction usual = { .sa_handler = SIG_DFL }, ours;

	sigaction(SIGTSTP, &usual, &ours);
	kill(0, SIGTSTP);
	/* Here we go on. */
	sigaction(SIGTSTP, &ours, NULL);
}

void
cap_command_suspend(struct cap_command *c)
{
	if (c->pid != 0)
		kill(-c->pid, SIGSTOP);
	stop_us();
	if (c->pid != 0)
		kill(-c->pid, SIGCONT);
}

static void
stopped(struct cap_command *c, int sig)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };
	bool wants = sig == SIGTTIN || sig == SIGTTOU, had;

	/* By somebody who will let it go on. */
	if (c->tty == -1 || (!wants && sig != SIGTSTP))
		return;
	if (!wants || !hand_over(c, getpgrp(), c->pid)) {
		had = hand_over(c, c->pid, getpgrp());
		stop_us();
		/* Where there is no job control nothing has stopped us. */
		nanosleep(&step, NULL);
		if (wants || had)
			hand_over(c, getpgrp(), c->pid);
	}
	kill(-c->pid, SIGCONT);
}

/* ---- its end ---- */

static int
reap(struct cap_command *c)
{
	int status;
	pid_t rc;

	if (c->pid == 0)
		return 0;
	while ((rc = waitpid(c->pid, &status, WNOHANG | WUNTRACED)) == -1 &&
	    errno == EINTR)
		;
	if (rc != c->pid)
		return 0;
	if (WIFSTOPPED(status)) {
		stopped(c, WSTOPSIG(status));
		return 0;
	}
	hand_over(c, c->pid, getpgrp());
	if (c->tty != -1)
		close(c->tty);
	c->pid = 0;
	c->killed = WIFSIGNALED(status);
	c->status = c->killed ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status);
	return 1;
}

/* SIGTERM to what there is of the group, and SIGKILL to what remains. */
static void
end_group(struct cap_command *c, pid_t group)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000 };

	kill(-group, SIGTERM);
	kill(-group, SIGCONT);
	for (int i = 0; i < KILL_STEPS; i++) {
		reap(c);
		if (kill(-group, 0) == -1 && errno == ESRCH)
			return;
		nanosleep(&step, NULL);
	}
	kill(-group, SIGKILL);
	while (c->pid != 0 && !reap(c))
		nanosleep(&step, NULL);
}

int
cap_command_reap(struct cap_command *c)
{
	pid_t group = c->pid;

	if (!reap(c))
		return 0;
	if (c->killed) {
		tool_say("'%s' ended by signal %d", c->argv[0],
		    c->status - 128);
		/* It may have been meant for all of it: some ignore SIGINT. */
		end_group(c, group);
	} else if (c->status != 0)
		tool_say("'%s' ended with status %d", c->argv[0], c->status);
	return 1;
}

void
cap_command_kill(struct cap_command *c)
{
	if (c->pid != 0)
		end_group(c, c->pid);
}
