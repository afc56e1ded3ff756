/* SPDX-License-Identifier: ISC */
/* lintvm.c - what is wrong with a lab's VMs */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "addr.h"
#include "lintlab.h"
#include "near.h"
#include "netconf.h"
#include "text.h"

/* Names in messages: of a lab they are plain, of a raw command line not. */
static char *
vm_show(const struct lab_vm *vm, char buf[TEXT_SHOWSZ])
{
	return text_show(vm->name, buf);
}

static void
lint_unknown_net(const struct lab *lab, const struct lab_nic *nic,
    struct findings *out)
{
	struct strv names = { 0 };
	char show[TEXT_SHOWSZ];
	char *near;

	/* After a hundred findings nobody wants suggestions, or to wait. */
	for (size_t i = 0; i < lab->nnets && out->n < 100; i++)
		strv_add(&names, lab->nets[i].name);
	near = near_names(nic->net, names.v, names.n);
	text_show(nic->net, show);
	if (near != NULL)
		findings_add(out, true, nic->line, "network %s is not defined "
		    "(did you mean '%.*s'?)", show, (int)strcspn(near, " "),
		    near);
	else if (strcmp(nic->net, "user") == 0)
		findings_add(out, true, nic->line, "network %s is not defined "
		    "(did you mean {mode: user}?)", show);
	else
		findings_add(out, true, nic->line, "network %s is not defined",
		    show);
	free(near);
	strv_free(&names);
}

/* QEMU's own NAT gives its guests 10.0.2.0/24, whatever the lab has. */
static void
lint_user_subnet(const struct lab_vm *vm, const struct lab_nic *nic,
    const struct lab_net *net, struct findings *out)
{
	char cidr[CIDR_STRSZ], show[TEXT_SHOWSZ];

	if (!lint_has_subnet(net) || net->plen < 0 ||
	    !cidr4_overlap(net->subnet, net->plen, 0x0a000200, 24))
		return;
	for (size_t i = 0; i < vm->nnics; i++)
		if (vm->nics[i].mode == NET_USER) {
			cidr4_format(net->subnet, net->plen, cidr);
			findings_add(out, false, nic->line, "subnet %s of "
			    "network '%s' overlaps 10.0.2.0/24, which VM %s "
			    "has on its user NIC", cidr, net->name,
			    vm_show(vm, show));
			return;
		}
}

static void
lint_nics(const struct lab *lab, const struct lab_vm *vm, struct findings *out)
{
	static const uint8_t none[6];

	for (size_t i = 0; i < vm->nnics; i++) {
		const struct lab_nic *nic = &vm->nics[i];
		const struct lab_net *net = lab_net_find(lab, nic->net);
		int line = nic->mac_line > 0 ? nic->mac_line : nic->line;
		char mac[MAC_STRSZ];

		if (net != NULL)
			lint_user_subnet(vm, nic, net, out);
		else if (nic->net[0] != '\0')
			lint_unknown_net(lab, nic, out);
		mac_format(nic->mac, mac);
		if ((nic->mac[0] & 1) != 0)
			findings_add(out, true, line, "mac '%s' is a "
			    "multicast address: a NIC's first octet is even",
			    mac);
		else if (memcmp(nic->mac, none, sizeof(none)) == 0)
			findings_add(out, true, line, "mac '%s' is all zero",
			    mac);
	}
}

static void
lint_forwards(const struct lab_vm *vm, struct findings *out)
{
	char ip[IP4_STRSZ], show[TEXT_SHOWSZ];
	bool user = false;

	for (size_t i = 0; i < vm->nnics; i++)
		user = user || vm->nics[i].mode == NET_USER;
	if (vm->nforwards > 0 && !user)
		findings_add(out, true, vm->forwards[0].line, "forward on VM "
		    "%s needs a NIC {mode: user}", vm_show(vm, show));
	for (size_t i = 0; i < vm->nforwards; i++) {
		const struct lab_forward *f = &vm->forwards[i];

		if (!f->has_addr)
			findings_add(out, false, f->line, "forward '%s:%u:%u' "
			    "has no address and listens on all of them; say "
			    "'%s:127.0.0.1:%u:%u' for this host alone",
			    f->proto, f->host_port, f->guest_port, f->proto,
			    f->host_port, f->guest_port);
		else if (f->host_addr >= 0xe0000000)
			findings_add(out, true, f->line, "forward address "
			    "'%s' is no host's", ip4_format(f->host_addr, ip));
	}
}

