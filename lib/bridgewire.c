/* SPDX-License-Identifier: ISC */
/* bridgewire.c - the bytes of Darwin's bridge ioctls and sysctls */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "bridgewire.h"
#include "bytes.h"

enum {
	/* struct ifbreq */
	IFBR_IFSFLAGS = 16, IFBIF_MAC_NAT = 0x8000,
	/* struct ifbareq64 */
	IFBA_EXPIRE = 16, IFBA_DST = 25,
	/* struct ifmibdata */
	IFMD_SND_DROPS = 32, IFMD_DATA = 52,
	/* struct if_data64, 128 bytes */
	IFI_TYPE = 0, IFI_MTU = 8, IFI_IPACKETS = 24, IFI_OPACKETS = 40,
	IFI_IBYTES = 64, IFI_OBYTES = 72, IFI_IQDROPS = 96, IFI_SIZE = 128,
	IFT_BRIDGE = 0xd1,
	/* All routing messages: length, version, type; then their own. */
	RTM_TYPE = 3, RTM_MIN = 4, RTM_NEWADDR = 0xc, RTM_IFINFO2 = 0x12,
	/* struct if_msghdr2 */
	IFM_ADDRS = 4, IFM_FLAGS = 8, IFM_INDEX = 12, IFM_SND_DROPS = 24,
	IFM_DATA = 32, IFM_SIZE = 160, IFF_UP = 1, IFF_RUNNING = 0x40,
	/* struct ifa_msghdr */
	IFAM_ADDRS = 4, IFAM_INDEX = 12, IFAM_SIZE = 20,
	/* struct rt_msghdr */
	RTM_GET = 4, RT_INDEX = 4, RT_FLAGS = 8, RT_ADDRS = 12, RT_SIZE = 92,
	RTF_HOST = 4, RTF_NOT_OURS = 0x8 | 0x400 | 0x1000 | 0x20000 |
	    0x200000 | 0x400000 | 0x800000,
	/* Which socket addresses follow, the lowest bit's first. */
	RTA_DST = 1, RTA_NETMASK = 4, RTA_IFP = 0x10, RTA_IFA = 0x20,
	RTA_BITS = 8,
	/* struct sockaddr_dl, sockaddr_in */
	SDL_INDEX = 2, SDL_NLEN = 5, SDL_ALEN = 6, SDL_DATA = 8,
	SIN_ADDR = 4, FAMILY_INET = 2, FAMILY_LINK = 18,
	/* SIOCGIFTYPE's struct ifreq */
	IFRT_FAMILY = 20, IFRT_SUBFAMILY = 24, IFRT_ETHERNET = 2,
	IFRT_VMNET = 9,
};

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static uint32_t
get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

static uint64_t
get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

/* A name fills its field or ends with a NUL.  False when there is none. */
static bool
copy_name(char name[HOSTIF_NAMESZ], const uint8_t *p, size_t len)
{
	size_t n = strnlen((const char *)p, len);

	if (n >= HOSTIF_NAMESZ)
		n = HOSTIF_NAMESZ - 1;
	memcpy(name, p, n);
	name[n] = '\0';
	return n > 0;
}

void
bridgewire_put_arg(uint8_t arg[BRIDGEWIRE_ARGSZ], const void *buf, uint32_t len)
{
	uint64_t p = (uint64_t)(uintptr_t)buf;

	for (int i = 0; i < 4; i++)
		arg[i] = (uint8_t)(len >> 8 * i);
	for (int i = 0; i < 8; i++)
		arg[4 + i] = (uint8_t)(p >> 8 * i);
}

size_t
bridgewire_arg_len(const uint8_t arg[BRIDGEWIRE_ARGSZ], size_t cap)
{
	uint32_t len = get32(arg);

	return len < cap ? len : cap;
}

bool
bridgewire_next_member(const void *buf, size_t len, size_t *off,
    struct bridge_member *m)
{
	while (*off <= len && len - *off >= BRIDGEWIRE_MEMBERSZ) {
		const uint8_t *p = (const uint8_t *)buf + *off;

		*off += BRIDGEWIRE_MEMBERSZ;
		*m = (struct bridge_member){ .macnat =
		    get32(p + IFBR_IFSFLAGS) & IFBIF_MAC_NAT };
		if (copy_name(m->name, p, HOSTIF_NAMESZ))
			return true;
	}
	return false;
}

bool
bridgewire_next_fdb(const void *buf, size_t len, size_t *off,
    struct bridge_fdb *f)
{
	while (*off <= len && len - *off >= BRIDGEWIRE_FDBSZ) {
		const uint8_t *p = (const uint8_t *)buf + *off;

		*off += BRIDGEWIRE_FDBSZ;
		*f = (struct bridge_fdb){ .expire = get64(p + IFBA_EXPIRE) };
		memcpy(f->mac, p + IFBA_DST, sizeof(f->mac));
		if (copy_name(f->name, p, HOSTIF_NAMESZ))
			return true;
	}
	return false;
}

