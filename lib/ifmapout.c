/* SPDX-License-Identifier: ISC */
/* ifmapout.c - on the map, too: QEMUs that no lab knows of */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmapout.h"
#include "strv.h"
#include "vmnetmode.h"

/*
 * Theory of operation
 *
 * A command line says what cables a QEMU has; which interface each of them is
 * comes from, in this order: the descriptor's number, the name, QEMU's own
 * answer, there being just one, the forwarding tables; else a guess from the
 * order in which QEMU opens them.  All that is known is claimed, so that errors
 * show.  Bridges' members that are left then belong to QEMUs that we may not
 * see.
 */

struct place *
outside_place(const struct outside *o, const struct fact_space *s)
{
	return s == NULL ? NULL : &o->places[s - o->m->facts.spaces];
}

/* ---- networks ---- */

/* What is known of the network behind a bridge. */
static struct lab_net *
add_net(struct outside *o, const struct fact_space *s, const struct hostif *b)
{
	struct state_lab *lab = &o->m->outside;
	struct lab_net *net;

	lab->nets = xgrow(lab->nets, lab->nnets, sizeof(*lab->nets));
	o->ml->bridges = xgrow(o->ml->bridges, lab->nnets,
	    sizeof(*o->ml->bridges));
	o->ml->bridges[lab->nnets] = b;
	net = &lab->nets[lab->nnets++];
	memcpy(net->name, b->name, sizeof(b->name));
	net->mode = NET_HOST;
	net->plen = -1;
	for (size_t i = 0; i < s->ifs.naddrs && net->plen < 0; i++)
		if (s->ifs.addrs[i].index == b->index) {
			net->plen = s->ifs.addrs[i].plen;
			net->gateway = s->ifs.addrs[i].ip;
			net->subnet = net->gateway & ip4_mask(net->plen);
		}
	return net;
}

/* That of its interface, or of what is known without it. */
static const struct hostif *
bridge_of(const struct map_nic *n)
{
	return n->hostif == NULL ? n->bridge :
	    hostif_by_index(&n->space->ifs, n->hostif->master);
}

/* Give the NIC its bridge, and this its network. */
static void
find_net(struct outside *o, struct map_nic *n)
{
	struct place *at = outside_place(o, n->space);
	const struct hostif *b = bridge_of(n);
	bool guessed = map_guessed(n, MAP_IF);

	if (n->hostif != NULL)
		map_add_claim(n, MAP_BRIDGE, guessed ? "guess" : "master",
		    guessed ? MAP_GUESSED : MAP_STATED,
		    b != NULL ? b->name : "");
	if (b == NULL)
		return;
	if (at->net[b - n->space->ifs.ifs] == -1) {
		at->net[b - n->space->ifs.ifs] = (int)o->m->outside.nnets;
		add_net(o, n->space, b);
	}
}

static void
claim_mode(struct outside *o, struct map_nic *n, const struct hostif *b)
{
	const struct facts *f = &o->m->facts;
	const struct place *at = outside_place(o, n->space);

	for (size_t i = 0; i < f->nnets; i++) {
		bool guessed = vmnet_net_guessed(&f->nets[i]);

		if (f->nets[i].space == n->space->id &&
		    strcmp(f->nets[i].bridge, b->name) == 0 &&
		    !(guessed && *n->nic->mode != '\0'))
			map_add_claim(n, MAP_MODE, f->nets[i].source,
			    guessed ? MAP_GUESSED : MAP_INFERRED,
			    net_mode_name(f->nets[i].mode));
	}
	/* NAT takes root to be seen; whether anything can leave does not. */
	if (f->saved)
		return;
	if (at->uplinked[b - n->space->ifs.ifs])
		map_add_claim(n, MAP_MODE, "master", MAP_STATED, "bridged");
	else if (n->net->plen < 0)
		map_add_claim(n, MAP_MODE, "master", MAP_STATED, "host");
	else if (n->space->ifs.forward == HOSTIF_FORWARD_OFF)
		map_add_claim(n, MAP_MODE, "forward", MAP_INFERRED, "host");
	else if (n->space->ifs.forward == HOSTIF_FORWARD_ON)
		map_add_claim(n, MAP_MODE, "forward", MAP_GUESSED, "shared");
}

/* With all networks there, so that they stay where they are. */
static void
use_net(struct outside *o, struct map_nic *n)
{
	static const struct leases none;
	const struct hostif *b = bridge_of(n);
	const struct facts *f = &o->m->facts;

	if (*n->nic->mode != '\0')
		map_add_claim(n, MAP_MODE, "argv", MAP_STATED, n->nic->mode);
	if (b == NULL) {
		if (f->saved)
			outside_claim_lease(n, f);
		return;
	}
	n->net = &o->m->outside.nets[outside_place(o, n->space)->net[b -
	    n->space->ifs.ifs]];
	if (*n->nic->mode == '\0' || f->saved)
		claim_mode(o, n, b);
	map_claim_ip(n, n->space->id == f->leases_space ? &f->leases : &none, b,
	    f->now);
}

