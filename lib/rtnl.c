/* SPDX-License-Identifier: ISC */
/* rtnl.c - the bytes of Linux' rtnetlink dumps */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>

#include "bytes.h"
#include "rtnl.h"
#include "strv.h"

enum {
	/* Header and its types and flags. */
	HDRLEN = 16, NLMSG_ERROR = 2, NLMSG_DONE = 3, NLM_F_DUMP_INTR = 0x10,
	RTM_NEWLINK = 16, RTM_NEWADDR = 20, RTM_NEWROUTE = 24,
	RTM_NEWNEIGH = 28,
	/* struct ifinfomsg */
	IFINFOLEN = 16, IFI_TYPE = 2, IFI_INDEX = 4, IFI_FLAGS = 8,
	IFF_UP = 1, IFF_RUNNING = 0x40,
	ARPHRD_ETHER = 1, ARPHRD_LOOPBACK = 772,
	IFLA_ADDRESS = 1, IFLA_IFNAME = 3, IFLA_MTU = 4, IFLA_MASTER = 10,
	IFLA_LINKINFO = 18, IFLA_IFALIAS = 20, IFLA_STATS64 = 23,
	IFLA_INFO_KIND = 1,
	/* struct ndmsg */
	NDMLEN = 12, NDM_IFINDEX = 4, NDM_STATE = 8,
	NUD_INCOMPLETE = 1, NUD_FAILED = 0x20, NUD_NOARP = 0x40,
	NUD_PERMANENT = 0x80, NDA_DST = 1, NDA_LLADDR = 2,
	NDA_CACHEINFO = 3, NDA_MASTER = 9, USER_HZ = 100,
	/* struct ifaddrmsg */
	IFADDRLEN = 8, IFA_FAMILY = 0, IFA_PREFIXLEN = 1, IFA_INDEX = 4,
	IFA_ADDRESS = 1, IFA_LOCAL = 2, FAMILY_INET = 2, FAMILY_BRIDGE = 7,
	/* struct rtmsg */
	RTMLEN = 12, RTM_FAMILY = 0, RTM_DST_LEN = 1, RTM_TABLE = 4,
	RTM_TYPE = 7, RT_TABLE_MAIN = 254, RTN_UNICAST = 1, RTA_DST = 1,
	RTA_OIF = 4,
	/* Nested and byte-order flags share the attribute type's field. */
	ATTR_TYPE = 0x3fff,
};

struct bytes {
	const uint8_t *p;
	size_t len;
};

struct attr {
	unsigned type;
	struct bytes v;
};

static size_t
padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Cut len padded bytes off the front; the last piece may lack its padding. */
static void
skip(struct bytes *b, size_t len)
{
	len = padded(len);
	if (len > b->len)
		len = b->len;
	b->p += len;
	b->len -= len;
}

/* The next attribute.  1: got one, 0: no more, -1: malformed. */
static int
next_attr(struct bytes *b, struct attr *a)
{
	size_t len;

	if (b->len == 0)
		return 0;
	if (b->len < 4 || (len = get_own16(b->p)) < 4 || len > b->len)
		return -1;
	a->type = get_own16(b->p + 2) & ATTR_TYPE;
	a->v = (struct bytes){ b->p + 4, len - 4 };
	skip(b, len);
	return 1;
}

/* Text attributes end with a NUL, or just end. */
static void
copy_text(char *dst, size_t size, struct bytes v)
{
	size_t n = strnlen((const char *)v.p, v.len);

	if (n >= size)
		n = size - 1;
	memcpy(dst, v.p, n);
	dst[n] = '\0';
}

/* struct rtnl_link_stats64 starts with these eight counters. */
static void
copy_stats(struct hostif *i, struct bytes v)
{
	if (v.len < 64)
		return;
	i->rx_packets = get_own64(v.p);
	i->tx_packets = get_own64(v.p + 8);
	i->rx_bytes = get_own64(v.p + 16);
	i->tx_bytes = get_own64(v.p + 24);
	i->rx_dropped = get_own64(v.p + 48);
	i->tx_dropped = get_own64(v.p + 56);
}

static int
link_info(struct hostif *i, struct bytes b)
{
	struct attr a;
	int rc;

	while ((rc = next_attr(&b, &a)) > 0)
		if (a.type == IFLA_INFO_KIND)
			copy_text(i->kind, sizeof(i->kind), a.v);
	return rc;
}

