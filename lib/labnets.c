/* SPDX-License-Identifier: ISC */
/* labnets.c - inside of the lab file reader: the keys of a network */
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "ids.h"
#include "labread.h"
#include "text.h"

static void
read_mode(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s != NULL && lab_parse_mode(s, field, &e) == -1)
		lab_err(r->errs, v->line, "%s", e.msg);
}

static void
read_backend(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s != NULL && lab_parse_backend(s, field, &e) == -1)
		lab_err(r->errs, v->line, "%s", e.msg);
}

static void
read_subnet(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct lab_net *net = field;
	char show[TEXT_SHOWSZ];

	if (s != NULL && cidr4_parse(s, &net->subnet, &net->plen) == -1)
		lab_err(r->errs, v->line, "subnet %s is not ADDRESS/LENGTH, "
		    "such as 192.168.2.0/24", text_show(s, show));
}

static void
read_gateway(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	uint32_t *ip = field;
	char show[TEXT_SHOWSZ];

	if (s != NULL && (ip4_parse(s, ip) == -1 || *ip == 0))
		lab_err(r->errs, v->line, "gateway %s is not an IPv4 address, "
		    "such as 192.168.2.1", text_show(s, show));
}

static void
read_range(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct lab_net *net = field;
	struct qerr e;

	if (s != NULL &&
	    lab_parse_range(s, &net->range_lo, &net->range_hi, &e) == -1)
		lab_err(r->errs, v->line, "%s", e.msg);
}

static void
read_uuid(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	char show[TEXT_SHOWSZ];

	if (s == NULL)
		return;
	if (uuid_text_ok(s))
		memcpy(field, s, UUID_TEXTSZ);
	else
		lab_err(r->errs, v->line, "uuid %s is not a UUID, such as "
		    "uuidgen prints", text_show(s, show));
}

static void
read_ifname(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s == NULL)
		return;
	if (lab_parse_ifname(s, &e) == 0)
		labread_text(r, v, field);
	else
		lab_err(r->errs, v->line, "%s %s", r->key, e.msg);
}

static void
read_mtu(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;
	uint64_t n;

	if (s == NULL)
		return;
	if (lab_parse_number(s, 576, 65521, &n, &e) == 0)
		*(int *)field = (int)n;
	else
		lab_err(r->errs, v->line, "mtu %s", e.msg);
}

#define NET(f)	offsetof(struct lab_net, f)

static const struct labread_key net_keys[] = {
	{ "mode", read_mode, NET(mode), NOLINE },	/* first: required */
	{ "subnet", read_subnet, 0, NET(at.subnet) },
	{ "gateway", read_gateway, NET(gateway), NET(at.gateway) },
	{ "range", read_range, 0, NET(at.range) },
	{ "dhcp", labread_bool, NET(dhcp), NET(at.dhcp) },
	{ "uuid", read_uuid, NET(uuid), NET(at.uuid) },
	{ "isolated", labread_bool, NET(isolated), NET(at.isolated) },
	{ "nat66-prefix", labread_text, NET(nat66_prefix),
	    NET(at.nat66_prefix) },
	{ "uplink", read_ifname, NET(uplink), NET(at.uplink) },
	{ "mtu", read_mtu, NET(mtu), NET(at.mtu) },
	{ "transparent", labread_bool, NET(transparent), NET(at.transparent) },
	{ "backend", read_backend, NET(backend), NET(at.backend) },
	{ NULL, NULL, 0, 0 },
};

void
labread_networks(struct labread *r, const struct ynode *v, void *field)
{
	struct lab *lab = field;

	if (v->kind != YNODE_MAP) {
		lab_err(r->errs, v->line, "networks wants a map, such as "
		    "{wan: {mode: shared}}, not %s", labread_kind(v));
		return;
	}
	if (v->nkids / 2 > LAB_NETS_MAX) {
		lab_err(r->errs, v->line, "%zu networks, more than %d",
		    v->nkids / 2, LAB_NETS_MAX);
		return;
	}
	for (size_t i = 0; i < v->nkids; i += 2) {
		const struct ynode *k = &v->kids[i], *map = &v->kids[i + 1];
		struct lab_net *net = lab_net_find(lab, k->text);
		char what[64];

		if (!labread_named(r, k, map, "network", net ? net->line : 0))
			continue;
		net = lab_net_add(lab, k->text);
		net->line = k->line;
		snprintf(what, sizeof(what), "network '%s'", net->name);
		if ((labread_map(r, map, net_keys, net, what) & 1) == 0)
			lab_err(r->errs, k->line, "%s has no mode: shared, "
			    "host, bridged or user", what);
	}
}
