/* SPDX-License-Identifier: ISC */
/* lintnet.c - what is wrong with a lab's networks */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "ids.h"
#include "lintlab.h"
#include "text.h"

/* What the checks of one network are handed around with. */
struct netlint {
	const struct lab *lab;
	const struct lab_net *net;
	enum net_backend backend;
	const struct lint_conf *conf;
	struct findings *out;
	char cidr[CIDR_STRSZ];	/* its subnet as given */
};

#define SHARED	(1U << NET_SHARED)
#define HOST	(1U << NET_HOST)
#define BRIDGED	(1U << NET_BRIDGED)

/* A key that means nothing in a network's mode was meant for another mode. */
static void
lint_keys(const struct netlint *l)
{
	const struct lab_net *n = l->net;
	const struct {
		const char *name;
		int line;
		bool given;
		unsigned modes;
	} keys[] = {
		{ "subnet", n->at.subnet, false, SHARED | HOST },
		{ "gateway", n->at.gateway, false, SHARED | HOST },
		{ "range", n->at.range, false, SHARED | HOST },
		{ "dhcp", n->at.dhcp, false, SHARED | HOST },
		{ "uuid", n->at.uuid, n->uuid[0] != '\0', HOST },
		{ "isolated", n->at.isolated, n->isolated,
		    SHARED | HOST | BRIDGED },
		{ "nat66-prefix", n->at.nat66_prefix, n->nat66_prefix != NULL,
		    SHARED },
		{ "uplink", n->at.uplink, n->uplink != NULL, BRIDGED },
		{ "mtu", n->at.mtu, n->mtu != 0, SHARED | HOST | BRIDGED },
		{ "transparent", n->at.transparent, n->transparent,
		    SHARED | HOST | BRIDGED },
		{ "backend", n->at.backend, n->backend != BACKEND_AUTO,
		    SHARED | HOST | BRIDGED },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if ((keys[i].line > 0 || keys[i].given) &&
		    (keys[i].modes & 1U << n->mode) == 0)
			findings_add(l->out, true,
			    lint_line(n, keys[i].line),
			    "%s means nothing on network '%s' of mode %s",
			    keys[i].name, n->name, net_mode_name(n->mode));
}

static bool
in(uint32_t ip, uint32_t net, int plen)
{
	return (ip & ip4_mask(plen)) == net;
}

#define IP(a, b, c, d) \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

struct block {
	uint32_t net;
	int plen;
	const char *what;
};

static const struct block rfc1918[] = {
	{ IP(10, 0, 0, 0), 8, NULL },
	{ IP(172, 16, 0, 0), 12, NULL },
	{ IP(192, 168, 0, 0), 16, NULL },
};

/* Not RFC 1918's, yet nobody's on the Internet (RFC 6890). */
static const struct block special[] = {
	{ IP(100, 64, 0, 0), 10, NULL },
	{ IP(192, 0, 2, 0), 24, NULL },
	{ IP(198, 18, 0, 0), 15, NULL },
	{ IP(198, 51, 100, 0), 24, NULL },
	{ IP(203, 0, 113, 0), 24, NULL },
};

static const struct block unusable[] = {
	{ IP(0, 0, 0, 0), 8, "\"this network\"" },
	{ IP(127, 0, 0, 0), 8, "loopback" },
	{ IP(169, 254, 0, 0), 16, "link-local" },
	{ IP(224, 0, 0, 0), 4, "multicast" },
	{ IP(240, 0, 0, 0), 4, "reserved" },
};

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static bool
within(const struct lab_net *net, const struct block *blocks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (net->plen >= blocks[i].plen &&
		    in(net->subnet, blocks[i].net, blocks[i].plen))
			return true;
	return false;
}

/* Where in the world the subnet lies. */
static void
lint_place(const struct netlint *l, int line)
{
	const struct lab_net *net = l->net;

	for (size_t i = 0; i < COUNT(unusable); i++)
		if (cidr4_overlap(net->subnet, net->plen, unusable[i].net,
		    unusable[i].plen)) {
			findings_add(l->out, true, line, "subnet '%s' holds "
			    "%s addresses", l->cidr, unusable[i].what);
			return;
		}
	if (within(net, rfc1918, COUNT(rfc1918)))
		return;
	if (l->backend == BACKEND_VMNET)
		findings_add(l->out, true, line, "subnet '%s' is not within "
		    "10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, which vmnet "
		    "wants", l->cidr);
	else if (net->mode == NET_SHARED &&
	    !within(net, special, COUNT(special)))
		findings_add(l->out, false, line, "subnet '%s' holds public "
		    "addresses: the VMs cannot reach the real ones", l->cidr);
}

/* Returns whether the subnet is one whose hosts can be numbered. */
static bool
lint_subnet(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	int line = lint_line(net, net->at.subnet);
	char right[CIDR_STRSZ];

	if (net->plen < 0) {
		/* A lab read from a QEMU command line need not have any. */
		if (l->lab->file != NULL)
			findings_add(l->out, true, line, "network '%s' needs "
			    "a subnet: 10.77.0.0/16 has none left", net->name);
		return false;
	}
	if (net->plen < 8) {
		findings_add(l->out, true, line, "subnet '%s' is larger than "
		    "a /8", l->cidr);
		return false;
	}
	if (net->plen > 30) {
		findings_add(l->out, true, line, "subnet '%s' has no room for "
		    "a gateway and a VM: /%d, was /24 meant?", l->cidr,
		    net->plen);
		return false;
	}
	if ((net->subnet & ~ip4_mask(net->plen)) != 0) {
		cidr4_format(net->subnet & ip4_mask(net->plen), net->plen,
		    right);
		findings_add(l->out, true, line, "subnet '%s' has host bits "
		    "set; the network is %s", l->cidr, right);
	}
	lint_place(l, line);
	return true;
}

/* The subnet's network and broadcast addresses are nobody's. */
static bool
is_edge(const struct lab_net *net, uint32_t ip)
{
	uint32_t mask = ip4_mask(net->plen);

	return (ip & ~mask) == 0 || (ip & ~mask) == ~mask;
}

static void
lint_gateway(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	int line = lint_line(net, net->at.gateway);
	uint32_t mask = ip4_mask(net->plen);
	char ip[IP4_STRSZ];

	ip4_format(net->gateway, ip);
	if ((net->gateway & mask) != (net->subnet & mask))
		findings_add(l->out, true, line, "gateway '%s' is outside "
		    "subnet %s", ip, l->cidr);
	else if (is_edge(net, net->gateway))
		findings_add(l->out, true, line, "gateway '%s' is the %s "
		    "address of subnet %s", ip,
		    (net->gateway & ~mask) == 0 ? "network" : "broadcast",
		    l->cidr);
	else if (net->at.gateway > 0 && net->mode == NET_HOST && !net->dhcp)
		findings_add(l->out, false, line, "gateway '%s' is not used: "
		    "with 'dhcp: off' the host has no address on network '%s'",
		    ip, net->name);
}

static void
lint_range_end(const struct netlint *l, int line, const char *which,
    uint32_t ip)
{
	const struct lab_net *net = l->net;
	uint32_t mask = ip4_mask(net->plen);
	char text[IP4_STRSZ];

	ip4_format(ip, text);
	if ((ip & mask) != (net->subnet & mask))
		findings_add(l->out, true, line, "range %s '%s' is outside "
		    "subnet %s", which, text, l->cidr);
	else if (is_edge(net, ip))
		findings_add(l->out, true, line, "range %s '%s' is the %s "
		    "address of subnet %s", which, text,
		    (ip & ~mask) == 0 ? "network" : "broadcast", l->cidr);
}

static void
lint_range(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	int line = lint_line(net, net->at.range);
	char lo[IP4_STRSZ], hi[IP4_STRSZ], gw[IP4_STRSZ];

	/* Left out, and none chosen for a gateway that is wrong itself. */
	if (net->range_lo == 0 && net->range_hi == 0)
		return;
	ip4_format(net->range_lo, lo);
	ip4_format(net->range_hi, hi);
	if (net->range_lo > net->range_hi) {
		findings_add(l->out, true, line, "range '%s-%s' is reversed",
		    lo, hi);
		return;
	}
	lint_range_end(l, line, "start", net->range_lo);
	lint_range_end(l, line, "end", net->range_hi);
	if (net->gateway >= net->range_lo && net->gateway <= net->range_hi)
		findings_add(l->out, true, line, "range '%s-%s' holds the "
		    "gateway %s", lo, hi, ip4_format(net->gateway, gw));
	if (net->at.range > 0 && !net->dhcp)
		findings_add(l->out, false, line, "range '%s-%s' is not used "
		    "with 'dhcp: off'", lo, hi);
}

static void
lint_uuid(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	int line = lint_line(net, net->at.uuid);
	char show[TEXT_SHOWSZ];

	if (net->uuid[0] == '\0')
		return;
	if (!uuid_text_ok(net->uuid))
		findings_add(l->out, true, line, "uuid %s is not a UUID",
		    text_show(net->uuid, show));
	else if (net->dhcp)
		findings_add(l->out, true, line, "uuid '%s' needs 'dhcp: off' "
		    "on network '%s': vmnet serves no DHCP there", net->uuid,
		    net->name);
}

/* Within fd00::/8 (RFC 4193), 64 bits long; vmnet wants no "/64" after it. */
static bool
is_ula64(const char *text)
{
	struct in6_addr ip;

	if (inet_pton(AF_INET6, text, &ip) != 1)
		return false;
	return ip.s6_addr[0] == 0xfd &&
	    memcmp(ip.s6_addr + 8, "\0\0\0\0\0\0\0\0", 8) == 0;
}

static void
lint_nat66(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	int line = lint_line(net, net->at.nat66_prefix);
	char show[TEXT_SHOWSZ];

	if (net->nat66_prefix == NULL || net->mode != NET_SHARED)
		return;
	if (!is_ula64(net->nat66_prefix))
		findings_add(l->out, true, line, "nat66-prefix %s is not a "
		    "unique local prefix of 64 bits, such as fd00:1:2:3::",
		    text_show(net->nat66_prefix, show));
	else if (l->backend != BACKEND_VMNET)
		findings_add(l->out, false, line, "nat66-prefix %s has an "
		    "effect on vmnet only", text_show(net->nat66_prefix, show));
}

/* What a Mac has that is no physical interface; en0 and its like are left. */
static void
lint_mac_uplink(const struct netlint *l, int line, const char *show)
{
	static const struct { const char *name, *what; } kinds[] = {
		{ "vlan", "a VLAN interface" }, { "lo", "the loopback" },
		{ "utun", "a tunnel" }, { "ipsec", "a tunnel" },
		{ "gif", "a tunnel" }, { "stf", "a tunnel" },
		{ "ppp", "a tunnel" }, { "vmenet", "a VM's cable" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].name);

		if (strncmp(l->net->uplink, kinds[i].name, n) == 0 &&
		    isdigit((unsigned char)l->net->uplink[n]))
			findings_add(l->out, true, line, "uplink %s: vmnet "
			    "cannot bridge to %s", show, kinds[i].what);
	}
}

