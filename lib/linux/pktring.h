/* SPDX-License-Identifier: ISC */
/* pktring.h - a packet socket's ring of frames (TPACKET_V3) */
#ifndef QLAB_PKTRING_H
#define QLAB_PKTRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/if_packet.h>

#include "qerr.h"

/*
 * Theory of operation
 *
 * The kernel writes frames that pass the socket's filter into a ring of blocks
 * that we map.  A block is ours once it is full, or latency_ms after its first
 * frame: so nothing waits longer than that, and at high rates one wake-up
 * brings thousands of frames.  When we are slow the ring fills and the kernel
 * counts what it has no room for.
 *
 * Two processors that receive at once may store their frames in another order
 * than they stamped them; that is put right, on demand, within a block.
 */

/* Of several interfaces so many are looked at for one that came before. */
#define PKTRING_AHEAD	16u

struct pktring {
	uint8_t *mem;			/* NULL: none */
	unsigned blocks, block;		/* how many, and the next to read */
	bool ours;			/* that one is being read */
	uint8_t *next;			/* frame within it */
	uint32_t left;			/* frames left in it */
	uint8_t *ahead[PKTRING_AHEAD];	/* taken already, in order of time */
	unsigned nahead;
};

/* Map one of so many bytes, or less when memory is short. */
int	pktring_map(struct pktring *r, int fd, uint64_t size, int latency_ms,
	    struct qerr *e);
void	pktring_unmap(struct pktring *r);

/*
 * The next block that is ready; the one before goes back to the kernel, once
 * all its frames are taken (until then it stays the one).
 */
bool	pktring_block(struct pktring *r);
/*
 * Its next frame, a struct tpacket3_hdr, valid until the next block; NULL: no
 * more.  With sort in the order of stamps.
 */
uint8_t	*pktring_frame(struct pktring *r, bool sort);

/* When it came, ns since the epoch. */
static inline uint64_t
pktring_stamp(const uint8_t *frame)
{
	const struct tpacket3_hdr *t = (const void *)frame;

	return t->tp_sec * UINT64_C(1000000000) + t->tp_nsec;
}

#define PKTRING_TAG	4u	/* bytes of a VLAN tag */
/*
 * The frame's bytes, its tag, if it had one, put back: then *tag bytes were
 * added.  Once a frame only.
 */
uint8_t	*pktring_data(uint8_t *frame, uint32_t *tag);

#endif
