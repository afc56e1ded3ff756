/* SPDX-License-Identifier: ISC */
/* qemuargvnic.c - the NICs of a VM as QEMU's command line */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "qemuargvnic.h"

char *
qemu_netdev_id(const char *nic_id, char buf[QEMU_IDSZ])
{
	const char *prefix = "";

	if (!isalpha((unsigned char)nic_id[0]) ||
	    strncmp(nic_id, "n-", 2) == 0)
		prefix = "n-";
	snprintf(buf, QEMU_IDSZ, "%s%s", prefix, nic_id);
	return buf;
}

static void
opt_ip(struct qemu_opt *o, const char *key, uint32_t ip)
{
	char buf[IP4_STRSZ];

	qemu_opt_str(o, key, ip4_format(ip, buf));
}

/* Port forwards belong to the VM: the first user NIC has them. */
static void
opt_forwards(struct qemu_opt *o, const struct qemu_build *b, size_t nic)
{
	for (size_t i = 0; i < nic; i++)
		if (b->vm->nics[i].mode == NET_USER)
			return;
	for (size_t i = 0; i < b->vm->nforwards; i++) {
		const struct lab_forward *f = &b->vm->forwards[i];
		char buf[IP4_STRSZ];

		fprintf(o->f, ",hostfwd=%s:%s:%u-:%u", f->proto,
		    f->has_addr ? ip4_format(f->host_addr, buf) : "",
		    f->host_port, f->guest_port);
	}
}

/*
 * QEMU puts its resolver on 0.0.2.3 in the subnet (as far as that has so many
 * bits), and does not start when that is the gateway's address or the first one
 * to be handed out.
 */
static void
opt_dns(struct qemu_opt *o, const struct lab_net *net)
{
	uint32_t dns = net->subnet | (0x0203 & ~ip4_mask(net->plen));

	if (dns != net->gateway && dns != net->range_lo)
		return;
	for (dns = (net->subnet | ~ip4_mask(net->plen)) - 1;
	    dns == net->gateway || dns == net->range_lo;)
		dns--;
	opt_ip(o, "dns", dns);
}

static void
netdev_user(struct qemu_build *b, const struct lab_net *net, const char *id,
    size_t nic)
{
	char buf[CIDR_STRSZ];
	struct qemu_opt o;

	qemu_opt_begin(&o, "user");
	qemu_opt_str(&o, "id", id);
	if (net != NULL && net->plen >= 0) {
		qemu_opt_str(&o, "net",
		    cidr4_format(net->subnet, net->plen, buf));
		if (net->gateway != 0)
			opt_ip(&o, "host", net->gateway);
		if (net->range_lo != 0)
			opt_ip(&o, "dhcpstart", net->range_lo);
		opt_dns(&o, net);
	}
	if (b->vm->nics[nic].mode == NET_USER)
		opt_forwards(&o, b, nic);
	qemu_opt_end(&o, b->argv, "-netdev");
}

static bool
on_userspace(const struct qemu_build *b, const struct lab_net *net)
{
	enum net_backend backend = b->conf->backend;

	if (backend == BACKEND_AUTO && net != NULL)
		backend = net->backend;
	return backend == BACKEND_USERSPACE;
}

static int
netdev_linux(struct qemu_build *b, const struct lab_net *net, const char *id,
    size_t nic)
{
	const struct lab_nic *n = &b->vm->nics[nic];
	struct qemu_opt o;

	if (b->conf->cables != NULL && b->conf->cables[nic].fd >= 0) {
		qemu_opt_begin(&o, on_userspace(b, net) ? "socket" : "tap");
		qemu_opt_str(&o, "id", id);
		fprintf(o.f, ",fd=%d", b->conf->cables[nic].fd);
		qemu_opt_end(&o, b->argv, "-netdev");
		return 0;
	}
	if (on_userspace(b, net) && n->mode == NET_SHARED) {
		netdev_user(b, net, id, nic);
		return 0;
	}
	return qerr_set(b->e, QERR_INPUT, "no cable for NIC '%s/%s'",
	    b->vm->name, n->id);
}

/*
 * vmnet serves DHCP from the address after the gateway, which is its start
 * address, up to the end address; the three go together or not at all.
 */
static int
opt_vmnet_addresses(struct qemu_opt *o, const struct qemu_build *b,
    const struct lab_net *net)
{
	uint32_t mask, end;

	if (net->plen < 0)
		return 0;
	mask = ip4_mask(net->plen);
	end = net->range_hi != 0 ? net->range_hi : (net->subnet | ~mask) - 1;
	if (net->gateway == 0 || net->gateway >= end)
		return qerr_set(b->e, QERR_INPUT, "network '%s': vmnet gives "
		    "out the addresses after the gateway's, and there are none",
		    net->name);
	opt_ip(o, "start-address", net->gateway);
	opt_ip(o, "end-address", end);
	opt_ip(o, "subnet-mask", mask);
	return 0;
}

