/* SPDX-License-Identifier: ISC */
/* qemulint.c - what is wrong with a raw QEMU command line */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ids.h"
#include "lint.h"
#include "qemuargv.h"
#include "qemuopts.h"
#include "text.h"

struct rawlint {
	struct qemu_items items;
	enum qemu_target target;
	struct findings *out;
};

enum { ANYWHERE = -1 };

/* The netdevs that QEMU has had, and the system that each is of. */
static const struct { const char *type; int target; } netdev_types[] = {
	{ "af-xdp", QEMU_LINUX }, { "bridge", QEMU_LINUX },
	{ "dgram", ANYWHERE }, { "hubport", ANYWHERE },
	{ "l2tpv3", QEMU_LINUX }, { "netmap", ANYWHERE },
	{ "passt", QEMU_LINUX }, { "socket", ANYWHERE },
	{ "stream", ANYWHERE }, { "tap", QEMU_LINUX },
	{ "user", ANYWHERE }, { "vde", ANYWHERE },
	{ "vhost-user", ANYWHERE }, { "vhost-vdpa", QEMU_LINUX },
	{ "vmnet-bridged", QEMU_DARWIN }, { "vmnet-host", QEMU_DARWIN },
	{ "vmnet-shared", QEMU_DARWIN },
};

static bool
is(const struct qemu_item *it, const char *option)
{
	return strcmp(it->option, option) == 0;
}

/* The netdev's type where the item makes one, else NULL. */
static const char *
cable_type(const struct qemu_item *it)
{
	const char *type = NULL;

	if (is(it, "netdev") || is(it, "nic") || is(it, "net"))
		type = qemu_opts_get(&it->o, "type");
	if (type != NULL && (strcmp(type, "none") == 0 ||
	    (is(it, "net") && strcmp(type, "nic") == 0)))
		return NULL;
	return type;
}

static void
lint_type(struct rawlint *l, const struct qemu_item *it, const char *type)
{
	char show[TEXT_SHOWSZ];
	size_t n = sizeof(netdev_types) / sizeof(netdev_types[0]);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(netdev_types[i].type, type) != 0)
			continue;
		if (netdev_types[i].target != ANYWHERE &&
		    netdev_types[i].target != (int)l->target)
			findings_add(l->out, true, (int)it->at,
			    "netdev '%s' is not there on %s", type,
			    l->target == QEMU_DARWIN ? "macOS" : "Linux");
		return;
	}
	findings_add(l->out, true, (int)it->at, "unknown netdev type %s",
	    text_show(type, show));
}

/* vmnet's addresses: all three or none, and good ones. */
static void
lint_addresses(struct rawlint *l, const struct qemu_item *it)
{
	static const char *const keys[] = { "start-address", "end-address",
	    "subnet-mask" };
	char show[TEXT_SHOWSZ];
	uint32_t ip[3];
	size_t given = 0, good = 0;

	for (size_t i = 0; i < 3; i++) {
		const char *s = qemu_opts_get(&it->o, keys[i]);

		given += s != NULL;
		if (s != NULL && ip4_parse(s, &ip[i]) == 0)
			good++;
		else if (s != NULL)
			findings_add(l->out, true, (int)it->at,
			    "%s: %s is no IPv4 address", keys[i],
			    text_show(s, show));
	}
	if (given != 0 && given != 3)
		findings_add(l->out, true, (int)it->at, "start-address, "
		    "end-address and subnet-mask go together: give all or "
		    "none");
	if (good != 3)
		return;
	if (ip[2] != 0 && (~ip[2] & (~ip[2] + 1)) != 0)
		findings_add(l->out, true, (int)it->at,
		    "subnet-mask: the ones of '%s' are not together",
		    qemu_opts_get(&it->o, keys[2]));
	else if ((ip[0] & ip[2]) != (ip[1] & ip[2]))
		findings_add(l->out, true, (int)it->at, "start-address and "
		    "end-address are not in one subnet");
	else if (ip[0] >= ip[1])
		findings_add(l->out, true, (int)it->at, "end-address is not "
		    "after start-address");
}