static bool
gives_leases(const struct lab *lab, const struct lab_vm *vm)
{
	for (size_t i = 0; i < vm->nnics; i++) {
		const struct lab_net *net = lab_net_find(lab, vm->nics[i].net);

		if (net != NULL && lint_has_subnet(net) && net->dhcp)
			return true;
	}
	return false;
}

/* On a bridged network it may be. */
static bool
host_is_on(const struct lab *lab, const struct lab_vm *vm)
{
	for (size_t i = 0; i < vm->nnics; i++) {
		const struct lab_net *net = lab_net_find(lab, vm->nics[i].net);

		if (net != NULL && (netconf_has_address(net) ||
		    net->mode == NET_BRIDGED))
			return true;
	}
	return false;
}

static void
lint_ready(const struct lab *lab, const struct lab_vm *vm,
    struct findings *out)
{
	bool leases = vm->nready > 0 && gives_leases(lab, vm);
	char show[TEXT_SHOWSZ];

	for (size_t i = 0; i < vm->nready; i++) {
		const struct lab_ready *r = &vm->ready[i];

		if (r->kind == READY_TCP && vm->nnics == 0)
			findings_add(out, true, r->line, "tcp '%u': VM %s has "
			    "no NIC", r->port, vm_show(vm, show));
		else if (r->kind == READY_TCP && !host_is_on(lab, vm))
			findings_add(out, false, r->line, "tcp '%u': the host "
			    "has no address on any network of VM %s, so it "
			    "cannot be tried", r->port, vm_show(vm, show));
		if (r->kind == READY_LEASE && vm->nnics == 0)
			findings_add(out, true, r->line, "lease: VM %s has no "
			    "NIC", vm_show(vm, show));
		else if (r->kind == READY_LEASE && !leases)
			findings_add(out, false, r->line, "lease: no network "
			    "of VM %s has a DHCP server of qlab's",
			    vm_show(vm, show));
	}
}

/* MikroTik's arm64 image by its usual name: chr-7.18.2-arm64.img, ... */
static bool
is_chr_arm64(const char *file)
{
	const char *base = strrchr(file, '/');

	base = base != NULL ? base + 1 : file;
	return strncasecmp(base, "chr", 3) == 0 &&
	    strcasestr(base, "arm64") != NULL;
}

static void
lint_accel(const struct lab_vm *vm, const struct lint_conf *conf,
    struct findings *out)
{
	const char *accel = vm->accel != NULL ? vm->accel : "auto";
	bool darwin = conf->target == QEMU_DARWIN;

	if ((darwin && strcmp(accel, "kvm") == 0) ||
	    (!darwin && strcmp(accel, "hvf") == 0))
		findings_add(out, true, vm->line, "accel '%s' is %s", accel,
		    darwin ? "Linux'" : "macOS'");
	if (!darwin || strcmp(accel, "tcg") == 0)
		return;
	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct lab_disk *d = &vm->disks[i];
		const char *file = d->base != NULL && is_chr_arm64(d->base) ?
		    d->base : d->file;
		char show[TEXT_SHOWSZ];

		if (!is_chr_arm64(file))
			continue;
		findings_add(out, true, d->line, "disk %s: RouterOS for arm64 "
		    "panics under hvf; say 'accel: tcg'",
		    text_show(file, show));
		return;
	}
}

static void
lint_boot(const struct lab_vm *vm, struct findings *out)
{
	char show[TEXT_SHOWSZ];

	if (vm->kernel == NULL && vm->initrd != NULL)
		findings_add(out, true, vm->initrd_line, "initrd %s without "
		    "a kernel", text_show(vm->initrd, show));
	if (vm->kernel == NULL && vm->append != NULL)
		findings_add(out, true, vm->line, "append %s without a kernel",
		    text_show(vm->append, show));
	if (vm->ndisks == 0 && vm->cdrom == NULL && vm->kernel == NULL &&
	    vm->nnics == 0 && vm->args.n == 0)
		findings_add(out, false, vm->line, "VM %s has nothing to boot "
		    "from: no disk, cdrom, kernel or NIC", vm_show(vm, show));
}

/* QEMU's own NAT instead of a network keeps VMs apart. */
static void
lint_userspace(const struct lab *lab, const struct lint_conf *conf,
    struct findings *out)
{
	for (size_t i = 0; i < lab->nnets; i++) {
		const struct lab_net *net = &lab->nets[i];
		size_t users = 0;

		if (net->mode != NET_SHARED ||
		    lint_backend(net, conf) != BACKEND_USERSPACE)
			continue;
		for (size_t j = 0; j < lab->nvms; j++)
			for (size_t k = 0; k < lab->vms[j].nnics; k++)
				if (strcmp(lab->vms[j].nics[k].net,
				    net->name) == 0) {
					users++;
					break;
				}
		if (users > 1)
			findings_add(out, false, net->line, "VMs on shared "
			    "network '%s' cannot reach each other on backend "
			    "userspace", net->name);
	}
}

