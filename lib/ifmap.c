/* SPDX-License-Identifier: ISC */
/* ifmap.c - joins facts and the registry into a map, with evidence */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmap.h"
#include "netconf.h"
#include "qemuargv.h"
#include "qemuopts.h"
#include "strv.h"

void
map_add_claim(struct map_nic *n, enum map_edge_kind kind, const char *source,
    enum map_weight weight, const char *value)
{
	struct map_edge *edge = &n->edges[kind];

	edge->claims = xgrow(edge->claims, edge->n, sizeof(*edge->claims));
	edge->claims[edge->n++] = (struct map_claim){ source, weight,
		xstrdup(value) };
}

const char *
map_edge_name(enum map_edge_kind kind)
{
	static const char *const names[] = { "if", "bridge", "mode", "ip",
		"mac" };

	return names[kind];
}

const char *
map_confidence(enum map_weight weight)
{
	return weight == MAP_STATED ? "high" : weight <= MAP_GUESSED ? "low" :
	    "medium";
}

static const struct map_claim *
best_claim(const struct map_edge *edge)
{
	const struct map_claim *best = NULL;

	for (size_t i = 0; i < edge->n; i++)
		if (*edge->claims[i].value != '\0' &&
		    edge->claims[i].weight != MAP_PAST &&
		    (best == NULL || edge->claims[i].weight > best->weight))
			best = &edge->claims[i];
	return best;
}

const char *
map_value(const struct map_nic *n, enum map_edge_kind kind)
{
	const struct map_claim *best = best_claim(&n->edges[kind]);

	return best != NULL ? best->value : "";
}

bool
map_guessed(const struct map_nic *n, enum map_edge_kind kind)
{
	const struct map_claim *best = best_claim(&n->edges[kind]);

	return best != NULL && best->weight == MAP_GUESSED;
}

/* Do those differ that say how it is now? */
static bool
differ(const struct map_edge *edge)
{
	const char *first = NULL;

	for (size_t i = 0; i < edge->n; i++) {
		if (edge->claims[i].weight == MAP_PAST)
			continue;
		if (first != NULL && strcmp(edge->claims[i].value, first) != 0)
			return true;
		first = edge->claims[i].value;
	}
	return false;
}

bool
map_sure(const struct map_nic *n, enum map_edge_kind kind)
{
	return n->edges[kind].clash == NULL && !differ(&n->edges[kind]);
}

char *
map_dispute(const struct map_nic *n, enum map_edge_kind kind)
{
	const struct map_edge *edge = &n->edges[kind];
	bool told = differ(edge);
	struct strv s = { 0 };
	char *text;

	for (size_t i = 0; told && i < edge->n; i++)
		if (edge->claims[i].weight != MAP_PAST)
			strv_addf(&s, "%s says %s", edge->claims[i].source,
			    *edge->claims[i].value ? edge->claims[i].value :
			    "none");
	if (edge->clash != NULL)
		strv_add(&s, edge->clash);
	text = strv_join(&s, ", ", 16);
	strv_free(&s);
	return text;
}

static bool
strict_drops(const struct map_claim *c, const char *const *sources)
{
	if (sources == NULL)
		return c->weight == MAP_GUESSED;
	for (size_t i = 0; sources[i] != NULL; i++)
		if (strcmp(sources[i], c->source) == 0)
			return false;
	return true;
}

void
ifmap_strict(struct map *m, const char *const *sources)
{
	for (size_t i = 0; i < m->nnics * MAP_NEDGES; i++) {
		struct map_nic *n = &m->nics[i / MAP_NEDGES];
		struct map_edge *edge = &n->edges[i % MAP_NEDGES];
		size_t kept = 0;

		for (size_t c = 0; c < edge->n; c++)
			if (strict_drops(&edge->claims[c], sources))
				free(edge->claims[c].value);
			else
				edge->claims[kept++] = edge->claims[c];
		edge->n = kept;
	}
}

const uint8_t *
map_mac(const struct map_nic *n)
{
	if (n->card == NULL)
		return n->nic->mac;
	return n->card->filtered ? n->card->main_mac : n->card->mac;
}

void
map_claim_mac(struct map_nic *n, const char *source)
{
	char text[MAC_STRSZ];

	if (n->card == NULL)
		return;
	if (source != NULL)
		map_add_claim(n, MAP_MAC, source, MAP_NOTED,
		    mac_format(n->nic->mac, text));
	map_add_claim(n, MAP_MAC, "qmp", MAP_STATED,
	    mac_format(n->card->mac, text));
	if (n->card->filtered)
		map_add_claim(n, MAP_MAC, "rx-filter", MAP_STATED,
		    mac_format(n->card->main_mac, text));
}

