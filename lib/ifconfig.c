/* SPDX-License-Identifier: ISC */
/* ifconfig.c - what ifconfig(8) prints, on macOS above all */
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "ifconfig.h"
#include "paste.h"

/* net/if.h, and xnu's if_bridgevar.h, the flags of a bridge's member. */
enum { IFF_UP = 1, IFF_RUNNING = 0x40, IFBIF_MACNAT = 0x8000 };

/*
 * How lines begin, and how far down in a block they stand, the same number
 * where systems differ; 0: anywhere.
 */
static const struct {
	const char *begin;
	int rank;
	bool once;
} details[] = {
	{ "options=", 1, true }, { "ether ", 2, true }, { "inet ", 2, false },
	{ "inet6 ", 2, false }, { "Configuration:", 3, true },
	{ "id ", 4, true }, { "maxage ", 5, true }, { "root id ", 6, true },
	{ "ipfilter ", 7, true }, { "member:", 8, false },
	{ "ifmaxaddr ", 8, false }, { "hostfilter ", 8, false },
	{ "Address cache:", 9, true }, { "MAC NAT list:", 10, true },
	{ "DHCP XID list:", 11, true }, { "nd6 ", 12, true },
	{ "media:", 13, true }, { "status:", 14, true },
	/* -v */
	{ "eflags=", 0, false }, { "xflags=", 0, false },
	{ "options ", 0, false }, { "type:", 0, false }, { "desc:", 0, false },
	{ "agent ", 0, false }, { "generation id:", 0, false },
	{ "link quality:", 0, false }, { "link rate:", 0, false },
	{ "state availability:", 0, false }, { "timestamp:", 0, false },
	{ "qosmarking", 0, false }, { "low power mode:", 0, false },
	{ "multi layer packet logging", 0, false }, { "scheduler:", 0, false },
	{ "uplink rate:", 0, false }, { "downlink rate:", 0, false },
	{ "functional type:", 0, false }, { "groups:", 0, false },
	{ "effective interface:", 0, false }, { "tunnel inet", 0, false },
	{ "vlan:", 0, false }, { "bond interfaces:", 0, false },
	{ "state ", 0, false }, { "rate:", 0, false },
	{ "peer:", 0, false }, { "parent interface:", 0, false },
	/* What a mail program puts on a line of its own. */
	{ "mtu ", 0, false }, { "prefixlen ", 0, false },
	{ "scopeid ", 0, false }, { "autoconf", 0, false },
	{ "secured", 0, false }, { "dynamic", 0, false },
	{ "temporary", 0, false }, { "deprecated", 0, false },
	{ "broadcast ", 0, false }, { "netmask ", 0, false },
	{ "cost ", 0, false }, { "timeout ", 0, false },
	/* net-tools */
	{ "unspec ", 2, false }, { "loop ", 2, false },
	{ "RX packets", 15, false }, { "RX errors", 15, false },
	{ "TX packets", 15, false }, { "TX errors", 15, false },
	{ "device ", 15, false },
};

void
ifconfig_init(struct ifconfig *c, struct iftable *t)
{
	*c = (struct ifconfig){ .t = t, .cached = json_object() };
}

void
ifconfig_release(struct ifconfig *c)
{
	json_decref(c->cached);
	*c = (struct ifconfig){ 0 };
}

void
ifconfig_end(struct ifconfig *c)
{
	c->block[0] = '\0';
	c->section = IFCONFIG_DETAILS;
	c->rank = 0;
	c->has_ether = c->has_members = c->verbose = false;
}

