/* SPDX-License-Identifier: ISC */
/* peer.h - one connection in the event loop, that must never hold us up */
#ifndef QLAB_PEER_H
#define QLAB_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include "loop.h"
#include "outq.h"

/*
 * To be embedded.  What the peer does not take at once is queued; one that
 * leaves more than limit bytes lying, or is gone, is dropped.  (A message that
 * is longer than that is still sent whole.)  Without a limit it is never
 * dropped for that: the owner first reads what it said last.
 */
struct peer {
	struct peer *next;	/* the owner's list */
	struct loop_io *io;
	int fd;			/* -1: dropped; the owner frees it later */
	bool want_in;
	bool last;		/* drop it once all is written */
	size_t limit;		/* 0: none */
	struct outq out;
};

/* fn is called with POLLIN while input is wanted, POLLOUT, POLLHUP. */
void	peer_init(struct peer *p, struct loop *l, int fd, size_t limit,
	    loop_io_fn *fn, void *arg);
void	peer_send(struct peer *p, const void *data, size_t len);
/* Write what waits; for POLLOUT. */
void	peer_flush(struct peer *p);
void	peer_want(struct peer *p, bool in);
/* No more input; drop it once all is written. */
void	peer_finish(struct peer *p);
/* Close; its memory stays the owner's.  Twice is fine. */
void	peer_drop(struct peer *p);
/* Wait at most ms until the list's peers took what was sent to them. */
void	peers_drain(struct peer *list, int ms);

#endif