static struct hostif *
find_if(struct hostifs *h, const char *name)
{
	const struct hostif *i = hostif_by_name(h, name);

	return i == NULL ? NULL : &h->ifs[i - h->ifs];
}

void
bridgewire_members(struct hostifs *h, const struct hostif *bridge,
    const void *buf, size_t len)
{
	struct bridge_member m;
	size_t off = 0;

	while (bridgewire_next_member(buf, len, &off, &m)) {
		struct hostif *port = find_if(h, m.name);

		if (port == NULL || port == bridge)
			continue;
		port->master = bridge->index;
		port->macnat = m.macnat;
	}
}

void
bridgewire_fdb(struct hostifs *h, const struct hostif *bridge,
    const void *buf, size_t len)
{
	struct bridge_fdb f;
	size_t off = 0;

	while (bridgewire_next_fdb(buf, len, &off, &f)) {
		const struct hostif *port = hostif_by_name(h, f.name);
		struct hostif_fdb *to;

		if (port == NULL)
			continue;
		to = hostifs_add_fdb(h);
		to->bridge = bridge->index;
		to->port = port->index;
		memcpy(to->mac, f.mac, sizeof(to->mac));
	}
}

void
bridgewire_fdb_macs(void *buf, size_t len, bridgewire_mac_fn *fn, void *arg)
{
	for (uint8_t *p = buf; len >= BRIDGEWIRE_FDBSZ; p += BRIDGEWIRE_FDBSZ,
	    len -= BRIDGEWIRE_FDBSZ)
		fn(arg, p + IFBA_DST);
}

/* The cable's end here is the host's: in is what the guest sent. */
static void
read_data64(struct hostif *i, const uint8_t *p)
{
	i->mtu = get32(p + IFI_MTU);
	i->rx_packets = get64(p + IFI_IPACKETS);
	i->rx_bytes = get64(p + IFI_IBYTES);
	i->rx_dropped = get64(p + IFI_IQDROPS);
	i->tx_packets = get64(p + IFI_OPACKETS);
	i->tx_bytes = get64(p + IFI_OBYTES);
}

int
bridgewire_ifmib(struct hostif *i, const void *buf, size_t len)
{
	const uint8_t *p = buf;
	char name[HOSTIF_NAMESZ];

	if (len < BRIDGEWIRE_IFMIBSZ || !copy_name(name, p, HOSTIF_NAMESZ) ||
	    strcmp(name, i->name) != 0)
		return -1;
	read_data64(i, p + IFMD_DATA);
	i->tx_dropped = get32(p + IFMD_SND_DROPS);
	return 0;
}

/* ---- NET_RT_IFLIST2 ---- */

struct sockaddrs {
	const uint8_t *at[RTA_BITS];	/* by bit; NULL: not there */
	size_t len[RTA_BITS];
};

/*
 * They follow the header, each padded to 4 bytes; one of length 0 takes 4,
 * too.  What does not fit is not there, nor what comes after it.
 */
static void
find_sockaddrs(struct sockaddrs *s, uint32_t bits, const uint8_t *p, size_t len)
{
	*s = (struct sockaddrs){ { NULL }, { 0 } };
	for (int i = 0; i < RTA_BITS && len > 0; i++) {
		size_t n, step;

		if (!(bits & 1u << i))
			continue;
		n = p[0];
		step = n == 0 ? 4 : (n + 3) & ~(size_t)3;
		if (n > len)
			return;
		s->at[i] = p;
		s->len[i] = n;
		if (step > len)
			return;
		p += step;
		len -= step;
	}
}

static int
bit_number(uint32_t bit)
{
	int i = 0;

	while (!(bit & 1u << i))
		i++;
	return i;
}

/* Of name and address in a sockaddr_dl what lies within it. */
static void
read_sdl(struct hostif *i, const uint8_t *p, size_t len)
{
	size_t nlen, alen;

	if (len < SDL_DATA || p[1] != FAMILY_LINK)
		return;
	nlen = p[SDL_NLEN];
	alen = p[SDL_ALEN];
	if (nlen > len - SDL_DATA)
		return;
	copy_name(i->name, p + SDL_DATA, nlen);
	if (alen == sizeof(i->mac) && alen <= len - SDL_DATA - nlen)
		memcpy(i->mac, p + SDL_DATA + nlen, alen);
}

