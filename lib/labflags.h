/* SPDX-License-Identifier: ISC */
/* labflags.h - a lab, or changes to one, from a command line's flags */
#ifndef QLAB_LABFLAGS_H
#define QLAB_LABFLAGS_H

#include "lab.h"
#include "qerr.h"

enum lab_flag {
	FLAG_DISK,	/* FILE[,base=FILE][,create=SIZE] */
	FLAG_NIC,	/* NETWORK|MODE[:SUBNET][,dhcp=][,mac=][,model=] */
	FLAG_FORWARD,	/* as in the lab file */
	FLAG_MEMORY, FLAG_CPUS, FLAG_CDROM, FLAG_BOOT, FLAG_KERNEL, FLAG_INITRD,
	FLAG_APPEND, FLAG_ARCH, FLAG_MACHINE, FLAG_ACCEL, FLAG_CPU,
	FLAG_DISPLAY, FLAG_READY,
};

/* Zero-initialise; v is to be freed. */
struct lab_flags {
	struct {
		enum lab_flag flag;
		const char *value;
	} *v;
	size_t n;
};

/* Remember one; value must stay. */
void	lab_flags_add(struct lab_flags *f, enum lab_flag flag,
	    const char *value);

/*
 * Apply them to one VM of a lab.  The first --disk, --nic, --forward or
 * --ready replaces all that the VM has of the kind, the next ones add.  A NIC
 * that names no network of the lab names a mode and makes the network.  Ends
 * with lab_finish().
 */
int	lab_flags_apply(const struct lab_flags *f, struct lab *lab,
	    struct lab_vm *vm, struct qerr *e);

#endif
