/* SPDX-License-Identifier: ISC */
/* ifmap-table.c - qlab-ifmap's table and its columns */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "ifmap-tool.h"
#include "ifmapdiff.h"
#include "strv.h"
#include "table.h"
#include "tool.h"

/*
 * How a VM, NIC or network is called: as long as only one lab runs, and outside
 * of labs, without the lab's name.  Caller frees.
 */
char *
ifmap_label(const struct state_lab *lab, const char *fmt, const char *a,
    const char *b)
{
	char *name = xasprintf(fmt, a, b), *full;

	if (map.nreal == 1 || *lab->name == '\0')
		return name;
	full = xasprintf("%s:%s", lab->name, name);
	free(name);
	return full;
}

char *
ifmap_nic_label(const struct map_nic *n)
{
	if (*n->vm->name == '\0')
		return xstrdup("");
	return ifmap_label(n->lab, "%s/%s", n->vm->name, n->nic->id);
}

/* ---- columns ---- */

/* A value, with "?" behind it when sources disagree or nobody but guesses. */
static char *
edge_text(const struct map_nic *n, enum map_edge_kind kind)
{
	const char *value = map_value(n, kind);

	return map_sure(n, kind) && !map_guessed(n, kind) ? xstrdup(value) :
	    xasprintf("%s?", *value != '\0' ? value : "-");
}

static char *
col_lab(const struct map_nic *n)
{
	return xstrdup(n->lab->name);
}

static char *
col_vm(const struct map_nic *n)
{
	return xstrdup(n->vm->name);
}

static char *
col_nic(const struct map_nic *n)
{
	return xstrdup(n->nic->id);
}

static char *
col_if(const struct map_nic *n)
{
	return edge_text(n, MAP_IF);
}

static char *
col_bridge(const struct map_nic *n)
{
	return edge_text(n, MAP_BRIDGE);
}

static char *
col_net(const struct map_nic *n)
{
	return xstrdup(n->net != NULL ? n->net->name : n->nic->net);
}

static char *
col_mode(const struct map_nic *n)
{
	return edge_text(n, MAP_MODE);
}

static char *
col_subnet(const struct map_nic *n)
{
	char buf[CIDR_STRSZ];

	if (n->net == NULL || n->net->plen < 0)
		return xstrdup("");
	return xstrdup(cidr4_format(n->net->subnet, n->net->plen, buf));
}

static char *
col_ip(const struct map_nic *n)
{
	return edge_text(n, MAP_IP);
}

static char *
col_mac(const struct map_nic *n)
{
	static const uint8_t none[6];
	char buf[MAC_STRSZ];

	return xasprintf("%s%s", memcmp(map_mac(n), none, 6) == 0 ? "" :
	    mac_format(map_mac(n), buf), map_sure(n, MAP_MAC) ? "" : "?");
}

/* What the guest wants to get beside its own and what is for all. */
static char *
col_filter(const struct map_nic *n)
{
	const struct fact_card *c = n->card;

	if (c == NULL || !c->filtered)
		return xstrdup("");
	if (c->promisc)
		return xstrdup("promisc");
	return xasprintf("mac%s%s", *c->vlans != '\0' ? ",vlan=" : "",
	    c->vlans);
}

static char *
col_model(const struct map_nic *n)
{
	return xstrdup(n->nic->model);
}

static char *
count(const struct map_nic *n, uint64_t value)
{
	return n->hostif == NULL ? xstrdup("") : xasprintf("%" PRIu64, value);
}

/* The cable's ends are crossed: what the host gets, the VM has sent. */
static char *
col_rx(const struct map_nic *n)
{
	return count(n, n->hostif != NULL ? n->hostif->tx_bytes : 0);
}

static char *
col_tx(const struct map_nic *n)
{
	return count(n, n->hostif != NULL ? n->hostif->rx_bytes : 0);
}

static char *
col_drops(const struct map_nic *n)
{
	return count(n, n->hostif != NULL ?
	    n->hostif->rx_dropped + n->hostif->tx_dropped : 0);
}

/* Bytes a second between two maps; a counter that fell began anew. */
static char *
col_rate(const struct map_nic *n, bool rx)
{
	const struct map_nic *o = map_before != NULL && n->hostif != NULL ?
	    ifmap_same_nic(map_before, n) : NULL;
	uint64_t a, b;

	if (o == NULL || o->hostif == NULL)
		return xstrdup("");
	a = rx ? o->hostif->tx_bytes : o->hostif->rx_bytes;
	b = rx ? n->hostif->tx_bytes : n->hostif->rx_bytes;
	return xasprintf("%" PRIu64, b < a ? 0 :
	    (b - a) * 1000 / (uint64_t)map_interval_ms);
}

