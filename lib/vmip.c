/* SPDX-License-Identifier: ISC */
/* vmip.c - the address of one VM, with the map's evidence */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "addr.h"
#include "holder.h"
#include "ifmap.h"
#include "netconf.h"
#include "strv.h"
#include "text.h"
#include "vmip.h"

/* One that was stopped must not hold us up. */
#define HOLDER_MS	1000

static const struct {
	const char *name;
	unsigned bit;
} words[] = {
	{ "lease", VMIP_LEASE }, { "arp", VMIP_ARP }, { "wire", VMIP_WIRE },
	{ "registry", VMIP_REGISTRY },
};
#define NWORDS	(sizeof(words) / sizeof(words[0]))

int
vmip_sources(const char *list, unsigned *sources, struct qerr *e)
{
	char *copy = xstrdup(list), *rest = copy, *word;
	char shown[TEXT_SHOWSZ];
	int rc = 0;

	*sources = 0;
	while (rc == 0 && (word = strsep(&rest, ",")) != NULL) {
		size_t i = 0;

		while (i < NWORDS && strcmp(words[i].name, word) != 0)
			i++;
		if (i < NWORDS)
			*sources |= words[i].bit;
		else
			rc = qerr_set(e, QERR_INPUT, "no source %s: there are "
			    "lease, arp, wire and registry",
			    text_show(word, shown));
	}
	free(copy);
	return rc;
}

static const struct lab_net *
net_of(const struct state_lab *lab, const struct state_nic *nic)
{
	for (size_t i = 0; i < lab->nnets; i++)
		if (strcmp(lab->nets[i].name, nic->net) == 0)
			return &lab->nets[i];
	return NULL;
}

/* What can be known of a NIC's address on that network. */
static unsigned
possible(const struct state_lab *lab, const struct lab_net *net)
{
	bool bridge = lab->backend == BACKEND_BRIDGE;

	/* QEMU's own NAT tells nobody. */
	if (net == NULL || net->mode == NET_USER ||
	    (!bridge && net->mode != NET_HOST))
		return 0;
	return VMIP_WIRE | (bridge ? VMIP_ARP : 0) |
	    (bridge && net->dhcp && net->mode != NET_BRIDGED ? VMIP_LEASE : 0);
}

int
vmip_possible(const struct state_lab *lab, const struct state_vm *vm,
    const struct state_nic *nic, unsigned sources, struct qerr *e)
{
	for (size_t i = 0; i < vm->nnics; i++)
		if ((nic == NULL || nic == &vm->nics[i]) &&
		    (possible(lab, net_of(lab, &vm->nics[i])) & sources))
			return 0;
	return qerr_set(e, QERR_INPUT, "%s%s%s: no address to be known: %s",
	    vm->name, nic != NULL ? "/" : "", nic != NULL ? nic->id : "",
	    sources == VMIP_REGISTRY ? "the registry holds none" :
	    sources == VMIP_LEASE ? "the lab's DHCP server serves none of its "
	    "networks" : "none of its networks is one that can be listened to");
}

bool
vmip_host_is_on(const struct state_lab *lab, const struct state_nic *nic)
{
	const struct lab_net *net = net_of(lab, nic);

	return net != NULL && (netconf_has_address(net) ||
	    net->mode == NET_BRIDGED);
}

/* What the sources say now, each into its place of the lab. */
static int
look(struct map_lab *ml, struct fact_space *s, unsigned sources,
    struct qerr *e)
{
	struct holder_conn c = HOLDER_CONN_INIT;
	char *path;
	int rc = 0;

	c.wait_ms = HOLDER_MS;
	if (sources & VMIP_LEASE) {
		path = xasprintf("%s/leases", ml->lab->dir);
		rc = leases_load(&ml->leases, path, e);
		free(path);
	}
	if (rc == 0 && (sources & VMIP_WIRE) &&
	    holder_connect(&c, ml->lab->dir, NULL) == 0)
		holder_wire(&c, false, &s->wire, NULL);
	holder_close(&c);
	if (rc == 0 && (sources & VMIP_ARP) && ml->lab->holder_alive &&
	    hostifs_get_of(&ml->lab->holder, &s->ifs, NULL) == 0)
		s->seen = true;
	ml->space = s;
	return rc;
}

static bool
find(const struct map_lab *ml, const struct state_vm *vm,
    const struct state_nic *nic, uint32_t *ip)
{
	struct map_nic n = { .lab = ml->lab, .vm = vm, .nic = nic,
		.space = ml->space, .net = net_of(ml->lab, nic) };
	const struct hostif *bridge = n.net != NULL ?
	    ifmap_bridge(ml, n.net) : NULL;
	bool found;

	map_claim_ip(&n, &ml->leases, bridge, time(NULL));
	found = ip4_parse(map_value(&n, MAP_IP), ip) == 0;
	map_nic_release(&n);
	return found;
}

int
vmip_find(const struct state_lab *lab, const struct state_vm *vm,
    const struct state_nic *nic, unsigned sources, uint32_t *ip,
    struct qerr *e)
{
	struct map_lab ml = { .lab = lab };
	struct fact_space s = { .handle = -1 };
	int rc = look(&ml, &s, sources, e);
	bool found = false;

	for (size_t i = 0; rc == 0 && !found && i < vm->nnics; i++)
		if (nic == NULL || nic == &vm->nics[i])
			found = find(&ml, vm, &vm->nics[i], ip);
	if (rc == 0 && !found)
		rc = qerr_set(e, QERR_NO, "%s has no address that is known",
		    vm->name);
	leases_free(&ml.leases);
	wire_free(&s.wire);
	hostifs_free(&s.ifs);
	return rc;
}
