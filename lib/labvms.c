/* SPDX-License-Identifier: ISC */
/* labvms.c - inside of the lab file reader: the keys of a VM */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "labread.h"
#include "text.h"

static void
read_memory(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s != NULL && lab_parse_size_mib(s, field, &e) == -1)
		lab_err(r->errs, v->line, "%s", e.msg);
}

static void
read_cpus(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;
	uint64_t n;

	if (s == NULL)
		return;
	if (lab_parse_number(s, 1, 1024, &n, &e) == 0)
		*(int *)field = (int)n;
	else
		lab_err(r->errs, v->line, "cpus %s", e.msg);
}

static void
read_accel(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s == NULL)
		return;
	if (lab_parse_accel(s, &e) == 0)
		labread_text(r, v, field);
	else
		lab_err(r->errs, v->line, "%s", e.msg);
}

static void
read_disk_bus(struct labread *r, const struct ynode *v, void *field)
{
	static const char *const words[] = { "virtio", "scsi", "ide", NULL };

	labread_word(r, v, field, words, "virtio, scsi or ide");
}

static void
read_arch(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s != NULL && lab_parse_arch(s, field, &e) == -1)
		lab_err(r->errs, v->line, "%s", e.msg);
}

static void
read_create(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s != NULL && lab_parse_size_bytes(s, field, &e) == -1)
		lab_err(r->errs, v->line, "%s", e.msg);
}

#define DISK(f)	offsetof(struct lab_disk, f)

static void
read_disk(struct labread *r, const struct ynode *v, struct lab_disk *disk)
{
	static const struct labread_key keys[] = {
		{ "file", labread_text, DISK(file), NOLINE },
		{ "base", labread_text, DISK(base), NOLINE },
		{ "create", read_create, DISK(create_bytes), NOLINE },
		{ NULL, NULL, 0, 0 },
	};
	unsigned seen;

	disk->line = v->line;
	if (v->kind != YNODE_MAP) {
		labread_text(r, v, &disk->file);
		return;
	}
	seen = labread_map(r, v, keys, disk, "a disk");
	if ((seen & 1) == 0)
		lab_err(r->errs, v->line, "a disk without file");
	if ((seen & 6) == 6)
		lab_err(r->errs, v->line, "a disk with both base and create: "
		    "an overlay has the size of its base");
}

static void
read_disks(struct labread *r, const struct ynode *v, void *field)
{
	const char *key = r->key;

	if (!labread_list(r, v, LAB_LIST_MAX, "[router.qcow2]"))
		return;
	for (size_t i = 0; i < v->nkids; i++) {
		r->key = key;
		read_disk(r, &v->kids[i], lab_disk_add(field));
	}
}

static void
read_net_name(struct labread *r, const struct ynode *v, void *field)
{
	labread_name(r, v, "network", field);
}

static void
read_own_mode(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	char show[TEXT_SHOWSZ];

	if (s == NULL)
		return;
	if (strcmp(s, "user") == 0)
		*(enum net_mode *)field = NET_USER;
	else
		lab_err(r->errs, v->line, "mode %s: a NIC's own network can "
		    "only be user; name others under networks",
		    text_show(s, show));
}

static void
read_mac(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct lab_nic *nic = field;
	char show[TEXT_SHOWSZ];

	if (s == NULL)
		return;
	if (mac_parse(s, nic->mac) == 0)
		nic->has_mac = true;
	else
		lab_err(r->errs, v->line, "mac %s is not a MAC address, such "
		    "as 02:00:00:00:00:01", text_show(s, show));
}

static void
read_link(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	char show[TEXT_SHOWSZ];

	if (s == NULL)
		return;
	if (strcmp(s, "down") == 0)
		*(bool *)field = true;
	else if (strcmp(s, "up") != 0)
		lab_err(r->errs, v->line, "link %s is neither up nor down",
		    text_show(s, show));
}

#define NIC(f)	offsetof(struct lab_nic, f)

static void
read_nic(struct labread *r, const struct ynode *v, struct lab_nic *nic)
{
	static const struct labread_key keys[] = {
		{ "net", read_net_name, NIC(net), NOLINE },
		{ "mode", read_own_mode, NIC(mode), NOLINE },
		{ "mac", read_mac, 0, NIC(mac_line) },
		{ "model", labread_plain, NIC(model), NOLINE },
		{ "link", read_link, NIC(link_down), NOLINE },
		{ NULL, NULL, 0, 0 },
	};
	unsigned seen;

	nic->line = v->line;
	if (v->kind != YNODE_MAP) {
		read_net_name(r, v, nic->net);
		return;
	}
	seen = labread_map(r, v, keys, nic, "a NIC");
	if ((seen & 3) == 0)
		lab_err(r->errs, v->line, "a NIC without net (or mode: user)");
	if ((seen & 3) == 3)
		lab_err(r->errs, v->line, "a NIC with both net and mode");
}

static void
read_nics(struct labread *r, const struct ynode *v, void *field)
{
	const char *key = r->key;

	if (!labread_list(r, v, LAB_LIST_MAX, "[wan, lan]"))
		return;
	for (size_t i = 0; i < v->nkids; i++) {
		r->key = key;
		read_nic(r, &v->kids[i], lab_nic_add(field));
	}
}

