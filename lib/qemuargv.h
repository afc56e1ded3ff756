/* SPDX-License-Identifier: ISC */
/* qemuargv.h - a VM as QEMU's command line, and back */
#ifndef QLAB_QEMUARGV_H
#define QLAB_QEMUARGV_H

#include "lab.h"
#include "qerr.h"
#include "strv.h"

enum qemu_target { QEMU_LINUX, QEMU_DARWIN };

/* What a NIC's netdev is connected to. */
struct qemu_cable {
	int fd;			/* tap descriptor in QEMU; -1: none */
	const char *hostif;	/* its name, for humans; may be NULL */
};

struct qemu_conf {
	enum qemu_target target;
	const char *accel;	/* kvm, hvf, tcg: already decided */
	bool freeze;		/* -S */
	bool snapshot;		/* besides vm->snapshot */
	const char *qmp_path;	/* sockets to connect to; NULL: none */
	const char *console_path;
	const struct qemu_cable *cables;	/* one a NIC, in order */
	char *const *disk_formats;	/* one a disk: qcow2, raw, ...; NULL: asks nothing */
	char *const *extra;	/* after "--"; NULL-terminated or NULL */
};

/* The whole command line, argv[0] first.  0, or -1 with QERR_INPUT. */
int	qemu_argv_build(const struct lab *lab, const struct lab_vm *vm,
	    const struct qemu_conf *conf, struct strv *argv, struct qerr *e);

/*
 * Understand any QEMU command line (argv[0] is the program, a leading "sudo"
 * is passed over): one VM in *lab, a network for each vmnet or bridge netdev.
 * What is not understood is kept in vm->args.  A NIC's id is its netdev id.
 * Lenient: only what cannot be a QEMU command line is an error.
 */
int	qemu_argv_read(struct lab *lab, char *const *argv, struct qerr *e);

/* "qemu-system-x86_64" -> "x86_64"; NULL when it is no QEMU system emulator. */
const char *qemu_arch_of(const char *program);

/* kvm, hvf or tcg for a guest of arch, by what this machine can do. */
const char *qemu_accel_auto(enum qemu_target target, const char *arch);

#endif
