/* SPDX-License-Identifier: ISC */
/* run-vmnet.h - what vmnet wants of who starts VMs on it */
#ifndef QLAB_RUN_VMNET_H
#define QLAB_RUN_VMNET_H

#include "lab.h"
#include "qemuargv.h"
#include "vnet.h"

struct run_vmnet {
	const struct lab_vm *vm;	/* one that needs it; NULL: none */
	enum vnet_rights rights;	/* that its QEMU is started with */
	char *version;			/* of QEMU; NULL: not asked */
};

/*
 * Of another system than this one the usual is supposed: a user without
 * rights, and vmnet asking for root.
 */
struct run_vmnet run_vmnet_look(const struct lab *lab,
	    const struct lab_vm *const *vms, size_t nvms, char *const *extra,
	    enum qemu_target target, enum net_backend require);
/*
 * Get the right, while the terminal is still the user's.  Where nothing else
 * is required, *require becomes userspace without it; else this ends the tool.
 */
void	run_vmnet_permit(struct run_vmnet *v, enum net_backend *require);

#endif