/*
 * What VMs that run together must not share.  The uses of one kind of thing
 * are collected, sorted, and then compared with their neighbours, so that a
 * large lab takes no longer than it must.
 */
struct use {
	const struct lab_vm *vm;
	const void *item;	/* lab_nic, lab_forward or lab_disk */
	char *path;		/* of a disk */
	bool base;		/* the path is a disk's base */
	size_t order;		/* of appearance */
};

struct uses {
	struct use *u;
	size_t n;
};

static struct use *
add_use(struct uses *uses, const struct lab_vm *vm, const void *item)
{
	struct use *u;

	/* Doubled at powers of two. */
	if ((uses->n & (uses->n - 1)) == 0)
		uses->u = xrealloc(uses->u,
		    (uses->n == 0 ? 1 : 2 * uses->n) * sizeof(*uses->u));
	u = &uses->u[uses->n];
	*u = (struct use){ .vm = vm, .item = item, .order = uses->n };
	uses->n++;
	return u;
}

static void
sort_uses(struct uses *uses, int (*cmp)(const void *, const void *))
{
	if (uses->n > 1)
		qsort(uses->u, uses->n, sizeof(*uses->u), cmp);
}

static int
cmp_order(const struct use *a, const struct use *b)
{
	return a->order < b->order ? -1 : a->order > b->order;
}

static int
cmp_macs(const void *va, const void *vb)
{
	const struct use *a = va, *b = vb;
	const struct lab_nic *na = a->item, *nb = b->item;
	int c = memcmp(na->mac, nb->mac, sizeof(na->mac));

	if (c == 0)
		c = strcmp(na->net, nb->net);
	return c != 0 ? c : cmp_order(a, b);
}

static void
lint_macs(struct uses *uses, struct findings *out)
{
	sort_uses(uses, cmp_macs);
	for (size_t i = 1; i < uses->n; i++) {
		const struct use *ua = &uses->u[i - 1], *ub = &uses->u[i];
		const struct lab_nic *a = ua->item, *b = ub->item;
		char mac[MAC_STRSZ], show[TEXT_SHOWSZ];
		char other[LAB_NAMESZ + LAB_NICSZ];
		bool same;

		if (memcmp(a->mac, b->mac, sizeof(a->mac)) != 0)
			continue;
		/* A user network is each NIC's own. */
		same = strcmp(a->net, b->net) == 0 && a->net[0] != '\0' &&
		    b->mode != NET_USER;
		snprintf(other, sizeof(other), "%s/%s", ua->vm->name, a->id);
		findings_add(out, same, b->mac_line > 0 ? b->mac_line :
		    b->line, "mac '%s' is also that of NIC %s, on %s network",
		    mac_format(b->mac, mac), text_show(other, show),
		    same ? "the same" : "another");
	}
}

static int
cmp_ports(const void *va, const void *vb)
{
	const struct use *a = va, *b = vb;
	const struct lab_forward *fa = a->item, *fb = b->item;
	int c = strcmp(fa->proto, fb->proto);

	if (c == 0)
		c = (int)fa->host_port - (int)fb->host_port;
	if (c == 0)
		c = fa->host_addr < fb->host_addr ? -1 :
		    fa->host_addr > fb->host_addr;
	return c != 0 ? c : cmp_order(a, b);
}

/* Those of one port stand together, 0.0.0.0, which takes all, first. */
static void
lint_ports(struct uses *uses, struct findings *out)
{
	size_t first = 0;

	sort_uses(uses, cmp_ports);
	for (size_t i = 1; i < uses->n; i++) {
		const struct lab_forward *f = uses->u[first].item;
		const struct lab_forward *a = uses->u[i - 1].item;
		const struct lab_forward *b = uses->u[i].item;
		const struct use *other = &uses->u[i - 1];
		char show[TEXT_SHOWSZ];

		if (strcmp(f->proto, b->proto) != 0 ||
		    f->host_port != b->host_port) {
			first = i;
			continue;
		}
		if (f->host_addr == 0)
			other = &uses->u[first];
		else if (a->host_addr != b->host_addr)
			continue;
		findings_add(out, true, b->line, "forward port '%s:%u' is "
		    "taken by a forward of VM %s", b->proto, b->host_port,
		    vm_show(other->vm, show));
	}
}

