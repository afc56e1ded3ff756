/* SPDX-License-Identifier: ISC */
/* cap-command.h - the command that qlab-cap captures around */
#ifndef QLAB_CAP_COMMAND_H
#define QLAB_CAP_COMMAND_H

#include <sys/types.h>

#include <stdbool.h>

#include "qerr.h"

/*
 * It is a process group of its own, so that all of it can be ended.  That is
 * in the background of a terminal; so what the keyboard sends comes to us, and
 * whoever shares our group.  When it wants to read from the terminal it gets
 * it, until it ends or is stopped.
 */
struct cap_command {
	char **argv;		/* NULL: there is none */
	pid_t pid;		/* 0: it does not run */
	int status;		/* after it ended, as a shell tells it */
	bool killed;		/* by a signal */
	bool timed_out;		/* for the caller's use */
	int tty;		/* -1: there is none */
};

/* Start it, with our input and output. */
int	cap_command_start(struct cap_command *c, struct qerr *e);
/*
 * After a SIGCHLD.  Has it ended?  Never waits; says so when it failed.  When
 * it was stopped from the keyboard we stop, too.
 */
int	cap_command_reap(struct cap_command *c);
/* SIGTSTP: stop it, and us; come back when we go on. */
void	cap_command_suspend(struct cap_command *c);
/*
 * SIGTERM to all of it, and SIGKILL for what is still there seconds later;
 * waits.
 */
void	cap_command_kill(struct cap_command *c);

#endif
