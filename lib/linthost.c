/* SPDX-License-Identifier: ISC */
/* linthost.c - what on this machine keeps a lab from starting */
#include <sys/stat.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accel.h"
#include "hostif.h"
#include "linthost.h"
#include "lintlab.h"
#include "proc.h"
#include "qemuimg.h"
#include "text.h"

enum { TIMEOUT_MS = 10000 };

/* A file that a VM writes, to find it again in another VM. */
struct written {
	dev_t dev;
	ino_t ino;
	const struct lab_vm *vm;
	char *path;
};

struct hostlint {
	const struct lab *lab;
	const struct lint_conf *conf;
	struct findings *out;
	struct written *written;
	size_t nwritten;
	/* What the program asked last said: many VMs use the same one. */
	char *program, *netdevs, *version;
};

/*
 * A file that has to be there, readable and not empty.  Fills *st; returns
 * false when something was said.
 */
static bool
lint_file(struct hostlint *l, const char *what, const char *file, int line,
    struct stat *st)
{
	char *path = lab_path(l->lab, file);
	char show[TEXT_SHOWSZ];
	const char *problem = NULL;
	int fd;

	/* O_NONBLOCK: a FIFO must not hold us. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		problem = errno == ENOENT ? "is not there" : strerror(errno);
	else if (fstat(fd, st) == -1)
		problem = strerror(errno);
	else if (S_ISDIR(st->st_mode))
		problem = "is a directory";
	else if (!S_ISREG(st->st_mode) && !S_ISBLK(st->st_mode))
		problem = "is not a file";
	else if (S_ISREG(st->st_mode) && st->st_size == 0)
		problem = "is empty";
	if (fd != -1)
		close(fd);
	if (problem != NULL)
		findings_add(l->out, true, line, "%s %s%s %s", what,
		    text_show(file, show), fd == -1 && errno != ENOENT ?
		    ":" : "", problem);
	free(path);
	return problem == NULL;
}

/* The directory that a disk is to be made in. */
static void
lint_place(struct hostlint *l, const struct lab_disk *disk)
{
	char *path = lab_path(l->lab, disk->file);
	char *slash = strrchr(path, '/');
	char show[TEXT_SHOWSZ];
	const char *dir = ".";

	if (slash != NULL) {
		slash[slash == path] = '\0';
		dir = path;
	}
	if (access(dir, W_OK | X_OK) == -1)
		findings_add(l->out, true, disk->line,
		    "disk %s cannot be made: %s",
		    text_show(disk->file, show), strerror(errno));
	free(path);
}

/* Another VM that starts now and writes the same file by another name. */
static const struct lab_vm *
other_writer(struct hostlint *l, const struct lab_vm *vm,
    const struct stat *st, const char *path)
{
	struct written *w;

	for (size_t i = 0; i < l->nwritten; i++)
		if (l->written[i].dev == st->st_dev &&
		    l->written[i].ino == st->st_ino)
			return strcmp(l->written[i].path, path) != 0 ?
			    l->written[i].vm : NULL;
	l->written = xrealloc(l->written,
	    (l->nwritten + 1) * sizeof(*l->written));
	w = &l->written[l->nwritten++];
	*w = (struct written){ st->st_dev, st->st_ino, vm, xstrdup(path) };
	return NULL;
}

static void
lint_existing(struct hostlint *l, const struct lab_vm *vm,
    const struct lab_disk *disk, const struct stat *st)
{
	char *path = lab_path(l->lab, disk->file);
	char show[TEXT_SHOWSZ];
	const struct lab_vm *other = NULL;

	text_show(disk->file, show);
	if (!vm->snapshot && access(path, W_OK) == -1)
		findings_add(l->out, true, disk->line,
		    "disk %s cannot be written: %s", show, strerror(errno));
	else if (qemuimg_in_use(path, !vm->snapshot))
		findings_add(l->out, true, disk->line, "disk %s is in use by "
		    "another process; does a VM run on it?", show);
	/* By one name, lint_lab() has said it. */
	if (!vm->snapshot && (other = other_writer(l, vm, st, path)) == vm)
		findings_add(l->out, true, disk->line, "disk %s is a disk of "
		    "VM '%s' by another name", show, vm->name);
	else if (!vm->snapshot && other != NULL)
		findings_add(l->out, !l->conf->apart, disk->line,
		    "disk %s of VM '%s' is a disk of VM '%s' too", show,
		    vm->name, other->name);
	free(path);
}

static void
lint_disk(struct hostlint *l, const struct lab_vm *vm,
    const struct lab_disk *disk)
{
	char *path = lab_path(l->lab, disk->file);
	bool there = access(path, F_OK) == 0 || errno != ENOENT;
	struct stat st;

	free(path);
	if (disk->base != NULL)
		lint_file(l, "base image", disk->base, disk->line, &st);
	if (!there && (disk->base != NULL || disk->create_bytes > 0))
		lint_place(l, disk);
	else if (lint_file(l, "disk", disk->file, disk->line, &st))
		lint_existing(l, vm, disk, &st);
}

static void
lint_files(struct hostlint *l, const struct lab_vm *vm)
{
	struct stat st;

	for (size_t i = 0; i < vm->ndisks; i++)
		lint_disk(l, vm, &vm->disks[i]);
	if (vm->cdrom != NULL)
		lint_file(l, "cdrom", vm->cdrom, vm->cdrom_line, &st);
	if (vm->kernel != NULL)
		lint_file(l, "kernel", vm->kernel, vm->kernel_line, &st);
	if (vm->initrd != NULL)
		lint_file(l, "initrd", vm->initrd, vm->initrd_line, &st);
}

const char *
linthost_package(const char *arch)
{
	static const struct { const char *arch, *package; } packages[] = {
		{ "aarch64", "qemu-system-arm" }, { "arm", "qemu-system-arm" },
		{ "i386", "qemu-system-x86" }, { "mips", "qemu-system-mips" },
		{ "ppc", "qemu-system-ppc" }, { "sparc", "qemu-system-sparc" },
		{ "x86_64", "qemu-system-x86" },
	};

	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strncmp(arch, packages[i].arch,
		    strlen(packages[i].arch)) == 0)
			return packages[i].package;
	return "qemu-system-misc";
}

