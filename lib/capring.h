/* SPDX-License-Identifier: ISC */
/* capring.h - a bounded ring of packets in memory that two processes share */
#ifndef QLAB_CAPRING_H
#define QLAB_CAPRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capsrc.h"
#include "qerr.h"

/*
 * One process puts packets in, one takes them out; neither ever waits for the
 * other.  A packet that finds no room is counted as dropped.  The reader says
 * when it goes to sleep, so that the writer need not wake it for each packet;
 * how it does is up to them (a byte in a pipe).
 *
 * The reader believes nothing that stands in the memory: whoever parses
 * hostile bytes may be turned.
 */
struct capring {
	struct capring_shared *s;
	uint8_t *data;
	uint64_t size;		/* bytes at data */
	uint64_t next;		/* the reader: after the last one handed out */
};

/* Bytes of zeroed memory, 64-byte aligned, for a ring of size bytes. */
size_t	capring_bytes(size_t size);
/* Both sides, on the same bytes.  QERR_FAIL: not what capring_bytes() said. */
int	capring_init(struct capring *r, void *mem, size_t bytes,
	    struct qerr *e);

/* ---- the writer ---- */

/* false: no room, counted.  p->caplen is at most CAPSRC_SNAPLEN_MAX. */
bool	capring_put(struct capring *r, const struct capsrc_packet *p);
/* Is the reader to be woken?  Says so once for each capring_sleep(). */
bool	capring_wants_waking(struct capring *r);
/* Why there will be no more, non-zero; only the first one counts. */
void	capring_end(struct capring *r, uint32_t why);

/* ---- the reader ---- */

/*
 * The next packet.  p->data is valid until the next call.  0: none now; -1
 * with *e: what stands there is no packet.
 */
int	capring_take(struct capring *r, struct capsrc_packet *p,
	    struct qerr *e);
/* Going to sleep; false: there is something, do not. */
bool	capring_sleep(struct capring *r);
uint32_t capring_ended(const struct capring *r);	/* 0: not yet */
void	capring_stats(const struct capring *r, struct capsrc_stats *s);

#endif
