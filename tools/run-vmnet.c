/* SPDX-License-Identifier: ISC */
/* run-vmnet.c - what vmnet wants of who starts VMs on it */
#include <stdlib.h>
#include <unistd.h>

#include "run-vmnet.h"
#include "tool.h"
#include "vmnet.h"

/* The first VM that vmnet is wanted for. */
static const struct lab_vm *
vmnet_vm(const struct lab *lab, const struct lab_vm *const *vms, size_t nvms,
    char *const *extra, enum qemu_target target, enum net_backend backend)
{
	for (size_t i = 0; i < lab->nnets && backend == BACKEND_AUTO; i++)
		backend = lab->nets[i].backend;
	if (backend != BACKEND_VMNET &&
	    (backend != BACKEND_AUTO || target != QEMU_DARWIN))
		return NULL;
	for (size_t i = 0; i < nvms; i++)
		if (vmnet_needed(vms[i], extra))
			return vms[i];
	return NULL;
}

struct run_vmnet
run_vmnet_look(const struct lab *lab, const struct lab_vm *const *vms,
    size_t nvms, char *const *extra, enum qemu_target target,
    enum net_backend require)
{
	struct run_vmnet v = { .vm = vmnet_vm(lab, vms, nvms, extra, target,
	    require) };

	if (v.vm == NULL)
		return v;
	v.rights = VNET_ROOT;
	if (target == qemu_target_here()) {
		char *program = qemu_program(v.vm);

		v.rights = vnet_rights();
		v.version = vmnet_version(program);
		free(program);
	}
	return v;
}

static void
say(void *arg, const char *text)
{
	(void)arg;
	tool_say("%s", text);
}

void
run_vmnet_permit(struct run_vmnet *v, enum net_backend *require)
{
	struct qerr err;
	char *program;
	int rc;

	if (v->rights == VNET_TRY)
		tool_say("vmnet: first without root, as macOS 26 lets users");
	if (v->rights != VNET_ROOT)
		return;
	program = qemu_program(v->vm);
	rc = vmnet_permit(program, isatty(STDIN_FILENO), say, NULL, &err);
	free(program);
	if (rc == 0)
		return;
	if (*require != BACKEND_AUTO || err.kind != QERR_PERM)
		tool_die(&err);
	tool_say("backend userspace instead of vmnet: %s", err.msg);
	*require = BACKEND_USERSPACE;
	v->rights = VNET_ANYBODY;
}
