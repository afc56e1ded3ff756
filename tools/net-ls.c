/* SPDX-License-Identifier: ISC */
/* net-ls.c - qlab-net ls: the networks of the labs that run */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "addr.h"
#include "labjson.h"
#include "net-ls.h"
#include "netconf.h"
#include "state.h"
#include "table.h"
#include "tool.h"

static void
vms_on(const struct state_lab *lab, const struct lab_net *net,
    struct strv *names)
{
	for (size_t i = 0; i < lab->nvms; i++) {
		const struct state_vm *vm = &lab->vms[i];

		for (size_t k = 0; vm->alive && k < vm->nnics; k++)
			if (strcmp(vm->nics[k].net, net->name) == 0) {
				strv_add(names, vm->name);
				break;
			}
	}
}

/* As it is, not as it was wished for: a switch alone has no host on it. */
static struct lab_net
as_is(const struct state_lab *lab, const struct lab_net *net)
{
	struct lab_net real = *net;

	if (lab->backend == BACKEND_USERSPACE && net->mode == NET_HOST)
		real.dhcp = false;
	return real;
}

static void
table_row(struct table *t, const struct state_lab *lab,
    const struct lab_net *wished)
{
	struct lab_net net = as_is(lab, wished);
	struct strv vms = { 0 };
	char text[CIDR_STRSZ], *names;

	vms_on(lab, &net, &vms);
	names = strv_join(&vms, ",", 8);
	table_cell(t, lab->name);
	table_cell(t, net.name);
	table_cell(t, net_mode_name(net.mode));
	table_cell(t, net.plen > 0 ? cidr4_format(net.subnet, net.plen,
	    text) : "");
	table_cell(t, netconf_has_address(&net) ? ip4_format(net.gateway,
	    text) : "");
	/* What QEMU or the world outside serves is not known here. */
	table_cell(t, net.mode != NET_SHARED && net.mode != NET_HOST ? "" :
	    net.dhcp ? "on" : "off");
	table_cell(t, names);
	free(names);
	strv_free(&vms);
}

static json_t *
json_row(const struct state_lab *lab, const struct lab_net *wished)
{
	struct lab_net net = as_is(lab, wished);
	json_t *j = lab_net_to_json(&net), *vms = json_array();
	struct strv names = { 0 };

	vms_on(lab, &net, &names);
	for (size_t i = 0; i < names.n; i++)
		json_array_append_new(vms, json_string(names.v[i]));
	strv_free(&names);
	/* Where in its file it stands is for qlab-run. */
	json_object_del(j, "line");
	json_object_del(j, "lines");
	json_object_set_new(j, "backend",
	    json_string(net_backend_name(lab->backend)));
	json_object_set_new(j, "lab", json_string(lab->name));
	json_object_set_new(j, "vms", vms);
	return j;
}

void
net_ls(const char *only, enum net_ls_as as)
{
	static const char *const header[] = { "LAB", "NETWORK", "MODE",
	    "SUBNET", "GATEWAY", "DHCP", "VMS" };
	json_t *all = json_array();
	struct state st;
	struct qerr err;
	struct table t;
	bool found = false;

	if (state_load_clean(&st, &err) == -1)
		tool_die(&err);
	table_init(&t, 7, header);
	for (size_t i = 0; i < st.nlabs; i++) {
		const struct state_lab *lab = &st.labs[i];

		if (!lab->alive || (only != NULL &&
		    strcmp(only, lab->name) != 0))
			continue;
		found = true;
		for (size_t k = 0; k < lab->nnets; k++) {
			if (as == NET_LS_NAMES)
				printf("%s\n", lab->nets[k].name);
			else if (as == NET_LS_JSON)
				json_array_append_new(all, json_row(lab,
				    &lab->nets[k]));
			else
				table_row(&t, lab, &lab->nets[k]);
		}
	}
	if (only != NULL && !found) {
		qerr_set(&err, QERR_NOTFOUND, "no lab '%s' is running", only);
		tool_die(&err);
	}
	if (as == NET_LS_JSON) {
		json_t *doc = json_pack("{s:i,s:O}", "schema", 1, "networks",
		    all);

		json_dumpf(doc, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(doc);
	} else if (as != NET_LS_NAMES)
		table_write(&t, stdout, as != NET_LS_BARE);
	table_free(&t);
	json_decref(all);
	state_free(&st);
}
