/* SPDX-License-Identifier: ISC */
/* ifmaptap.c - which tap is which NIC's of a QEMU that no lab knows of */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmapout.h"
#include "strv.h"
#include "vmnetmode.h"

/* So many names of those that a MAC was learned on are enough. */
#define MAX_SHOWN	8

/* ---- taps ---- */

static const struct fact_tap *
tap_by_fd(const struct fact_proc *p, int fd)
{
	for (size_t i = 0; fd != -1 && i < p->ntaps; i++)
		if (p->taps[i].fd == fd)
			return &p->taps[i];
	return NULL;
}

static const struct fact_tap *
tap_by_name(const struct fact_proc *p, const char *name)
{
	for (size_t i = 0; i < p->ntaps; i++)
		if (strcmp(p->taps[i].name, name) == 0)
			return &p->taps[i];
	return NULL;
}

static bool
learned_at(const struct fact_space *s, const uint8_t mac[6],
    const struct hostif *port)
{
	const struct hostif_fdb *f = NULL;

	while ((f = hostif_fdb_next(&s->ifs, mac, port->master, f)) != NULL)
		if (f->port == port->index)
			return true;
	return false;
}

/*
 * Where does a NIC's interface of that name live?  When the tap does not tell:
 * where the NIC's MAC was learned on it, else where QEMU itself lives.
 */
static const struct fact_space *
space_for(const struct outside *o, const struct map_nic *n,
    const struct fact_tap *t, const char *name)
{
	const struct facts *f = &o->m->facts;
	const struct fact_space *only = NULL, *own = NULL;
	size_t nseen = 0;

	if (t != NULL && t->sure)
		return facts_space_find(f, t->space);
	for (size_t i = 0; i < f->nspaces; i++) {
		const struct fact_space *s = &f->spaces[i];
		const struct hostif *h = hostif_by_name(&s->ifs, name);

		if (h == NULL || !(hostif_is_cable(h) || f->saved))
			continue;
		if (h->master != 0 && learned_at(s, map_mac(n), h))
			return s;
		nseen++;
		only = s;
		if (s->id == n->proc->space)
			own = s;
	}
	return own != NULL ? own : nseen == 1 ? only : NULL;
}

static void
place_nic(struct outside *o, struct map_nic *n, const struct fact_tap *t)
{
	const char *name = map_value(n, MAP_IF);

	if (*name == '\0')
		return;
	if (t == NULL)
		t = tap_by_name(n->proc, name);
	n->space = space_for(o, n, t, name);
	if (n->space == NULL)
		return;
	n->hostif = hostif_by_name(&n->space->ifs, name);
	if (n->hostif != NULL)
		outside_place(o, n->space)->used[n->hostif -
		    n->space->ifs.ifs] = true;
}

/*
 * What number or name tell for sure.  The names that a command line and QEMU's
 * own answer have are those that taps had when they were opened: where none of
 * the open ones is called so, it was renamed since, or will be opened soon.
 */
void
outside_claim_exact(struct outside *o, struct map_nic *n, struct cable *c)
{
	const struct fact_proc *p = n->proc;
	const struct fact_card *card = n->card;
	const char *told = card != NULL ? card->ifname : "";
	const char *name = *told != '\0' ? told : c->ifname;
	const struct fact_tap *t;
	bool stale;

	t = tap_by_fd(p, c->fd != -1 || card == NULL ? c->fd : card->fd);
	if (t == NULL && *name != '\0')
		t = tap_by_name(p, name);
	stale = p->fds_seen && *name != '\0' &&
	    (t == NULL || strcmp(t->name, name) != 0);
	if (*c->ifname != '\0')
		map_add_claim(n, MAP_IF, "argv", stale ? MAP_PAST : MAP_NOTED,
		    c->ifname);
	if (*told != '\0')
		map_add_claim(n, MAP_IF, "qmp", stale ? MAP_PAST : MAP_STATED,
		    told);
	if (t != NULL)
		map_add_claim(n, MAP_IF, "fd", MAP_STATED, t->name);
	c->open = c->kind == CABLE_TAP && t == NULL &&
	    (*name == '\0' || stale);
	if (!c->open)
		place_nic(o, n, t);
}

