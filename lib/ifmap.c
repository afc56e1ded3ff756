/* SPDX-License-Identifier: ISC */
/* ifmap.c - joins the facts about running labs into a map, with evidence */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addr.h"
#include "holder.h"
#include "ifmap.h"
#include "strv.h"

static void
claim(struct map_nic *n, enum map_edge_kind kind, const char *source,
    enum map_weight weight, const char *value)
{
	struct map_edge *edge = &n->edges[kind];

	edge->claims = xrealloc(edge->claims,
	    (edge->n + 1) * sizeof(*edge->claims));
	edge->claims[edge->n++] = (struct map_claim){ source, weight,
		xstrdup(value) };
}

const char *
map_edge_name(enum map_edge_kind kind)
{
	static const char *const names[] = { "if", "bridge", "ip" };

	return names[kind];
}

const char *
map_value(const struct map_nic *n, enum map_edge_kind kind)
{
	const struct map_edge *edge = &n->edges[kind];
	const struct map_claim *best = NULL;

	for (size_t i = 0; i < edge->n; i++)
		if (*edge->claims[i].value != '\0' &&
		    (best == NULL || edge->claims[i].weight > best->weight))
			best = &edge->claims[i];
	return best != NULL ? best->value : "";
}

bool
map_sure(const struct map_nic *n, enum map_edge_kind kind)
{
	const struct map_edge *edge = &n->edges[kind];

	for (size_t i = 1; i < edge->n; i++)
		if (strcmp(edge->claims[i].value, edge->claims[0].value) != 0)
			return false;
	return true;
}

char *
map_dispute(const struct map_nic *n, enum map_edge_kind kind)
{
	const struct map_edge *edge = &n->edges[kind];
	struct strv s = { 0 };
	char *text;

	for (size_t i = 0; i < edge->n; i++)
		strv_addf(&s, "%s says %s", edge->claims[i].source,
		    *edge->claims[i].value ? edge->claims[i].value : "none");
	text = strv_join(&s, ", ", 16);
	strv_free(&s);
	return text;
}

/*
 * The kernel's own word: the holder puts a mark on each tap that says whose it
 * is, and the mark goes away with the tap.
 */
static void
claim_alias(struct map_nic *n, const struct hostifs *ifs)
{
	bool found = false;
	char *mark;

	mark = xasprintf("qlab:%s/%s/%s", n->lab->name, n->vm->name,
	    n->nic->id);
	for (size_t i = 0; i < ifs->nifs; i++)
		if (strcmp(ifs->ifs[i].alias, mark) == 0) {
			claim(n, MAP_IF, "alias", MAP_STATED, ifs->ifs[i].name);
			found = true;
		}
	if (!found && *n->nic->hostif != '\0')
		claim(n, MAP_IF, "alias", MAP_STATED, "");
	free(mark);
}

/* Where the bridge saw the NIC's address come from. */
static void
claim_fdb(struct map_nic *n, const struct hostifs *ifs)
{
	for (size_t i = 0; i < ifs->nfdb; i++) {
		const struct hostif_fdb *f = &ifs->fdb[i];
		const struct hostif *port;

		if (f->bridge != n->hostif->master ||
		    memcmp(f->mac, n->nic->mac, sizeof(f->mac)) != 0)
			continue;
		port = hostif_by_index(ifs, f->port);
		if (port != NULL)
			claim(n, MAP_IF, "fdb", MAP_INFERRED, port->name);
	}
}

const struct hostif *
ifmap_bridge(const struct hostifs *ifs, const struct state_lab *lab,
    const struct lab_net *net)
{
	const struct hostif *found = NULL;
	char *mark = xasprintf("qlab:%s/%s", lab->name, net->name);

	for (size_t i = 0; i < ifs->nifs && found == NULL; i++)
		if (strcmp(ifs->ifs[i].alias, mark) == 0)
			found = &ifs->ifs[i];
	free(mark);
	/* On a bridge of the host's own there is no mark of ours. */
	if (found == NULL && net->mode == NET_BRIDGED && net->uplink != NULL)
		found = hostif_by_name(ifs, net->uplink);
	return found;
}

static void
claim_bridge(struct map_nic *n, const struct hostifs *ifs)
{
	const struct hostif *master, *bridge;

	master = hostif_by_index(ifs, n->hostif->master);
	claim(n, MAP_BRIDGE, "master", MAP_STATED,
	    master != NULL ? master->name : "");
	if (n->net == NULL)
		return;
	bridge = ifmap_bridge(ifs, n->lab, n->net);
	claim(n, MAP_BRIDGE, "network", MAP_NOTED,
	    bridge != NULL ? bridge->name : "");
}

/*
 * By address alone: a MAC may be on two networks of a lab, so the lease must
 * fit the NIC's own.
 */
static void
claim_lease(struct map_nic *n, const struct leases *ls, int64_t now)
{
	for (size_t i = ls->n; i-- > 0;) {
		const struct lease *l = &ls->l[i];
		char ip[IP4_STRSZ];

		if (memcmp(l->mac, n->nic->mac, sizeof(l->mac)) != 0 ||
		    (l->expiry != 0 && l->expiry <= now) ||
		    !cidr4_overlap(l->ip, 32, n->net->subnet, n->net->plen))
			continue;
		claim(n, MAP_IP, "lease", MAP_STATED, ip4_format(l->ip, ip));
		return;
	}
}

