/* SPDX-License-Identifier: ISC */
/* vmnetmode.c - shared, host or bridged: what a vmnet bridge looks like */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strv.h"
#include "vmnetmode.h"

#define DEFAULT_SHARED	0xc0a84001	/* 192.168.64.1 */
#define DEFAULT_HOST	0xc0a88001	/* 192.168.128.1 */

/* What the ports of a bridge are, and its first address. */
struct ports {
	size_t vmenets, others, macnats;
	bool has_addr;
	uint32_t ip;
};

bool
vmnet_is_bridge(const struct hostif *i)
{
	static const char name[] = "bridge";

	return strncmp(i->name, name, strlen(name)) == 0 &&
	    strlen(i->name) < 12 && atoi(i->name + strlen(name)) >= 100;
}

/* The ports of that interface in p, which stand as the interfaces do. */
static struct ports *
ports_of(struct ports *p, const struct hostifs *h, unsigned index)
{
	const struct hostif *i = hostif_by_index(h, index);

	return i != NULL ? &p[i - h->ifs] : NULL;
}

/* Of all interfaces at once: there may be thousands.  Free it. */
static struct ports *
count_ports(const struct hostifs *h)
{
	struct ports *all = xcalloc(h->nifs, sizeof(*all)), *p;

	for (size_t i = 0; i < h->nifs; i++) {
		if (h->ifs[i].master == 0 ||
		    (p = ports_of(all, h, h->ifs[i].master)) == NULL)
			continue;
		if (strcmp(h->ifs[i].kind, "vmenet") == 0)
			p->vmenets++;
		else
			p->others++;
		p->macnats += h->ifs[i].macnat;
	}
	for (size_t i = 0; i < h->naddrs; i++) {
		p = ports_of(all, h, h->addrs[i].index);
		if (p == NULL || p->has_addr)
			continue;
		p->has_addr = true;
		p->ip = h->addrs[i].ip;
	}
	return all;
}

static void
say(struct facts *f, uint64_t space, const struct hostif *bridge,
    enum net_mode mode, const char *source)
{
	struct fact_net *n = facts_net(f);

	n->space = space;
	n->mode = mode;
	n->source = source;
	snprintf(n->bridge, sizeof(n->bridge), "%s", bridge->name);
}

bool
vmnet_net_guessed(const struct fact_net *n)
{
	return strcmp(n->source, "guess") == 0 ||
	    strcmp(n->source, "inet6") == 0;
}

/* Is there none, or did the text just not show it? */
static bool
has_no_address(const struct hostif *bridge)
{
	static const uint8_t none[6];

	return memcmp(bridge->mac, none, sizeof(none)) != 0 && !bridge->ip6;
}

static void
judge(struct facts *f, uint64_t space, const struct ports *p,
    const struct hostif *bridge)
{
	/* Elsewhere and on old systems a name is just a name. */
	if (p->vmenets + p->others == 0 || (p->vmenets == 0 && !f->saved))
		return;
	if (!p->has_addr && (p->macnats > 0 || (p->vmenets > 0 && p->others > 0 &&
	    has_no_address(bridge))))
		say(f, space, bridge, NET_BRIDGED, "member");
	else if (!p->has_addr && p->others == 0 && has_no_address(bridge))
		say(f, space, bridge, NET_HOST, "address");
	if (!p->has_addr)
		return;
	if (bridge->autoconf6)
		say(f, space, bridge, NET_SHARED, "inet6");
	if (p->ip == DEFAULT_SHARED)
		say(f, space, bridge, NET_SHARED, "guess");
	else if (p->ip == DEFAULT_HOST)
		say(f, space, bridge, NET_HOST, "guess");
}

void
vmnet_nets(struct facts *f)
{
	for (size_t s = 0; s < f->nspaces; s++) {
		const struct hostifs *h = &f->spaces[s].ifs;
		struct ports *p = count_ports(h);

		for (size_t i = 0; i < h->nifs; i++)
			if (vmnet_is_bridge(&h->ifs[i]))
				judge(f, f->spaces[s].id, &p[i], &h->ifs[i]);
		free(p);
	}
}
