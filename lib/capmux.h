/* SPDX-License-Identifier: ISC */
/* capmux.h - several sources of packets as one, in the order of time */
#ifndef QLAB_CAPMUX_H
#define QLAB_CAPMUX_H

#include <poll.h>

#include "capany.h"

/*
 * Theory of operation
 *
 * A source shows packets in order, but each a little later than they came: a
 * ring up to its latency.  So packets of several sources wait here, copied,
 * until all sources that were found empty were so a little later than that.
 * What waits is bounded: a source that is ahead is left alone meanwhile, it
 * has a buffer of its own.  A single source costs nothing of all this.
 */
struct capmux_src {
	struct capany any;
	bool empty;		/* when it was read last */
	bool ending;		/* capmux_end() */
	uint8_t *buf;		/* records that wait */
	size_t pos, len, cap;
	uint64_t last_ns;	/* of the last one */
	struct capsrc_stats stats;	/* as they were told at the end */
};

struct capmux {
	struct capmux_src **srcs;	/* numbered from 0; never fewer */
	size_t n;
	uint64_t latency_ns, window_ns;
	bool stopped;
	uint64_t (*now_ns)(void);	/* since the epoch; tests have theirs */
};

/* latency_ms: the sources'. */
void	capmux_init(struct capmux *m, int latency_ms);
/* Takes it over, and returns its number; in the midst of a read, too. */
unsigned capmux_add(struct capmux *m, const struct capany *any);
/* What to poll(2) for: at most capmux.n entries; returns how many. */
size_t	capmux_poll(const struct capmux *m, struct pollfd *p);
/* Milliseconds until capmux_read() is due without that; -1: never. */
int	capmux_due(const struct capmux *m);
/* Microseconds to sleep before polling at all; 0: none. */
unsigned capmux_nap(const struct capmux *m);
/*
 * As capsrc_read().  A source that fails is closed: -1, and the next call goes
 * on with the others.
 */
int	capmux_read(struct capmux *m,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
/* A point whose source has nothing more to tell, once for each. */
bool	capmux_gone(struct capmux *m, unsigned *src, unsigned *point);
/* After it capmux_read() returns what there is still, at last 0. */
int	capmux_stop(struct capmux *m, struct qerr *e);
/* The same of one source, which is then closed. */
void	capmux_end(struct capmux *m, unsigned src);
/* Of one source, open or closed. */
int	capmux_stats(struct capmux *m, unsigned src, struct capsrc_stats *s,
	    struct qerr *e);
void	capmux_release(struct capmux *m);

#endif