/* QEMU's qapi/net.json: which of vmnet's netdevs takes which options. */
static void
lint_vmnet_keys(struct rawlint *l, const struct qemu_item *it,
    const char *type)
{
	static const struct { const char *key; bool shared, host, bridged; }
	    known[] = {
		{ "type", true, true, true }, { "id", true, true, true },
		{ "isolated", true, true, true },
		{ "start-address", true, true, false },
		{ "end-address", true, true, false },
		{ "subnet-mask", true, true, false },
		{ "nat66-prefix", true, false, false },
		{ "ifname", false, false, true },
		/* said below, in other words */
		{ "net-uuid", true, true, true },
	};
	char show[TEXT_SHOWSZ];

	for (size_t i = 0; i < it->o.kv.n; i += 2) {
		size_t k = 0, n = sizeof(known) / sizeof(known[0]);

		while (k < n && strcmp(known[k].key, it->o.kv.v[i]) != 0)
			k++;
		if (k == n || !(strcmp(type, "vmnet-shared") == 0 ?
		    known[k].shared : strcmp(type, "vmnet-host") == 0 ?
		    known[k].host : known[k].bridged))
			findings_add(l->out, true, (int)it->at,
			    "%s has no option %s", type,
			    text_show(it->o.kv.v[i], show));
	}
}

static void
lint_vmnet(struct rawlint *l, const struct qemu_item *it, const char *type)
{
	const char *uuid = qemu_opts_get(&it->o, "net-uuid");
	const char *isolated = qemu_opts_get(&it->o, "isolated");
	char show[TEXT_SHOWSZ];

	/* -nic's own, mac= and model=, are among the others. */
	if (is(it, "netdev"))
		lint_vmnet_keys(l, it, type);
	if (isolated != NULL && strcmp(isolated, "on") != 0 &&
	    strcmp(isolated, "off") != 0)
		findings_add(l->out, true, (int)it->at, "isolated: %s is "
		    "neither on nor off", text_show(isolated, show));
	if (strcmp(type, "vmnet-bridged") == 0) {
		if (qemu_opts_get(&it->o, "ifname") == NULL)
			findings_add(l->out, true, (int)it->at,
			    "vmnet-bridged needs ifname=");
	} else
		lint_addresses(l, it);
	if (uuid == NULL)
		return;
	if (strcmp(type, "vmnet-host") != 0)
		findings_add(l->out, true, (int)it->at,
		    "net-uuid is for vmnet-host only");
	else if (!uuid_text_ok(uuid))
		findings_add(l->out, true, (int)it->at,
		    "net-uuid: %s is no UUID", text_show(uuid, show));
}

static void
lint_hostfwd(struct rawlint *l, const struct qemu_item *it)
{
	char show[TEXT_SHOWSZ];

	for (size_t i = 0; i < it->o.kv.n; i += 2) {
		const char *text = it->o.kv.v[i + 1];
		struct lab_forward f;

		if (!qemu_hostfwd_key(it->o.kv.v[i]))
			continue;
		text_show(text, show);
		if (qemu_hostfwd_parse(text, &f) == -1)
			findings_add(l->out, true, (int)it->at, "hostfwd %s "
			    "is not PROTO:ADDR:PORT-ADDR:PORT", show);
		else if (f.has_addr && f.host_addr == 0)
			findings_add(l->out, false, (int)it->at, "hostfwd %s "
			    "lets everybody in who can reach this host: say "
			    "127.0.0.1", show);
	}
}