static void
read_ifinfo2(struct hostifs *h, const uint8_t *p, size_t len)
{
	int ifp = bit_number(RTA_IFP);
	struct hostif i = { 0 };
	struct sockaddrs s;
	uint32_t flags;

	if (len < IFM_SIZE)
		return;
	i.index = get16(p + IFM_INDEX);
	flags = get32(p + IFM_FLAGS);
	i.up = flags & IFF_UP;
	i.running = flags & IFF_RUNNING;
	read_data64(&i, p + IFM_DATA);
	i.tx_dropped = get32(p + IFM_SND_DROPS);
	if (p[IFM_DATA + IFI_TYPE] == IFT_BRIDGE)
		memcpy(i.kind, "bridge", 7);
	find_sockaddrs(&s, get32(p + IFM_ADDRS), p + IFM_SIZE,
	    len - IFM_SIZE);
	if (s.at[ifp] != NULL)
		read_sdl(&i, s.at[ifp], s.len[ifp]);
	if (i.index != 0 && i.name[0] != '\0')
		*hostifs_add(h) = i;
}

/* Netmasks end with their last byte that is not 0. */
static int
mask_length(const uint8_t *p, size_t len)
{
	uint8_t mask[4] = { 0 };
	uint32_t bits;
	int plen = 0;

	if (len > SIN_ADDR)
		memcpy(mask, p + SIN_ADDR, len - SIN_ADDR < 4 ?
		    len - SIN_ADDR : 4);
	bits = get_be32(mask);
	while (plen < 32 && ip4_mask(plen) != bits)
		plen++;
	return ip4_mask(plen) == bits ? plen : -1;
}

static void
read_newaddr(struct hostifs *h, const uint8_t *p, size_t len)
{
	int ifa = bit_number(RTA_IFA), mask = bit_number(RTA_NETMASK);
	struct hostif_addr a;
	struct sockaddrs s;

	if (len < IFAM_SIZE)
		return;
	find_sockaddrs(&s, get32(p + IFAM_ADDRS), p + IFAM_SIZE,
	    len - IFAM_SIZE);
	if (s.at[ifa] == NULL || s.at[mask] == NULL ||
	    s.len[ifa] < SIN_ADDR + 4 || s.at[ifa][1] != FAMILY_INET)
		return;
	a.index = get16(p + IFAM_INDEX);
	a.ip = get_be32(s.at[ifa] + SIN_ADDR);
	a.plen = mask_length(s.at[mask], s.len[mask]);
	if (a.index != 0 && a.plen >= 0)
		*hostifs_add_addr(h) = a;
}

typedef void message_fn(struct hostifs *h, const uint8_t *p, size_t len);

/* Messages one after the other, each with its length and type in front. */
static int
each_message(struct hostifs *h, const void *buf, size_t len, message_fn *fn,
    const char *what, struct qerr *e)
{
	const uint8_t *p = buf;
	size_t n;

	for (; len > 0; p += n, len -= n) {
		if (len < RTM_MIN || (n = get16(p)) < RTM_MIN || n > len)
			return qerr_set(e, QERR_FAIL, "malformed list of %s",
			    what);
		fn(h, p, n);
	}
	return 0;
}

static void
read_iflist2(struct hostifs *h, const uint8_t *p, size_t len)
{
	if (p[RTM_TYPE] == RTM_IFINFO2)
		read_ifinfo2(h, p, len);
	else if (p[RTM_TYPE] == RTM_NEWADDR)
		read_newaddr(h, p, len);
}

int
bridgewire_iflist2(struct hostifs *h, const void *buf, size_t len,
    struct qerr *e)
{
	return each_message(h, buf, len, read_iflist2, "interfaces", e);
}

static bool
is_inet(const struct sockaddrs *s, int rta)
{
	int i = bit_number((unsigned)rta);

	return s->at[i] != NULL && s->len[i] >= SIN_ADDR + 4 &&
	    s->at[i][1] == FAMILY_INET;
}

/*
 * Reject, blackhole, what ARP and cloning made, the Mac's own addresses,
 * broadcast and multicast are no routes to a network.
 */
static void
read_route(struct hostifs *h, const uint8_t *p, size_t len)
{
	int dst = bit_number(RTA_DST), mask = bit_number(RTA_NETMASK);
	struct hostif_route r;
	struct sockaddrs s;
	uint32_t flags;

	if (len < RT_SIZE || p[RTM_TYPE] != RTM_GET)
		return;
	flags = get32(p + RT_FLAGS);
	find_sockaddrs(&s, get32(p + RT_ADDRS), p + RT_SIZE, len - RT_SIZE);
	if (flags & RTF_NOT_OURS || !is_inet(&s, RTA_DST))
		return;
	r.ip = get_be32(s.at[dst] + SIN_ADDR);
	r.index = get16(p + RT_INDEX);
	r.plen = flags & RTF_HOST || s.at[mask] == NULL ? 32 :
	    mask_length(s.at[mask], s.len[mask]);
	if (r.plen == -1)
		return;
	*hostifs_add_route(h) = r;
}

