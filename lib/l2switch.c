/* SPDX-License-Identifier: ISC */
/* l2switch.c - a learning Ethernet switch: which frame goes where */
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "l2switch.h"
#include "strv.h"

#define MAC_LEN		6
/* Two addresses and a type. */
#define ETHER_MIN	14
/*
 * Addresses are remembered in sets of WAYS; a full set forgets its oldest.  So
 * a VM that makes addresses up costs others speed, but no memory.
 */
#define SETS		1024u
#define WAYS		4u

struct entry {
	uint8_t mac[MAC_LEN];
	struct l2port *port;		/* NULL: free */
	int64_t seen_ms;
};

struct l2switch {
	bool isolated, transparent;
	l2switch_out_fn *out;
	struct l2port **ports;
	size_t nports;
	struct entry table[SETS][WAYS];
};

/* Frames side by side that go to the same place. */
struct run {
	const uint8_t *start;
	size_t len;
	struct l2port *to;		/* NULL: to all but from */
	bool nowhere;
};

struct l2switch *
l2switch_new(bool isolated, bool transparent, l2switch_out_fn *out)
{
	struct l2switch *sw = xcalloc(1, sizeof(*sw));

	sw->isolated = isolated;
	sw->transparent = transparent;
	sw->out = out;
	return sw;
}

void
l2switch_free(struct l2switch *sw)
{
	if (sw == NULL)
		return;
	for (size_t i = 0; i < sw->nports; i++)
		free(sw->ports[i]);
	free(sw->ports);
	free(sw);
}

struct l2port *
l2switch_port_add(struct l2switch *sw, void *owner)
{
	struct l2port *p = xcalloc(1, sizeof(*p));

	p->sw = sw;
	p->owner = owner;
	sw->ports = xrealloc(sw->ports,
	    (sw->nports + 1) * sizeof(struct l2port *));
	sw->ports[sw->nports++] = p;
	return p;
}

void
l2switch_port_del(struct l2port *p)
{
	struct l2switch *sw = p->sw;
	size_t i = 0;

	for (unsigned set = 0; set < SETS; set++)
		for (unsigned way = 0; way < WAYS; way++)
			if (sw->table[set][way].port == p)
				sw->table[set][way].port = NULL;
	while (sw->ports[i] != p)
		i++;
	sw->nports--;
	memmove(&sw->ports[i], &sw->ports[i + 1],
	    (sw->nports - i) * sizeof(struct l2port *));
	free(p);
}

static bool
fresh(const struct entry *e, int64_t now_ms)
{
	return e->port != NULL && now_ms - e->seen_ms < L2_AGE_MS;
}

/*
 * By the last bytes: cards of one maker, and derived addresses, differ there.
 */
static struct entry *
set_of(struct l2switch *sw, const uint8_t *mac)
{
	unsigned h = mac[5] | (unsigned)mac[4] << 8;

	h ^= (unsigned)mac[3] << 3 ^ (unsigned)mac[2] << 6;
	return sw->table[h % SETS];
}

static struct entry *
look_up(struct l2switch *sw, const uint8_t *mac)
{
	struct entry *set = set_of(sw, mac);

	for (unsigned way = 0; way < WAYS; way++)
		if (set[way].port != NULL &&
		    memcmp(set[way].mac, mac, MAC_LEN) == 0)
			return &set[way];
	return NULL;
}

static void
learn(struct l2port *p, const uint8_t *mac, int64_t now_ms)
{
	static const uint8_t none[MAC_LEN];
	struct entry *e = look_up(p->sw, mac), *set;

	if (e == NULL) {
		/* A group cannot send, and no card has no address. */
		if (mac[0] & 1 || memcmp(mac, none, MAC_LEN) == 0)
			return;
		e = set = set_of(p->sw, mac);
		for (unsigned way = 1; way < WAYS && e->port != NULL; way++)
			if (set[way].port == NULL ||
			    set[way].seen_ms < e->seen_ms)
				e = &set[way];
		memcpy(e->mac, mac, MAC_LEN);
	}
	e->port = p;
	e->seen_ms = now_ms;
}

/* 01:80:c2:00:00:00 to 0f */
static bool
link_local(const uint8_t *mac)
{
	static const uint8_t group[] = { 0x01, 0x80, 0xc2, 0x00, 0x00 };

	return memcmp(mac, group, sizeof(group)) == 0 && mac[5] < 0x10;
}

/* Where does this frame go?  start and len of *r are not set. */
static struct run
decide(struct l2port *from, const uint8_t *frame, size_t len, int64_t now_ms)
{
	struct l2switch *sw = from->sw;
	struct run r = { .nowhere = true };
	const struct entry *e;

	from->rx_frames++;
	from->rx_bytes += len;
	if (len < ETHER_MIN) {
		from->rx_dropped++;
		return r;
	}
	learn(from, frame + MAC_LEN, now_ms);
	if (sw->isolated || (!sw->transparent && link_local(frame)))
		return r;
	e = frame[0] & 1 ? NULL : look_up(sw, frame);
	if (e != NULL && fresh(e, now_ms))
		r.to = e->port;
	/* Its receiver is where it came from, and has it. */
	r.nowhere = r.to == from;
	return r;
}

static void
emit(const struct l2port *from, const struct run *r)
{
	const struct l2switch *sw = from->sw;

	if (r->len == 0 || r->nowhere)
		return;
	if (r->to != NULL) {
		sw->out(r->to, r->start, r->len);
		return;
	}
	for (size_t i = 0; i < sw->nports; i++)
		if (sw->ports[i] != from)
			sw->out(sw->ports[i], r->start, r->len);
}

int32_t
l2_frame(const uint8_t *buf, size_t len)
{
	uint32_t n;

	if (len < L2_HDRLEN)
		return 0;
	n = get_be32(buf);
	if (n > L2_FRAME_MAX)
		return -1;
	return len - L2_HDRLEN < n ? 0 : (int32_t)(L2_HDRLEN + n);
}

int64_t
l2switch_input(struct l2port *p, const uint8_t *buf, size_t len,
    int64_t now_ms, uint32_t *bad)
{
	struct run run = { .start = buf };
	size_t off = 0;
	int32_t n;

	while ((n = l2_frame(buf + off, len - off)) > 0) {
		struct run r = decide(p, buf + off + L2_HDRLEN,
		    (size_t)n - L2_HDRLEN, now_ms);

		if (r.to != run.to || r.nowhere != run.nowhere) {
			emit(p, &run);
			run = r;
			run.start = buf + off;
		}
		run.len += (size_t)n;
		off += (size_t)n;
	}
	emit(p, &run);
	if (n == -1) {
		*bad = get_be32(buf + off);
		return -1;
	}
	return (int64_t)off;
}