static void
read_forwards(struct labread *r, const struct ynode *v, void *field)
{
	if (!labread_list(r, v, LAB_LIST_MAX, "[\"tcp:127.0.0.1:2222:22\"]"))
		return;
	for (size_t i = 0; i < v->nkids; i++) {
		const char *s = labread_scalar(r, &v->kids[i]);
		struct lab_forward f = { .line = v->kids[i].line };
		struct qerr e;

		if (s == NULL)
			continue;
		if (lab_parse_forward(s, &f, &e) == 0)
			*lab_forward_add(field) = f;
		else
			lab_err(r->errs, f.line, "%s", e.msg);
	}
}

static void
read_console(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct lab_ready *ready;
	struct qerr e;

	if (s == NULL)
		return;
	if (lab_parse_pattern(s, &e) == -1) {
		lab_err(r->errs, v->line, "%s", e.msg);
		return;
	}
	ready = lab_ready_add(field);
	ready->kind = READY_CONSOLE;
	ready->pattern = xstrdup(s);
	ready->line = v->line;
}

static void
read_tcp(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct lab_ready *ready;
	struct qerr e;
	uint64_t n;

	if (s == NULL)
		return;
	if (lab_parse_number(s, 1, 65535, &n, &e) == -1) {
		lab_err(r->errs, v->line, "tcp port %s", e.msg);
		return;
	}
	ready = lab_ready_add(field);
	ready->kind = READY_TCP;
	ready->port = (uint16_t)n;
	ready->line = v->line;
}

static void
read_lease(struct labread *r, const struct ynode *v, void *field)
{
	struct lab_ready *ready;
	bool on = false;
	int before = r->errs->n;

	labread_bool(r, v, &on);
	if (on) {
		ready = lab_ready_add(field);
		ready->kind = READY_LEASE;
		ready->line = v->line;
	} else if (r->errs->n == before)
		lab_err(r->errs, v->line, "lease '%s': leave it out instead",
		    v->text);
}

/* A map of conditions, or a list of such maps. */
static void
read_ready(struct labread *r, const struct ynode *v, void *field)
{
	static const struct labread_key keys[] = {
		{ "console", read_console, 0, NOLINE },
		{ "tcp", read_tcp, 0, NOLINE },
		{ "lease", read_lease, 0, NOLINE },
		{ NULL, NULL, 0, 0 },
	};
	static const char example[] = "[{console: \"login:\"}, {tcp: 22}]";

	if (v->kind == YNODE_MAP) {
		labread_map(r, v, keys, field, "ready");
		return;
	}
	if (!labread_list(r, v, LAB_LIST_MAX, example))
		return;
	for (size_t i = 0; i < v->nkids; i++)
		if (v->kids[i].kind == YNODE_MAP)
			labread_map(r, &v->kids[i], keys, field, "ready");
		else
			lab_err(r->errs, v->kids[i].line, "ready wants maps "
			    "such as %s, not %s", example,
			    labread_kind(&v->kids[i]));
}

static void
read_args(struct labread *r, const struct ynode *v, void *field)
{
	if (!labread_list(r, v, LAB_ARGS_MAX, "[-device, edu]"))
		return;
	for (size_t i = 0; i < v->nkids; i++) {
		const char *s = labread_scalar(r, &v->kids[i]);

		if (s != NULL)
			strv_add(field, s);
	}
}

#define VM(f)	offsetof(struct lab_vm, f)

static const struct labread_key vm_keys[] = {
	{ "disks", read_disks, 0, NOLINE },
	{ "cdrom", labread_text, VM(cdrom), VM(cdrom_line) },
	{ "boot", labread_text, VM(boot), NOLINE },
	{ "kernel", labread_text, VM(kernel), VM(kernel_line) },
	{ "initrd", labread_text, VM(initrd), VM(initrd_line) },
	{ "append", labread_text, VM(append), NOLINE },
	{ "arch", read_arch, VM(arch), NOLINE },
	{ "machine", labread_text, VM(machine), NOLINE },
	{ "accel", read_accel, VM(accel), NOLINE },
	{ "cpu", labread_text, VM(cpu), NOLINE },
	{ "memory", read_memory, VM(memory_mib), NOLINE },
	{ "cpus", read_cpus, VM(cpus), NOLINE },
	{ "disk-bus", read_disk_bus, VM(disk_bus), NOLINE },
	{ "nics", read_nics, 0, NOLINE },
	{ "forward", read_forwards, 0, NOLINE },
	{ "ready", read_ready, 0, NOLINE },
	{ "display", labread_text, VM(display), NOLINE },
	{ "snapshot", labread_bool, VM(snapshot), NOLINE },
	{ "args", read_args, VM(args), NOLINE },
	{ NULL, NULL, 0, 0 },
};

void
labread_vms(struct labread *r, const struct ynode *v, void *field)
{
	struct lab *lab = field;

	if (v->kind != YNODE_MAP) {
		lab_err(r->errs, v->line, "vms wants a map, such as "
		    "{router: {disks: [router.qcow2]}}, not %s",
		    labread_kind(v));
		return;
	}
	if (v->nkids / 2 > LAB_VMS_MAX) {
		lab_err(r->errs, v->line, "%zu VMs, more than %d",
		    v->nkids / 2, LAB_VMS_MAX);
		return;
	}
	for (size_t i = 0; i < v->nkids; i += 2) {
		const struct ynode *k = &v->kids[i], *map = &v->kids[i + 1];
		struct lab_vm *vm = lab_vm_find(lab, k->text);
		char what[64];

		if (!labread_named(r, k, map, "VM", vm != NULL ? vm->line : 0))
			continue;
		vm = lab_vm_add(lab, k->text);
		vm->line = k->line;
		snprintf(what, sizeof(what), "VM '%s'", vm->name);
		labread_map(r, map, vm_keys, vm, what);
	}
}