bool
linthost_version(const char *text, int *major, int *minor)
{
	const char *v = strstr(text, "version ");

	return v != NULL && sscanf(v, "version %d.%d", major, minor) == 2;
}

bool
linthost_has_line(const char *text, const char *word)
{
	size_t len = strlen(word);

	while (*text != '\0') {
		size_t n = strcspn(text, "\r\n");

		if (n == len && memcmp(text, word, n) == 0)
			return true;
		text += n + (text[n] != '\0');
	}
	return false;
}

/* The netdev that a NIC needs of QEMU; NULL: one that is always there. */
static const char *
needed_netdev(const struct hostlint *l, const struct lab_nic *nic)
{
	const struct lab_net *net = lab_net_find(l->lab, nic->net);
	enum net_backend backend;

	if (nic->mode == NET_USER)
		return "user";
	if (net == NULL)
		return NULL;
	backend = lint_backend(net, l->conf);
	if (backend == BACKEND_USERSPACE)
		return nic->mode == NET_SHARED ? "user" : "stream";
	if (backend != BACKEND_VMNET)
		return NULL;
	return nic->mode == NET_SHARED ? "vmnet-shared" :
	    nic->mode == NET_HOST ? "vmnet-host" : "vmnet-bridged";
}

/* What "program ARG..." prints; NULL and a finding when it does not run. */
static char *
ask(struct hostlint *l, const struct lab_vm *vm, const char *program,
    const char *arg, const char *arg2)
{
	struct strv argv = { 0 };
	struct qerr e;
	char *out = NULL;
	int status;

	strv_add(&argv, program);
	strv_add(&argv, arg);
	if (arg2 != NULL)
		strv_add(&argv, arg2);
	status = proc_run(argv.v, NULL, &out, NULL, TIMEOUT_MS, &e);
	strv_free(&argv);
	if (status == 0)
		return out;
	free(out);
	if (status == -1)
		findings_add(l->out, true, vm->line, "%s", e.msg);
	else
		findings_add(l->out, true, vm->line,
		    "'%s %s' ends with status %d", program, arg, status);
	return NULL;
}

static void
forget(struct hostlint *l)
{
	free(l->program);
	free(l->netdevs);
	free(l->version);
	l->program = l->netdevs = l->version = NULL;
}

/* The netdevs of a QEMU, one a line, or NULL. */
static const char *
netdevs_of(struct hostlint *l, const struct lab_vm *vm, const char *program)
{
	if (l->program == NULL || strcmp(l->program, program) != 0) {
		forget(l);
		l->program = xstrdup(program);
		l->netdevs = ask(l, vm, program, "-netdev", "help");
	}
	return l->netdevs;
}

