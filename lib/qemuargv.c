/* SPDX-License-Identifier: ISC */
/* qemuargv.c - a VM as QEMU's command line */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "addr.h"
#include "qemuargv.h"

/* What decides which devices a machine can have. */
enum machine { MACHINE_PC, MACHINE_Q35, MACHINE_MICROVM, MACHINE_PCI };

struct build {
	const struct lab *lab;
	const struct lab_vm *vm;
	const struct qemu_conf *conf;
	const char *arch;
	enum machine machine;
	bool scsi;		/* its controller is there */
	struct strv *argv;
	struct qerr *e;
};

/* One option's value under construction: "a,b=c,d=e". */
struct opt {
	FILE *f;
	char *text;
	size_t len;
};

static void
opt_begin(struct opt *o, const char *head)
{
	o->f = open_memstream(&o->text, &o->len);
	if (o->f == NULL)
		abort();
	fputs(head, o->f);
}

/* A comma in a value is doubled, as QEMU's option parser wants it. */
static void
opt_str(struct opt *o, const char *key, const char *value)
{
	fprintf(o->f, ",%s=", key);
	for (; *value != '\0'; value++) {
		if (*value == ',')
			fputc(',', o->f);
		fputc(*value, o->f);
	}
}

static void
opt_ip(struct opt *o, const char *key, uint32_t ip)
{
	char buf[IP4_STRSZ];

	opt_str(o, key, ip4_format(ip, buf));
}

static void
opt_end(struct opt *o, struct strv *argv, const char *option)
{
	if (fclose(o->f) != 0)
		abort();
	strv_add(argv, option);
	strv_add(argv, o->text);
	free(o->text);
}

static void
opt_drop(struct opt *o)
{
	fclose(o->f);
	free(o->text);
}

static void
add(struct build *b, const char *option, const char *value)
{
	strv_add(b->argv, option);
	strv_add(b->argv, value);
}

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

static enum machine
machine_of(const struct lab_vm *vm, const char *arch)
{
	const char *m = vm->machine == NULL ? "" : vm->machine;

	if (strncmp(m, "type=", 5) == 0)
		m += 5;
	if (strncmp(m, "microvm", 7) == 0)
		return MACHINE_MICROVM;
	if (strncmp(m, "q35", 3) == 0 || strncmp(m, "pc-q35", 6) == 0)
		return MACHINE_Q35;
	return accel_is_x86(arch) ? MACHINE_PC : MACHINE_PCI;
}

/*
 * QEMU's own machine where there is a useful one, else "virt"; its default CPU
 * there is a 32-bit one, which no aarch64 guest runs on.
 */
static void
add_machine(struct build *b)
{
	static const char *const virt[] = { "aarch64", "arm", "loongarch64",
	    "riscv32", "riscv64", NULL };
	const struct lab_vm *vm = b->vm;
	const char *machine = vm->machine, *cpu = vm->cpu;

	for (size_t i = 0; machine == NULL && virt[i] != NULL; i++)
		if (strcmp(b->arch, virt[i]) == 0)
			machine = "virt";
	if (machine != NULL)
		add(b, "-M", machine);
	add(b, "-accel", b->conf->accel);
	if (cpu == NULL && strcmp(b->arch, "aarch64") == 0)
		cpu = strncmp(b->conf->accel, "tcg", 3) == 0 ? "cortex-a72" :
		    "host";
	if (cpu != NULL)
		add(b, "-cpu", cpu);
	strv_add(b->argv, "-m");
	strv_addf(b->argv, "%llu", (unsigned long long)vm->memory_mib);
	strv_add(b->argv, "-smp");
	strv_addf(b->argv, "cpus=%d", vm->cpus);
	strv_add(b->argv, "-nodefaults");
}