static int
link_attr(struct hostif *i, const struct attr *a)
{
	switch (a->type) {
	case IFLA_ADDRESS:
		if (a->v.len == sizeof(i->mac))
			memcpy(i->mac, a->v.p, sizeof(i->mac));
		break;
	case IFLA_IFNAME:
		copy_text(i->name, sizeof(i->name), a->v);
		break;
	case IFLA_MTU:
		if (a->v.len >= 4)
			i->mtu = get_own32(a->v.p);
		break;
	case IFLA_MASTER:
		if (a->v.len >= 4)
			i->master = get_own32(a->v.p);
		break;
	case IFLA_LINKINFO:
		return link_info(i, a->v);
	case IFLA_IFALIAS:
		copy_text(i->alias, sizeof(i->alias), a->v);
		break;
	case IFLA_STATS64:
		copy_stats(i, a->v);
		break;
	}
	return 0;
}

static int
take_link(struct hostifs *h, struct bytes b)
{
	struct hostif i = { 0 };
	struct attr a;
	uint32_t flags;
	uint16_t type;
	int rc;

	/* Bridges' ports are also dumped as family AF_BRIDGE; not asked for. */
	if (b.len < IFINFOLEN || b.p[0] == FAMILY_BRIDGE)
		return b.len < IFINFOLEN ? -1 : 0;
	i.index = get_own32(b.p + IFI_INDEX);
	flags = get_own32(b.p + IFI_FLAGS);
	type = get_own16(b.p + IFI_TYPE);
	i.no_ethernet = type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK;
	i.up = flags & IFF_UP;
	i.running = flags & IFF_RUNNING;
	skip(&b, IFINFOLEN);
	while ((rc = next_attr(&b, &a)) > 0)
		if (link_attr(&i, &a) == -1)
			return -1;
	if (rc == -1)
		return -1;
	*hostifs_add(h) = i;
	return 0;
}

/* ARP: what the host knows or was told of IPv4 neighbours. */
static int
take_arp(struct hostifs *h, struct bytes b)
{
	struct hostif_neigh g = { 0 };
	unsigned has = 0, state = get_own16(b.p + NDM_STATE);
	struct attr a;
	int rc;

	g.index = get_own32(b.p + NDM_IFINDEX);
	g.permanent = state & NUD_PERMANENT;
	skip(&b, NDMLEN);
	while ((rc = next_attr(&b, &a)) > 0)
		if (a.type == NDA_LLADDR && a.v.len == sizeof(g.mac)) {
			memcpy(g.mac, a.v.p, sizeof(g.mac));
			has |= 1;
		} else if (a.type == NDA_DST && a.v.len == 4) {
			g.ip = ntohl(get_own32(a.v.p));
			has |= 2;
		} else if (a.type == NDA_CACHEINFO && a.v.len >= 4)
			g.seen = time(NULL) - get_own32(a.v.p) / USER_HZ;
	if (rc == -1)
		return -1;
	if (has == 3 && !(state & (NUD_NOARP | NUD_FAILED | NUD_INCOMPLETE)))
		*hostifs_add_neigh(h) = g;
	return 0;
}

/*
 * Learned entries alone: what the bridge itself or an administrator put there
 * is permanent or static, and entries of other devices have no master.
 */
static int
take_neigh(struct hostifs *h, struct bytes b)
{
	struct hostif_fdb f = { 0 };
	bool has_mac = false;
	struct attr a;
	int rc;

	if (b.len < NDMLEN)
		return -1;
	if (b.p[0] == FAMILY_INET)
		return take_arp(h, b);
	if (b.p[0] != FAMILY_BRIDGE ||
	    get_own16(b.p + NDM_STATE) & (NUD_NOARP | NUD_PERMANENT))
		return 0;
	f.port = get_own32(b.p + NDM_IFINDEX);
	skip(&b, NDMLEN);
	while ((rc = next_attr(&b, &a)) > 0) {
		if (a.type == NDA_LLADDR && a.v.len == sizeof(f.mac)) {
			memcpy(f.mac, a.v.p, sizeof(f.mac));
			has_mac = true;
		} else if (a.type == NDA_MASTER && a.v.len >= 4)
			f.bridge = get_own32(a.v.p);
	}
	if (rc == -1)
		return -1;
	if (!has_mac || f.bridge == 0)
		return 0;
	*hostifs_add_fdb(h) = f;
	return 0;
}

