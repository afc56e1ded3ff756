/* SPDX-License-Identifier: ISC */
/* ifmapvmnet.c - NICs on macOS' vmnet that no forwarding table tells of */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmapout.h"
#include "strv.h"
#include "vmnetmode.h"

/* A NIC that looks for its cable, and a cable that is nobody's yet. */
struct seeker {
	struct map_nic *n;
	const struct cable *c;
};

struct port {
	const struct fact_space *s;
	const struct hostif *port, *bridge;
};

struct search {
	struct outside *o;
	struct seeker *seekers;
	size_t nseekers;
	struct port *ports;
	size_t nports;
};

/* ---- who looks for what ---- */

static void
find_seekers(struct search *f)
{
	for (size_t i = 0; i < f->o->nguests; i++) {
		const struct guest *g = &f->o->guests[i];

		for (size_t k = 0; k < g->vm->nnics; k++) {
			struct map_nic *n = &f->o->m->nics[g->first + k];

			if (g->cables[k].kind != CABLE_VMNET ||
			    n->hostif != NULL ||
			    n->edges[MAP_IF].clash != NULL)
				continue;
			f->seekers = xgrow(f->seekers, f->nseekers,
			    sizeof(*f->seekers));
			f->seekers[f->nseekers++] = (struct seeker){ n,
				&g->cables[k] };
		}
	}
}

static bool
has_addr(const struct hostifs *h, const struct hostif *b)
{
	for (size_t i = 0; i < h->naddrs; i++)
		if (h->addrs[i].index == b->index)
			return true;
	return false;
}

/* Before macOS 12 vmnet's interfaces are called as others are. */
static bool
is_port(const struct hostifs *h, const struct hostif *i,
    const struct hostif *bridge)
{
	return strcmp(i->kind, "vmenet") == 0 ||
	    (!i->macnat && has_addr(h, bridge));
}

static int
by_number(const void *a, const void *b)
{
	const char *x = ((const struct port *)a)->port->name;
	const char *y = ((const struct port *)b)->port->name;
	size_t nx = strlen(x), ny = strlen(y);

	return nx != ny ? (nx > ny) - (nx < ny) : strcmp(x, y);
}

static void
find_ports(struct search *f)
{
	const struct facts *facts = &f->o->m->facts;

	for (size_t i = 0; i < facts->nspaces; i++) {
		const struct hostifs *h = &facts->spaces[i].ifs;
		const struct place *at = outside_place(f->o,
		    &facts->spaces[i]);

		for (size_t k = 0; k < h->nifs; k++) {
			const struct hostif *b = h->ifs[k].master == 0 ? NULL :
			    hostif_by_index(h, h->ifs[k].master);

			if (b == NULL || at->used[k] || !vmnet_is_bridge(b) ||
			    !is_port(h, &h->ifs[k], b))
				continue;
			f->ports = xgrow(f->ports, f->nports,
			    sizeof(*f->ports));
			f->ports[f->nports++] = (struct port){
				&facts->spaces[i], &h->ifs[k], b };
		}
	}
	if (f->nports > 0)
		qsort(f->ports, f->nports, sizeof(*f->ports), by_number);
}

/* ---- bridges ---- */

static void
use_bridge(struct map_nic *n, const struct fact_space *s,
    const struct hostif *b, const char *source, enum map_weight weight)
{
	n->space = s;
	n->bridge = b;
	map_add_claim(n, MAP_BRIDGE, source, weight, b->name);
}

/* Where the host's own table has its MAC. */
static void
bridge_by_arp(const struct search *f, const struct seeker *k)
{
	const struct facts *facts = &f->o->m->facts;
	const struct hostif *found = NULL;
	const struct fact_space *at = NULL;

	for (size_t i = 0; i < facts->nspaces; i++) {
		const struct hostifs *h = &facts->spaces[i].ifs;
		const struct hostif_neigh *ne = NULL;

		while ((ne = hostif_neigh_next(h, map_mac(k->n),
		    ne)) != NULL) {
			const struct hostif *b;

			if (ne->permanent || ne->index == 0)
				continue;
			b = hostif_by_index(h, ne->index);
			if (b == NULL || !vmnet_is_bridge(b) || b == found ||
			    outside_forbids(f->o, &facts->spaces[i], b->index,
			    k->c, k->n->nic->mode))
				continue;
			if (found != NULL)	/* nobody can tell */
				return;
			found = b;
			at = &facts->spaces[i];
		}
	}
	if (found != NULL)
		use_bridge(k->n, at, found, "arp", MAP_INFERRED);
}

/* The one that has the address which the command line asked for. */
static void
bridge_by_addr(const struct search *f, const struct seeker *k)
{
	const struct facts *facts = &f->o->m->facts;

	for (size_t i = 0; k->c->said.plen >= 0 && i < facts->nspaces; i++) {
		const struct hostifs *h = &facts->spaces[i].ifs;

		for (size_t a = 0; a < h->naddrs; a++) {
			const struct hostif *b = hostif_by_index(h,
			    h->addrs[a].index);

			if (b == NULL || !vmnet_is_bridge(b) ||
			    h->addrs[a].plen != k->c->said.plen ||
			    (h->addrs[a].ip & ip4_mask(h->addrs[a].plen)) !=
			    k->c->said.subnet)
				continue;
			/* ARP and it may well disagree: both are told. */
			if (k->n->bridge == NULL)
				use_bridge(k->n, &facts->spaces[i], b, "argv",
				    MAP_INFERRED);
			else
				map_add_claim(k->n, MAP_BRIDGE, "argv",
				    MAP_INFERRED, b->name);
			return;
		}
	}
}

