/* SPDX-License-Identifier: ISC */
/* lab.c - what a lab is: its networks, VMs and NICs */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab.h"
#include "text.h"

/* p with room for one more of n, zeroed. */
static void *
grown(void *p, size_t n, size_t size)
{
	p = xrealloc(p, (n + 1) * size);
	memset((char *)p + n * size, 0, size);
	return p;
}

struct lab_net *
lab_net_add(struct lab *lab, const char *name)
{
	struct lab_net *net;

	lab->nets = grown(lab->nets, lab->nnets, sizeof(*lab->nets));
	net = &lab->nets[lab->nnets++];
	snprintf(net->name, sizeof(net->name), "%s", name);
	net->plen = -1;
	net->dhcp = true;
	return net;
}

struct lab_vm *
lab_vm_add(struct lab *lab, const char *name)
{
	struct lab_vm *vm;

	lab->vms = grown(lab->vms, lab->nvms, sizeof(*lab->vms));
	vm = &lab->vms[lab->nvms++];
	snprintf(vm->name, sizeof(vm->name), "%s", name);
	vm->memory_mib = 256;
	vm->cpus = 1;
	vm->disk_bus = xstrdup("virtio");
	vm->display = xstrdup("none");
	return vm;
}

struct lab_nic *
lab_nic_add(struct lab_vm *vm)
{
	struct lab_nic *nic;

	vm->nics = grown(vm->nics, vm->nnics, sizeof(*vm->nics));
	nic = &vm->nics[vm->nnics++];
	nic->model = xstrdup("virtio-net-pci");
	return nic;
}

struct lab_disk *
lab_disk_add(struct lab_vm *vm)
{
	vm->disks = grown(vm->disks, vm->ndisks, sizeof(*vm->disks));
	return &vm->disks[vm->ndisks++];
}

struct lab_forward *
lab_forward_add(struct lab_vm *vm)
{
	vm->forwards =
	    grown(vm->forwards, vm->nforwards, sizeof(*vm->forwards));
	return &vm->forwards[vm->nforwards++];
}

struct lab_ready *
lab_ready_add(struct lab_vm *vm)
{
	vm->ready = grown(vm->ready, vm->nready, sizeof(*vm->ready));
	return &vm->ready[vm->nready++];
}

void
lab_init(struct lab *lab)
{
	*lab = (struct lab){ 0 };
}

static void
vm_free(struct lab_vm *vm)
{
	for (size_t i = 0; i < vm->ndisks; i++) {
		free(vm->disks[i].file);
		free(vm->disks[i].base);
	}
	for (size_t i = 0; i < vm->nnics; i++)
		free(vm->nics[i].model);
	for (size_t i = 0; i < vm->nready; i++)
		free(vm->ready[i].pattern);
	free(vm->disks);
	free(vm->nics);
	free(vm->forwards);
	free(vm->ready);
	free(vm->cdrom);
	free(vm->boot);
	free(vm->kernel);
	free(vm->initrd);
	free(vm->append);
	free(vm->arch);
	free(vm->machine);
	free(vm->accel);
	free(vm->cpu);
	free(vm->disk_bus);
	free(vm->display);
	strv_free(&vm->args);
}

void
lab_free(struct lab *lab)
{
	for (size_t i = 0; i < lab->nnets; i++) {
		free(lab->nets[i].nat66_prefix);
		free(lab->nets[i].uplink);
	}
	for (size_t i = 0; i < lab->nvms; i++)
		vm_free(&lab->vms[i]);
	free(lab->nets);
	free(lab->vms);
	free(lab->file);
	free(lab->path);
	free(lab->dir);
	lab_init(lab);
}

struct lab_net *
lab_net_find(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->nnets; i++)
		if (strcmp(lab->nets[i].name, name) == 0)
			return &lab->nets[i];
	return NULL;
}

struct lab_vm *
lab_vm_find(const struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->nvms; i++)
		if (strcmp(lab->vms[i].name, name) == 0)
			return &lab->vms[i];
	return NULL;
}

const char *
lab_name_problem(const char *name)
{
	static const char *const reserved[] = { "net", "if", "pid", "all",
		"lo", "qlab-up", "lock", "leases", "lab.json", "lab.yaml",
		"holder.json", "holder.pid", "holder.sock" };
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	size_t len = strlen(name);

	if (len == 0)
		return "is empty";
	if (len >= LAB_NAMESZ)
		return "has more than 31 characters";
	if (name[strspn(name, chars)] != '\0')
		return "has a character that is not a letter, digit, "
		    "'_', '.' or '-'";
	if (strchr("_.-", name[0]) != NULL)
		return "does not start with a letter or digit";
	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (strcmp(name, reserved[i]) == 0)
			return "is reserved";
	return NULL;
}

bool
lab_name_ok(const char *name)
{
	return lab_name_problem(name) == NULL;
}

char *
lab_path(const struct lab *lab, const char *file)
{
	const char *dir = lab->dir != NULL ? lab->dir : ".";
	char *path, *safe;

	if (file[0] == '/' || strcmp(dir, ".") == 0)
		path = xstrdup(file);
	else
		path = xasprintf("%s%s%s", dir,
		    dir[strlen(dir) - 1] == '/' ? "" : "/", file);
	if (path[0] != '-' && path[strcspn(path, ":/")] != ':')
		return path;
	safe = xasprintf("./%s", path);
	free(path);
	return safe;
}

static char *
read_all(int fd, size_t *len)
{
	size_t size = 0, room = 4096;
	char *buf = NULL;
	ssize_t n;

	do {
		if (buf == NULL || size == room)
			buf = xrealloc(buf, (room *= 2) + 1);
		n = read(fd, buf + size, room - size);
		if (n > 0)
			size += (size_t)n;
		if (size > LAB_FILE_MAX) {
			errno = EFBIG;
			n = -1;
			break;
		}
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0) {
		free(buf);
		return NULL;
	}
	buf[size] = '\0';
	*len = size;
	return buf;
}

char *
lab_read_file(const char *file, size_t *len, struct qerr *e)
{
	char show[TEXT_SHOWSZ];
	char *text;
	int fd, saved;

	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd == -1) {
		saved = errno;
		qerr_sys(e, "cannot open lab file %s", text_show(file, show));
		if (e != NULL && (saved == ENOENT || saved == ENOTDIR))
			e->kind = QERR_NOTFOUND;
		return NULL;
	}
	text = read_all(fd, len);
	saved = errno;
	close(fd);
	errno = saved;
	if (text == NULL && errno == EFBIG)
		qerr_set(e, QERR_INPUT, "lab file %s has more than %d bytes",
		    text_show(file, show), LAB_FILE_MAX);
	else if (text == NULL)
		qerr_sys(e, "cannot read lab file %s", text_show(file, show));
	return text;
}
