/* SPDX-License-Identifier: ISC */
/* qemus.h - OS contract: which QEMUs run, and where */
#ifndef QLAB_QEMUS_H
#define QLAB_QEMUS_H

#include <sys/types.h>

#include <stdint.h>

#include "facts.h"

/*
 * Append each QEMU that can be seen: its command line, owner, and the taps that
 * it has open as far as we are allowed to look; facts.unreadable counts those
 * that have some which we may not see.  The spaces that processes and taps live
 * in are added, not looked into; among them the named ones (ip-netns(8)).  The
 * system's own leases are added, too, where it has a DHCP server.
 */
int	qemus_list(struct facts *f, struct qerr *e);

/* The space that a process (pid 0: this one) lives in; 0: not known. */
uint64_t qemus_space(pid_t pid);

/*
 * A path as that process means it, from here; NULL: not to be had.  Caller
 * frees.
 */
char	*qemus_path(const struct fact_proc *p, const char *path);

/*
 * Look into one space: interfaces, neighbours.  Another than ours is looked at
 * by a child, so the caller must be single-threaded.  -1: s->err says why.
 */
int	qemus_look(struct fact_space *s);

/*
 * A descriptor that open() makes in that space, close-on-exec; -1 when one
 * cannot get there or open() gives none.  Single-threaded callers only.
 */
int	qemus_open_in(const struct fact_space *s, int (*open)(struct qerr *e),
	    struct qerr *e);

#endif
