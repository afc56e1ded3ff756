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
 * The frames of a full block can be lent (pipelend.h); then it goes back to the
 * kernel once nobody has them any more.  Now and then the last frame of one is
 * copied, for the bytes of a witness.  So are all of a block that latency_ms has
 * closed: that costs little, the witness comes along however little traffic
 * there is, and one can poll: poll(2) returns at once until the kernel has got
 * back the block that it filled last.
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
	bool sort;			/* its frames by their stamps */
	uint8_t *first, *next;		/* frame within it */
	uint32_t left;			/* frames left in it */
	uint8_t *ahead[PKTRING_AHEAD];	/* taken already, in order of time */
	unsigned nahead;

	struct pipelend *lend;		/* NULL: all is copied */
	bool lending;			/* frames of this block are lent */
	uint64_t loans;			/* lend->loans before them */
	uint64_t *mark;			/* a block's: back beyond it; 0: it is */
	unsigned nlent, first_lent;	/* blocks, and the first of them */
	unsigned misses;		/* looks since the last block */
	unsigned filling_us;		/* that block, see pktring_nap() */
};

/* Map one of so many bytes, or less when memory is short. */
int	pktring_map(struct pktring *r, int fd, uint64_t size, int latency_ms,
	    struct pipelend *lend, struct qerr *e);
void	pktring_unmap(struct pktring *r);

/*
 * The next block that is ready; the one before goes back to the kernel, once
 * all its frames are taken (until then it stays the one) and none is lent.
 * With sort its frames come in the order of stamps, and none is lent.
 */
bool	pktring_block(struct pktring *r, bool sort);
/*
 * Microseconds after which to look again, since poll(2) would return at once;
 * 0: poll.
 */
unsigned pktring_nap(const struct pktring *r);

/* What follows is done for each frame, hence in line. */

#define PKTRING_LINE	64u	/* of the cache */
#define PKTRING_FETCH	2048u	/* bytes ahead */

/*
 * What another processor has just written is far away: have the frames to come
 * at hand; to write there, too, as they may be moved, or get a header.
 */
static inline void
pktring_fetch(const uint8_t *frame, uint32_t size)
{
	const uint8_t *p = frame + PKTRING_FETCH;

	for (uint32_t i = 0; i < size && i < PKTRING_FETCH; i += PKTRING_LINE)
#ifdef __x86_64__
		/* The compiler has it only for processors that it is told. */
		__asm__("prefetchw %0" : : "m" (p[i]));
#else
		__builtin_prefetch(p + i, 1);
#endif
}

/* In the order in which the kernel has stored them. */
static inline uint8_t *
pktring_next(struct pktring *r)
{
	uint8_t *frame = r->next;
	uint32_t size;

	if (r->left == 0)
		return NULL;
	size = ((struct tpacket3_hdr *)(void *)frame)->tp_next_offset;
	pktring_fetch(frame, size);
	r->next += size;
	r->left--;
	return frame;
}

/* In the order of their stamps. */
uint8_t	*pktring_sorted(struct pktring *r);

/* Its next frame, a struct tpacket3_hdr, until the next block; NULL: no more. */
static inline uint8_t *
pktring_frame(struct pktring *r)
{
	return r->sort ? pktring_sorted(r) : pktring_next(r);
}

/* When it came, ns since the epoch. */
static inline uint64_t
pktring_stamp(const uint8_t *frame)
{
	const struct tpacket3_hdr *t = (const void *)frame;

	return t->tp_sec * UINT64_C(1000000000) + t->tp_nsec;
}

#define PKTRING_TAG	4u	/* bytes of a VLAN tag */
#define PKTRING_MACS	12u	/* what is before it */

/* The bytes of a frame that has a tag, with it. */
uint8_t	*pktring_tagged(uint8_t *frame);

/*
 * The frame's bytes, its tag, if it had one, put back: then *tag bytes were
 * added.  Once a frame only.
 */
static inline uint8_t *
pktring_data(uint8_t *frame, uint32_t *tag)
{
	const struct tpacket3_hdr *t = (const void *)frame;

	*tag = t->tp_status & TP_STATUS_VLAN_VALID &&
	    t->tp_snaplen >= PKTRING_MACS ? PKTRING_TAG : 0;
	return *tag > 0 ? pktring_tagged(frame) : frame + t->tp_mac;
}

/* Should the last one of a block be copied, for a witness? */
bool	pktring_owes(const struct pktring *r);

/* May the data be lent?  So many bytes before it are free; 0: no. */
static inline size_t
pktring_room(const struct pktring *r, const uint8_t *data)
{
	return r->lending && (r->left > 0 || !pktring_owes(r)) ?
	    (size_t)(data - r->first) : 0;
}

#endif