static void
lint_cable(struct rawlint *l, const struct qemu_item *it, const char *type)
{
	const char *ifname = qemu_opts_get(&it->o, "ifname");
	char show[TEXT_SHOWSZ];

	lint_type(l, it, type);
	if (strncmp(type, "vmnet-", 6) == 0)
		lint_vmnet(l, it, type);
	else if (strcmp(type, "user") == 0)
		lint_hostfwd(l, it);
	else if (strcmp(type, "tap") == 0 && ifname != NULL &&
	    strlen(ifname) > 15)
		findings_add(l->out, true, (int)it->at, "ifname %s has more "
		    "than 15 bytes", text_show(ifname, show));
	if (strcmp(type, "socket") == 0 && l->target == QEMU_DARWIN &&
	    qemu_opts_get(&it->o, "mcast") != NULL)
		findings_add(l->out, true, (int)it->at, "mcast= joins only one "
		    "QEMU on macOS: use a vmnet-host network");
}

/* A netdev's and a device's id: there, and its own. */
static void
lint_id(struct rawlint *l, const struct qemu_item *it)
{
	const struct qemu_item *first;
	char show[TEXT_SHOWSZ];

	if (it->id == NULL) {
		if (is(it, "netdev"))
			findings_add(l->out, true, (int)it->at,
			    "-netdev needs id=");
		return;
	}
	if (!is(it, "netdev") && !is(it, "device") && !is(it, "drive") &&
	    !is(it, "blockdev"))
		return;
	first = qemu_items_find(&l->items, it->option, it->id);
	if (first != it)
		findings_add(l->out, true, (int)it->at,
		    "-%s: id %s is there already (word %zu)", it->option,
		    text_show(it->id, show), first->at);
}

/* The first item that refers to a netdev (drive = false) or drive. */
static const struct qemu_item *
user_of(const struct rawlint *l, const char *id, bool drive)
{
	for (size_t i = 0; id != NULL && i < l->items.n; i++) {
		const struct qemu_item *it = &l->items.v[i];
		const char *ref = drive ? it->drive : it->netdev;

		if (ref == NULL || strcmp(ref, id) != 0)
			continue;
		if (is(it, "device") || (!drive && (is(it, "net") ||
		    is(it, "netdev"))))
			return it;
	}
	return NULL;
}

static void
lint_netdev_ref(struct rawlint *l, const struct qemu_item *it)
{
	const struct qemu_item *first;
	char show[TEXT_SHOWSZ];

	if (it->netdev == NULL) {
		if (qemu_is_nic(it))
			findings_add(l->out, false, (int)it->at,
			    "this card has no netdev=: it is on no network");
		return;
	}
	text_show(it->netdev, show);
	if (qemu_items_find(&l->items, "netdev", it->netdev) == NULL)
		findings_add(l->out, true, (int)it->at,
		    "there is no netdev %s", show);
	else if ((first = user_of(l, it->netdev, false)) != it)
		findings_add(l->out, true, (int)it->at,
		    "netdev %s has a card already (word %zu)", show,
		    first->at);
}

static void
lint_drive_ref(struct rawlint *l, const struct qemu_item *it)
{
	char show[TEXT_SHOWSZ];

	if (it->drive != NULL && is(it, "device") &&
	    qemu_items_find(&l->items, "drive", it->drive) == NULL &&
	    qemu_items_find(&l->items, "blockdev", it->drive) == NULL)
		findings_add(l->out, true, (int)it->at,
		    "there is no drive %s", text_show(it->drive, show));
}

/* Things that are made and then put nowhere. */
static void
lint_unused(struct rawlint *l, const struct qemu_item *it)
{
	const char *iface = qemu_opts_get(&it->o, "if");
	char show[TEXT_SHOWSZ];

	if (is(it, "netdev") && it->id != NULL &&
	    user_of(l, it->id, false) == NULL)
		findings_add(l->out, false, (int)it->at,
		    "netdev %s has no card: add -device "
		    "virtio-net-pci,netdev=%s", text_show(it->id, show), show);
	if (is(it, "drive") && iface != NULL && strcmp(iface, "none") == 0 &&
	    user_of(l, it->id, true) == NULL)
		findings_add(l->out, false, (int)it->at,
		    "drive %s has no -device: the guest does not see it",
		    text_show(it->id == NULL ? "" : it->id, show));
}

