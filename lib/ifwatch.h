/* SPDX-License-Identifier: ISC */
/* ifwatch.h - OS contract: hear when the map may have changed */
#ifndef QLAB_IFWATCH_H
#define QLAB_IFWATCH_H

#include <sys/types.h>

#include "asleep.h"
#include "facts.h"
#include "loop.h"

/*
 * It calls fn when something that is watched has changed, or may have; what, is
 * for the caller to find out.  Watching the same thing again changes nothing,
 * and but for spaces what is gone needs not be taken back.  Where the system
 * cannot tell, nothing is heard: look from time to time, too.
 */
struct ifwatch;

struct ifwatch *ifwatch_new(struct loop *l, loop_fn *fn, void *arg);
void	ifwatch_free(struct ifwatch *w);	/* NULL is fine */

/*
 * Interfaces, their bridges, forwarding tables and neighbours of these spaces.
 * Those of before that are not among them are let go: watched, they would be
 * there for ever.
 */
void	ifwatch_spaces(struct ifwatch *w, const struct fact_space *s, size_t n);
/* The end of a process. */
void	ifwatch_proc(struct ifwatch *w, pid_t pid);
/* Names that come into or leave a directory. */
void	ifwatch_dir(struct ifwatch *w, const char *path);

/*
 * The directories of the registry (state.h) that there are now: do so before
 * each time it is read, then nothing is missed.
 */
void	ifwatch_registry(struct ifwatch *w);

/* Has the machine slept?  false: there are no such clocks. */
bool	ifwatch_clocks(struct asleep_clocks *c);

#endif