static char *
col_rx_rate(const struct map_nic *n)
{
	return col_rate(n, true);
}

static char *
col_tx_rate(const struct map_nic *n)
{
	return col_rate(n, false);
}

/* An own user network is QEMU's, whatever the others are on. */
static char *
col_backend(const struct map_nic *n)
{
	if (n->net == NULL || n->net->mode == NET_USER ||
	    n->lab->backend == BACKEND_AUTO)
		return xstrdup("");
	return xstrdup(net_backend_name(n->lab->backend));
}

static char *
col_pid(const struct map_nic *n)
{
	return n->vm->qemu.pid == 0 ? xstrdup("") :
	    xasprintf("%d", (int)n->vm->qemu.pid);
}

static const struct column {
	const char *name;
	char *(*text)(const struct map_nic *n);	/* caller frees */
} columns[] = {
	{ "VM/NIC", ifmap_nic_label }, { "IF", col_if },
	{ "BRIDGE", col_bridge },
	{ "MODE", col_mode }, { "SUBNET", col_subnet }, { "IP", col_ip },
	{ "LAB", col_lab }, { "VM", col_vm }, { "NIC", col_nic },
	{ "NET", col_net }, { "MAC", col_mac }, { "MODEL", col_model },
	{ "RX", col_rx }, { "TX", col_tx }, { "DROPS", col_drops },
	{ "PID", col_pid }, { "BACKEND", col_backend },
	{ "FILTER", col_filter },
	{ "RX/S", col_rx_rate }, { "TX/S", col_tx_rate },
};
#define NCOLUMNS	(sizeof(columns) / sizeof(columns[0]))
static void
layout_add(struct ifmap_layout *l, const char *name)
{
	size_t i;

	for (i = 0; i < NCOLUMNS; i++)
		if (strcasecmp(columns[i].name, name) == 0)
			break;
	if (i == NCOLUMNS) {
		struct strv all = { 0 };

		for (i = 0; i < NCOLUMNS; i++)
			strv_add(&all, columns[i].name);
		tool_usage("no column '%s'; there are %s", name,
		    strv_join(&all, " ", NCOLUMNS));
	}
	if (l->n == IFMAP_MAXCOLS)
		tool_usage("more than %d columns", IFMAP_MAXCOLS);
	l->cols[l->n++] = i;
}

/* "COL,..." replaces what is there, "+COL,..." adds to it. */
void
ifmap_layout_set(struct ifmap_layout *l, const char *list)
{
	char *copy, *rest, *name;

	if (*list == '+')
		list++;
	else
		l->n = 0;
	copy = rest = xstrdup(list);
	while ((name = strsep(&rest, ",")) != NULL)
		layout_add(l, name);
	free(copy);
}

/* ---- output ---- */

void
ifmap_print_table(const struct ifmap_layout *l, bool header)
{
	const char *names[IFMAP_MAXCOLS];
	struct table t;

	for (size_t c = 0; c < l->n; c++)
		names[c] = columns[l->cols[c]].name;
	table_init(&t, l->n, names);
	for (size_t i = 0; i < map.nnics; i++)
		for (size_t c = 0; map.nics[i].picked && c < l->n; c++) {
			char *s = columns[l->cols[c]].text(&map.nics[i]);

			table_cell(&t, s);
			free(s);
		}
	table_write(&t, stdout, header);
	table_free(&t);
}

/* A line for each claim on each edge. */
void
ifmap_print_evidence(bool header)
{
	static const char *const names[] = { "VM/NIC", "ABOUT", "VALUE",
		"SOURCE", "CONFIDENCE" };
	struct table t;

	table_init(&t, 5, names);
	for (size_t i = 0; i < map.nnics; i++)
		for (int k = 0; map.nics[i].picked && k < MAP_NEDGES; k++)
			for (size_t c = 0; c < map.nics[i].edges[k].n; c++) {
				const struct map_nic *n = &map.nics[i];
				char *s = ifmap_nic_label(n);

				table_cell(&t, s);
				table_cell(&t, map_edge_name(k));
				table_cell(&t, n->edges[k].claims[c].value);
				table_cell(&t, n->edges[k].claims[c].source);
				table_cell(&t, map_confidence(
				    n->edges[k].claims[c].weight));
				free(s);
			}
	putchar('\n');
	table_write(&t, stdout, header);
	table_free(&t);
}

