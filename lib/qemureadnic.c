/* SPDX-License-Identifier: ISC */
/* qemureadnic.c - the NICs and networks of any QEMU command line */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "accel.h"
#include "addr.h"
#include "ids.h"
#include "qemuargv.h"
#include "qemuopts.h"

struct nics {
	struct lab *lab;
	struct lab_vm *vm;
	struct qemu_items *items;
	struct qerr *e;
	bool mac_taken[256];	/* last octets of QEMU's own range */
};

static const uint8_t qemu_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

bool
qemu_is_nic(const struct qemu_item *it)
{
	static const char *const models[] = { "virtio-net", "e1000", "igb",
	    "rtl8139", "vmxnet3", "ne2k_", "pcnet", "i8255", "i8256", "i82801",
	    "tulip", "usb-net", NULL };
	const char *driver = qemu_opts_get(&it->o, "driver");

	if (strcmp(it->option, "device") != 0)
		return false;
	if (it->netdev != NULL)
		return true;
	for (size_t i = 0; driver != NULL && models[i] != NULL; i++)
		if (begins(driver, models[i]))
			return true;
	return false;
}

/* As QEMU does it: a card without mac= gets the first free of its own range. */
static bool
choose_mac(struct nics *n, const struct qemu_item *it, uint8_t mac[6])
{
	const char *text = it == NULL ? NULL : qemu_opts_get(&it->o, "mac");

	if (it != NULL && text == NULL)
		text = qemu_opts_get(&it->o, "macaddr");
	if (text != NULL && mac_parse(text, mac) == 0) {
		if (memcmp(mac, qemu_mac, 5) == 0)
			n->mac_taken[mac[5]] = true;
		return true;
	}
	memcpy(mac, qemu_mac, 6);
	while (mac[5] < 0xff && n->mac_taken[mac[5]])
		mac[5]++;
	n->mac_taken[mac[5]] = true;
	return false;
}

/* A network's name out of a netdev's id: fit, and its own. */
static void
net_name(const struct nics *n, const char *id, char name[LAB_NAMESZ])
{
	if (lab_name_ok(id) && lab_net_find(n->lab, id) == NULL) {
		snprintf(name, LAB_NAMESZ, "%.*s", LAB_NAMESZ - 1, id);
		return;
	}
	for (size_t i = n->lab->nnets + 1; ; i++) {
		snprintf(name, LAB_NAMESZ, "network%zu", i);
		if (lab_net_find(n->lab, name) == NULL)
			return;
	}
}

/* One network for both?  A uuid tells even without the addresses. */
static bool
same_net(const struct lab_net *a, const struct lab_net *b)
{
	const char *aup = a->uplink == NULL ? "" : a->uplink;
	const char *bup = b->uplink == NULL ? "" : b->uplink;

	if (a->mode != b->mode || strcmp(aup, bup) != 0 ||
	    strcasecmp(a->uuid, b->uuid) != 0)
		return false;
	if (a->uuid[0] != '\0' && (a->plen < 0 || b->plen < 0))
		return true;
	return a->plen == b->plen && a->subnet == b->subnet;
}

/* Prefix length of a mask, or -1 when its ones are not together. */
static int
mask_length(uint32_t mask)
{
	for (int len = 0; len <= 32; len++)
		if (ip4_mask(len) == mask)
			return len;
	return -1;
}

static void
read_vmnet_addresses(struct lab_net *net, const struct qemu_opts *o, int line)
{
	const char *start = qemu_opts_get(o, "start-address");
	const char *end = qemu_opts_get(o, "end-address");
	const char *mask = qemu_opts_get(o, "subnet-mask");
	uint32_t lo, hi, bits;
	int plen;

	if (start == NULL || end == NULL || mask == NULL ||
	    ip4_parse(start, &lo) == -1 || ip4_parse(end, &hi) == -1 ||
	    ip4_parse(mask, &bits) == -1 || (plen = mask_length(bits)) < 0)
		return;
	net->subnet = lo & bits;
	net->plen = plen;
	net->gateway = lo;
	net->range_lo = lo < UINT32_MAX ? lo + 1 : lo;
	net->range_hi = hi;
	net->at.subnet = line;
}