int
bridgewire_routes(struct hostifs *h, const void *buf, size_t len,
    struct qerr *e)
{
	return each_message(h, buf, len, read_route, "routes", e);
}

/* An address that is no MAC, or no place is found for, goes. */
static void
sdl_macs(uint8_t *p, size_t len, bridgewire_mac_fn *fn, void *arg)
{
	size_t nlen;

	if (len < SDL_DATA || p[1] != FAMILY_LINK)
		return;
	nlen = p[SDL_NLEN];
	if (nlen > len - SDL_DATA)
		memset(p + SDL_DATA, 0, len - SDL_DATA);
	else if (p[SDL_ALEN] == 6 && len - SDL_DATA - nlen >= 6)
		fn(arg, p + SDL_DATA + nlen);
	else
		memset(p + SDL_DATA + nlen, 0, len - SDL_DATA - nlen);
}

/* Does anybody read it?  IPv6 addresses may be made of MACs. */
static bool
message_macs(uint8_t *p, size_t len, bridgewire_mac_fn *fn, void *arg)
{
	uint8_t type = p[RTM_TYPE];
	size_t size = type == RTM_IFINFO2 ? IFM_SIZE : type == RTM_GET ?
	    RT_SIZE : IFAM_SIZE;
	struct sockaddrs s;

	if ((type != RTM_IFINFO2 && type != RTM_GET && type != RTM_NEWADDR) ||
	    len < size)
		return false;
	find_sockaddrs(&s, get32(p + (type == RTM_GET ? RT_ADDRS : IFM_ADDRS)),
	    p + size, len - size);
	if (type == RTM_NEWADDR && !is_inet(&s, RTA_IFA))
		return false;
	if (type == RTM_GET && (get32(p + RT_FLAGS) & RTF_NOT_OURS ||
	    !is_inet(&s, RTA_DST)))
		return false;
	for (int i = 0; i < RTA_BITS; i++)
		if (s.at[i] != NULL)
			sdl_macs(p + (s.at[i] - p), s.len[i], fn, arg);
	return true;
}

size_t
bridgewire_list_macs(void *buf, size_t len, bridgewire_mac_fn *fn,
    void *arg)
{
	uint8_t *p = buf, *to = buf;
	size_t n;

	for (; len >= RTM_MIN; p += n, len -= n) {
		n = get16(p);
		if (n < RTM_MIN || n > len)
			break;
		if (message_macs(p, n, fn, arg)) {
			memmove(to, p, n);
			to += n;
		}
	}
	return (size_t)(to - (uint8_t *)buf);
}

/* ---- the rest ---- */

void
bridgewire_iftype(struct hostif *i, const void *buf, size_t len)
{
	if (strncmp(i->name, "vmenet", 6) == 0 || bridgewire_is_vmnet(buf, len))
		memcpy(i->kind, "vmenet", 7);
}

bool
bridgewire_is_vmnet(const void *buf, size_t len)
{
	const uint8_t *p = buf;

	return len >= BRIDGEWIRE_IFTYPESZ &&
	    get32(p + IFRT_FAMILY) == IFRT_ETHERNET &&
	    get32(p + IFRT_SUBFAMILY) == IFRT_VMNET;
}

/* The first argument of *argc, which are all there; NULL: they are not. */
static const char *
find_args(const void *buf, size_t len, uint32_t *argc, const char **behind)
{
	const char *p = buf, *end = p + len, *nul, *first;

	if (len < 4)
		return NULL;
	*argc = get32(buf);
	p = memchr(p + 4, '\0', len - 4);	/* behind the program's path */
	while (p != NULL && p < end && *p == '\0')
		p++;
	if (p == NULL || *argc == 0 || *argc > len)
		return NULL;
	first = p;
	for (uint32_t i = 0; i < *argc; i++) {
		nul = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;
		if (nul == NULL)
			return NULL;
		p = nul + 1;
	}
	*behind = p;
	return first;
}

int
bridgewire_procargs(struct strv *argv, const void *buf, size_t len)
{
	const char *behind, *p;
	uint32_t argc;

	p = find_args(buf, len, &argc, &behind);
	if (p == NULL)
		return -1;
	for (uint32_t i = 0; i < argc; i++, p += strlen(p) + 1)
		strv_add(argv, p);
	return 0;
}

size_t
bridgewire_procargs_len(const void *buf, size_t len)
{
	const char *behind;
	uint32_t argc;

	return find_args(buf, len, &argc, &behind) == NULL ? 0 :
	    (size_t)(behind - (const char *)buf);
}
