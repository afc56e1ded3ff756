/* SPDX-License-Identifier: ISC */
/* ifmapout.c - on the map, too: QEMUs that no lab knows of */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmap.h"
#include "ifmapout.h"
#include "qemuargv.h"
#include "qemuopts.h"
#include "qemus.h"
#include "qmpnet.h"
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

static bool
is_cable(const struct hostif *i)
{
	return strcmp(i->kind, "tun") == 0 || strcmp(i->kind, "vmenet") == 0 ||
	    strncmp(i->name, "vmenet", 6) == 0;
}

struct place *
outside_place(const struct outside *o, const struct fact_space *s)
{
	return s == NULL ? NULL : &o->places[s - o->m->facts.spaces];
}

/* ---- command lines ---- */

static const struct qemu_item *
item_at(const struct qemu_items *items, size_t at)
{
	for (size_t i = 0; i < items->n; i++)
		if (items->v[i].at == at)
			return &items->v[i];
	return NULL;
}

/* What the card at argv[at] is plugged into. */
static const struct qemu_item *
cable_item(const struct qemu_items *items, size_t at)
{
	const struct qemu_item *card = item_at(items, at);
	bool net = card != NULL && strcmp(card->option, "net") == 0;

	if (card == NULL || strcmp(card->option, "nic") == 0)
		return card;
	if (card->netdev != NULL)
		return qemu_items_find(items, "netdev", card->netdev);
	for (size_t i = 0; net && i < items->n; i++)
		if (strcmp(items->v[i].option, "net") == 0 &&
		    &items->v[i] != card)
			return &items->v[i];
	return NULL;
}

static void
copy_name(char dst[HOSTIF_NAMESZ], const char *src)
{
	if (src != NULL && strlen(src) < HOSTIF_NAMESZ)
		memcpy(dst, src, strlen(src) + 1);
}

static void
read_cable(struct cable *c, const struct qemu_item *it)
{
	const char *type = it != NULL ? qemu_opts_get(&it->o, "type") : NULL;
	const char *fd;

	if (type == NULL)
		return;
	if (strncmp(type, "vmnet-", 6) == 0)
		c->kind = CABLE_VMNET;
	if (strcmp(type, "tap") != 0 && strcmp(type, "bridge") != 0)
		return;
	c->kind = CABLE_TAP;
	copy_name(c->ifname, qemu_opts_get(&it->o, "ifname"));
	copy_name(c->br, qemu_opts_get(&it->o, "br"));
	if (strcmp(type, "bridge") == 0 && *c->br == '\0')
		copy_name(c->br, "br0");
	fd = qemu_opts_get(&it->o, "fd");
	if (fd == NULL)		/* several queues of one tap */
		fd = qemu_opts_get(&it->o, "fds");
	if (fd != NULL && *fd >= '0' && *fd <= '9')
		c->fd = atoi(fd);
}

static void
read_nic(struct guest *g, size_t i, const struct lab *lab,
    const struct lab_nic *from, const struct qemu_items *items)
{
	struct state_nic *nic = &g->vm->nics[i];
	const struct lab_net *net = lab_net_find(lab, from->net);

	memcpy(nic->id, from->id, sizeof(nic->id));
	memcpy(nic->mac, from->mac, sizeof(nic->mac));
	snprintf(nic->model, sizeof(nic->model), "%s", from->model);
	g->cables[i].fd = -1;
	read_cable(&g->cables[i], cable_item(items, (size_t)from->line));
	g->cables[i].said.plen = -1;
	if (net != NULL) {
		g->cables[i].said.subnet = net->subnet;
		g->cables[i].said.plen = net->plen;
	}
	/* Where a tap leads to is not QEMU's to say. */
	if (g->cables[i].kind != CABLE_TAP && from->line != 0)
		snprintf(nic->mode, sizeof(nic->mode), "%s",
		    net_mode_name(from->mode));
	else if (from->line == 0)
		snprintf(nic->mode, sizeof(nic->mode), "user");
}

/* Without a command line that we understand there are at least the taps. */
static void
read_taps(struct guest *g)
{
	struct state_vm *vm = g->vm;

	vm->nics = xcalloc(g->p->ntaps, sizeof(*vm->nics));
	g->cables = xcalloc(g->p->ntaps, sizeof(*g->cables));
	for (size_t i = 0; i < g->p->ntaps; i++) {
		const struct fact_tap *t = &g->p->taps[i];

		if (i > 0 && strcmp(t->name, t[-1].name) == 0)
			continue;
		snprintf(vm->nics[vm->nnics].id, LAB_NICSZ, "%s", t->name);
		g->cables[vm->nnics++] = (struct cable){ .kind = CABLE_TAP,
			.fd = t->fd, .said = { .plen = -1 } };
	}
}