/* ---- cables of nobody ---- */

/* The one MAC that was learned on each port; zero: none or several. */
static void
only_macs(const struct hostifs *ifs, uint8_t (*macs)[6])
{
	uint8_t *count = xcalloc(ifs->nifs, 1);

	for (size_t i = 0; i < ifs->nfdb; i++) {
		const struct hostif *h = hostif_by_index(ifs,
		    ifs->fdb[i].port);

		if (h == NULL || count[h - ifs->ifs] == 2)
			continue;
		if (++count[h - ifs->ifs] == 1)
			memcpy(macs[h - ifs->ifs], ifs->fdb[i].mac, 6);
		else if (memcmp(macs[h - ifs->ifs], ifs->fdb[i].mac, 6) == 0)
			count[h - ifs->ifs] = 1;
		else
			memset(macs[h - ifs->ifs], 0, 6);
	}
	free(count);
}

/* A lab's own are its business; in the host's network it marks them. */
static bool
is_labs(const struct map *m, const struct fact_space *s)
{
	for (size_t i = 0; i < m->nreal; i++)
		if (m->labs[i].space == s && !m->labs[i].lab->host_net)
			return true;
	return false;
}

static bool
is_nobodys(const struct place *at, size_t i)
{
	const struct hostif *h = &at->s->ifs.ifs[i];

	return hostif_is_cable(h) && h->master != 0 && !at->used[i] &&
	    strncmp(h->alias, "qlab:", 5) != 0;
}

/* All of them are NICs of one VM without a name. */
static void
add_nobodys(struct outside *o, struct state_vm *vm)
{
	const struct facts *f = &o->m->facts;
	size_t max = 0;

	vm->alive = true;
	for (size_t i = 0; i < f->nspaces; i++)
		max += f->spaces[i].ifs.nifs + f->spaces[i].ifs.nneighs;
	max += f->leases.n;
	vm->nics = xcalloc(max, sizeof(*vm->nics));
	for (size_t i = 0; i < f->nspaces; i++) {
		const struct fact_space *s = &f->spaces[i];
		uint8_t (*macs)[6] = xcalloc(s->ifs.nifs, sizeof(*macs));

		only_macs(&s->ifs, macs);
		for (size_t k = 0; !is_labs(o->m, s) && k < s->ifs.nifs; k++) {
			struct map_nic *n;

			if (!is_nobodys(&o->places[i], k))
				continue;
			memcpy(vm->nics[vm->nnics].mac, macs[k], 6);
			n = ifmap_add_nic(o->m, o->ml, vm,
			    &vm->nics[vm->nnics++]);
			n->space = s;
			n->hostif = &s->ifs.ifs[k];
			map_add_claim(n, MAP_IF, "master", MAP_STATED,
			    n->hostif->name);
		}
		free(macs);
	}
	outside_add_strangers(o, vm);
}

/* ---- all together ---- */

/*
 * One that qlab-run has started this moment is not written down yet; but its
 * console and QMP lead to the lab's directory.
 */
static bool
leads_to(const struct fact_proc *p, const struct state_lab *lab)
{
	char *dir = xasprintf("path=%s/", lab->dir);
	char **a = p->argv;

	while (a != NULL && *a != NULL && strstr(*a, dir) == NULL)
		a++;
	free(dir);
	return a != NULL && *a != NULL;
}

static bool
of_a_lab(const struct map *m, const struct fact_proc *p)
{
	for (size_t i = 0; p->id.pid != 0 && i < m->nreal; i++) {
		const struct state_lab *lab = m->labs[i].lab;

		for (size_t k = 0; k < lab->nvms; k++)
			if (lab->vms[k].qemu.pid == p->id.pid)
				return true;
		if (lab->dir != NULL && leads_to(p, lab))
			return true;
	}
	return false;
}

static void
make_places(struct outside *o)
{
	const struct facts *f = &o->m->facts;

	o->places = xcalloc(f->nspaces, sizeof(*o->places));
	for (size_t i = 0; i < f->nspaces; i++) {
		const struct hostifs *ifs = &f->spaces[i].ifs;
		struct place *at = &o->places[i];

		at->s = &f->spaces[i];
		at->used = xcalloc(ifs->nifs, sizeof(*at->used));
		at->uplinked = xcalloc(ifs->nifs, sizeof(*at->uplinked));
		at->net = xcalloc(ifs->nifs, sizeof(*at->net));
		for (size_t k = 0; k < ifs->nifs; k++) {
			const struct hostif *b = hostif_by_index(ifs,
			    ifs->ifs[k].master);

			at->net[k] = -1;
			if (ifs->ifs[k].master != 0 && b != NULL &&
			    *ifs->ifs[k].kind == '\0' &&
			    !hostif_is_cable(&ifs->ifs[k]))
				at->uplinked[b - ifs->ifs] = true;
		}
	}
}

