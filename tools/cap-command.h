/* SPDX-License-Identifier: ISC */
/* cap-command.h - the command that qlab-cap captures around */
#ifndef QLAB_CAP_COMMAND_H
#define QLAB_CAP_COMMAND_H

#include <sys/types.h>

#include <stdbool.h>

#include "qerr.h"

struct cap_command {
	char **argv;		/* NULL: there is none */
	pid_t pid;		/* 0: it does not run */
	int status;		/* after it ended, as a shell tells it */
	bool timed_out;		/* for the caller's use */
};

/* Start it, with our input and output. */
int	cap_command_start(struct cap_command *c, struct qerr *e);
/* Has it ended?  Never waits; says so when it failed. */
int	cap_command_reap(struct cap_command *c);
/* Wait for its end. */
void	cap_command_wait(struct cap_command *c);
/* SIGTERM, and SIGKILL for what is still there seconds later; waits. */
void	cap_command_kill(struct cap_command *c);

#endif