static void
add_display(struct build *b)
{
	const char *display = b->vm->display;

	if (display == NULL || strcmp(display, "none") == 0) {
		add(b, "-display", "none");
		return;
	}
	if (strcmp(display, "window") != 0)
		add(b, "-display", display);
	switch (b->machine) {
	case MACHINE_PC:
	case MACHINE_Q35:
		add(b, "-vga", "std");
		break;
	case MACHINE_MICROVM:
		add(b, "-device", "virtio-gpu-device");
		add(b, "-device", "virtio-keyboard-device");
		add(b, "-device", "virtio-tablet-device");
		break;
	case MACHINE_PCI:
		add(b, "-device", "virtio-gpu-pci");
		add(b, "-device", "qemu-xhci");
		add(b, "-device", "usb-kbd");
		add(b, "-device", "usb-tablet");
		break;
	}
}

/* virtio's cards sit on PCI, on a microvm each on a slot of its own. */
static const char *
virtio_suffix(const struct build *b)
{
	return b->machine == MACHINE_MICROVM ? "device" : "pci";
}

static void
add_scsi(struct build *b)
{
	if (b->scsi)
		return;
	b->scsi = true;
	strv_add(b->argv, "-device");
	strv_addf(b->argv, "virtio-scsi-%s,id=scsi0", virtio_suffix(b));
}

/*
 * A place on the machine's own IDE or AHCI controller.  -cdrom takes the third,
 * so that one is passed over when there is a CD.
 */
static int
add_ide(struct build *b, size_t disk)
{
	bool q35 = b->machine == MACHINE_Q35;
	size_t place = disk + (b->vm->cdrom != NULL && disk >= 2);

	if (!q35 && b->machine != MACHINE_PC)
		return qerr_set(b->e, QERR_INPUT,
		    "VM '%s': its machine has no IDE controller: use disk-bus "
		    "virtio or scsi", b->vm->name);
	if (place >= (q35 ? 6 : 4))
		return qerr_set(b->e, QERR_INPUT,
		    "VM '%s': more disks than IDE has places: use disk-bus "
		    "virtio or scsi", b->vm->name);
	strv_add(b->argv, "-device");
	if (q35)
		strv_addf(b->argv, "ide-hd,drive=disk%zu,bus=ide.%zu", disk,
		    place);
	else
		strv_addf(b->argv, "ide-hd,drive=disk%zu,bus=ide.%zu,unit=%zu",
		    disk, place / 2, place % 2);
	return 0;
}

static int
add_disk(struct build *b, size_t n)
{
	const char *bus = b->vm->disk_bus;
	char *file = lab_path(b->lab, b->vm->disks[n].file);
	struct opt o;

	opt_begin(&o, "if=none");
	fprintf(o.f, ",id=disk%zu", n);
	opt_str(&o, "file", file);
	if (b->conf->disk_formats != NULL)
		opt_str(&o, "format", b->conf->disk_formats[n]);
	opt_str(&o, "discard", "unmap");
	opt_end(&o, b->argv, "-drive");
	free(file);

	if (bus == NULL || strcmp(bus, "virtio") == 0) {
		strv_add(b->argv, "-device");
		strv_addf(b->argv, "virtio-blk-%s,drive=disk%zu",
		    virtio_suffix(b), n);
	} else if (strcmp(bus, "scsi") == 0) {
		add_scsi(b);
		strv_add(b->argv, "-device");
		strv_addf(b->argv, "scsi-hd,drive=disk%zu,bus=scsi0.0", n);
	} else if (strcmp(bus, "ide") == 0)
		return add_ide(b, n);
	else
		return qerr_set(b->e, QERR_INPUT,
		    "VM '%s': unknown disk-bus '%s'", b->vm->name, bus);
	return 0;
}

static void
add_cdrom(struct build *b)
{
	char *file;
	struct opt o;

	if (b->vm->cdrom == NULL)
		return;
	file = lab_path(b->lab, b->vm->cdrom);
	if (b->machine == MACHINE_PC || b->machine == MACHINE_Q35)
		add(b, "-cdrom", file);
	else {
		opt_begin(&o, "if=none,id=cd0,media=cdrom");
		opt_str(&o, "file", file);
		opt_end(&o, b->argv, "-drive");
		add_scsi(b);
		add(b, "-device", "scsi-cd,drive=cd0,bus=scsi0.0");
	}
	free(file);
}