static void
lint_uplink(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	int line = lint_line(net, net->at.uplink);
	char show[TEXT_SHOWSZ];

	if (net->mode != NET_BRIDGED)
		return;
	if (net->uplink == NULL) {
		findings_add(l->out, true, net->line, "bridged network '%s' "
		    "has no uplink, such as eth0", net->name);
		return;
	}
	text_show(net->uplink, show);
	if (l->conf->target == QEMU_DARWIN)
		lint_mac_uplink(l, line, show);
	if (l->conf->target == QEMU_LINUX && strncmp(net->uplink, "wl", 2) == 0)
		findings_add(l->out, false, line, "uplink %s looks like "
		    "Wi-Fi, where access points drop what other MACs send",
		    show);
	if (l->backend == BACKEND_BRIDGE && !l->conf->host_net)
		findings_add(l->out, true, line, "bridged network '%s' needs "
		    "the host's own network: --host-net, as root", net->name);
	if (l->backend == BACKEND_USERSPACE)
		findings_add(l->out, true, line, "bridged network '%s' cannot "
		    "run on backend userspace", net->name);
}

static void
lint_vmnet(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	char ip[IP4_STRSZ], want[IP4_STRSZ];

	if (net->mtu != 0 && net->mtu != 1500)
		findings_add(l->out, true, lint_line(net, net->at.mtu),
		    "mtu '%d': vmnet has 1500 only", net->mtu);
	if (net->transparent)
		findings_add(l->out, true, lint_line(net, net->at.transparent),
		    "transparent: vmnet's bridges are not");
	if (net->mode == NET_SHARED && !net->dhcp)
		findings_add(l->out, true, lint_line(net, net->at.dhcp),
		    "dhcp 'off': vmnet always serves DHCP on shared network "
		    "'%s'; host networks can do without", net->name);
	/* vmnet is told the gateway and the pool's end, nothing between. */
	if (!lint_has_subnet(net) || !net->dhcp || net->range_lo == 0 ||
	    net->range_lo == net->gateway + 1)
		return;
	if (net->at.range > 0)
		findings_add(l->out, true, net->at.range, "range start '%s': "
		    "vmnet's begins after the gateway, at %s",
		    ip4_format(net->range_lo, ip),
		    ip4_format(net->gateway + 1, want));
	else
		findings_add(l->out, true, lint_line(net, net->at.gateway),
		    "gateway '%s': vmnet hands out only the addresses above "
		    "it", ip4_format(net->gateway, ip));
}