static void
lacks_netdev(struct hostlint *l, const struct lab_vm *vm,
    const struct lab_nic *nic, const char *needed)
{
	int major, minor;

	if (strncmp(needed, "vmnet-", 6) == 0 && l->version == NULL)
		l->version = ask(l, vm, l->program, "--version", NULL);
	if (l->version != NULL &&
	    linthost_version(l->version, &major, &minor) &&
	    (major < 7 || (major == 7 && minor < 1)))
		findings_add(l->out, true, vm->line,
		    "%s is version %d.%d: vmnet needs 7.1", l->program, major,
		    minor);
	else
		findings_add(l->out, true, nic->line, "%s has no netdev '%s', "
		    "which NIC '%s/%s' needs", l->program, needed, vm->name,
		    nic->id);
}

/*
 * QEMU is asked only when a NIC needs more than a tap: a start of it takes
 * longer than all else here.
 */
static void
lint_netdevs(struct hostlint *l, const struct lab_vm *vm, const char *program)
{
	for (size_t i = 0; i < vm->nnics; i++) {
		const char *needed = needed_netdev(l, &vm->nics[i]), *netdevs;

		if (needed == NULL)
			continue;
		netdevs = netdevs_of(l, vm, program);
		if (netdevs == NULL)
			break;
		if (!linthost_has_line(netdevs, needed)) {
			lacks_netdev(l, vm, &vm->nics[i], needed);
			break;
		}
	}
}

static void
lint_qemu(struct hostlint *l, const struct lab_vm *vm)
{
	const char *arch = vm->arch != NULL ? vm->arch : accel_host_arch();
	char *program = xasprintf("qemu-system-%s", arch);
	char *path = proc_find(program);
	char show[TEXT_SHOWSZ];

	if (qemu_arch_of(program) == NULL)
		findings_add(l->out, true, vm->line,
		    "VM '%s': unknown arch %s", vm->name,
		    text_show(arch, show));
	else if (path == NULL && l->conf->target == QEMU_DARWIN)
		findings_add(l->out, true, vm->line,
		    "%s is not installed: brew install qemu", program);
	else if (path == NULL)
		findings_add(l->out, true, vm->line,
		    "%s is not installed: sudo apt-get install %s", program,
		    linthost_package(arch));
	else
		lint_netdevs(l, vm, program);
	free(path);
	free(program);
}

static bool
is_wanted(const struct hostlint *l, const struct lab_net *net)
{
	for (size_t i = 0; i < l->lab->nvms; i++) {
		const struct lab_vm *vm = &l->lab->vms[i];

		for (size_t k = 0; k < vm->nnics; k++)
			if (strcmp(vm->nics[k].net, net->name) == 0 &&
			    lint_selected(vm, l->conf))
				return true;
	}
	return false;
}

/* A network that will be bridged to an interface of ours has it. */
static void
lint_uplinks(const struct hostlint *l)
{
	struct hostifs ifs = { 0 };
	char show[TEXT_SHOWSZ];
	bool known = false;

	for (size_t i = 0; i < l->lab->nnets; i++) {
		const struct lab_net *net = &l->lab->nets[i];
		enum net_backend b = lint_backend(net, l->conf);

		if (net->mode != NET_BRIDGED || net->uplink == NULL ||
		    (b != BACKEND_VMNET && !l->conf->host_net) ||
		    !is_wanted(l, net))
			continue;
		if (!known && hostifs_get(&ifs, NULL) == -1)
			break;
		known = true;
		if (hostif_by_name(&ifs, net->uplink) == NULL)
			findings_add(l->out, true, lint_line(net,
			    net->at.uplink), "uplink %s: this machine has no "
			    "such interface", text_show(net->uplink, show));
	}
	hostifs_free(&ifs);
}

void
lint_host(const struct lab *lab, const struct lint_conf *conf,
    struct findings *out)
{
	struct hostlint l = { .lab = lab, .conf = conf, .out = out };

	for (size_t i = 0; i < lab->nvms; i++) {
		if (!lint_selected(&lab->vms[i], conf))
			continue;
		if (!conf->elsewhere)
			lint_qemu(&l, &lab->vms[i]);
		lint_files(&l, &lab->vms[i]);
	}
	forget(&l);
	if (!conf->elsewhere)
		lint_uplinks(&l);
	for (size_t i = 0; i < l.nwritten; i++)
		free(l.written[i].path);
	free(l.written);
}