static int
opt_vmnet(struct qemu_opt *o, const struct qemu_build *b,
    const struct lab_net *net)
{
	if (net->mode == NET_BRIDGED) {
		if (net->uplink == NULL)
			return qerr_set(b->e, QERR_INPUT,
			    "network '%s': bridged needs an uplink", net->name);
		qemu_opt_str(o, "ifname", net->uplink);
	} else if (opt_vmnet_addresses(o, b, net) == -1)
		return -1;
	if (net->mode == NET_SHARED && !net->dhcp)
		return qerr_set(b->e, QERR_INPUT, "network '%s': vmnet cannot "
		    "switch DHCP off on a shared network", net->name);
	if (net->mode == NET_SHARED && net->nat66_prefix != NULL)
		qemu_opt_str(o, "nat66-prefix", net->nat66_prefix);
	if (net->mode == NET_HOST && !net->dhcp) {
		if (net->uuid[0] == '\0')
			return qerr_set(b->e, QERR_INPUT, "network '%s': vmnet "
			    "needs a uuid to switch DHCP off", net->name);
		qemu_opt_str(o, "net-uuid", net->uuid);
	}
	if (net->isolated)
		qemu_opt_str(o, "isolated", "on");
	return 0;
}

static int
netdev_darwin(struct qemu_build *b, const struct lab_net *net, const char *id)
{
	struct qemu_opt o;

	qemu_opt_begin(&o, net->mode == NET_SHARED ? "vmnet-shared" :
	    net->mode == NET_HOST ? "vmnet-host" : "vmnet-bridged");
	qemu_opt_str(&o, "id", id);
	if (opt_vmnet(&o, b, net) == -1) {
		qemu_opt_drop(&o);
		return -1;
	}
	qemu_opt_end(&o, b->argv, "-netdev");
	return 0;
}

/* Is "n" among the devices that -boot asks for? */
static bool
boots_from_network(const char *boot)
{
	while (boot != NULL && *boot != '\0') {
		size_t len = strcspn(boot, ",");
		const char *eq = memchr(boot, '=', len);
		const char *order = eq == NULL ? boot : eq + 1;
		bool drives = eq == NULL || strncmp(boot, "order=", 6) == 0 ||
		    strncmp(boot, "once=", 5) == 0;

		if (drives &&
		    memchr(order, 'n', len - (size_t)(order - boot)) != NULL)
			return true;
		boot += len + (boot[len] == ',');
	}
	return false;
}

/* The cards for which QEMU has a boot ROM; without it a guest starts faster. */
static bool
has_boot_rom(const char *model)
{
	static const char *const models[] = { "virtio-net-pci", "e1000",
	    "rtl8139", "pcnet", "ne2k_pci", "vmxnet3", NULL };

	for (size_t i = 0; models[i] != NULL; i++)
		if (strncmp(model, models[i], strlen(models[i])) == 0)
			return true;
	return false;
}

static void
add_card(struct qemu_build *b, const struct lab_net *net, const char *id,
    const struct lab_nic *nic)
{
	const char *model = nic->model == NULL ? "virtio-net-pci" : nic->model;
	char mac[MAC_STRSZ];
	struct qemu_opt o;

	if (b->machine == MACHINE_MICROVM &&
	    strcmp(model, "virtio-net-pci") == 0)
		model = "virtio-net-device";
	qemu_opt_begin(&o, model);
	qemu_opt_str(&o, "netdev", id);
	fprintf(o.f, ",id=nic-%s", nic->id);
	qemu_opt_str(&o, "mac", mac_format(nic->mac, mac));
	if (net != NULL && net->mtu != 0 &&
	    strncmp(model, "virtio-net-", 11) == 0)
		fprintf(o.f, ",host_mtu=%d", net->mtu);
	if (has_boot_rom(model) && !boots_from_network(b->vm->boot))
		qemu_opt_str(&o, "romfile", "");
	qemu_opt_end(&o, b->argv, "-device");
}

static int
add_nic(struct qemu_build *b, size_t i)
{
	const struct lab_nic *nic = &b->vm->nics[i];
	const struct lab_net *net = NULL;
	char id[QEMU_IDSZ];

	qemu_netdev_id(nic->id, id);
	if (nic->net[0] != '\0' &&
	    (net = lab_net_find(b->lab, nic->net)) == NULL)
		return qerr_set(b->e, QERR_INPUT,
		    "NIC '%s/%s': unknown network '%s'", b->vm->name, nic->id,
		    nic->net);
	if (nic->mode == NET_USER)
		netdev_user(b, net, id, i);
	else if (b->conf->target == QEMU_LINUX) {
		if (netdev_linux(b, net, id, i) == -1)
			return -1;
	} else if (net == NULL)
		return qerr_set(b->e, QERR_INPUT, "NIC '%s/%s' has no network",
		    b->vm->name, nic->id);
	else if (netdev_darwin(b, net, id) == -1)
		return -1;
	add_card(b, net, id, nic);
	return 0;
}

int
qemu_build_nics(struct qemu_build *b)
{
	bool user = false;

	for (size_t i = 0; i < b->vm->nnics; i++) {
		if (add_nic(b, i) == -1)
			return -1;
		user |= b->vm->nics[i].mode == NET_USER;
	}
	if (b->vm->nforwards > 0 && !user)
		return qerr_set(b->e, QERR_INPUT,
		    "VM '%s': forward needs a NIC with mode user", b->vm->name);
	return 0;
}
