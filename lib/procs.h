/* SPDX-License-Identifier: ISC */
/* procs.h - OS contract: other processes, and our parent's death */
#ifndef QLAB_PROCS_H
#define QLAB_PROCS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"

/*
 * When did a process start, in the system's own unit?  Returns 0; -1 with
 * errno ESRCH when it is gone or a zombie.
 */
int	procs_start_time(pid_t pid, uint64_t *start);
/* Has a signal stopped it (not: a debugger)? */
bool	procs_stopped(pid_t pid);
/* Its effective uid; (uid_t)-1: it is gone. */
uid_t	procs_uid(pid_t pid);

/*
 * In a freshly forked child: be killed with sig when the parent, which must be
 * pid parent, dies by whatever means.  Where the system has nothing of the
 * kind, that is the caller's to arrange (returns 0 and does nothing).
 */
int	procs_die_with_parent(int sig, pid_t parent, struct qerr *e);
/* Has it?  Then no watcher.h is needed, but for what changes its user. */
bool	procs_can_die_with_parent(void);

/* The directory of our own program's file; caller frees; NULL: unknown. */
char	*procs_self_dir(void);

/* The pid at the other end of a connected Unix stream socket, or -1. */
pid_t	procs_peer_pid(int fd);
/* Its effective uid, or (uid_t)-1. */
uid_t	procs_peer_uid(int fd);

#endif