static char *
mark_of(const struct map_nic *n)
{
	return xasprintf("qlab:%s/%s/%s", n->lab->name, n->vm->name,
	    n->nic->id);
}

/*
 * The kernel's own word: the holder puts a mark on each tap that says whose it
 * is, and the mark goes away with the tap.
 */
static void
claim_alias(struct map_nic *n, const struct hostifs *ifs)
{
	char *mark = mark_of(n);
	const struct hostif *i = hostif_by_alias(ifs, mark);

	if (i != NULL)
		map_add_claim(n, MAP_IF, "alias", MAP_STATED, i->name);
	else if (*n->nic->hostif != '\0')
		map_add_claim(n, MAP_IF, "alias", MAP_STATED, "");
	free(mark);
}

/* The descriptor that its command line gives a NIC's netdev, or -1. */
static int
netdev_fd(const struct fact_proc *p, const struct state_nic *nic)
{
	char id[QEMU_IDSZ];
	struct qemu_items items;
	const struct qemu_item *it;
	const char *text;
	int fd = -1;

	if (p->argv != NULL && qemu_items_parse(&items, p->argv, NULL) == 0) {
		it = qemu_items_find(&items, "netdev",
		    qemu_netdev_id(nic->id, id));
		text = it != NULL ? qemu_opts_get(&it->o, "fd") : NULL;
		if (text != NULL && *text >= '0' && *text <= '9')
			fd = atoi(text);
	}
	if (p->argv != NULL)
		qemu_items_free(&items);
	return fd;
}

/* The tap that QEMU itself has open for it. */
static void
claim_fd(struct map_nic *n)
{
	int fd;

	if (n->proc == NULL || n->proc->ntaps == 0 ||
	    (fd = netdev_fd(n->proc, n->nic)) == -1)
		return;
	for (size_t i = 0; i < n->proc->ntaps; i++) {
		const struct fact_tap *t = &n->proc->taps[i];

		if (t->fd == fd)
			map_add_claim(n, MAP_IF, "fd", MAP_STATED,
			    t->sure && t->space != n->space->id ? "" :
			    t->name);
	}
}

/* Where the bridge saw the NIC's address come from. */
static void
claim_fdb(struct map_nic *n, const struct hostifs *ifs)
{
	const struct hostif_fdb *f = NULL;

	if (n->hostif->master == 0)
		return;
	while ((f = hostif_fdb_next(ifs, map_mac(n), n->hostif->master,
	    f)) != NULL) {
		const struct hostif *port = hostif_by_index(ifs, f->port);

		if (port != NULL)
			map_add_claim(n, MAP_IF, "fdb", MAP_INFERRED,
			    port->name);
	}
}

const struct hostif *
ifmap_bridge(const struct map_lab *ml, const struct lab_net *net)
{
	const struct hostif *found;
	char *mark;

	if (ml->bridges != NULL)
		return ml->bridges[net - ml->lab->nets];
	if (ml->space == NULL)
		return NULL;
	mark = xasprintf("qlab:%s/%s", ml->lab->name, net->name);
	found = hostif_by_alias(&ml->space->ifs, mark);
	free(mark);
	/* On a bridge of the host's own there is no mark of ours. */
	if (found == NULL && net->mode == NET_BRIDGED && net->uplink != NULL)
		found = hostif_by_name(&ml->space->ifs, net->uplink);
	return found;
}

static void
claim_bridge(struct map_nic *n, const struct map_lab *ml)
{
	const struct hostif *master, *bridge;

	master = hostif_by_index(&ml->space->ifs, n->hostif->master);
	map_add_claim(n, MAP_BRIDGE, "master", MAP_STATED,
	    master != NULL ? master->name : "");
	if (n->net == NULL)
		return;
	bridge = ifmap_bridge(ml, n->net);
	map_add_claim(n, MAP_BRIDGE, "network", MAP_NOTED,
	    bridge != NULL ? bridge->name : "");
}

static bool
fits(const struct map_nic *n, uint32_t ip)
{
	return n->net == NULL || n->net->plen < 0 ||
	    cidr4_overlap(ip, 32, n->net->subnet, n->net->plen);
}

static void
claim_address(struct map_nic *n, const char *source, enum map_weight weight,
    uint32_t ip)
{
	const struct map_edge *edge = &n->edges[MAP_IP];
	char text[IP4_STRSZ];

	ip4_format(ip, text);
	for (size_t i = 0; i < edge->n; i++)
		if (strcmp(edge->claims[i].source, source) == 0 &&
		    strcmp(edge->claims[i].value, text) == 0)
			return;
	map_add_claim(n, MAP_IP, source, weight, text);
}