/* On point-to-point links IFA_ADDRESS is the peer's; IFA_LOCAL is ours. */
static int
take_addr(struct hostifs *h, struct bytes b)
{
	struct hostif_addr ad = { 0 };
	bool has_local = false, has = false;
	struct attr a;
	int rc;

	if (b.len < IFADDRLEN)
		return -1;
	if (b.p[IFA_FAMILY] != FAMILY_INET || b.p[IFA_PREFIXLEN] > 32)
		return 0;
	ad.plen = b.p[IFA_PREFIXLEN];
	ad.index = get_own32(b.p + IFA_INDEX);
	skip(&b, IFADDRLEN);
	while ((rc = next_attr(&b, &a)) > 0) {
		if (a.v.len != 4 || (a.type != IFA_LOCAL &&
		    (a.type != IFA_ADDRESS || has_local)))
			continue;
		ad.ip = ntohl(get_own32(a.v.p));
		has = true;
		has_local |= a.type == IFA_LOCAL;
	}
	if (rc == -1)
		return -1;
	if (!has)
		return 0;
	*hostifs_add_addr(h) = ad;
	return 0;
}

static int
take_route(struct hostifs *h, struct bytes b)
{
	struct hostif_route r = { 0 };
	struct attr a;
	int rc;

	if (b.len < RTMLEN)
		return -1;
	if (b.p[RTM_FAMILY] != FAMILY_INET || b.p[RTM_DST_LEN] > 32 ||
	    b.p[RTM_TABLE] != RT_TABLE_MAIN || b.p[RTM_TYPE] != RTN_UNICAST)
		return 0;
	r.plen = b.p[RTM_DST_LEN];
	skip(&b, RTMLEN);
	/* The default route has no destination. */
	while ((rc = next_attr(&b, &a)) > 0)
		if (a.type == RTA_DST && a.v.len == 4)
			r.ip = ntohl(get_own32(a.v.p));
		else if (a.type == RTA_OIF && a.v.len == 4)
			r.index = get_own32(a.v.p);
	if (rc == -1)
		return -1;
	*hostifs_add_route(h) = r;
	return 0;
}

/* An error's body, as that of the end of a dump, is a negative errno or 0. */
static int
take_error(struct rtnl_dump *d, struct bytes b, struct qerr *e)
{
	uint32_t raw;

	d->done = true;
	if (b.len < 4 || (raw = get_own32(b.p)) == 0)
		return 0;
	errno = raw > UINT32_MAX - 4095 ? (int)(0 - raw) : EPROTO;
	return qerr_sys(e, "cannot read the interfaces");
}

static int
take_message(struct rtnl_dump *d, unsigned type, struct bytes body,
    struct qerr *e)
{
	int rc = 0;

	switch (type) {
	case NLMSG_ERROR:
	case NLMSG_DONE:
		return take_error(d, body, e);
	case RTM_NEWLINK:
		rc = take_link(d->into, body);
		break;
	case RTM_NEWNEIGH:
		rc = take_neigh(d->into, body);
		break;
	case RTM_NEWADDR:
		rc = take_addr(d->into, body);
		break;
	case RTM_NEWROUTE:
		rc = take_route(d->into, body);
		break;
	}
	if (rc == -1)
		return qerr_set(e, QERR_FAIL,
		    "malformed netlink message of type %u", type);
	return 0;
}

int
rtnl_take(struct rtnl_dump *d, const void *buf, size_t len, struct qerr *e)
{
	struct bytes b = { buf, len };

	while (b.len > 0 && !d->done) {
		size_t mlen;

		if (b.len < HDRLEN || (mlen = get_own32(b.p)) < HDRLEN ||
		    mlen > b.len)
			return qerr_set(e, QERR_FAIL,
			    "malformed netlink datagram of %zu bytes", len);
		if (get_own16(b.p + 6) & NLM_F_DUMP_INTR)
			d->torn = true;
		if (take_message(d, get_own16(b.p + 4),
		    (struct bytes){ b.p + HDRLEN, mlen - HDRLEN }, e) == -1)
			return -1;
		skip(&b, mlen);
	}
	return 0;
}