/* What labs' NICs have is not to be had. */
static void
mark_used(struct outside *o)
{
	for (size_t i = 0; i < o->m->nnics; i++) {
		const struct map_nic *n = &o->m->nics[i];

		if (n->hostif != NULL && n->space != NULL)
			outside_place(o, n->space)->used[n->hostif -
			    n->space->ifs.ifs] = true;
	}
}

static void
add_guests(struct outside *o)
{
	struct map *m = o->m;
	const struct facts *f = &m->facts;

	m->outside.vms = xcalloc(f->nprocs + 1, sizeof(*m->outside.vms));
	o->guests = xcalloc(f->nprocs, sizeof(*o->guests));
	for (size_t i = 0; i < f->nprocs; i++)
		if (!of_a_lab(m, &f->procs[i])) {
			struct guest *g = &o->guests[o->nguests];

			g->p = &f->procs[i];
			g->vm = &m->outside.vms[o->nguests++];
			outside_read_guest(g);
		}
	m->outside.nvms = o->nguests;
	outside_tell_apart(m->outside.vms, o->nguests);
	for (size_t i = 0; i < o->nguests; i++) {
		struct guest *g = &o->guests[i];

		g->first = m->nnics;
		for (size_t k = 0; k < g->vm->nnics; k++) {
			struct map_nic *n = ifmap_add_nic(m, o->ml, g->vm,
			    &g->vm->nics[k]);

			n->proc = g->p;
			n->card = facts_card_on(g->p, n->nic->id);
			map_claim_mac(n, g->cables[k].has_mac ? "argv" : NULL);
			n->cabled = g->cables[k].kind != CABLE_NONE;
			if (g->cables[k].kind == CABLE_TAP)
				outside_claim_exact(o, n, &g->cables[k]);
		}
	}
}

/* The NIC of that QEMU which has a cable; NULL: it has several. */
static struct map_nic *
only_cabled(const struct outside *o, const struct guest *g)
{
	struct map_nic *found = NULL;

	for (size_t i = 0; i < g->vm->nnics; i++)
		if (g->cables[i].kind != CABLE_NONE) {
			if (found != NULL)
				return NULL;
			found = &o->m->nics[g->first + i];
		}
	return found;
}

/*
 * A cable that came with a QEMU is its, where nothing else tells; for what does
 * tell, that is one more witness, but by chance another one may have come.
 */
static void
claim_diff(struct outside *o, const struct guest *g, const struct fact_diff *d)
{
	const struct fact_space *s = facts_space_find(&o->m->facts, d->space);
	const struct hostif *i = hostif_by_index(&s->ifs, d->index);
	struct map_nic *n = only_cabled(o, g);
	const struct cable *c;

	if (n == NULL || n->edges[MAP_IF].clash != NULL)
		return;
	c = &g->cables[n - &o->m->nics[g->first]];
	if (n->hostif == NULL) {
		bool *used = &outside_place(o, s)->used[i - s->ifs.ifs];

		if (*used || *map_value(n, MAP_IF) != '\0' ||
		    outside_forbids(o, s, i->master, c, n->nic->mode))
			return;
		*used = true;
		n->hostif = i;
		n->space = s;
	}
	if (n->hostif == i)
		map_add_claim(n, MAP_IF, "diff", i->master != 0 ?
		    MAP_INFERRED : MAP_GUESSED, i->name);
}

static void
claim_diffs(struct outside *o)
{
	const struct facts *f = &o->m->facts;

	for (size_t i = 0; i < f->ndiffs; i++)
		for (size_t k = 0; k < o->nguests; k++)
			if (o->guests[k].p->id.pid == f->diffs[i].id.pid)
				claim_diff(o, &o->guests[k], &f->diffs[i]);
}

static void
finish(struct outside *o)
{
	for (size_t i = 0; i < o->m->facts.nspaces; i++) {
		free(o->places[i].used);
		free(o->places[i].uplinked);
		free(o->places[i].net);
	}
	for (size_t i = 0; i < o->nguests; i++)
		free(o->guests[i].cables);
	free(o->places);
	free(o->guests);
}

void
ifmap_add_outside(struct map *m)
{
	struct outside o = { .m = m, .ml = &m->labs[m->nreal] };
	size_t first = m->nnics;
	struct state_vm *nobody;

	m->outside.alive = true;
	*o.ml = (struct map_lab){ .lab = &m->outside };
	make_places(&o);
	mark_used(&o);
	add_guests(&o);
	for (size_t i = 0; i < o.nguests; i++)
		outside_claim_rest(&o, &o.guests[i]);
	claim_diffs(&o);
	outside_place_vmnet(&o);
	nobody = &m->outside.vms[m->outside.nvms];
	add_nobodys(&o, nobody);
	m->outside.nvms += nobody->nnics > 0;
	if (nobody->nnics == 0)
		free(nobody->nics);
	for (size_t i = first; i < m->nnics; i++)
		find_net(&o, &m->nics[i]);
	for (size_t i = first; i < m->nnics; i++)
		use_net(&o, &m->nics[i]);
	finish(&o);
	m->nlabs = m->nreal + (m->outside.nvms > 0);
}