static bool
is_tap(const char *name)
{
	return strncmp(name, "tap", 3) == 0 && name[3] != '\0' &&
	    name[3 + strspn(name + 3, "0123456789")] == '\0';
}

/* On Linux the network's name is its bridge's. */
static void
lint_bridge(const struct netlint *l)
{
	const struct lab_net *net = l->net;

	if (strlen(net->name) > 15)
		findings_add(l->out, true, net->line, "network name '%s' has "
		    "%zu characters: its bridge's name can have 15", net->name,
		    strlen(net->name));
	/* The kernel keeps "default"; taps are counted from tap0. */
	if (strcmp(net->name, "default") == 0 || is_tap(net->name))
		findings_add(l->out, true, net->line, "network name '%s' "
		    "cannot be a bridge's name", net->name);
}

static void
lint_backend_key(const struct netlint *l)
{
	const struct lab_net *net = l->net;
	int line = lint_line(net, net->at.backend);

	if (net->backend == BACKEND_VMNET && l->conf->target != QEMU_DARWIN)
		findings_add(l->out, true, line, "backend 'vmnet' is macOS'");
	if (net->backend == BACKEND_BRIDGE && l->conf->target != QEMU_LINUX)
		findings_add(l->out, true, line, "backend 'bridge' is Linux'");
	if (l->backend == BACKEND_VMNET)
		lint_vmnet(l);
	if (l->backend == BACKEND_BRIDGE)
		lint_bridge(l);
}

