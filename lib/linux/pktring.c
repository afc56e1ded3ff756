/* SPDX-License-Identifier: ISC */
/* pktring.c - a packet socket's ring of frames (TPACKET_V3) */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "pipelend.h"
#include "pktring.h"
#include "strv.h"

#define BLOCK_SIZE	(256u << 10)	/* larger ones need compaction */
#define BLOCKS_MIN	8u
/* Further apart than this it is the clock that was set. */
#define SWAPPED_NS	1000000u
/* So much of the ring is lent before a witness goes out, and at most. */
#define WITNESS_SHARE	8u
#define LENT_SHARE	2u
#define NAP_MIN_US	100u
#define NAP_MAX_US	10000u
/* A nap is as long as it takes to fill so many, a pipe's worth, up to this. */
#define NAP_BLOCKS	3u
#define NAP_BLOCKS_US	1000u

/* The ring, smaller ones when memory is short. */
int
pktring_map(struct pktring *r, int fd, uint64_t size, int latency_ms,
    struct pipelend *lend, struct qerr *e)
{
	struct tpacket_req3 q = {
		.tp_block_size = BLOCK_SIZE,
		.tp_frame_size = 2048,	/* V3 asks for it only */
		.tp_retire_blk_tov = (unsigned)latency_ms,
	};
	int version = TPACKET_V3, reserve = PKTRING_TAG;
	void *map;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version,
	    sizeof(version)) == -1 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &reserve,
	    sizeof(reserve)) == -1)
		return qerr_sys(e, "cannot set up capturing");
	*r = (struct pktring){ .lend = lend,
		.blocks = size / BLOCK_SIZE < BLOCKS_MIN ?
		BLOCKS_MIN : (unsigned)(size / BLOCK_SIZE) };
	for (;; r->blocks /= 2) {
		q.tp_block_nr = r->blocks;
		q.tp_frame_nr = BLOCK_SIZE / q.tp_frame_size * r->blocks;
		if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &q,
		    sizeof(q)) == 0)
			break;
		if (errno != ENOMEM || r->blocks <= BLOCKS_MIN)
			return qerr_sys(e, "cannot get a capture buffer");
	}
	map = mmap(NULL, (size_t)r->blocks * BLOCK_SIZE,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (map == MAP_FAILED)
		return qerr_sys(e, "cannot map the capture buffer");
	r->mem = map;
	r->mark = xcalloc(r->blocks, sizeof(*r->mark));
	return 0;
}

void
pktring_unmap(struct pktring *r)
{
	if (r->mem != NULL)
		munmap(r->mem, (size_t)r->blocks * BLOCK_SIZE);
	free(r->mark);
	*r = (struct pktring){ 0 };
}

static struct tpacket_hdr_v1 *
block(const struct pktring *r, unsigned n)
{
	struct tpacket_block_desc *b =
	    (void *)(r->mem + (size_t)n * BLOCK_SIZE);

	return &b->hdr.bh1;
}

static void
give_back(const struct pktring *r, unsigned n)
{
	__atomic_store_n(&block(r, n)->block_status, TP_STATUS_KERNEL,
	    __ATOMIC_RELEASE);
}

/* Those lent that nobody has any more. */
static void
reclaim(struct pktring *r)
{
	pipelend_look(r->lend);
	for (; r->nlent > 0; r->first_lent = (r->first_lent + 1) % r->blocks) {
		uint64_t *mark = &r->mark[r->first_lent];

		if (*mark == 0)
			continue;
		if (*mark > r->lend->back)
			break;
		give_back(r, r->first_lent);
		*mark = 0;
		r->nlent--;
	}
}

/* All frames of the block have been taken. */
static void
leave(struct pktring *r)
{
	if (!r->lending || r->lend->loans == r->loans) {
		give_back(r, r->block);
	} else {
		r->mark[r->block] = r->lend->given;
		if (r->nlent++ == 0)
			r->first_lent = r->block;
	}
	r->block = (r->block + 1) % r->blocks;
}

/* May the frames of that block, a full one, be lent? */
static bool
may_lend(const struct pktring *r, const struct tpacket_hdr_v1 *b)
{
	return r->lend != NULL && !(b->block_status & TP_STATUS_BLK_TMO) &&
	    r->nlent < r->blocks / LENT_SHARE && pipelend_may(r->lend);
}

