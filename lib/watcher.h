/* SPDX-License-Identifier: ISC */
/* watcher.h - end a QEMU when we die, where the kernel does not */
#ifndef QLAB_WATCHER_H
#define QLAB_WATCHER_H

#include <sys/types.h>

#include "proc.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * A process of its own, in its own session, waits on a pipe whose other end we
 * alone have.  When that is closed without a word, by whatever means we died,
 * it asks QEMU by QMP to quit (which also ends one that runs as root), and
 * kills what is left after 3 seconds.
 */
struct watcher {
	pid_t pid;		/* 0: none */
	int fd;			/* our end of the pipe */
};

/*
 * Watch over qemu; qmp is a descriptor on which QMP is negotiated, or -1.  The
 * caller must be single-threaded.
 */
int	watcher_start(struct watcher *w, const struct proc_id *qemu, int qmp,
	    struct qerr *e);
/* It goes without doing anything. */
void	watcher_stop(struct watcher *w);

#endif
