/* SPDX-License-Identifier: ISC */
/* ifmapjson.c - the map as JSON */
#include <stdlib.h>

#include "addr.h"
#include "ifmap.h"
#include "table.h"

/* Kernel names need not be UTF-8, as JSON must be; "" is null. */
static json_t *
text(const char *s)
{
	char *clean;
	json_t *j;

	if (s == NULL || *s == '\0')
		return json_null();
	if ((j = json_string(s)) != NULL)
		return j;
	clean = table_clean(s);
	j = json_string(clean);
	free(clean);
	return j;
}

static json_t *
subnet(const struct lab_net *net)
{
	char buf[CIDR_STRSZ];

	if (net == NULL || net->plen < 0)
		return json_null();
	return json_string(cidr4_format(net->subnet, net->plen, buf));
}

/* In the VM's own direction. */
static json_t *
counters(const struct hostif *i)
{
	if (i == NULL)
		return json_null();
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}",
	    "rx_packets", (json_int_t)i->tx_packets,
	    "rx_bytes", (json_int_t)i->tx_bytes,
	    "rx_dropped", (json_int_t)i->tx_dropped,
	    "tx_packets", (json_int_t)i->rx_packets,
	    "tx_bytes", (json_int_t)i->rx_bytes,
	    "tx_dropped", (json_int_t)i->rx_dropped);
}

static json_t *
evidence(const struct map_nic *n)
{
	json_t *list = json_array();

	for (int k = 0; k < MAP_NEDGES; k++)
		for (size_t i = 0; i < n->edges[k].n; i++) {
			const struct map_claim *c = &n->edges[k].claims[i];

			json_array_append_new(list, json_pack(
			    "{s:s, s:s, s:o}", "about", map_edge_name(k),
			    "source", c->source, "value", text(c->value)));
		}
	return list;
}

static json_t *
contradictions(const struct map_nic *n)
{
	json_t *list = json_array();

	for (int k = 0; k < MAP_NEDGES; k++)
		if (!map_sure(n, k))
			json_array_append_new(list,
			    json_string(map_edge_name(k)));
	return list;
}

static json_t *
nic(const struct map_nic *n)
{
	char mac[MAC_STRSZ];

	return json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, "
	    "s:o, s:o}",
	    "id", n->nic->id, "network", text(n->nic->net),
	    "mode", n->nic->mode, "subnet", subnet(n->net),
	    "mac", mac_format(n->nic->mac, mac), "model", text(n->nic->model),
	    "interface", text(map_value(n, MAP_IF)),
	    "bridge", text(map_value(n, MAP_BRIDGE)),
	    "ip", text(map_value(n, MAP_IP)), "counters", counters(n->hostif),
	    "contradictions", contradictions(n), "evidence", evidence(n));
}

static json_t *
network(const struct map_lab *ml, const struct lab_net *net)
{
	const struct hostif *b = ifmap_bridge(&ml->ifs, ml->lab, net);

	return json_pack("{s:s, s:s, s:o, s:o}", "name", net->name,
	    "mode", net_mode_name(net->mode), "subnet", subnet(net),
	    "bridge", text(b != NULL ? b->name : NULL));
}

/* The VMs of one lab that have a picked NIC. */
static json_t *
vms(const struct map *m, const struct state_lab *lab)
{
	const struct state_vm *last = NULL;
	json_t *list = json_array(), *nics = NULL;

	for (size_t i = 0; i < m->nnics; i++) {
		const struct map_nic *n = &m->nics[i];

		if (n->lab != lab || !n->picked)
			continue;
		if (n->vm != last) {
			nics = json_array();
			json_array_append_new(list, json_pack(
			    "{s:s, s:i, s:o}", "name", n->vm->name,
			    "pid", (int)n->vm->qemu.pid, "nics", nics));
			last = n->vm;
		}
		json_array_append_new(nics, nic(n));
	}
	return list;
}

json_t *
ifmap_json(const struct map *m)
{
	json_t *labs = json_array();

	for (size_t i = 0; i < m->nlabs; i++) {
		const struct map_lab *ml = &m->labs[i];
		json_t *nets = json_array();

		for (size_t k = 0; k < ml->lab->nnets; k++)
			json_array_append_new(nets, network(ml,
			    &ml->lab->nets[k]));
		json_array_append_new(labs, json_pack(
		    "{s:s, s:o, s:o, s:o, s:o, s:o}", "name", ml->lab->name,
		    "file", text(ml->lab->file), "backend",
		    text(ml->lab->backend == BACKEND_AUTO ? NULL :
		    net_backend_name(ml->lab->backend)), "error",
		    text(ml->err.kind == QERR_NONE ? NULL : ml->err.msg),
		    "networks", nets, "vms", vms(m, ml->lab)));
	}
	return json_pack("{s:i, s:o}", "schema", 1, "labs", labs);
}
