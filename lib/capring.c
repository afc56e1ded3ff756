/* SPDX-License-Identifier: ISC */
/* capring.c - a bounded ring of packets in memory that two processes share */
#include <stdatomic.h>
#include <string.h>

#include "capring.h"

/*
 * head and tail count bytes since the beginning and never wrap; their places
 * are those modulo size.  What the writer wrote before it moved head is there
 * once the reader sees head moved (release, acquire), and the same for tail.
 *
 * Sleeping: the reader sets asleep and then looks at head again; the writer
 * moves head and then looks at asleep.  Sequentially consistent, so that one of
 * them sees what the other did.
 */
#define CACHE_LINE	64

struct capring_shared {
	_Alignas(CACHE_LINE) _Atomic uint64_t head;	/* the writer's */
	_Atomic uint64_t received, dropped;
	_Atomic uint32_t why;
	_Alignas(CACHE_LINE) _Atomic uint64_t tail;	/* the reader's */
	_Atomic uint32_t asleep;
};

/* Before each packet; padding has just the first two words. */
struct record {
	uint32_t size;		/* with this header and up to the next one */
	uint32_t flags;
	uint32_t caplen, len;
	uint64_t time_ns;
};

#define FLAG_TO_VM	1u
#define FLAG_PADDING	2u

#define ALIGN		8u
#define ROUND_UP(n)	(((n) + (ALIGN - 1)) & ~(uint64_t)(ALIGN - 1))

size_t
capring_bytes(size_t size)
{
	return sizeof(struct capring_shared) + (size_t)ROUND_UP(size);
}

int
capring_init(struct capring *r, void *mem, size_t bytes, struct qerr *e)
{
	if (bytes < sizeof(struct capring_shared) + 2 * sizeof(struct record) ||
	    (bytes - sizeof(struct capring_shared)) % ALIGN != 0 ||
	    (uintptr_t)mem % CACHE_LINE != 0)
		return qerr_set(e, QERR_FAIL,
		    "%zu bytes of memory are no packet ring", bytes);
	*r = (struct capring){ .s = mem,
		.data = (uint8_t *)mem + sizeof(struct capring_shared),
		.size = bytes - sizeof(struct capring_shared) };
	r->next = atomic_load(&r->s->tail);
	return 0;
}

static void
add_one(_Atomic uint64_t *n)
{
	atomic_store_explicit(n,
	    atomic_load_explicit(n, memory_order_relaxed) + 1,
	    memory_order_relaxed);
}

bool
capring_put(struct capring *r, const struct capsrc_packet *p)
{
	uint64_t head = atomic_load_explicit(&r->s->head, memory_order_relaxed);
	uint64_t tail = atomic_load_explicit(&r->s->tail, memory_order_acquire);
	uint64_t need = ROUND_UP(sizeof(struct record) + p->caplen);
	uint64_t at = head % r->size, pad = 0;
	struct record h = { .size = (uint32_t)need,
		.flags = p->to_vm ? FLAG_TO_VM : 0, .caplen = p->caplen,
		.len = p->len, .time_ns = p->time_ns };

	add_one(&r->s->received);
	/* Records do not wrap round: the rest up to the end is left empty. */
	if (r->size - at < need)
		pad = r->size - at;
	if (need > r->size || pad + need > r->size - (head - tail)) {
		add_one(&r->s->dropped);
		return false;
	}
	if (pad != 0) {
		uint32_t words[2] = { (uint32_t)pad, FLAG_PADDING };

		memcpy(r->data + at, words, sizeof(words));
		at = 0;
	}
	memcpy(r->data + at, &h, sizeof(h));
	memcpy(r->data + at + sizeof(h), p->data, p->caplen);
	atomic_store(&r->s->head, head + pad + need);
	return true;
}

bool
capring_wants_waking(struct capring *r)
{
	return atomic_load(&r->s->asleep) != 0 &&
	    atomic_exchange(&r->s->asleep, 0) != 0;
}

void
capring_end(struct capring *r, uint32_t why)
{
	uint32_t none = 0;

	atomic_compare_exchange_strong(&r->s->why, &none, why);
}

/* Is what stands at the reader's place a whole record of the ring? */
static bool
record_ok(const struct record *h, uint64_t room)
{
	if (h->size % ALIGN != 0 || h->size == 0 || h->size > room)
		return false;
	return (h->flags & FLAG_PADDING) != 0 ||
	    (h->size >= sizeof(*h) && h->caplen <= h->size - sizeof(*h) &&
	    h->caplen <= CAPSRC_SNAPLEN_MAX);
}

int
capring_take(struct capring *r, struct capsrc_packet *p, struct qerr *e)
{
	const uint8_t *data;
	struct record h;

	/* The packet handed out last is done with. */
	atomic_store_explicit(&r->s->tail, r->next, memory_order_release);
	do {
		uint64_t head = atomic_load_explicit(&r->s->head,
		    memory_order_acquire);
		uint64_t at = r->next % r->size, room = r->size - at;

		if (head == r->next)
			return 0;
		if (room > head - r->next)
			room = head - r->next;
		/* A copy: what has been looked at must not change. */
		memset(&h, 0, sizeof(h));
		memcpy(&h, r->data + at, room < sizeof(h) ? room : sizeof(h));
		if (!record_ok(&h, room))
			return qerr_set(e, QERR_FAIL,
			    "the ring of packets is damaged");
		data = r->data + at + sizeof(h);
		r->next += h.size;
	} while (h.flags & FLAG_PADDING);
	*p = (struct capsrc_packet){ .time_ns = h.time_ns,
		.caplen = h.caplen, .len = h.len,
		.to_vm = h.flags & FLAG_TO_VM, .data = data };
	return 1;
}

bool
capring_sleep(struct capring *r)
{
	atomic_store_explicit(&r->s->tail, r->next, memory_order_release);
	atomic_store(&r->s->asleep, 1);
	if (atomic_load(&r->s->head) == r->next)
		return true;
	atomic_store(&r->s->asleep, 0);
	return false;
}

uint32_t
capring_ended(const struct capring *r)
{
	return atomic_load(&r->s->why);
}

void
capring_stats(const struct capring *r, struct capsrc_stats *s)
{
	s->received = atomic_load_explicit(&r->s->received,
	    memory_order_relaxed);
	s->dropped = atomic_load_explicit(&r->s->dropped,
	    memory_order_relaxed);
}