/* ---- ports ---- */

static void
take_port(const struct search *f, const struct seeker *k, struct port *p)
{
	map_add_claim(k->n, MAP_IF, "guess", MAP_GUESSED, p->port->name);
	k->n->hostif = p->port;
	k->n->space = p->s;
	outside_place(f->o, p->s)->used[p->port - p->s->ifs.ifs] = true;
	p->port = NULL;
}

/*
 * Seekers and ports of one bridge, or with NULL those of no known bridge and
 * all that are left: as many as each other, they go together by their order.
 */
static void
pair(struct search *f, const struct hostif *bridge)
{
	size_t nseekers = 0, nports = 0, p = 0;

	for (size_t i = 0; i < f->nseekers; i++)
		nseekers += f->seekers[i].n->hostif == NULL &&
		    f->seekers[i].n->bridge == bridge;
	for (size_t i = 0; i < f->nports; i++)
		nports += f->ports[i].port != NULL &&
		    (bridge == NULL || f->ports[i].bridge == bridge);
	if (nseekers == 0 || nseekers != nports)
		return;
	for (size_t i = 0; i < f->nseekers; i++) {
		const struct seeker *k = &f->seekers[i];

		if (k->n->hostif != NULL || k->n->bridge != bridge)
			continue;
		while (f->ports[p].port == NULL ||
		    (bridge != NULL && f->ports[p].bridge != bridge))
			p++;
		if (outside_forbids(f->o, f->ports[p].s,
		    f->ports[p].bridge->index, k->c, k->n->nic->mode))
			p++;	/* then the order is not as we think */
		else
			take_port(f, k, &f->ports[p++]);
	}
}

void
outside_place_vmnet(struct outside *o)
{
	struct search f = { .o = o };

	find_seekers(&f);
	find_ports(&f);
	for (size_t i = 0; i < f.nseekers; i++) {
		bridge_by_arp(&f, &f.seekers[i]);
		bridge_by_addr(&f, &f.seekers[i]);
	}
	for (size_t i = 0; i < f.nseekers; i++)
		if (f.seekers[i].n->bridge != NULL &&
		    f.seekers[i].n->hostif == NULL)
			pair(&f, f.seekers[i].n->bridge);
	pair(&f, NULL);
	free(f.seekers);
	free(f.ports);
}

/* ---- addresses of VMs that nothing else tells of ---- */

static int
by_mac(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

/* The MACs of all NICs on the map, sorted; caller frees. */
static uint8_t (*
all_macs(const struct map *m))[6]
{
	uint8_t (*macs)[6] = xcalloc(m->nnics, sizeof(*macs));

	for (size_t i = 0; i < m->nnics; i++)
		memcpy(macs[i], map_mac(&m->nics[i]), 6);
	if (m->nnics > 0)
		qsort(macs, m->nnics, sizeof(*macs), by_mac);
	return macs;
}

static struct map_nic *
add_stranger(struct outside *o, struct state_vm *vm, const uint8_t mac[6])
{
	memcpy(vm->nics[vm->nnics].mac, mac, 6);
	return ifmap_add_nic(o->m, o->ml, vm, &vm->nics[vm->nnics++]);
}

void
outside_add_strangers(struct outside *o, struct state_vm *vm)
{
	const struct facts *f = &o->m->facts;
	uint8_t (*macs)[6] = all_macs(o->m);
	size_t nmacs = o->m->nnics;

	for (size_t i = 0; f->saved && i < f->nspaces; i++) {
		const struct hostifs *h = &f->spaces[i].ifs;

		for (size_t e = 0; e < h->nneighs; e++) {
			const struct hostif *b = hostif_by_index(h,
			    h->neighs[e].index);

			if (b != NULL && vmnet_is_bridge(b) &&
			    !h->neighs[e].permanent && (nmacs == 0 ||
			    bsearch(h->neighs[e].mac, macs, nmacs,
			    sizeof(*macs), by_mac) == NULL))
				use_bridge(add_stranger(o, vm,
				    h->neighs[e].mac), &f->spaces[i], b, "arp",
				    MAP_INFERRED);
		}
	}
	free(macs);
	/* Leases tell no bridge, and may be old: not where ARP says more. */
	macs = all_macs(o->m);
	nmacs = o->m->nnics;
	for (size_t i = 0; f->saved && i < f->leases.n; i++) {
		const struct lease *l = &f->leases.l[i];

		if ((nmacs == 0 || bsearch(l->mac, macs, nmacs, sizeof(*macs),
		    by_mac) == NULL) &&
		    leases_find(&f->leases, l->mac, f->now) == l)
			add_stranger(o, vm, l->mac);
	}
	free(macs);
}

void
outside_claim_lease(struct map_nic *n, const struct facts *f)
{
	const struct lease *l = leases_find(&f->leases, map_mac(n), f->now);
	char text[IP4_STRSZ];

	if (l != NULL)
		map_add_claim(n, MAP_IP, "lease", MAP_INFERRED,
		    ip4_format(l->ip, text));
}
