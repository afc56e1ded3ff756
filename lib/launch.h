/* SPDX-License-Identifier: ISC */
/* launch.h - start one QEMU, and end it */
#ifndef QLAB_LAUNCH_H
#define QLAB_LAUNCH_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "proc.h"
#include "qerr.h"
#include "watcher.h"

/*
 * Theory of operation
 *
 * QEMU is our child, or the child of a sudo that is ours.  It must not outlive
 * us: the kernel kills it with us, and where it does not, or QEMU was another
 * user's at its start, a watcher does.  What is still root's we cannot kill: an
 * own connection that is closed makes it end, or sudo is asked.
 */
struct launch {
	pid_t pid;		/* our child; 0: none */
	bool sudo;
	struct proc_id qemu;	/* itself; of a sudo's only after launch_up() */
	struct watcher watcher;
};

/* QEMU's descriptors are those of fds from this number on. */
#define LAUNCH_FIRST_FD	3

/*
 * Run argv, found in PATH, with its output appended to log.  A relay listens
 * already.
 */
int	launch_start(struct launch *l, char *const *argv, const int *fds,
	    size_t nfds, const char *log, struct qerr *e);
/* It has connected: its pid (or -1), and where QMP can be spoken. */
void	launch_up(struct launch *l, pid_t qemu, int qmp);
/* SIGKILL.  qemu: the pid of what has connected, -1: nothing has. */
void	launch_kill(const struct launch *l, pid_t qemu);
/* Our child was waited for. */
void	launch_gone(struct launch *l);

/* The end of a log, made fit for a terminal. */
void	launch_last_words(const char *log, char *buf, size_t size);

#endif
