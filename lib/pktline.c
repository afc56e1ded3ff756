/* SPDX-License-Identifier: ISC */
/* pktline.c - a packet in one line */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "bytes.h"
#include "pktline.h"

#define ETHER_IP4	0x0800
#define ETHER_ARP	0x0806
#define ETHER_IP6	0x86dd
#define LINKTYPE_RAW	101u

#define PROTO_ICMP	1
#define PROTO_TCP	6
#define PROTO_UDP	17
#define PROTO_ICMP6	58

/* More of them than any packet has by right. */
#define MAX_VLANS	4
#define MAX_HEADERS	8

/* What is left of the packet, and the line so far. */
struct view {
	const uint8_t *p;
	size_t len;
	char *line;
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void
say(struct view *v, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(v->line + v->used, PKTLINE_SZ - v->used, fmt, ap);
	va_end(ap);
	v->used += n > 0 ? (size_t)n : 0;
	if (v->used >= PKTLINE_SZ)
		v->used = PKTLINE_SZ - 1;
}

/* Take n bytes; NULL when the packet, or what was kept of it, ends before. */
static const uint8_t *
take(struct view *v, size_t n)
{
	const uint8_t *p = v->p;

	if (v->len < n) {
		say(v, "%s[cut short]", v->used > 0 ? " " : "");
		return NULL;
	}
	v->p += n;
	v->len -= n;
	return p;
}

static void
say_macs(struct view *v, const uint8_t *dst, const uint8_t *src)
{
	char from[MAC_STRSZ], to[MAC_STRSZ];

	say(v, "%s > %s", mac_format(src, from), mac_format(dst, to));
}

/* ---- above IP ---- */

static void
say_flags(struct view *v, unsigned flags)
{
	static const char letters[] = "FSRP.UEW";	/* tcpdump's */
	char set[sizeof(letters)];
	size_t n = 0;

	for (unsigned i = 0; i < 8; i++)
		if (flags & 1u << i)
			set[n++] = letters[i];
	set[n] = '\0';
	say(v, " [%s]", n > 0 ? set : "none");
}

static void
say_icmp(struct view *v, const uint8_t *p, bool six)
{
	static const struct {
		bool six;
		uint8_t type;
		const char *name;
	} names[] = {
		{ false, 0, "echo reply" }, { false, 3, "unreachable" },
		{ false, 5, "redirect" }, { false, 8, "echo request" },
		{ false, 11, "time exceeded" },
		{ true, 1, "unreachable" }, { true, 2, "packet too big" },
		{ true, 3, "time exceeded" }, { true, 128, "echo request" },
		{ true, 129, "echo reply" },
		{ true, 133, "router solicitation" },
		{ true, 134, "router advertisement" },
		{ true, 135, "neighbour solicitation" },
		{ true, 136, "neighbour advertisement" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].six == six && names[i].type == p[0]) {
			say(v, " %s", names[i].name);
			return;
		}
	say(v, " type %u code %u", p[0], p[1]);
}

/*
 * "FROM.PORT > TO.PORT: UDP", as far as there are ports; proto -1: a fragment
 * that has none.
 */
static void
transport(struct view *v, int proto, const char *from, const char *to)
{
	size_t want = proto == PROTO_TCP ? 14 : 4;
	bool ports = proto == PROTO_TCP || proto == PROTO_UDP;
	const uint8_t *p = v->p;

	if (!ports || v->len < want)
		say(v, ", %s > %s: ", from, to);
	else
		say(v, ", %s.%u > %s.%u: ", from, get_be16(p), to,
		    get_be16(p + 2));
	if (proto == -1) {
		say(v, "fragment");
		return;
	}
	if (proto == PROTO_TCP || proto == PROTO_UDP)
		say(v, "%s", proto == PROTO_TCP ? "TCP" : "UDP");
	else if (proto == PROTO_ICMP || proto == PROTO_ICMP6)
		say(v, "%s", proto == PROTO_ICMP ? "ICMP" : "ICMPv6");
	else {
		say(v, "protocol %d", proto);
		return;
	}
	if ((p = take(v, want)) == NULL)
		return;
	if (proto == PROTO_TCP)
		say_flags(v, p[13]);
	else if (!ports)
		say_icmp(v, p, proto == PROTO_ICMP6);
}

/* ---- above Ethernet ---- */

static void
arp(struct view *v)
{
	char mac[MAC_STRSZ], from[IP4_STRSZ], to[IP4_STRSZ];
	const uint8_t *p;

	say(v, ", ARP");
	if ((p = take(v, 8)) == NULL)
		return;
	if (get_be16(p + 2) != ETHER_IP4 || p[4] != 6 || p[5] != 4) {
		say(v, " for protocol 0x%04x", get_be16(p + 2));
		return;
	}
	unsigned op = get_be16(p + 6);
	if ((p = take(v, 20)) == NULL)
		return;
	ip4_format(get_be32(p + 6), from);
	ip4_format(get_be32(p + 16), to);
	if (op == 1)
		say(v, " who-has %s tell %s", to, from);
	else if (op == 2)
		say(v, " %s is-at %s", from, mac_format(p, mac));
	else
		say(v, " operation %u, %s > %s", op, from, to);
}

static void
ip4(struct view *v)
{
	char from[IP4_STRSZ], to[IP4_STRSZ];
	const uint8_t *p = v->p;
	size_t head = v->len > 0 ? (size_t)(*p & 15) * 4 : 20;
	int proto;

	if (v->len < 20)
		say(v, ", IPv4");
	if (take(v, 20) == NULL)
		return;
	if (*p >> 4 != 4 || head < 20) {
		say(v, ", IPv4 [malformed]");
		return;
	}
	if (head - 20 > v->len)
		head = 20 + v->len;
	take(v, head - 20);
	proto = get_be16(p + 6) & 0x1fff ? -1 : p[9];
	transport(v, proto, ip4_format(get_be32(p + 12), from),
	    ip4_format(get_be32(p + 16), to));
}

static bool
is_extension(unsigned next)
{
	return next == 0 || next == 43 || next == 44 || next == 60;
}

static void
ip6(struct view *v)
{
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
	const uint8_t *p = v->p, *ext;
	bool fragment = false;
	unsigned next;

	if (v->len < 40)
		say(v, ", IPv6");
	if (take(v, 40) == NULL)
		return;
	if (*p >> 4 != 6) {
		say(v, ", IPv6 [malformed]");
		return;
	}
	next = p[6];
	for (int i = 0; i < MAX_HEADERS && is_extension(next) && v->len >= 8 &&
	    !fragment; i++) {
		ext = take(v, 8);
		if (next == 44)
			fragment = get_be16(ext + 2) & 0xfff8;
		else if (ext[1] * 8u > v->len)
			break;
		else
			take(v, ext[1] * 8u);
		next = ext[0];
	}
	inet_ntop(AF_INET6, p + 8, from, sizeof(from));
	inet_ntop(AF_INET6, p + 24, to, sizeof(to));
	transport(v, fragment ? -1 : (int)next, from, to);
}

static void
network(struct view *v, unsigned type)
{
	if (type == ETHER_ARP)
		arp(v);
	else if (type == ETHER_IP4)
		ip4(v);
	else if (type == ETHER_IP6)
		ip6(v);
	else if (type < 1536)
		say(v, ", 802.3");
	else
		say(v, ", ethertype 0x%04x", type);
}

static void
ethernet(struct view *v)
{
	const uint8_t *p;
	unsigned type;

	if ((p = take(v, 14)) == NULL)
		return;
	say_macs(v, p, p + 6);
	type = get_be16(p + 12);
	for (int i = 0; i < MAX_VLANS &&
	    (type == 0x8100 || type == 0x88a8 || type == 0x9100); i++) {
		say(v, ", vlan");
		if ((p = take(v, 4)) == NULL)
			return;
		say(v, " %u", get_be16(p) & 0xfff);
		type = get_be16(p + 2);
	}
	network(v, type);
}

char *
pktline(const struct capsrc_packet *p, uint32_t linktype,
    char buf[PKTLINE_SZ])
{
	struct view v = { .p = p->data, .len = p->caplen, .line = buf };

	*buf = '\0';
	if (linktype == LINKTYPE_ETHERNET)
		ethernet(&v);
	else if (linktype == LINKTYPE_RAW && p->caplen > 0) {
		say(&v, "raw");
		network(&v, *p->data >> 4 == 6 ? ETHER_IP6 : ETHER_IP4);
	} else
		say(&v, "link type %" PRIu32, linktype);
	say(&v, ", length %" PRIu32, p->len);
	return buf;
}
