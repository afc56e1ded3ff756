/* SPDX-License-Identifier: ISC */
/* qemuargv.c - a VM as QEMU's command line */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "qemuargvnic.h"

void
qemu_opt_begin(struct qemu_opt *o, const char *head)
{
	o->f = open_memstream(&o->text, &o->len);
	if (o->f == NULL)
		abort();
	fputs(head, o->f);
}

void
qemu_opt_str(struct qemu_opt *o, const char *key, const char *value)
{
	fprintf(o->f, ",%s=", key);
	for (; *value != '\0'; value++) {
		if (*value == ',')
			fputc(',', o->f);
		fputc(*value, o->f);
	}
}

void
qemu_opt_end(struct qemu_opt *o, struct strv *argv, const char *option)
{
	if (fclose(o->f) != 0)
		abort();
	strv_add(argv, option);
	strv_add(argv, o->text);
	free(o->text);
}

void
qemu_opt_drop(struct qemu_opt *o)
{
	fclose(o->f);
	free(o->text);
}

static void
add(struct qemu_build *b, const char *option, const char *value)
{
	strv_add(b->argv, option);
	strv_add(b->argv, value);
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
add_machine(struct qemu_build *b)
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
add_display(struct qemu_build *b)
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
virtio_suffix(const struct qemu_build *b)
{
	return b->machine == MACHINE_MICROVM ? "device" : "pci";
}

static void
add_scsi(struct qemu_build *b)
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
add_ide(struct qemu_build *b, size_t disk)
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
add_disk(struct qemu_build *b, size_t n)
{
	const char *bus = b->vm->disk_bus;
	char *file = lab_path(b->lab, b->vm->disks[n].file);
	struct qemu_opt o;

	qemu_opt_begin(&o, "if=none");
	fprintf(o.f, ",id=disk%zu", n);
	qemu_opt_str(&o, "file", file);
	if (b->conf->disk_formats != NULL)
		qemu_opt_str(&o, "format", b->conf->disk_formats[n]);
	qemu_opt_str(&o, "discard", "unmap");
	qemu_opt_end(&o, b->argv, "-drive");
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
add_cdrom(struct qemu_build *b)
{
	char *file;
	struct qemu_opt o;

	if (b->vm->cdrom == NULL)
		return;
	file = lab_path(b->lab, b->vm->cdrom);
	if (b->machine == MACHINE_PC || b->machine == MACHINE_Q35)
		add(b, "-cdrom", file);
	else {
		qemu_opt_begin(&o, "if=none,id=cd0,media=cdrom");
		qemu_opt_str(&o, "file", file);
		qemu_opt_end(&o, b->argv, "-drive");
		add_scsi(b);
		add(b, "-device", "scsi-cd,drive=cd0,bus=scsi0.0");
	}
	free(file);
}

static void
add_boot(struct qemu_build *b)
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

/* A listener of the caller's: QEMU connects. */
static void
add_socket(struct qemu_build *b, const char *id, const char *path, bool mux)
{
	struct qemu_opt o;

	qemu_opt_begin(&o, "socket");
	qemu_opt_str(&o, "id", id);
	qemu_opt_str(&o, "path", path);
	qemu_opt_str(&o, "server", "off");
	if (mux)
		qemu_opt_str(&o, "mux", "on");
	qemu_opt_end(&o, b->argv, "-chardev");
}

/*
 * The serial console shares its line with the monitor, so that Ctrl-A C and
 * Ctrl-A X do what QEMU's users expect.
 */
static void
add_consoles(struct qemu_build *b)
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
build(struct qemu_build *b)
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
	if (qemu_build_nics(b) == -1)
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
	struct qemu_build b = {
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