static void
add_boot(struct build *b)
{
	const struct lab_vm *vm = b->vm;
	const struct { const char *option, *file; } files[] = {
		{ "-kernel", vm->kernel }, { "-initrd", vm->initrd },
	};

	if (vm->boot != NULL)
		add(b, "-boot", vm->boot);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char *file;

		if (files[i].file == NULL)
			continue;
		file = lab_path(b->lab, files[i].file);
		add(b, files[i].option, file);
		free(file);
	}
	if (vm->append != NULL)
		add(b, "-append", vm->append);
}

/* Port forwards belong to the VM: the first user NIC has them. */
static void
opt_forwards(struct opt *o, const struct build *b, size_t nic)
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
opt_dns(struct opt *o, const struct lab_net *net)
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
netdev_user(struct build *b, const struct lab_net *net, const char *id,
    size_t nic)
{
	char buf[CIDR_STRSZ];
	struct opt o;

	opt_begin(&o, "user");
	opt_str(&o, "id", id);
	if (net != NULL && net->plen >= 0) {
		opt_str(&o, "net",
		    cidr4_format(net->subnet, net->plen, buf));
		if (net->gateway != 0)
			opt_ip(&o, "host", net->gateway);
		if (net->range_lo != 0)
			opt_ip(&o, "dhcpstart", net->range_lo);
		opt_dns(&o, net);
	}
	if (b->vm->nics[nic].mode == NET_USER)
		opt_forwards(&o, b, nic);
	opt_end(&o, b->argv, "-netdev");
}

static bool
on_userspace(const struct build *b, const struct lab_net *net)
{
	enum net_backend backend = b->conf->backend;

	if (backend == BACKEND_AUTO && net != NULL)
		backend = net->backend;
	return backend == BACKEND_USERSPACE;
}