static void
name_by_pid(struct state_vm *vm, const char *stem)
{
	char text[LAB_NAMESZ + 16];

	snprintf(text, sizeof(text), "%.*s-%d", LAB_NAMESZ - 12, stem,
	    (int)vm->qemu.pid);
	snprintf(vm->name, sizeof(vm->name), "%.*s", LAB_NAMESZ - 1, text);
}

/* Where it can be asked, as far as its command line says. */
static char *
monitor(const struct fact_proc *p)
{
	char *path = qmpnet_socket(p->argv), *full = NULL;

	if (path != NULL)
		full = qemus_path(p, path);
	free(path);
	return full;
}

static void
read_guest(struct guest *g)
{
	struct state_vm *vm = g->vm;
	struct qemu_items items;
	struct lab lab;

	vm->qemu = g->p->id;
	vm->alive = true;
	if (g->p->argv == NULL || qemu_argv_read(&lab, g->p->argv, NULL) ==
	    -1) {
		name_by_pid(vm, "qemu");
		read_taps(g);
		if (g->p->argv != NULL)
			lab_free(&lab);
		return;
	}
	vm->qmp = monitor(g->p);
	memcpy(vm->name, lab.vms[0].name, sizeof(vm->name));
	if (strcmp(vm->name, "qemu") == 0 && vm->qemu.pid != 0)
		name_by_pid(vm, "qemu");
	vm->nnics = lab.vms[0].nnics;
	vm->nics = xcalloc(vm->nnics, sizeof(*vm->nics));
	g->cables = xcalloc(vm->nnics, sizeof(*g->cables));
	if (qemu_items_parse(&items, g->p->argv, NULL) == 0)
		for (size_t i = 0; i < vm->nnics; i++)
			read_nic(g, i, &lab, &lab.vms[0].nics[i], &items);
	qemu_items_free(&items);
	lab_free(&lab);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp((*(struct state_vm *const *)a)->name,
	    (*(struct state_vm *const *)b)->name);
}

/* Names that several have are no names. */
static void
tell_apart(struct state_vm *vms, size_t n)
{
	struct state_vm **v = xcalloc(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = &vms[i];
	qsort(v, n, sizeof(*v), by_name);
	for (size_t i = 0, end; i < n; i = end) {
		char name[LAB_NAMESZ];

		memcpy(name, v[i]->name, sizeof(name));
		for (end = i + 1; end < n &&
		    strcmp(v[end]->name, name) == 0; end++)
			continue;
		for (size_t k = i; end - i > 1 && k < end; k++)
			if (v[k]->qemu.pid != 0)
				name_by_pid(v[k], name);
	}
	free(v);
}

/* ---- taps ---- */

static const struct fact_card *
card_of(const struct fact_proc *p, const struct state_nic *nic)
{
	for (size_t i = 0; i < p->ncards; i++)
		if (strcmp(p->cards[i].netdev, nic->id) == 0)
			return &p->cards[i];
	return NULL;
}

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

		if (h == NULL || !(is_cable(h) || f->saved))
			continue;
		if (h->master != 0 && learned_at(s, n->nic->mac, h))
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
		outside_place(o, n->space)->used[n->hostif - n->space->ifs.ifs] =
		    true;
}