/* What was said before the VM was started is of its last run. */
static bool
is_fresh(const struct map_nic *n, int64_t since)
{
	/* Clocks of whole seconds, cut off. */
	return since == 0 || n->vm->started_us == 0 ||
	    since + 1 >= n->vm->started_us / 1000000;
}

/*
 * By address alone: a MAC may be on two networks of a lab, so the lease must
 * fit the NIC's own.
 */
static bool
lease_counts(const struct map_nic *n, const struct lease *l, int64_t now)
{
	if (l->expiry != 0 && now != 0 && l->expiry <= now)
		return false;
	return fits(n, l->ip) && (l->expiry == 0 ||
	    is_fresh(n, l->expiry - NETCONF_LEASE_S));
}

/*
 * What a host's own DHCP server says of a QEMU outside of labs.  Nobody knows
 * when the QEMU asked: one without end may be old, one that is over is.
 */
static enum map_weight
lease_weight(const struct lease *l, int64_t now)
{
	if (l->expiry == 0)
		return MAP_INFERRED;
	return now != 0 && l->expiry <= now ? MAP_PAST : MAP_STATED;
}

static void
claim_host_lease(struct map_nic *n, const struct leases *ls, int64_t now)
{
	const struct lease *l = NULL, *best = NULL;

	while ((l = leases_next(ls, map_mac(n), l)) != NULL)
		if (fits(n, l->ip) && (best == NULL || lease_weight(l, now) >
		    lease_weight(best, now)))
			best = l;
	if (best != NULL)
		claim_address(n, "lease", lease_weight(best, now), best->ip);
}

static void
claim_lease(struct map_nic *n, const struct leases *ls, int64_t now)
{
	const struct lease *l = NULL;

	if (n->net == NULL || n->net->plen < 0)
		return;
	if (*n->lab->name == '\0') {
		claim_host_lease(n, ls, now);
		return;
	}
	while ((l = leases_next(ls, map_mac(n), l)) != NULL)
		if (lease_counts(n, l, now)) {
			claim_address(n, "lease", MAP_STATED, l->ip);
			return;
		}
}

/*
 * Somebody with the NIC's MAC said by ARP that this is his address.  The host's
 * table may keep old ones; what another source confirms is enough then.
 */
static void
claim_arp(struct map_nic *n, const struct hostif *bridge)
{
	const struct hostifs *ifs = &n->space->ifs;
	char text[IP4_STRSZ];

	for (int pass = 0; pass < 2; pass++) {
		const struct hostif_neigh *g = NULL;

		while ((g = hostif_neigh_next(ifs, map_mac(n), g)) != NULL) {
			if (g->permanent || !fits(n, g->ip) ||
			    !is_fresh(n, g->seen) ||
			    (g->index != 0 && g->index != bridge->index) ||
			    (pass == 0 && strcmp(map_value(n, MAP_IP),
			    ip4_format(g->ip, text)) != 0))
				continue;
			claim_address(n, "arp", MAP_INFERRED, g->ip);
			if (pass == 0)
				return;
		}
	}
}

/*
 * A server's word, and ARP where there is none or where it speaks of something
 * newer.  Of several that one MAC said, the last.
 */
static void
claim_wire(struct map_nic *n)
{
	const struct wire_table *t = &n->space->wire;
	const struct wire_fact *said[2] = { NULL, NULL }, *f = NULL;

	while ((f = wire_next(t, map_mac(n), f)) != NULL)
		if (fits(n, f->ip) && is_fresh(n, f->at) &&
		    (said[f->kind] == NULL || f->at >= said[f->kind]->at))
			said[f->kind] = f;
	if (said[WIRE_ACK] != NULL)
		claim_address(n, "wire", MAP_INFERRED, said[WIRE_ACK]->ip);
	if (said[WIRE_ARP] != NULL && (said[WIRE_ACK] == NULL ||
	    said[WIRE_ARP]->at > said[WIRE_ACK]->at))
		claim_address(n, "wire", MAP_INFERRED, said[WIRE_ARP]->ip);
}

void
map_claim_ip(struct map_nic *n, const struct leases *ls,
    const struct hostif *bridge, int64_t now)
{
	claim_lease(n, ls, now);
	if (n->space == NULL)
		return;
	claim_wire(n);
	if (bridge != NULL)
		claim_arp(n, bridge);
}

/* A cable on a switch has counters and no name. */
static void
find_port(struct map_nic *n)
{
	char *mark = mark_of(n);

	if (n->space != NULL)
		n->hostif = hostif_by_alias(&n->space->ifs, mark);
	free(mark);
}

