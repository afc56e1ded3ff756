/* SPDX-License-Identifier: ISC */
/* proc.h - start programs, and know a process for sure */
#ifndef QLAB_PROC_H
#define QLAB_PROC_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qerr.h"

/* A pid alone may be reused; with its start time it is one process. */
struct proc_id {
	pid_t pid;
	uint64_t start;		/* unit is the system's own; 0: unknown */
};

/* The identity of a running process; pid 0 means this one. */
int	proc_id_get(pid_t pid, struct proc_id *id, struct qerr *e);
/* Is it still there (a zombie is not)? */
bool	proc_id_alive(const struct proc_id *id);

/*
 * Run argv (found in PATH) with in (may be NULL) as its input and wait.  What
 * it prints on stdout goes to *out (caller frees, NUL-terminated), on stderr
 * to *errs; NULL discards.  Returns its exit status (128+N for a signal), or
 * -1 with *e when it cannot be started or runs longer than timeout_ms.  SIGPIPE
 * must be ignored when in is given.
 */
int	proc_run(char *const argv[], const char *in, char **out, char **errs,
	    int timeout_ms, struct qerr *e);

/* Full path of a program in PATH (and /usr/sbin, /sbin), or NULL; free it. */
char	*proc_find(const char *name);

#endif