static void
read_vmnet(struct lab_net *net, const struct qemu_opts *o, int line)
{
	const char *type = qemu_opts_get(o, "type"), *s;

	net->mode = strcmp(type, "vmnet-shared") == 0 ? NET_SHARED :
	    strcmp(type, "vmnet-host") == 0 ? NET_HOST : NET_BRIDGED;
	net->dhcp = net->mode != NET_BRIDGED;
	if (net->mode == NET_BRIDGED) {
		if ((s = qemu_opts_get(o, "ifname")) != NULL)
			net->uplink = xstrdup(s);
		net->at.uplink = line;
	} else
		read_vmnet_addresses(net, o, line);
	if (net->mode == NET_SHARED &&
	    (s = qemu_opts_get(o, "nat66-prefix")) != NULL) {
		net->nat66_prefix = xstrdup(s);
		net->at.nat66_prefix = line;
	}
	if (net->mode == NET_HOST &&
	    (s = qemu_opts_get(o, "net-uuid")) != NULL) {
		net->dhcp = false;
		net->at.uuid = line;
		if (uuid_text_ok(s))
			snprintf(net->uuid, sizeof(net->uuid), "%s", s);
	}
	s = qemu_opts_get(o, "isolated");
	net->isolated = s != NULL && (strcmp(s, "on") == 0 ||
	    strcmp(s, "yes") == 0 || strcmp(s, "true") == 0);
}

static void
read_bridge(struct lab_net *net, const struct qemu_opts *o, int line)
{
	const char *br = qemu_opts_get(o, "br");

	net->mode = NET_BRIDGED;
	net->dhcp = false;
	net->uplink = xstrdup(br != NULL ? br : "br0");
	net->at.uplink = line;
}

/* Put nic on the network that it says, a new one when it is the first there. */
static int
join_net(struct nics *n, struct lab_nic *nic, const struct lab_net *said)
{
	char name[LAB_NAMESZ];
	struct lab_net *net = NULL;

	for (size_t i = 0; net == NULL && i < n->lab->nnets; i++)
		if (same_net(&n->lab->nets[i], said))
			net = &n->lab->nets[i];
	if (net == NULL) {
		if (n->lab->nnets == LAB_NETS_MAX)
			return qerr_set(n->e, QERR_INPUT,
			    "more than %d networks on one command line",
			    LAB_NETS_MAX);
		net_name(n, nic->id, name);
		net = lab_net_add(n->lab, name);
		*net = *said;
		snprintf(net->name, sizeof(net->name), "%s", name);
	} else {
		net->isolated |= said->isolated;
		free(said->uplink);
		free(said->nat66_prefix);
	}
	snprintf(nic->net, sizeof(nic->net), "%s", net->name);
	nic->mode = net->mode;
	return 0;
}

static void
read_forwards(struct nics *n, const struct qemu_item *it)
{
	struct lab_forward f;

	for (size_t i = 0; i < it->o.kv.n; i += 2)
		if (qemu_hostfwd_key(it->o.kv.v[i]) &&
		    qemu_hostfwd_parse(it->o.kv.v[i + 1], &f) == 0) {
			f.line = (int)it->at;
			*lab_forward_add(n->vm) = f;
		}
}

/* Where the cable goes; it is the netdev, the -nic or the -net, or NULL. */
static int
plug(struct nics *n, struct lab_nic *nic, struct qemu_item *it)
{
	struct lab_net said = { .plen = -1 };
	const char *type = it == NULL ? NULL : qemu_opts_get(&it->o, "type");
	bool first = it != NULL && !it->used;
	bool tap;

	nic->mode = NET_HOST;
	if (type == NULL)
		return 0;
	tap = strcmp(type, "tap") == 0;
	said.line = (int)it->at;
	if (strcmp(type, "user") == 0 || strcmp(type, "passt") == 0) {
		nic->mode = NET_USER;
		it->used = true;
		if (first)
			read_forwards(n, it);
	} else if (strcmp(type, "vmnet-shared") == 0 ||
	    strcmp(type, "vmnet-host") == 0 ||
	    strcmp(type, "vmnet-bridged") == 0) {
		it->used = true;
		read_vmnet(&said, &it->o, said.line);
		return join_net(n, nic, &said);
	} else if (strcmp(type, "bridge") == 0 ||
	    (tap && qemu_opts_get(&it->o, "br") != NULL)) {
		it->used = true;
		read_bridge(&said, &it->o, said.line);
		return join_net(n, nic, &said);
	} else if (tap) {
		nic->mode = NET_BRIDGED;
		it->used = qemu_opts_get(&it->o, "ifname") == NULL;
	}
	return 0;
}