/* How long did that block take to fill, in microseconds? */
static unsigned
filling_us(const struct tpacket_hdr_v1 *b)
{
	int64_t us = ((int64_t)b->ts_last_pkt.ts_sec -
	    b->ts_first_pkt.ts_sec) * 1000000 +
	    ((int64_t)b->ts_last_pkt.ts_nsec - b->ts_first_pkt.ts_nsec) / 1000;

	return us < 0 ? 0 : us > NAP_MAX_US ? NAP_MAX_US : (unsigned)us;
}

bool
pktring_block(struct pktring *r, bool sort)
{
	const struct tpacket_hdr_v1 *b;

	if (r->ours && (r->left > 0 || r->nahead > 0))
		return true;
	if (r->ours)
		leave(r);
	b = block(r, r->block);
	r->ours = __atomic_load_n(&b->block_status, __ATOMIC_ACQUIRE) &
	    TP_STATUS_USER && r->mark[r->block] == 0;
	/* The reader has had some time since something was lent. */
	if (r->nlent > 0 && (r->ours || r->misses > 0))
		reclaim(r);
	if (!r->ours) {
		r->misses++;
		return false;
	}
	r->misses = 0;
	r->filling_us = filling_us(b);
	r->sort = sort;
	r->lending = !sort && may_lend(r, b);
	r->loans = r->lending ? r->lend->loans : 0;
	r->first = r->next = r->mem + (size_t)r->block * BLOCK_SIZE +
	    b->offset_to_first_pkt;
	r->left = b->num_pkts;
	return true;
}

/* The next blocks should take as long as the last one did, or a little more. */
unsigned
pktring_nap(const struct pktring *r)
{
	unsigned last = (r->block + r->blocks - 1) % r->blocks;
	unsigned us = r->filling_us;

	if (r->ours || r->nlent == 0 || r->mark[last] == 0)
		return 0;
	if (us < NAP_BLOCKS_US)
		us = us < NAP_BLOCKS_US / NAP_BLOCKS ? us * NAP_BLOCKS :
		    NAP_BLOCKS_US;
	if (r->misses > 1)
		us /= 4;
	for (unsigned i = 2; i < r->misses && us < NAP_MAX_US; i++)
		us *= 2;
	return us < NAP_MIN_US ? NAP_MIN_US :
	    us > NAP_MAX_US ? NAP_MAX_US : us;
}

bool
pktring_owes(const struct pktring *r)
{
	return r->nlent >= r->blocks / WITNESS_SHARE && pipelend_owes(r->lend);
}

uint8_t *
pktring_sorted(struct pktring *r)
{
	uint8_t *first, *frame;
	unsigned j;

	while (r->nahead < PKTRING_AHEAD &&
	    (frame = pktring_next(r)) != NULL) {
		uint64_t t = pktring_stamp(frame);

		for (j = r->nahead++; j > 0; j--) {
			uint64_t before = pktring_stamp(r->ahead[j - 1]);

			if (before <= t || before - t > SWAPPED_NS)
				break;
			r->ahead[j] = r->ahead[j - 1];
		}
		r->ahead[j] = frame;
	}
	if (r->nahead == 0)
		return NULL;
	first = r->ahead[0];
	if (--r->nahead > 0)
		memmove(r->ahead, r->ahead + 1,
		    r->nahead * sizeof(*r->ahead));
	return first;
}

/* In front of the type; PACKET_RESERVE left room for it. */
uint8_t *
pktring_tagged(uint8_t *frame)
{
	const struct tpacket3_hdr *t = (const void *)frame;
	uint8_t *data = frame + t->tp_mac;
	uint16_t tpid = ETH_P_8021Q, tag[2];

	if (t->tp_status & TP_STATUS_VLAN_TPID_VALID)
		tpid = t->hv1.tp_vlan_tpid;
	tag[0] = htons(tpid);
	tag[1] = htons((uint16_t)t->hv1.tp_vlan_tci);
	memmove(data - PKTRING_TAG, data, PKTRING_MACS);
	memcpy(data - PKTRING_TAG + PKTRING_MACS, tag, PKTRING_TAG);
	return data - PKTRING_TAG;
}
