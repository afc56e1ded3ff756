/* SPDX-License-Identifier: ISC */
/* wire.h - who has which address, read off packets: ARP and DHCP */
#ifndef QLAB_WIRE_H
#define QLAB_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "bymac.h"

/* Anybody can say anything by ARP; an ACK at least is a server's word. */
enum wire_kind { WIRE_ARP, WIRE_ACK };

/* "The card with this MAC has this address." */
struct wire_fact {
	uint8_t mac[6];
	uint32_t ip;		/* host byte order */
	enum wire_kind kind;
	int64_t at;		/* seconds since the epoch */
};

/*
 * What one Ethernet frame tells; tags (802.1Q, 802.1ad) are passed over.  From
 * ARP the sender (RFC 826; probes, RFC 5227, tell nothing), from a DHCP server
 * its DHCPACK (RFC 2131), be it to the client's MAC or to all.  False: nothing.
 * Leaves f->at alone.
 */
bool	wire_read(const void *frame, size_t len, struct wire_fact *f);

/*
 * A classic BPF program (struct sock_filter: code, jt, jf, k) that lets pass
 * what wire_read() can use, tagged or not.
 */
struct wire_insn {
	uint16_t code;
	uint8_t jt, jf;
	uint32_t k;
};
extern const struct wire_insn wire_filter[];
extern const size_t wire_filter_len;
/* So much of a frame is enough. */
#define WIRE_SNAP	1024

/* The last few facts of each MAC, and the last so many of all. */
#define WIRE_PER_MAC	4
#define WIRE_FACTS	4096
/* So many are taken over from holders, of which several may be in one place. */
#define WIRE_TAKEN	(16 * WIRE_FACTS)

struct wire_table {
	struct wire_fact *v;
	size_t n;
	struct bymac order;	/* by wire_sort() */
};

/*
 * Note a fact: a known one (MAC, address and kind) gets its new time, else it
 * takes the place of the oldest that must go.  True: it was not known.
 */
bool	wire_note(struct wire_table *t, const struct wire_fact *f);
/* Make this fast, O(log n), until the next is noted: */
void	wire_sort(struct wire_table *t);
/* The first fact of that MAC behind prev (NULL: of all), or NULL. */
const struct wire_fact *wire_next(const struct wire_table *t,
	    const uint8_t mac[6], const struct wire_fact *prev);
void	wire_free(struct wire_table *t);

/* As the holder hands it over, from the nth on, at most max. */
json_t	*wire_to_json(const struct wire_table *t, size_t from, size_t max);
/* Appends them; what is no fact is passed over, and what is too much. */
void	wire_from_json(struct wire_table *t, const json_t *list);

#endif