static bool
taken(const struct outside *o, const struct guest *g, const char *tap)
{
	for (size_t i = 0; i < g->vm->nnics; i++)
		if (strcmp(map_value(&o->m->nics[g->first + i], MAP_IF),
		    tap) == 0)
			return true;
	return false;
}

/* The taps of a QEMU that are no NIC's yet, each once; caller frees. */
static const struct fact_tap **
free_taps(const struct outside *o, const struct guest *g, size_t *n)
{
	const struct fact_tap **v = xcalloc(g->p->ntaps, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < g->p->ntaps; i++) {
		const struct fact_tap *t = &g->p->taps[i];
		bool seen = false;

		for (size_t k = 0; k < *n; k++)
			seen |= strcmp(v[k]->name, t->name) == 0;
		if (!seen && !taken(o, g, t->name))
			v[(*n)++] = t;
	}
	return v;
}

/* ---- forwarding tables ---- */

bool
outside_forbids(const struct outside *o, const struct fact_space *s,
    unsigned bridge, const struct cable *c, const char *mode)
{
	const struct facts *f = &o->m->facts;
	const struct hostif *b = hostif_by_index(&s->ifs, bridge);

	if (*c->br != '\0' && b != NULL && strcmp(b->name, c->br) != 0)
		return true;
	for (size_t i = 0; c->said.plen >= 0 && i < s->ifs.naddrs; i++)
		if (s->ifs.addrs[i].index == bridge &&
		    !cidr4_overlap(s->ifs.addrs[i].ip, 32, c->said.subnet,
		    c->said.plen))
			return true;
	for (size_t i = 0; *mode != '\0' && b != NULL && i < f->nnets; i++)
		if (f->nets[i].space == s->id &&
		    strcmp(f->nets[i].bridge, b->name) == 0 &&
		    !vmnet_net_guessed(&f->nets[i]) &&
		    strcmp(net_mode_name(f->nets[i].mode), mode) != 0)
			return true;
	return false;
}

/*
 * Where one of the free taps, or with none known any cable that is no other
 * NIC's, has shown the NIC's MAC.  With several nobody can tell.
 */
static void
find_by_mac(struct outside *o, struct map_nic *n, const struct cable *c,
    const struct fact_tap *const *taps, size_t ntaps)
{
	const struct facts *f = &o->m->facts;
	struct strv found = { 0 };
	const struct hostif *at = NULL;

	for (size_t i = 0; i < f->nspaces; i++) {
		const struct fact_space *s = &f->spaces[i];
		const struct hostif_fdb *e = NULL;

		while (found.n <= MAX_SHOWN && (e = hostif_fdb_next(&s->ifs,
		    map_mac(n), 0, e)) != NULL) {
			const struct hostif *h = hostif_by_index(&s->ifs,
			    e->port);
			bool mine = ntaps == 0 && !n->proc->fds_seen;

			for (size_t k = 0; h != NULL && k < ntaps; k++)
				mine |= strcmp(h->name, taps[k]->name) == 0 &&
				    (!taps[k]->sure ||
				    taps[k]->space == s->id);
			if (h == NULL || !mine || (ntaps == 0 &&
			    (o->places[i].used[h - s->ifs.ifs] ||
			    !(hostif_is_cable(h) || c->kind == CABLE_VMNET))) ||
			    outside_forbids(o, s, e->bridge, c, n->nic->mode))
				continue;
			strv_addf(&found, "%s", h->name);
			at = h;
			n->space = s;
		}
	}
	if (found.n == 1) {
		map_add_claim(n, MAP_IF, "fdb", MAP_INFERRED, at->name);
		n->hostif = at;
		outside_place(o, n->space)->used[at - n->space->ifs.ifs] = true;
	} else if (found.n > 1) {
		char *all = strv_join(&found, ", ", MAX_SHOWN);

		n->space = NULL;
		n->edges[MAP_IF].clash = xasprintf("its MAC was learned on %s",
		    all);
		free(all);
	}
	strv_free(&found);
}

