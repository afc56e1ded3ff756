/* SPDX-License-Identifier: ISC */
/* wire.c - who has which address, read off packets: ARP and DHCP */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "bytes.h"
#include "strv.h"
#include "wire.h"

enum {
	ETHER_LEN = 14, ETHER_TYPE = 12, TAG_LEN = 4, MAX_TAGS = 2,
	TYPE_IP = 0x0800, TYPE_ARP = 0x0806, TYPE_VLAN = 0x8100,
	TYPE_QINQ = 0x88a8,
	/* RFC 826, Ethernet and IPv4 */
	ARP_LEN = 28, ARP_SHA = 8, ARP_SPA = 14,
	/* RFC 791, 768 */
	IP_MIN = 20, IP_FRAGMENT = 6, IP_PROTO = 9, PROTO_UDP = 17,
	UDP_LEN = 8, PORT_SERVER = 67, PORT_CLIENT = 68,
	/* RFC 2131, 2132 */
	DHCP_YIADDR = 16, DHCP_CHADDR = 28, DHCP_SNAME = 44, DHCP_FILE = 108,
	DHCP_COOKIE = 236, DHCP_OPTIONS = 240, BOOTREPLY = 2,
	OPT_PAD = 0, OPT_OVERLOAD = 52, OPT_TYPE = 53, OPT_END = 255,
	DHCPACK = 5,
};

struct bytes {
	const uint8_t *p;
	size_t len;
};

static struct bytes
rest(struct bytes b, size_t n)
{
	return (struct bytes){ b.p + n, b.len - n };
}

static bool
set(struct wire_fact *f, const uint8_t *mac, uint32_t ip, enum wire_kind kind)
{
	static const uint8_t none[6];

	/* Nobody's, a group's, or no host's. */
	if ((mac[0] & 1) || memcmp(mac, none, 6) == 0 || ip == 0 ||
	    ip >> 28 >= 0xe || ip >> 24 == 127)
		return false;
	memcpy(f->mac, mac, 6);
	f->ip = ip;
	f->kind = kind;
	return true;
}

static bool
read_arp(struct bytes b, struct wire_fact *f)
{
	static const uint8_t head[6] = { 0, 1, TYPE_IP >> 8, TYPE_IP & 0xff, 6,
	    4 };
	unsigned op;

	if (b.len < ARP_LEN || memcmp(b.p, head, sizeof(head)) != 0)
		return false;
	op = get_be16(b.p + 6);
	return (op == 1 || op == 2) &&
	    set(f, b.p + ARP_SHA, get_be32(b.p + ARP_SPA), WIRE_ARP);
}

/* The value of a one-byte option, or 0. */
static unsigned
option(struct bytes b, unsigned want)
{
	while (b.len > 0 && b.p[0] != OPT_END) {
		size_t len;

		if (b.p[0] == OPT_PAD) {
			b = rest(b, 1);
			continue;
		}
		if (b.len < 2 || (len = b.p[1]) + 2 > b.len)
			return 0;
		if (b.p[0] == want && len == 1)
			return b.p[2];
		b = rest(b, len + 2);
	}
	return 0;
}

/* Options may go on in two fields of the header (option 52). */
static unsigned
message_type(struct bytes b)
{
	struct bytes opts = rest(b, DHCP_OPTIONS);
	unsigned type = option(opts, OPT_TYPE);
	unsigned more = type == 0 ? option(opts, OPT_OVERLOAD) : 0;

	if (type == 0 && (more & 1))
		type = option((struct bytes){ b.p + DHCP_FILE, 128 }, OPT_TYPE);
	if (type == 0 && (more & 2))
		type = option((struct bytes){ b.p + DHCP_SNAME, 64 }, OPT_TYPE);
	return type;
}

static bool
read_dhcp(struct bytes b, struct wire_fact *f)
{
	static const uint8_t cookie[4] = { 99, 130, 83, 99 };

	if (b.len < DHCP_OPTIONS || b.p[0] != BOOTREPLY || b.p[1] != 1 ||
	    b.p[2] != 6 || memcmp(b.p + DHCP_COOKIE, cookie, 4) != 0 ||
	    message_type(b) != DHCPACK)
		return false;
	return set(f, b.p + DHCP_CHADDR, get_be32(b.p + DHCP_YIADDR), WIRE_ACK);
}

static bool
read_ip(struct bytes b, struct wire_fact *f)
{
	size_t head, len;

	if (b.len < IP_MIN || b.p[0] >> 4 != 4)
		return false;
	head = (size_t)(b.p[0] & 15) * 4;
	if (head < IP_MIN || b.len < head + UDP_LEN ||
	    b.p[IP_PROTO] != PROTO_UDP ||
	    (get_be16(b.p + IP_FRAGMENT) & 0x3fff) != 0)
		return false;
	/* What the frame has beyond the packet is padding. */
	len = get_be16(b.p + 2);
	if (len < head + UDP_LEN)
		return false;
	if (len < b.len)
		b.len = len;
	b = rest(b, head);
	if (get_be16(b.p) != PORT_SERVER || get_be16(b.p + 2) != PORT_CLIENT)
		return false;
	return read_dhcp(rest(b, UDP_LEN), f);
}