static void
lint_mac_text(struct rawlint *l, const struct qemu_item *it)
{
	const char *mac = qemu_opts_get(&it->o, "mac");
	uint8_t bytes[6];
	char show[TEXT_SHOWSZ];

	if (!is(it, "device") && !is(it, "nic") && !is(it, "net"))
		return;
	if (mac == NULL)
		mac = qemu_opts_get(&it->o, "macaddr");
	if (mac != NULL && mac_parse(mac, bytes) == -1)
		findings_add(l->out, true, (int)it->at, "%s is no MAC",
		    text_show(mac, show));
}

static void
lint_item(struct rawlint *l, const struct qemu_item *it)
{
	const char *type = cable_type(it);

	if (it->broken)
		findings_add(l->out, true, (int)it->at,
		    "-%s: what begins like JSON is none", it->option);
	if (is(it, "readconfig"))
		findings_add(l->out, false, (int)it->at,
		    "-readconfig: what that file says is not looked at");
	if (type != NULL)
		lint_cable(l, it, type);
	else if (is(it, "netdev") && !it->broken)
		findings_add(l->out, true, (int)it->at, "-netdev needs a type");
	lint_id(l, it);
	if (is(it, "device") || (is(it, "net") && it->netdev != NULL))
		lint_netdev_ref(l, it);
	lint_drive_ref(l, it);
	lint_unused(l, it);
	lint_mac_text(l, it);
}

/* On a wire that VMs share, the next QEMU will have the same default MACs. */
static void
lint_macs(const struct lab_vm *vm, struct findings *out)
{
	char mac[MAC_STRSZ], show[TEXT_SHOWSZ];

	for (size_t i = 0; i < vm->nnics; i++) {
		const struct lab_nic *n = &vm->nics[i];

		if (!n->has_mac && n->mode != NET_USER)
			findings_add(out, false, n->line, "NIC %s has QEMU's "
			    "default MAC %s, as any other VM started without "
			    "mac=", text_show(n->id, show),
			    mac_format(n->mac, mac));
	}
}

void
qemu_args_lint(char *const *args, int line, enum qemu_target target,
    struct findings *out)
{
	struct rawlint l = { .target = target, .out = out };
	struct strv argv = { 0 };
	size_t first = out->n;
	const char *type;

	strv_add(&argv, "qemu-system-x86_64");
	for (; args != NULL && *args != NULL; args++)
		strv_add(&argv, *args);
	/* What cannot be read here is QEMU's to say. */
	if (qemu_items_parse(&l.items, argv.v, NULL) == 0)
		for (size_t i = 0; i < l.items.n; i++) {
			type = cable_type(&l.items.v[i]);
			if (type == NULL || strncmp(type, "vmnet-", 6) != 0)
				continue;
			lint_type(&l, &l.items.v[i], type);
			lint_vmnet(&l, &l.items.v[i], type);
		}
	for (; first < out->n; first++)
		out->f[first].line = line;
	qemu_items_free(&l.items);
	strv_free(&argv);
}

void
qemu_argv_lint(char *const *argv, enum qemu_target target,
    struct findings *out)
{
	struct rawlint l = { .target = target, .out = out };
	struct lab lab;
	struct qerr e;

	if (qemu_argv_read(&lab, argv, &e) == -1 ||
	    qemu_items_parse(&l.items, argv, &e) == -1)
		findings_add(out, true, 0, "%s", e.msg);
	else {
		for (size_t i = 0; i < l.items.n; i++)
			lint_item(&l, &l.items.v[i]);
		lint_macs(&lab.vms[0], out);
	}
	qemu_items_free(&l.items);
	lab_free(&lab);
}