static void
lint_network(struct netlint *l)
{
	const struct lab_net *net = l->net;

	lint_keys(l);
	if (net->mode == NET_USER)
		return;
	if (lint_has_subnet(net)) {
		if (net->plen >= 0)
			cidr4_format(net->subnet, net->plen, l->cidr);
		if (lint_subnet(l)) {
			lint_gateway(l);
			lint_range(l);
		}
		if (net->mode == NET_HOST)
			lint_uuid(l);
	}
	lint_nat66(l);
	lint_uplink(l);
	lint_backend_key(l);
	if (net->isolated && net->mode == NET_HOST && !net->dhcp)
		findings_add(l->out, false, lint_line(net, net->at.isolated),
		    "isolated: with 'dhcp: off' nothing on network '%s' can "
		    "reach anything", net->name);
}

/* Two networks of one lab; b stands later in the file. */
static void
lint_pair(const struct lab_net *a, const struct lab_net *b,
    const struct lint_conf *conf, struct findings *out)
{
	char acidr[CIDR_STRSZ], bcidr[CIDR_STRSZ], show[TEXT_SHOWSZ];

	if (lint_has_subnet(a) && lint_has_subnet(b) && a->plen >= 0 &&
	    b->plen >= 0 &&
	    cidr4_overlap(a->subnet, a->plen, b->subnet, b->plen)) {
		int line = lint_line(b, b->at.subnet);

		cidr4_format(a->subnet, a->plen, acidr);
		cidr4_format(b->subnet, b->plen, bcidr);
		if (strcmp(acidr, bcidr) != 0)
			findings_add(out, true, line, "subnet '%s' overlaps "
			    "%s of network '%s'", bcidr, acidr, a->name);
		else if (a->mode != b->mode)
			findings_add(out, true, line, "subnet '%s' in mode "
			    "%s is that of network '%s' in mode %s", bcidr,
			    net_mode_name(b->mode), a->name,
			    net_mode_name(a->mode));
		else
			findings_add(out, true, line, "subnet '%s' is that of "
			    "network '%s' too", bcidr, a->name);
	}
	if (a->uuid[0] != '\0' && strcasecmp(a->uuid, b->uuid) == 0)
		findings_add(out, true, lint_line(b, b->at.uuid), "uuid %s "
		    "is that of network '%s' too",
		    text_show(b->uuid, show), a->name);
	if (a->uplink != NULL && b->uplink != NULL &&
	    strcmp(a->uplink, b->uplink) == 0 &&
	    lint_backend(b, conf) == BACKEND_BRIDGE)
		findings_add(out, true, lint_line(b, b->at.uplink), "uplink "
		    "%s is in the bridge of network '%s' already",
		    text_show(b->uplink, show), a->name);
}

void
lint_networks(const struct lab *lab, const struct lint_conf *conf,
    struct findings *out)
{
	for (size_t i = 0; i < lab->nnets; i++) {
		struct netlint l = { .lab = lab, .net = &lab->nets[i],
			.backend = lint_backend(&lab->nets[i], conf),
			.conf = conf, .out = out };

		lint_network(&l);
		for (size_t j = 0; j < i; j++)
			lint_pair(&lab->nets[j], &lab->nets[i], conf, out);
	}
}