static int
netdev_linux(struct build *b, const struct lab_net *net, const char *id,
    size_t nic)
{
	const struct lab_nic *n = &b->vm->nics[nic];
	struct opt o;

	if (b->conf->cables != NULL && b->conf->cables[nic].fd >= 0) {
		opt_begin(&o, on_userspace(b, net) ? "socket" : "tap");
		opt_str(&o, "id", id);
		fprintf(o.f, ",fd=%d", b->conf->cables[nic].fd);
		opt_end(&o, b->argv, "-netdev");
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
opt_vmnet_addresses(struct opt *o, const struct build *b,
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
opt_vmnet(struct opt *o, const struct build *b, const struct lab_net *net)
{
	if (net->mode == NET_BRIDGED) {
		if (net->uplink == NULL)
			return qerr_set(b->e, QERR_INPUT,
			    "network '%s': bridged needs an uplink", net->name);
		opt_str(o, "ifname", net->uplink);
	} else if (opt_vmnet_addresses(o, b, net) == -1)
		return -1;
	if (net->mode == NET_SHARED && !net->dhcp)
		return qerr_set(b->e, QERR_INPUT, "network '%s': vmnet cannot "
		    "switch DHCP off on a shared network", net->name);
	if (net->mode == NET_SHARED && net->nat66_prefix != NULL)
		opt_str(o, "nat66-prefix", net->nat66_prefix);
	if (net->mode == NET_HOST && !net->dhcp) {
		if (net->uuid[0] == '\0')
			return qerr_set(b->e, QERR_INPUT, "network '%s': vmnet "
			    "needs a uuid to switch DHCP off", net->name);
		opt_str(o, "net-uuid", net->uuid);
	}
	if (net->isolated)
		opt_str(o, "isolated", "on");
	return 0;
}

static int
netdev_darwin(struct build *b, const struct lab_net *net, const char *id)
{
	struct opt o;

	opt_begin(&o, net->mode == NET_SHARED ? "vmnet-shared" :
	    net->mode == NET_HOST ? "vmnet-host" : "vmnet-bridged");
	opt_str(&o, "id", id);
	if (opt_vmnet(&o, b, net) == -1) {
		opt_drop(&o);
		return -1;
	}
	opt_end(&o, b->argv, "-netdev");
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
add_card(struct build *b, const struct lab_net *net, const char *id,
    const struct lab_nic *nic)
{
	const char *model = nic->model == NULL ? "virtio-net-pci" : nic->model;
	char mac[MAC_STRSZ];
	struct opt o;

	if (b->machine == MACHINE_MICROVM &&
	    strcmp(model, "virtio-net-pci") == 0)
		model = "virtio-net-device";
	opt_begin(&o, model);
	opt_str(&o, "netdev", id);
	fprintf(o.f, ",id=nic-%s", nic->id);
	opt_str(&o, "mac", mac_format(nic->mac, mac));
	if (net != NULL && net->mtu != 0 &&
	    strncmp(model, "virtio-net-", 11) == 0)
		fprintf(o.f, ",host_mtu=%d", net->mtu);
	if (has_boot_rom(model) && !boots_from_network(b->vm->boot))
		opt_str(&o, "romfile", "");
	opt_end(&o, b->argv, "-device");
}

static int
add_nic(struct build *b, size_t i)
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

static int
add_nics(struct build *b)
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

/* A listener of the caller's: QEMU connects. */
static void
add_socket(struct build *b, const char *id, const char *path, bool mux)
{
	struct opt o;

	opt_begin(&o, "socket");
	opt_str(&o, "id", id);
	opt_str(&o, "path", path);
	opt_str(&o, "server", "off");
	if (mux)
		opt_str(&o, "mux", "on");
	opt_end(&o, b->argv, "-chardev");
}

/*
 * The serial console shares its line with the monitor, so that Ctrl-A C and
 * Ctrl-A X do what QEMU's users expect.
 */
static void
add_consoles(struct build *b)
{
	if (b->conf->console_path != NULL) {
		add_socket(b, "con", b->conf->console_path, true);
		add(b, "-serial", "chardev:con");
		add(b, "-mon", "chardev=con,mode=readline");
	} else
		add(b, "-serial", "mon:stdio");
	if (b->conf->qmp_path != NULL) {
		add_socket(b, "qmp", b->conf->qmp_path, false);
		add(b, "-mon", "chardev=qmp,mode=control");
	}
}

static int
build(struct build *b)
{
	const struct lab_vm *vm = b->vm;
	char *program = xasprintf("qemu-system-%s", b->arch);
	const char *known = qemu_arch_of(program);

	if (known != NULL && strcmp(known, b->arch) == 0)
		strv_add(b->argv, program);
	free(program);
	if (b->argv->n == 0)
		return qerr_set(b->e, QERR_INPUT, "VM '%s': unknown arch '%s'",
		    vm->name, b->arch);
	add(b, "-name", vm->name);
	add_machine(b);
	add_display(b);
	for (size_t i = 0; i < vm->ndisks; i++)
		if (add_disk(b, i) == -1)
			return -1;
	add_cdrom(b);
	add_boot(b);
	if (add_nics(b) == -1)
		return -1;
	add_consoles(b);
	if (vm->snapshot)
		strv_add(b->argv, "-snapshot");
	if (b->conf->freeze)
		strv_add(b->argv, "-S");
	for (size_t i = 0; i < vm->args.n; i++)
		strv_add(b->argv, vm->args.v[i]);
	for (char *const *x = b->conf->extra; x != NULL && *x != NULL; x++)
		strv_add(b->argv, *x);
	return 0;
}

char *
qemu_program(const struct lab_vm *vm)
{
	return xasprintf("qemu-system-%s", vm->arch != NULL ? vm->arch :
	    accel_host_arch());
}

int
qemu_argv_build(const struct lab *lab, const struct lab_vm *vm,
    const struct qemu_conf *conf, struct strv *argv, struct qerr *e)
{
	struct build b = {
		.lab = lab,
		.vm = vm,
		.conf = conf,
		.arch = vm->arch != NULL ? vm->arch : accel_host_arch(),
		.argv = argv,
		.e = e,
	};

	b.machine = machine_of(vm, b.arch);
	if (build(&b) == 0)
		return 0;
	strv_free(argv);
	return -1;
}