/* The card that a machine has when no model is said. */
static const char *
default_model(const struct lab_vm *vm)
{
	const char *m = vm->machine == NULL ? "" : vm->machine;

	if (!accel_is_x86(vm->arch))
		return "virtio-net-pci";
	if (begins(m, "microvm"))
		return "virtio-net-device";
	return begins(m, "q35") || begins(m, "pc-q35") ? "e1000e" : "e1000";
}

static int
add_nic(struct nics *n, const struct qemu_item *card, const char *model,
    const char *id, struct qemu_item *cable)
{
	struct lab_nic *nic = lab_nic_add(n->vm);

	if (model == NULL)
		model = default_model(n->vm);
	free(nic->model);
	nic->model = xstrdup(strcmp(model, "virtio") == 0 ||
	    strcmp(model, "virtio-net") == 0 ? "virtio-net-pci" : model);
	if (id != NULL)
		snprintf(nic->id, sizeof(nic->id), "%s", id);
	else
		snprintf(nic->id, sizeof(nic->id), "nic%zu", n->vm->nnics - 1);
	nic->line = card == NULL ? 0 : (int)card->at;
	nic->has_mac = choose_mac(n, card, nic->mac);
	nic->mac_line = nic->has_mac ? nic->line : 0;
	return plug(n, nic, cable);
}

/* -nic: card and cable in one. */
static int
read_nic(struct nics *n, struct qemu_item *it)
{
	const char *type = qemu_opts_get(&it->o, "type");

	if (type != NULL && strcmp(type, "none") == 0) {
		it->used = true;
		return 0;
	}
	return add_nic(n, it, qemu_opts_get(&it->o, "model"), it->id, it);
}

static bool
is_net_nic(const struct qemu_item *it)
{
	const char *type = qemu_opts_get(&it->o, "type");

	return type != NULL && strcmp(type, "nic") == 0;
}

/*
 * -net nic: a card on the old hub, with all that other -net options put there
 * (the first one tells), or on a netdev.
 */
static int
read_net_nic(struct nics *n, struct qemu_item *it)
{
	struct qemu_item *cable = NULL;

	if (!is_net_nic(it))
		return 0;
	it->used = true;
	if (it->netdev != NULL)
		cable = qemu_items_find(n->items, "netdev", it->netdev);
	for (size_t i = 0; it->netdev == NULL && i < n->items->n; i++) {
		struct qemu_item *other = &n->items->v[i];

		if (strcmp(other->option, "net") == 0 && !is_net_nic(other)) {
			cable = other;
			break;
		}
	}
	return add_nic(n, it, qemu_opts_get(&it->o, "model"), it->netdev,
	    cable);
}

static int
read_device(struct nics *n, struct qemu_item *it)
{
	uint8_t mac[6];

	if (!qemu_is_nic(it))
		return 0;
	if (it->netdev == NULL) {
		choose_mac(n, it, mac);
		return 0;
	}
	it->used = true;
	return add_nic(n, it, qemu_opts_get(&it->o, "driver"), it->netdev,
	    qemu_items_find(n->items, "netdev", it->netdev));
}

/* Without any word about networks QEMU makes a card with its own NAT. */
static int
read_default(struct nics *n)
{
	static const char *const off[] = { "net", "netdev", "nic",
	    "nodefaults" };
	const char *m = n->vm->machine == NULL ? "" : n->vm->machine;

	if (begins(m, "none") || begins(m, "microvm"))
		return 0;
	for (size_t i = 0; i < n->items->n; i++)
		for (size_t j = 0; j < sizeof(off) / sizeof(off[0]); j++)
			if (strcmp(n->items->v[i].option, off[j]) == 0)
				return 0;
	if (add_nic(n, NULL, NULL, NULL, NULL) == -1)
		return -1;
	n->vm->nics[n->vm->nnics - 1].mode = NET_USER;
	return 0;
}

static int
each(struct nics *n, const char *option,
    int (*fn)(struct nics *, struct qemu_item *))
{
	for (size_t i = 0; i < n->items->n; i++)
		if (strcmp(n->items->v[i].option, option) == 0 &&
		    fn(n, &n->items->v[i]) == -1)
			return -1;
	return 0;
}

int
qemu_read_nics(struct lab *lab, struct lab_vm *vm, struct qemu_items *items,
    struct qerr *e)
{
	struct nics n = { .lab = lab, .vm = vm, .items = items, .e = e };

	/* In QEMU's order of making them: the default MACs depend on it. */
	if (each(&n, "nic", read_nic) == -1 ||
	    each(&n, "net", read_net_nic) == -1 ||
	    read_default(&n) == -1 ||
	    each(&n, "device", read_device) == -1)
		return -1;
	return 0;
}