bool
wire_read(const void *frame, size_t len, struct wire_fact *f)
{
	struct bytes b = { frame, len };
	unsigned type;

	if (b.len < ETHER_LEN)
		return false;
	type = get_be16(b.p + ETHER_TYPE);
	for (int i = 0; i < MAX_TAGS && (type == TYPE_VLAN ||
	    type == TYPE_QINQ); i++) {
		if (b.len < ETHER_LEN + TAG_LEN)
			return false;
		b = rest(b, TAG_LEN);
		type = get_be16(b.p + ETHER_TYPE);
	}
	b = rest(b, ETHER_LEN);
	if (type == TYPE_ARP)
		return read_arp(b, f);
	return type == TYPE_IP && read_ip(b, f);
}

/*
 * Accept ARP, unfragmented UDP from port 67 to 68, and, since the kernel takes
 * the tag out of most frames before we see it but not out of all, any frame
 * that still has one.  Codes as in linux/bpf_common.h and net/bpf.h.
 */
enum {
	LDH = 0x28, LDB = 0x30, LDH_X = 0x48, LDX_IPHDR = 0xb1, JEQ = 0x15,
	JSET = 0x45, RET = 0x06,
};

const struct wire_insn wire_filter[] = {
	{ LDH, 0, 0, ETHER_TYPE },
	{ JEQ, 13, 0, TYPE_ARP },
	{ JEQ, 12, 0, TYPE_VLAN },
	{ JEQ, 11, 0, TYPE_QINQ },
	{ JEQ, 0, 9, TYPE_IP },
	{ LDB, 0, 0, ETHER_LEN + IP_PROTO },
	{ JEQ, 0, 7, PROTO_UDP },
	{ LDH, 0, 0, ETHER_LEN + IP_FRAGMENT },
	{ JSET, 5, 0, 0x3fff },
	{ LDX_IPHDR, 0, 0, ETHER_LEN },
	{ LDH_X, 0, 0, ETHER_LEN },
	{ JEQ, 0, 2, PORT_SERVER },
	{ LDH_X, 0, 0, ETHER_LEN + 2 },
	{ JEQ, 1, 0, PORT_CLIENT },
	{ RET, 0, 0, 0 },
	{ RET, 0, 0, WIRE_SNAP },
};
const size_t wire_filter_len = sizeof(wire_filter) / sizeof(*wire_filter);

/* The oldest of one MAC when it has enough, else of all, or NULL: room left. */
static struct wire_fact *
victim(struct wire_table *t, const uint8_t mac[6])
{
	struct wire_fact *old = NULL, *own = NULL;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct wire_fact *f = &t->v[i];

		if (old == NULL || f->at < old->at)
			old = f;
		if (memcmp(f->mac, mac, 6) == 0) {
			n++;
			if (own == NULL || f->at < own->at)
				own = f;
		}
	}
	if (n >= WIRE_PER_MAC)
		return own;
	return t->n < WIRE_FACTS ? NULL : old;
}

bool
wire_note(struct wire_table *t, const struct wire_fact *f)
{
	struct wire_fact *at;

	for (size_t i = 0; i < t->n; i++)
		if (memcmp(t->v[i].mac, f->mac, 6) == 0 &&
		    t->v[i].ip == f->ip && t->v[i].kind == f->kind) {
			t->v[i].at = f->at;
			return false;
		}
	bymac_release(&t->order);
	at = victim(t, f->mac);
	if (at == NULL) {
		t->v = xgrow(t->v, t->n, sizeof(*t->v));
		at = &t->v[t->n++];
	}
	*at = *f;
	return true;
}

void
wire_sort(struct wire_table *t)
{
	bymac_sort(&t->order, t->v, t->n, sizeof(*t->v),
	    offsetof(struct wire_fact, mac));
}

const struct wire_fact *
wire_next(const struct wire_table *t, const uint8_t mac[6],
    const struct wire_fact *prev)
{
	if (t->order.v != NULL)
		return bymac_next(&t->order, mac, prev);
	for (size_t i = prev != NULL ? (size_t)(prev - t->v) + 1 : 0;
	    i < t->n; i++)
		if (memcmp(t->v[i].mac, mac, 6) == 0)
			return &t->v[i];
	return NULL;
}

void
wire_free(struct wire_table *t)
{
	bymac_release(&t->order);
	free(t->v);
	*t = (struct wire_table){ 0 };
}

json_t *
wire_to_json(const struct wire_table *t, size_t from, size_t max)
{
	json_t *list = json_array();

	for (size_t i = from; i < t->n && i - from < max; i++) {
		const struct wire_fact *f = &t->v[i];
		char mac[MAC_STRSZ], ip[IP4_STRSZ];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}",
		    "mac", mac_format(f->mac, mac), "ip",
		    ip4_format(f->ip, ip), "kind", f->kind == WIRE_ACK ?
		    "dhcp" : "arp", "at", (json_int_t)f->at));
	}
	return list;
}

void
wire_from_json(struct wire_table *t, const json_t *list)
{
	/* Its sender has sorted out what is known. */
	for (size_t i = 0; i < json_array_size(list) &&
	    t->n < WIRE_TAKEN; i++) {
		const char *mac, *ip, *kind;
		struct wire_fact f = { 0 };
		json_int_t at;

		if (json_unpack(json_array_get(list, i),
		    "{s:s, s:s, s:s, s:I}", "mac", &mac, "ip", &ip, "kind",
		    &kind, "at", &at) == -1 || mac_parse(mac, f.mac) == -1 ||
		    ip4_parse(ip, &f.ip) == -1)
			continue;
		f.kind = strcmp(kind, "dhcp") == 0 ? WIRE_ACK : WIRE_ARP;
		f.at = at;
		bymac_release(&t->order);
		t->v = xgrow(t->v, t->n, sizeof(*t->v));
		t->v[t->n++] = f;
	}
}
