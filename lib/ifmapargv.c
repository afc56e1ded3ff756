/* SPDX-License-Identifier: ISC */
/* ifmapargv.c - NICs and their cables out of a QEMU's command line */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ifmapout.h"
#include "qemuargv.h"
#include "qemuopts.h"
#include "qemus.h"
#include "qmpnet.h"
#include "strv.h"

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
	g->cables[i].has_mac = from->has_mac;
	snprintf(nic->model, sizeof(nic->model), "%s", from->model);
	g->cables[i].fd = -1;
	read_cable(&g->cables[i], cable_item(items, (size_t)from->line));
	g->cables[i].said.plen = -1;
	if (net != NULL) {
		g->cables[i].said.subnet = net->subnet;
		g->cables[i].said.plen = net->plen;
	}
	/* Where a tap or a socket leads to is not QEMU's to say. */
	if (g->cables[i].kind == CABLE_VMNET || from->mode == NET_USER)
		snprintf(nic->mode, sizeof(nic->mode), "%s",
		    net_mode_name(from->mode));
}

static bool
is_at(const struct cable *c, const struct fact_tap *t)
{
	return c->kind == CABLE_TAP && (c->fd == t->fd ||
	    strcmp(c->ifname, t->name) == 0);
}

/* Has one of the cables that tap, with any of its queues? */
static bool
is_said(const struct guest *g, const struct fact_tap *t)
{
	for (size_t k = 0; k < g->p->ntaps; k++) {
		const struct fact_tap *queue = &g->p->taps[k];

		if (strcmp(queue->name, t->name) != 0)
			continue;
		for (size_t i = 0; i < g->vm->nnics; i++)
			if (is_at(&g->cables[i], queue))
				return true;
	}
	return false;
}

/* May one of its cables be any of its taps? */
static bool
has_open_cable(const struct guest *g)
{
	for (size_t i = 0; i < g->vm->nnics; i++) {
		const struct cable *c = &g->cables[i];
		bool found = c->kind != CABLE_TAP;

		for (size_t k = 0; k < g->p->ntaps && !found; k++)
			found = is_at(c, &g->p->taps[k]);
		if (!found)
			return true;
	}
	return false;
}

/* As QEMU calls what is at that tap, if it told. */
static void
name_tap(struct state_nic *nic, const struct fact_proc *p,
    const struct fact_tap *t)
{
	snprintf(nic->id, sizeof(nic->id), "%s", t->name);
	for (size_t i = 0; i < p->ncards; i++) {
		size_t size = strlen(p->cards[i].netdev) + 1;

		if (strcmp(p->cards[i].ifname, t->name) == 0 &&
		    size <= sizeof(nic->id)) {
			memcpy(nic->id, p->cards[i].netdev, size);
			memcpy(nic->mac, p->cards[i].mac, 6);
		}
	}
}

/*
 * Taps of which no command line tells, or none that we understand: from
 * -readconfig, or plugged in later.
 */
static void
read_taps(struct guest *g)
{
	struct state_vm *vm = g->vm;

	if (has_open_cable(g))	/* it may be this one's, renamed */
		return;
	for (size_t i = 0; i < g->p->ntaps; i++) {
		const struct fact_tap *t = &g->p->taps[i];

		if (is_said(g, t))
			continue;
		name_tap(&vm->nics[vm->nnics], g->p, t);
		g->cables[vm->nnics++] = (struct cable){ .kind = CABLE_TAP,
			.fd = t->fd, .said = { .plen = -1 } };
	}
}

/* Is that card one of its NICs, or on a tap, which tells more? */
static bool
is_there(const struct guest *g, const struct fact_card *c)
{
	for (size_t i = 0; i < g->vm->nnics; i++)
		if (strcmp(g->vm->nics[i].id, c->netdev) == 0 ||
		    memcmp(g->vm->nics[i].mac, c->mac, sizeof(c->mac)) == 0)
			return true;
	for (size_t i = 0; i < g->p->ntaps; i++)
		if (g->p->taps[i].fd == c->fd)
			return true;
	return *c->ifname != '\0';
}

/*
 * Cards without a tap that were plugged in later.  QEMU itself names those of
 * -nic, with a '#'.
 */
static void
read_cards(struct guest *g)
{
	for (size_t i = 0; i < g->p->ncards; i++) {
		const struct fact_card *c = &g->p->cards[i];
		struct state_nic *nic = &g->vm->nics[g->vm->nnics];
		size_t size = strlen(c->netdev) + 1;

		if (*c->netdev == '#' || size > sizeof(nic->id) ||
		    is_there(g, c))
			continue;
		memcpy(nic->id, c->netdev, size);
		memcpy(nic->mac, c->mac, sizeof(nic->mac));
		g->cables[g->vm->nnics++] = (struct cable){ .fd = -1,
			.has_mac = true, .said = { .plen = -1 } };
	}
}

/* Are its NICs, if it seems to have none, elsewhere? */
static bool
is_partial(const struct fact_proc *p)
{
	for (char **a = p->argv; *a != NULL; a++)
		if (strcmp(*a, "-readconfig") == 0 ||
		    strcmp(*a, "--readconfig") == 0)
			return true;
	return p->argv_cut;
}

static void
name_by_pid(struct state_vm *vm, const char *stem)
{
	char text[LAB_NAMESZ + 16];

	snprintf(text, sizeof(text), "%.*s-%d", LAB_NAMESZ - 12, stem,
	    (int)vm->qemu.pid);
	snprintf(vm->name, sizeof(vm->name), "%.*s", LAB_NAMESZ - 1, text);
}

/* Where it can be asked: where it was, or as its command line says. */
static char *
monitor(const struct fact_proc *p)
{
	char *path, *full = NULL;

	if (p->qmp != NULL)
		return xstrdup(p->qmp);
	if ((path = qmpnet_socket(p->argv, 0)) != NULL)
		full = qemus_path(p, path);
	free(path);
	return full;
}

/* For n NICs of its command line, and for all its taps and cards. */
static void
make_room(struct guest *g, size_t n)
{
	n += g->p->ntaps + g->p->ncards;
	g->vm->nics = xcalloc(n + 1, sizeof(*g->vm->nics));
	g->cables = xcalloc(n + 1, sizeof(*g->cables));
}

void
outside_read_guest(struct guest *g)
{
	struct state_vm *vm = g->vm;
	struct qemu_items items;
	struct lab lab;

	vm->qemu = g->p->id;
	vm->alive = true;
	if (g->p->argv == NULL || qemu_argv_read(&lab, g->p->argv, NULL) ==
	    -1) {
		name_by_pid(vm, "qemu");
		make_room(g, 0);
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
	if (vm->nnics == 1 && lab.vms[0].nics[0].line == 0 && is_partial(g->p))
		vm->nnics = 0;
	make_room(g, vm->nnics);
	if (qemu_items_parse(&items, g->p->argv, NULL) == 0)
		for (size_t i = 0; i < vm->nnics; i++)
			read_nic(g, i, &lab, &lab.vms[0].nics[i], &items);
	read_taps(g);
	read_cards(g);
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
void
outside_tell_apart(struct state_vm *vms, size_t n)
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