bool
ifconfig_has_cache(const struct ifconfig *c, const char *bridge)
{
	return json_object_get(c->cached, bridge) != NULL;
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool
cannot_read(const struct ifconfig *c, int no, const char *what)
{
	findings_add(c->t->found, false, no, "%s of '%s' cannot be read: "
	    "ignored", what, c->block);
	return true;
}

/*
 * "flags=HEX<NAME,...>" or "flags=HEX"; names that the system cannot tell are
 * not there.  0; 1 when it is cut after the number; -1 when it is none.
 */
static int
parse_flags(const char *word, unsigned long long *flags)
{
	char hex[20];
	size_t n;

	if (word == NULL || !begins(word, "flags="))
		return -1;
	word += 6;
	n = strcspn(word, "<");
	if (n >= sizeof(hex))
		return -1;
	memcpy(hex, word, n);
	hex[n] = '\0';
	if (paste_number(hex, 16, flags) == -1)
		return -1;
	return word[n] == '<' && word[strlen(word) - 1] != '>';
}

/* "mtu N", with -v "index N" */
static void
read_header_rest(struct ifconfig *c, struct hostif *i, const char *rest)
{
	unsigned long long n;
	char word[24];

	while (paste_copy(&rest, word, sizeof(word)) != NULL)
		if (strcmp(word, "index") == 0)
			c->verbose = true;
		else if (strcmp(word, "mtu") == 0 &&
		    paste_copy(&rest, word, sizeof(word)) != NULL &&
		    paste_number(word, 10, &n) == 0 && n <= UINT32_MAX)
			i->mtu = (unsigned)n;
}

/* As far as a name tells: what makes them is told by no line. */
static void
set_kind(struct hostif *i)
{
	static const char *const kinds[] = { "bridge", "vmenet" };

	for (size_t k = 0; k < 2; k++) {
		size_t n = strlen(kinds[k]);

		if (begins(i->name, kinds[k]) && i->name[n] != '\0' &&
		    strspn(i->name + n, "0123456789") == strlen(i->name + n))
			snprintf(i->kind, sizeof(i->kind), "%s", kinds[k]);
	}
}

/* "NAME: flags=HEX<A,B> mtu N" */
static bool
read_header(struct ifconfig *c, const char *line, int no)
{
	char name[HOSTIF_NAMESZ + 1], word[512];
	unsigned long long flags;
	const char *rest = line;
	struct hostif *i;
	size_t len;
	int rc;

	if (paste_copy(&rest, name, sizeof(name)) == NULL)
		return false;
	len = strlen(name);
	if (name[len - 1] != ':' ||
	    paste_copy(&rest, word, sizeof(word)) == NULL ||
	    (rc = parse_flags(word, &flags)) == -1)
		return false;
	name[len - 1] = '\0';
	if (!paste_ifname_ok(name))
		return false;
	ifconfig_end(c);
	memcpy(c->block, name, len);
	i = iftable_get(c->t, name);
	i->up = flags & IFF_UP;
	i->running = flags & IFF_RUNNING;
	set_kind(i);
	read_header_rest(c, i, rest);
	if (rc == 1)
		cannot_read(c, no, "the end of the first line");
	return true;
}

/* Here octets have both their digits, so one that has not is cut off. */
static bool
read_ether(struct ifconfig *c, const char *rest, int no)
{
	char word[MAC_STRSZ];
	uint8_t mac[6];

	if (paste_copy(&rest, word, sizeof(word)) == NULL ||
	    strlen(word) != MAC_STRSZ - 1 || mac_parse(word, mac) == -1)
		return cannot_read(c, no, "the hardware address");
	memcpy(iftable_get(c->t, c->block)->mac, mac, sizeof(mac));
	return true;
}

/* 0xffffff00 on macOS, 255.255.255.0 on Linux. */
static int
parse_netmask(const char *word, int *plen)
{
	unsigned long long n;
	uint32_t mask;

	if (begins(word, "0x")) {
		if (strlen(word) != 10 || paste_number(word + 2, 16, &n) == -1)
			return -1;
		mask = (uint32_t)n;
	} else if (ip4_parse(word, &mask) == -1)
		return -1;
	for (*plen = 0; *plen < 32 && ip4_mask(*plen) != mask; ++*plen)
		;
	return ip4_mask(*plen) == mask ? 0 : -1;
}

/* ADDRESS [--> PEER] netmask MASK ..., or ADDRESS/LENGTH */
static bool
read_inet(struct ifconfig *c, const char *rest, int no)
{
	char word[24], next[24];
	int plen = -1;
	uint32_t ip;

	if (paste_copy(&rest, word, sizeof(word)) == NULL)
		return cannot_read(c, no, "an address");
	if (cidr4_parse(word, &ip, &plen) == 0)
		goto done;
	if (ip4_parse(word, &ip) == -1)
		return cannot_read(c, no, "an address");
	while (paste_copy(&rest, next, sizeof(next)) != NULL)
		if (strcmp(next, "netmask") == 0 &&
		    (paste_copy(&rest, next, sizeof(next)) == NULL ||
		    parse_netmask(next, &plen) == -1))
			break;
	if (plen == -1)
		return cannot_read(c, no, "the netmask of an address");
done:
	iftable_addr(c->t, c->block, ip, plen);
	return true;
}

/* An address that a router's announcements gave. */
static bool
read_inet6(struct ifconfig *c, const char *rest)
{
	struct hostif *i = iftable_get(c->t, c->block);
	char word[64];

	i->ip6 = true;
	while (paste_copy(&rest, word, sizeof(word)) != NULL)
		if (strcmp(word, "autoconf") == 0)
			i->autoconf6 = true;
	return true;
}

/* NAME flags=HEX<A,B> */
static bool
read_member(struct ifconfig *c, const char *rest, int no)
{
	char name[HOSTIF_NAMESZ], word[512];
	unsigned long long flags;
	struct hostif *i;
	int rc;

	if (paste_copy(&rest, name, sizeof(name)) == NULL ||
	    !paste_ifname_ok(name) || strcmp(name, c->block) == 0 ||
	    (rc = parse_flags(paste_copy(&rest, word, sizeof(word)),
	    &flags)) == -1)
		return cannot_read(c, no, "a member");
	if (rc == 1)
		cannot_read(c, no, "the end of a member's line");
	c->has_members = true;
	iftable_plug(c->t, name, c->block, no);
	i = iftable_get(c->t, name);
	set_kind(i);
	if (flags & IFBIF_MACNAT)
		i->macnat = true;
	return true;
}

/* Where members are listed, addresses are learned on these alone. */
static bool
may_learn(const struct ifconfig *c, const char *port)
{
	unsigned bridge = iftable_index(c->t, c->block);
	unsigned master = iftable_get(c->t, port)->master;

	return master == bridge || (master == 0 && !c->has_members);
}

/* MAC VlanN NAME SECONDS flags=HEX<> */
static bool
read_cache_row(struct ifconfig *c, const char *line, int no)
{
	char mac_text[MAC_STRSZ], vlan[16], name[HOSTIF_NAMESZ], age[24],
	    word[64];
	unsigned long long n;
	uint8_t mac[6];

	if (paste_copy(&line, mac_text, sizeof(mac_text)) == NULL ||
	    paste_copy(&line, vlan, sizeof(vlan)) == NULL ||
	    paste_copy(&line, name, sizeof(name)) == NULL ||
	    paste_copy(&line, age, sizeof(age)) == NULL ||
	    parse_flags(paste_copy(&line, word, sizeof(word)), &n) == -1 ||
	    mac_parse(mac_text, mac) == -1 || !paste_ifname_ok(name) ||
	    !begins(vlan, "Vlan") || paste_number(age, 10, &n) == -1)
		return cannot_read(c, no, "a line of the address cache");
	if (may_learn(c, name))
		iftable_fdb(c->t, c->block, name, mac);
	else
		findings_add(c->t->found, false, no, "'%s' is no member of "
		    "'%s': its address is ignored", name, c->block);
	return true;
}

/* net-tools: "RX packets N  bytes N (...)" */
static void
read_counters(struct ifconfig *c, const char *line)
{
	struct hostif *i = iftable_get(c->t, c->block);
	bool rx = begins(line, "RX");
	unsigned long long packets, bytes;

	if (sscanf(line + 2, " packets %19llu bytes %19llu", &packets,
	    &bytes) != 2)
		return;
	*(rx ? &i->rx_packets : &i->tx_packets) = packets;
	*(rx ? &i->rx_bytes : &i->tx_bytes) = bytes;
}

/* Does it begin with something like a MAC? */
static bool
like_mac(const char *line)
{
	size_t n = strspn(line, "0123456789abcdefABCDEF");

	return n > 0 && n < 3 && line[n] == ':';
}

static bool
read_list_row(const struct ifconfig *c, const char *line)
{
	char name[HOSTIF_NAMESZ];

	return c->section == IFCONFIG_LIST && (like_mac(line) ||
	    (paste_copy(&line, name, sizeof(name)) != NULL &&
	    paste_ifname_ok(name)));
}

static bool
read_section(struct ifconfig *c, const char *line)
{
	c->section = IFCONFIG_DETAILS;
	if (begins(line, "Address cache:")) {
		c->section = IFCONFIG_CACHE;
		json_object_set_new(c->cached, c->block, json_true());
	} else if (begins(line, "MAC NAT list:") ||
	    begins(line, "DHCP XID list:"))
		c->section = IFCONFIG_LIST;
	return true;
}

/* Below the block's other lines, once where it is there once? */
static bool
is_misplaced(struct ifconfig *c, const char *line, size_t kind)
{
	bool ether = begins(line, "ether ");
	int rank = details[kind].rank;

	if ((rank != 0 && rank < c->rank) || (ether && c->has_ether) ||
	    (details[kind].once && !ether && rank == c->rank) ||
	    (rank >= 3 && rank <= 11 && !begins(c->block, "bridge")))
		return true;
	if (rank != 0)
		c->rank = rank;
	c->has_ether |= ether;
	return false;
}

static bool
read_detail(struct ifconfig *c, const char *line, int no)
{
	size_t n = sizeof(details) / sizeof(*details), k;

	for (k = 0; k < n && !begins(line, details[k].begin); k++)
		;
	/* "mtu" or "broadcast", and what belongs to it on the next line. */
	if (k == n && line[strspn(line, "0123456789abcdefx.")] == '\0')
		return true;
	if (k == n || is_misplaced(c, line, k))
		return false;
	if (begins(line, "ether "))
		return read_ether(c, line + 6, no);
	if (begins(line, "inet "))
		return read_inet(c, line + 5, no);
	if (begins(line, "inet6 "))
		return read_inet6(c, line + 6);
	if (begins(line, "nd6 "))
		iftable_get(c->t, c->block)->ip6 = true;
	if (begins(line, "member:"))
		return read_member(c, line + 7, no);
	if (begins(line, "RX packets") || begins(line, "TX packets"))
		read_counters(c, line);
	return read_section(c, line);
}

bool
ifconfig_line(struct ifconfig *c, const char *line, int no)
{
	if (read_header(c, line, no))
		return true;
	if (c->block[0] == '\0')
		return false;
	if (c->section == IFCONFIG_CACHE && like_mac(line))
		return read_cache_row(c, line, no);
	if (read_detail(c, line, no) || read_list_row(c, line))
		return true;
	/* In other blocks it may be the next one's first line, damaged. */
	if (!c->verbose || strstr(line, "flags=") != NULL)
		ifconfig_end(c);
	return false;
}