/* Drop "." components and repeated slashes, in place. */
static void
tidy_path(char *path)
{
	const char *p = path;
	char *o = path;

	while (*p != '\0') {
		bool start = p == path || p[-1] == '/';

		if (start && p[0] == '.' && p[1] == '/') {
			p += 2;
			while (*p == '/')
				p++;
		} else if (*p == '/' && o > path && o[-1] == '/')
			p++;
		else
			*o++ = *p++;
	}
	*o = '\0';
}

static int
cmp_paths(const void *va, const void *vb)
{
	const struct use *a = va, *b = vb;
	int c = strcmp(a->path, b->path);

	if (c == 0)
		c = (int)a->base - (int)b->base;
	return c != 0 ? c : cmp_order(a, b);
}

/* b uses the same file as the disk a. */
static void
lint_disk_pair(const struct use *a, const struct use *b,
    const struct lint_conf *conf, struct findings *out)
{
	const struct lab_disk *db = b->item;
	char file[TEXT_SHOWSZ], vm[TEXT_SHOWSZ];

	/* Nobody writes to it. */
	if (a->vm->snapshot && (b->vm->snapshot || b->base) && a->vm != b->vm)
		return;
	text_show(b->base ? db->base : db->file, file);
	vm_show(a->vm, vm);
	if (b->base)
		findings_add(out, true, db->line, "base %s is a disk of VM "
		    "%s, which writes to it", file, vm);
	else if (a->vm == b->vm)
		findings_add(out, true, db->line, "disk %s twice in VM %s",
		    file, vm);
	else if (lint_selected(a->vm, conf) && lint_selected(b->vm, conf))
		findings_add(out, !conf->apart, db->line, "disk %s is also "
		    "one of VM %s: they cannot run together, so name the one "
		    "to start", file, vm);
}

/* Those of one file stand together, in front those that use it as a disk. */
static void
lint_disks(struct uses *uses, const struct lint_conf *conf,
    struct findings *out)
{
	size_t first = 0;

	sort_uses(uses, cmp_paths);
	for (size_t i = 1; i < uses->n; i++) {
		const struct use *a = &uses->u[first], *b = &uses->u[i];

		if (strcmp(a->path, b->path) != 0)
			first = i;
		else if (!a->base)
			lint_disk_pair(a, b, conf, out);
	}
}

static void
add_disk(struct uses *uses, const struct lab *lab, const struct lab_vm *vm,
    const struct lab_disk *d, bool base)
{
	struct use *u = add_use(uses, vm, d);

	u->base = base;
	u->path = lab_path(lab, base ? d->base : d->file);
	tidy_path(u->path);
}

static void
lint_sharing(const struct lab *lab, const struct lint_conf *conf,
    struct findings *out)
{
	struct uses nics = { 0 }, forwards = { 0 }, disks = { 0 };

	for (size_t i = 0; i < lab->nvms; i++) {
		const struct lab_vm *vm = &lab->vms[i];

		for (size_t j = 0; j < vm->ndisks; j++) {
			add_disk(&disks, lab, vm, &vm->disks[j], false);
			if (vm->disks[j].base != NULL)
				add_disk(&disks, lab, vm, &vm->disks[j], true);
		}
		if (!lint_selected(vm, conf))
			continue;
		for (size_t j = 0; j < vm->nnics; j++)
			add_use(&nics, vm, &vm->nics[j]);
		for (size_t j = 0; j < vm->nforwards; j++)
			add_use(&forwards, vm, &vm->forwards[j]);
	}
	lint_macs(&nics, out);
	lint_ports(&forwards, out);
	lint_disks(&disks, conf, out);
	for (size_t i = 0; i < disks.n; i++)
		free(disks.u[i].path);
	free(nics.u);
	free(forwards.u);
	free(disks.u);
}

void
lint_vms(const struct lab *lab, const struct lint_conf *conf,
    struct findings *out)
{
	for (size_t i = 0; i < lab->nvms; i++) {
		const struct lab_vm *vm = &lab->vms[i];

		lint_boot(vm, out);
		lint_accel(vm, conf, out);
		qemu_args_lint(vm->args.v, vm->line, conf->target, out);
		lint_nics(lab, vm, out);
		lint_forwards(vm, out);
		lint_ready(lab, vm, out);
	}
	lint_userspace(lab, conf, out);
	lint_sharing(lab, conf, out);
}