/* As find_by_mac(), for what is known already: a second piece of evidence. */
static void
confirm(struct map_nic *n)
{
	const struct hostif_fdb *f = NULL;

	if (n->hostif == NULL || n->hostif->master == 0)
		return;
	while ((f = hostif_fdb_next(&n->space->ifs, map_mac(n),
	    n->hostif->master, f)) != NULL) {
		const struct hostif *port = hostif_by_index(&n->space->ifs,
		    f->port);

		if (port != NULL)
			map_add_claim(n, MAP_IF, "fdb", MAP_INFERRED,
			    port->name);
	}
}

static size_t
count_open(const struct guest *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->vm->nnics; i++)
		n += g->cables[i].open;
	return n;
}

/*
 * Of several taps, those whose bridge has learned a NIC's MAC on them.  True:
 * there is just one, and just one NIC that it can be of.
 */
static bool
claim_learned(struct outside *o, struct guest *g)
{
	size_t ntaps;
	const struct fact_tap **taps = free_taps(o, g, &ntaps);
	bool one = ntaps == 1 && count_open(g) == 1;

	for (size_t i = 0; !one && i < g->vm->nnics; i++) {
		struct map_nic *n = &o->m->nics[g->first + i];

		if (!g->cables[i].open)
			continue;
		find_by_mac(o, n, &g->cables[i], taps, ntaps);
		g->cables[i].open = n->hostif == NULL;
	}
	free(taps);
	return one;
}

/*
 * All open taps are other NICs': QEMU is about to open the one it was told of,
 * if that is there and nobody else's.
 */
static void
claim_soon(struct outside *o, struct map_nic *n, const char *name)
{
	const struct fact_space *s = space_for(o, n, NULL, name);
	const struct hostif *h = s == NULL ? NULL :
	    hostif_by_name(&s->ifs, name);
	struct map_edge *edge = &n->edges[MAP_IF];

	if (h == NULL || outside_place(o, s)->used[h - s->ifs.ifs])
		return;
	for (size_t i = 0; i < edge->n; i++)
		if (edge->claims[i].weight == MAP_PAST)
			edge->claims[i].weight = MAP_NOTED;
	place_nic(o, n, NULL);
}

/* As many taps as NICs that are left: the one, or by their order. */
static void
claim_left(struct outside *o, struct guest *g, bool one)
{
	size_t ntaps, nopen = count_open(g), nth = 0;
	const struct fact_tap **taps = free_taps(o, g, &ntaps);

	for (size_t i = 0; i < g->vm->nnics; i++) {
		struct map_nic *n = &o->m->nics[g->first + i];
		const struct cable *c = &g->cables[i];

		if (!c->open)
			continue;
		if (n->edges[MAP_IF].clash == NULL && nopen == ntaps) {
			map_add_claim(n, MAP_IF, one ? "fd" : "guess",
			    one ? MAP_STATED : MAP_GUESSED, taps[nth]->name);
			place_nic(o, n, taps[nth]);
			if (one)
				confirm(n);
		} else if (ntaps == 0)
			claim_soon(o, n, c->ifname);
		nth++;
	}
	free(taps);
}

void
outside_claim_rest(struct outside *o, struct guest *g)
{
	bool one;

	for (size_t i = 0; i < g->vm->nnics; i++) {
		struct map_nic *n = &o->m->nics[g->first + i];
		const struct cable *c = &g->cables[i];

		if (c->kind == CABLE_VMNET)
			find_by_mac(o, n, c, NULL, 0);
		else if (c->kind == CABLE_TAP && !c->open)
			confirm(n);
	}
	one = claim_learned(o, g);
	claim_left(o, g, one);
}
