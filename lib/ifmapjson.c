/* SPDX-License-Identifier: ISC */
/* ifmapjson.c - the map as JSON */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmap.h"
#include "strv.h"
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
			    "{s:s, s:s, s:o, s:s}", "about", map_edge_name(k),
			    "source", c->source, "value", text(c->value),
			    "confidence", map_confidence(c->weight)));
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

/* The same in words. */
static json_t *
doubts(const struct map_nic *n)
{
	json_t *list = json_array();

	for (int k = 0; k < MAP_NEDGES; k++)
		if (!map_sure(n, k)) {
			char *why = map_dispute(n, k);
			char *line = xasprintf("%s: %s", map_edge_name(k), why);

			json_array_append_new(list, text(line));
			free(line);
			free(why);
		}
	return list;
}

static json_t *
mac_text(const uint8_t mac[6])
{
	static const uint8_t none[6];
	char buf[MAC_STRSZ];

	return memcmp(mac, none, 6) == 0 ? json_null() :
	    json_string(mac_format(mac, buf));
}

static json_t *
filter(const struct fact_card *c)
{
	if (c == NULL || !c->filtered)
		return json_null();
	return json_pack("{s:o, s:b, s:o}", "mac", mac_text(c->main_mac),
	    "promiscuous", c->promisc, "vlans", text(c->vlans));
}

static json_t *
nic(const struct map_nic *n)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, "
	    "s:o, s:o, s:o, s:o}",
	    "id", text(n->nic->id), "network", text(n->net != NULL ?
	    n->net->name : n->nic->net),
	    "mode", text(map_value(n, MAP_MODE)), "subnet", subnet(n->net),
	    "mac", mac_text(map_mac(n)), "model", text(n->nic->model),
	    "interface", text(map_value(n, MAP_IF)),
	    "bridge", text(map_value(n, MAP_BRIDGE)),
	    "ip", text(map_value(n, MAP_IP)), "counters", counters(n->hostif),
	    "filter", filter(n->card),
	    "contradictions", contradictions(n), "doubts", doubts(n),
	    "evidence", evidence(n));
}

/* Outside of labs only its NICs know what mode it has. */
static const char *
mode_of(const struct map *m, const struct map_lab *ml,
    const struct lab_net *net)
{
	if (*ml->lab->name != '\0')
		return net_mode_name(net->mode);
	for (size_t i = 0; i < m->nnics; i++)
		if (m->nics[i].net == net &&
		    *map_value(&m->nics[i], MAP_MODE) != '\0')
			return map_value(&m->nics[i], MAP_MODE);
	return NULL;
}

static json_t *
networks(const struct map *m, const struct map_lab *ml)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ml->lab->nnets; i++) {
		const struct lab_net *net = &ml->lab->nets[i];
		const struct hostif *b = ifmap_bridge(ml, net);

		json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o}",
		    "name", net->name, "mode", text(mode_of(m, ml, net)),
		    "subnet", subnet(net), "bridge", text(b != NULL ? b->name :
		    NULL)));
	}
	return list;
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
			    "{s:o, s:o, s:o}", "name", text(n->vm->name),
			    "pid", n->vm->qemu.pid == 0 ? json_null() :
			    json_integer(n->vm->qemu.pid), "nics", nics));
			last = n->vm;
		}
		json_array_append_new(nics, nic(n));
	}
	return list;
}

json_t *
ifmap_json(const struct map *m)
{
	json_t *labs = json_array(), *j;

	for (size_t i = 0; i < m->nreal; i++) {
		const struct map_lab *ml = &m->labs[i];

		json_array_append_new(labs, json_pack(
		    "{s:s, s:o, s:o, s:o, s:o, s:o}", "name", ml->lab->name,
		    "file", text(ml->lab->file), "backend",
		    text(ml->lab->backend == BACKEND_AUTO ? NULL :
		    net_backend_name(ml->lab->backend)), "error",
		    text(ml->err.kind == QERR_NONE ? NULL : ml->err.msg),
		    "networks", networks(m, ml), "vms", vms(m, ml->lab)));
	}
	j = json_pack("{s:i, s:o}", "schema", 1, "labs", labs);
	if (m->nlabs > m->nreal)
		json_object_set_new(j, "outside", json_pack("{s:o, s:o}",
		    "networks", networks(m, &m->labs[m->nreal]),
		    "vms", vms(m, m->labs[m->nreal].lab)));
	return j;
}
