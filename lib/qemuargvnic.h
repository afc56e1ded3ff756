/* SPDX-License-Identifier: ISC */
/* qemuargvnic.h - the NICs of a VM as QEMU's command line */
#ifndef QLAB_QEMUARGVNIC_H
#define QLAB_QEMUARGVNIC_H

#include <stdbool.h>
#include <stdio.h>

#include "qemuargv.h"

/* For qemuargv.c's parts. */

/* What decides which devices a machine can have. */
enum machine { MACHINE_PC, MACHINE_Q35, MACHINE_MICROVM, MACHINE_PCI };

struct qemu_build {
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
struct qemu_opt {
	FILE *f;
	char *text;
	size_t len;
};

void	qemu_opt_begin(struct qemu_opt *o, const char *head);
/* A comma in a value is doubled, as QEMU's option parser wants it. */
void	qemu_opt_str(struct qemu_opt *o, const char *key, const char *value);
/* Add the option with what has become of its value, and free that. */
void	qemu_opt_end(struct qemu_opt *o, struct strv *argv,
	    const char *option);
void	qemu_opt_drop(struct qemu_opt *o);

/* -netdev and -device for each NIC of the VM. */
int	qemu_build_nics(struct qemu_build *b);

#endif
