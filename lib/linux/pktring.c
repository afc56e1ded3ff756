/* SPDX-License-Identifier: ISC */
/* pktring.c - a packet socket's ring of frames (TPACKET_V3) */
#include <errno.h>
#include <string.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "pktring.h"

#define BLOCK_SIZE	(256u << 10)	/* larger ones need compaction */
#define BLOCKS_MIN	8u
/* Further apart than this it is the clock that was set. */
#define SWAPPED_NS	1000000u
#define MACS_LEN	12u

/* The ring, smaller ones when memory is short. */
int
pktring_map(struct pktring *r, int fd, uint64_t size, int latency_ms,
    struct qerr *e)
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
	*r = (struct pktring){ .blocks = size / BLOCK_SIZE < BLOCKS_MIN ?
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
	return 0;
}

void
pktring_unmap(struct pktring *r)
{
	if (r->mem != NULL)
		munmap(r->mem, (size_t)r->blocks * BLOCK_SIZE);
	*r = (struct pktring){ 0 };
}

static struct tpacket_block_desc *
block(const struct pktring *r)
{
	return (void *)(r->mem + (size_t)r->block * BLOCK_SIZE);
}

bool
pktring_block(struct pktring *r)
{
	struct tpacket_block_desc *b = block(r);

	if (r->ours && (r->left > 0 || r->nahead > 0))
		return true;
	if (r->ours) {
		__atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
		r->block = (r->block + 1) % r->blocks;
		b = block(r);
	}
	r->ours = __atomic_load_n(&b->hdr.bh1.block_status,
	    __ATOMIC_ACQUIRE) & TP_STATUS_USER;
	if (!r->ours)
		return false;
	r->next = (uint8_t *)b + b->hdr.bh1.offset_to_first_pkt;
	r->left = b->hdr.bh1.num_pkts;
	return true;
}

uint8_t *
pktring_frame(struct pktring *r, bool sort)
{
	unsigned j, ahead = sort ? PKTRING_AHEAD : 1;
	uint8_t *first;

	for (; r->left > 0 && r->nahead < ahead; r->left--, r->nahead++) {
		uint64_t t = pktring_stamp(r->next);

		for (j = r->nahead; j > 0; j--) {
			uint64_t before = pktring_stamp(r->ahead[j - 1]);

			if (before <= t || before - t > SWAPPED_NS)
				break;
			r->ahead[j] = r->ahead[j - 1];
		}
		r->ahead[j] = r->next;
		r->next += ((struct tpacket3_hdr *)(void *)r->next)
		    ->tp_next_offset;
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
pktring_data(uint8_t *frame, uint32_t *len)
{
	const struct tpacket3_hdr *t = (const void *)frame;
	uint16_t tpid = ETH_P_8021Q, tag[2];
	uint8_t *data = frame + t->tp_mac;

	*len = 0;
	if (!(t->tp_status & TP_STATUS_VLAN_VALID) || t->tp_snaplen < MACS_LEN)
		return data;

	if (t->tp_status & TP_STATUS_VLAN_TPID_VALID)
		tpid = t->hv1.tp_vlan_tpid;
	tag[0] = htons(tpid);
	tag[1] = htons((uint16_t)t->hv1.tp_vlan_tci);
	memmove(data - PKTRING_TAG, data, MACS_LEN);
	memcpy(data - PKTRING_TAG + MACS_LEN, tag, PKTRING_TAG);
	*len = PKTRING_TAG;
	return data - PKTRING_TAG;
}