/* A cable on a switch has counters and no name. */
static void
find_port(struct map_nic *n, const struct hostifs *ifs)
{
	char *mark = xasprintf("qlab:%s/%s/%s", n->lab->name, n->vm->name,
	    n->nic->id);

	for (size_t i = 0; i < ifs->nifs && n->hostif == NULL; i++)
		if (strcmp(ifs->ifs[i].alias, mark) == 0)
			n->hostif = &ifs->ifs[i];
	free(mark);
}

void
ifmap_claim_nic(struct map_nic *n, const struct map_lab *ml, int64_t now)
{
	if (ml->lab != NULL && ml->lab->backend == BACKEND_USERSPACE) {
		find_port(n, &ml->ifs);
		return;
	}
	if (*n->nic->hostif != '\0')
		claim(n, MAP_IF, "registry", MAP_NOTED, n->nic->hostif);
	if (ml->seen) {
		claim_alias(n, &ml->ifs);
		n->hostif = hostif_by_name(&ml->ifs, map_value(n, MAP_IF));
	}
	if (n->hostif != NULL) {
		claim_fdb(n, &ml->ifs);
		claim_bridge(n, &ml->ifs);
	}
	if (n->net != NULL && n->net->plen >= 0)
		claim_lease(n, &ml->leases, now);
}

static const struct lab_net *
net_of(const struct state_lab *lab, const struct state_nic *nic)
{
	for (size_t i = 0; i < lab->nnets; i++)
		if (strcmp(lab->nets[i].name, nic->net) == 0)
			return &lab->nets[i];
	return NULL;
}

static void
add_vm(struct map *m, const struct map_lab *ml, const struct state_vm *vm)
{
	int64_t now = time(NULL);

	for (size_t i = 0; i < vm->nnics; i++) {
		struct map_nic n = {
			.lab = ml->lab, .vm = vm, .nic = &vm->nics[i],
			.net = net_of(ml->lab, &vm->nics[i]),
		};

		ifmap_claim_nic(&n, ml, now);
		m->nics = xrealloc(m->nics, (m->nnics + 1) * sizeof(n));
		m->nics[m->nnics++] = n;
	}
}

static uint64_t
counter(const json_t *j, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(j, key));
}

/*
 * On backend userspace there are no interfaces, but cables: each stands for a
 * nameless interface with the mark that its tap would have.
 */
static void
add_port(struct map_lab *ml, const json_t *j)
{
	const char *vm, *nic;
	struct hostif i = { .kind = "switch" };

	if (json_unpack((json_t *)j, "{s:s,s:s}", "vm", &vm, "nic", &nic) == -1)
		return;
	snprintf(i.alias, sizeof(i.alias), "qlab:%s/%s/%s", ml->lab->name, vm,
	    nic);
	i.rx_packets = counter(j, "rx_packets");
	i.rx_bytes = counter(j, "rx_bytes");
	i.rx_dropped = counter(j, "rx_dropped");
	i.tx_packets = counter(j, "tx_packets");
	i.tx_bytes = counter(j, "tx_bytes");
	i.tx_dropped = counter(j, "tx_dropped");
	ml->ifs.ifs = xrealloc(ml->ifs.ifs,
	    (ml->ifs.nifs + 1) * sizeof(*ml->ifs.ifs));
	ml->ifs.ifs[ml->ifs.nifs++] = i;
}

static void
look_at_ports(struct map_lab *ml)
{
	struct holder_conn c = HOLDER_CONN_INIT;
	json_t *ports = NULL;

	if (holder_connect(&c, ml->lab->dir, &ml->err) == 0)
		ports = holder_ports(&c, &ml->err);
	holder_close(&c);
	for (size_t i = 0; i < json_array_size(ports); i++)
		add_port(ml, json_array_get(ports, i));
	json_decref(ports);
}

/*
 * Without a holder there are only networks without a host interface, or the
 * ruins of others.
 */
static void
look(struct map_lab *ml)
{
	char *path;

	if (!ml->lab->holder_alive)
		return;
	if (ml->lab->backend == BACKEND_USERSPACE) {
		look_at_ports(ml);
		return;
	}
	path = xasprintf("%s/leases", ml->lab->dir);
	leases_load(&ml->leases, path, &ml->err);
	free(path);
	if (hostifs_get_of(&ml->lab->holder, &ml->ifs, &ml->err) == 0)
		ml->seen = true;
	else
		qerr_prefix(&ml->err, "cannot look into lab '%s'",
		    ml->lab->name);
}

void
ifmap_build(struct map *m, const struct state *st)
{
	*m = (struct map){ 0 };
	m->labs = xcalloc(st->nlabs, sizeof(*m->labs));
	for (size_t i = 0; i < st->nlabs; i++) {
		const struct state_lab *lab = &st->labs[i];
		struct map_lab *ml = &m->labs[m->nlabs];

		if (!lab->alive)
			continue;
		m->nlabs++;
		ml->lab = lab;
		look(ml);
		for (size_t k = 0; k < lab->nvms; k++)
			if (lab->vms[k].alive)
				add_vm(m, ml, &lab->vms[k]);
	}
}

void
ifmap_free(struct map *m)
{
	for (size_t i = 0; i < m->nnics; i++)
		for (int k = 0; k < MAP_NEDGES; k++) {
			struct map_edge *edge = &m->nics[i].edges[k];

			for (size_t c = 0; c < edge->n; c++)
				free(edge->claims[c].value);
			free(edge->claims);
		}
	for (size_t i = 0; i < m->nlabs; i++) {
		hostifs_free(&m->labs[i].ifs);
		leases_free(&m->labs[i].leases);
	}
	free(m->nics);
	free(m->labs);
	*m = (struct map){ 0 };
}