void
ifmap_claim_nic(struct map_nic *n, const struct map_lab *ml,
    const struct facts *f)
{
	bool seen = ml->space != NULL && ml->space->seen;

	n->space = ml->space;
	if (*n->nic->mode != '\0')
		map_add_claim(n, MAP_MODE, "registry", MAP_NOTED,
		    n->nic->mode);
	if (ml->lab != NULL && ml->lab->backend == BACKEND_USERSPACE) {
		find_port(n);
		map_claim_ip(n, &ml->leases, NULL, f->now);
		return;
	}
	if (*n->nic->hostif != '\0')
		map_add_claim(n, MAP_IF, "registry", MAP_NOTED,
		    n->nic->hostif);
	if (seen) {
		claim_alias(n, &n->space->ifs);
		claim_fd(n);
		n->hostif = hostif_by_name(&n->space->ifs,
		    map_value(n, MAP_IF));
	}
	if (n->hostif != NULL) {
		claim_fdb(n, &n->space->ifs);
		claim_bridge(n, ml);
	}
	map_claim_ip(n, &ml->leases, n->hostif != NULL ?
	    hostif_by_index(&n->space->ifs, n->hostif->master) : NULL, f->now);
}

static const struct lab_net *
net_of(const struct state_lab *lab, const struct state_nic *nic)
{
	for (size_t i = 0; *nic->net != '\0' && i < lab->nnets; i++)
		if (strcmp(lab->nets[i].name, nic->net) == 0)
			return &lab->nets[i];
	return NULL;
}

struct map_nic *
ifmap_add_nic(struct map *m, const struct map_lab *ml,
    const struct state_vm *vm, const struct state_nic *nic)
{
	struct map_nic *n;

	m->nics = xgrow(m->nics, m->nnics, sizeof(*m->nics));
	n = &m->nics[m->nnics++];
	n->lab = ml->lab;
	n->vm = vm;
	n->nic = nic;
	n->net = net_of(ml->lab, nic);
	return n;
}

static const struct fact_proc *
proc_of(const struct facts *f, const struct proc_id *id)
{
	for (size_t i = 0; i < f->nprocs; i++)
		if (f->procs[i].id.pid == id->pid && id->pid != 0)
			return &f->procs[i];
	return NULL;
}

static void
add_vm(struct map *m, const struct map_lab *ml, const struct state_vm *vm)
{
	const struct fact_proc *p = proc_of(&m->facts, &vm->qemu);
	char id[QEMU_IDSZ];

	for (size_t i = 0; i < vm->nnics; i++) {
		struct map_nic *n = ifmap_add_nic(m, ml, vm, &vm->nics[i]);

		n->proc = p;
		if (p != NULL)
			n->card = facts_card_on(p,
			    qemu_netdev_id(n->nic->id, id));
		map_claim_mac(n, "registry");
		ifmap_claim_nic(n, ml, &m->facts);
	}
}

/* All that is looked for by MAC, NIC by NIC. */
static void
sort_facts(struct map *m)
{
	for (size_t i = 0; i < m->facts.nspaces; i++)
		wire_sort(&m->facts.spaces[i].wire);
	for (size_t i = 0; i < m->nlabs; i++)
		leases_sort(&m->labs[i].leases);
	leases_sort(&m->facts.leases);
}

void
ifmap_join(struct map *m)
{
	m->nreal = m->nlabs;
	sort_facts(m);
	for (size_t i = 0; i < m->nreal; i++) {
		const struct map_lab *ml = &m->labs[i];

		for (size_t k = 0; k < ml->lab->nvms; k++)
			if (ml->lab->vms[k].alive)
				add_vm(m, ml, &ml->lab->vms[k]);
	}
	ifmap_add_outside(m);
	ifmap_clashes(m);
}

void
map_nic_release(struct map_nic *n)
{
	for (int k = 0; k < MAP_NEDGES; k++) {
		struct map_edge *edge = &n->edges[k];

		for (size_t c = 0; c < edge->n; c++)
			free(edge->claims[c].value);
		free(edge->claims);
		free(edge->clash);
		*edge = (struct map_edge){ 0 };
	}
}

void
ifmap_free(struct map *m)
{
	for (size_t i = 0; i < m->nnics; i++)
		map_nic_release(&m->nics[i]);
	for (size_t i = 0; i < m->nlabs; i++) {
		leases_free(&m->labs[i].leases);
		free(m->labs[i].bridges);
	}
	state_lab_release(&m->outside);
	facts_free(&m->facts);
	free(m->nics);
	free(m->labs);
	*m = (struct map){ 0 };
}