/* What number or name tell for sure. */
static void
claim_exact(struct outside *o, struct map_nic *n, struct cable *c)
{
	const struct fact_proc *p = n->proc;
	const struct fact_card *card = card_of(p, n->nic);
	const struct fact_tap *t;
	const char *name = c->ifname;

	if (*name != '\0')
		map_add_claim(n, MAP_IF, "argv", MAP_NOTED, name);
	if (card != NULL && *card->ifname != '\0') {
		map_add_claim(n, MAP_IF, "qmp", MAP_STATED, card->ifname);
		name = card->ifname;
	}
	t = tap_by_fd(p, c->fd != -1 || card == NULL ? c->fd : card->fd);
	if (t == NULL && *name != '\0')
		t = tap_by_name(p, name);
	if (t != NULL)
		map_add_claim(n, MAP_IF, "fd", MAP_STATED, t->name);
	else if (*name != '\0' && p->fds_seen)
		map_add_claim(n, MAP_IF, "fd", MAP_STATED, "");
	c->open = c->kind == CABLE_TAP && t == NULL && *name == '\0';
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

		while ((e = hostif_fdb_next(&s->ifs, n->nic->mac, 0,
		    e)) != NULL) {
			const struct hostif *h = hostif_by_index(&s->ifs,
			    e->port);
			bool mine = ntaps == 0 && !n->proc->fds_seen;

			for (size_t k = 0; h != NULL && k < ntaps; k++)
				mine |= strcmp(h->name, taps[k]->name) == 0 &&
				    (!taps[k]->sure ||
				    taps[k]->space == s->id);
			if (h == NULL || !mine || (ntaps == 0 &&
			    (o->places[i].used[h - s->ifs.ifs] ||
			    !(is_cable(h) || c->kind == CABLE_VMNET))) ||
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
		char *all = strv_join(&found, ", ", 8);

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
	while ((f = hostif_fdb_next(&n->space->ifs, n->nic->mac,
	    n->hostif->master, f)) != NULL) {
		const struct hostif *port = hostif_by_index(&n->space->ifs,
		    f->port);

		if (port != NULL)
			map_add_claim(n, MAP_IF, "fdb", MAP_INFERRED,
			    port->name);
	}
}

static void
claim_rest(struct outside *o, struct guest *g)
{
	size_t ntaps, nopen = 0, nth = 0;
	const struct fact_tap **taps = free_taps(o, g, &ntaps);

	for (size_t i = 0; i < g->vm->nnics; i++)
		nopen += g->cables[i].open;
	for (size_t i = 0; i < g->vm->nnics; i++) {
		struct map_nic *n = &o->m->nics[g->first + i];
		const struct cable *c = &g->cables[i];

		if (c->kind == CABLE_VMNET)
			find_by_mac(o, n, c, NULL, 0);
		if (!c->open) {
			if (c->kind == CABLE_TAP)
				confirm(n);
			continue;
		}
		if (nopen == 1 && ntaps == 1) {
			map_add_claim(n, MAP_IF, "fd", MAP_STATED,
			    taps[0]->name);
			place_nic(o, n, taps[0]);
			confirm(n);
			continue;
		}
		find_by_mac(o, n, c, taps, ntaps);
		if (n->edges[MAP_IF].n == 0 && n->edges[MAP_IF].clash ==
		    NULL && nopen == ntaps) {
			map_add_claim(n, MAP_IF, "guess", MAP_GUESSED,
			    taps[nth]->name);
			place_nic(o, n, taps[nth]);
		}
		nth++;
	}
	free(taps);
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
	/* NAT or not is not to be seen; whether it can leave at all is. */
	if (f->saved)
		return;
	if (at->uplinked[b - n->space->ifs.ifs])
		map_add_claim(n, MAP_MODE, "master", MAP_STATED, "bridged");
	else if (n->net->plen < 0)
		map_add_claim(n, MAP_MODE, "master", MAP_STATED, "host");
}

/* With all networks there, so that they stay where they are. */
static void
use_net(struct outside *o, struct map_nic *n)
{
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
	map_claim_ip(n, &f->leases, b, f->now);
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

	return is_cable(h) && h->master != 0 && !at->used[i] &&
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

static bool
of_a_lab(const struct map *m, const struct fact_proc *p)
{
	for (size_t i = 0; p->id.pid != 0 && i < m->nreal; i++)
		for (size_t k = 0; k < m->labs[i].lab->nvms; k++)
			if (m->labs[i].lab->vms[k].qemu.pid == p->id.pid)
				return true;
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
			    !is_cable(&ifs->ifs[k]))
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

/* A guest may have changed its MAC; QEMU tells the one it uses. */
static void
use_cards(struct guest *g)
{
	for (size_t i = 0; i < g->vm->nnics; i++) {
		const struct fact_card *card = card_of(g->p, &g->vm->nics[i]);

		if (card != NULL)
			memcpy(g->vm->nics[i].mac, card->mac, 6);
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
			read_guest(g);
		}
	m->outside.nvms = o->nguests;
	for (size_t i = 0; i < o->nguests; i++)
		use_cards(&o->guests[i]);
	tell_apart(m->outside.vms, o->nguests);
	for (size_t i = 0; i < o->nguests; i++) {
		struct guest *g = &o->guests[i];

		g->first = m->nnics;
		for (size_t k = 0; k < g->vm->nnics; k++) {
			struct map_nic *n = ifmap_add_nic(m, o->ml, g->vm,
			    &g->vm->nics[k]);

			n->proc = g->p;
			n->cabled = g->cables[k].kind != CABLE_NONE;
			if (g->cables[k].kind == CABLE_TAP)
				claim_exact(o, n, &g->cables[k]);
		}
	}
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
		claim_rest(&o, &o.guests[i]);
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
