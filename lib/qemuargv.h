/* SPDX-License-Identifier: ISC */
/* qemuargv.h - a VM as QEMU's command line, and back */
#ifndef QLAB_QEMUARGV_H
#define QLAB_QEMUARGV_H

#include "lab.h"
#include "qerr.h"
#include "strv.h"

enum qemu_target { QEMU_LINUX, QEMU_DARWIN };

/* This machine's. */
enum qemu_target qemu_target_here(void);

/* What a NIC's netdev is connected to. */
struct qemu_cable {
	int fd;			/* its descriptor in QEMU; -1: none */
	const char *hostif;	/* its name, for humans; may be NULL */
};

struct qemu_conf {
	enum qemu_target target;
	enum net_backend backend;	/* AUTO: by the networks' keys */
	const char *accel;	/* kvm, hvf, tcg: already decided */
	bool freeze;		/* -S */
	const char *qmp_path;	/* sockets to connect to; NULL: none */
	const char *console_path;
	const struct qemu_cable *cables;	/* one a NIC, in order */
	char *const *disk_formats;	/* one a disk; NULL: asks nothing */
	char *const *extra;	/* after "--"; NULL-terminated or NULL */
};

/*
 * The whole command line, argv[0] first, into an empty argv.  The lab has been
 * through lab_finish().  0, or -1 with QERR_INPUT and argv empty again.
 *
 * Always with -nodefaults: the VM has the devices that the lab file names and
 * no others, whatever QEMU's version or machine would add (a NIC, a floppy
 * drive).  So a VGA card is there only when display is not "none".
 *
 * A NIC on a network other than user needs its cable on QEMU_LINUX: a tap, or
 * on backend userspace a stream socket; a shared network needs none there, it
 * is QEMU's own NAT.  The netdev of
 * NIC "wan.2" has the id qemu_netdev_id() says, the card itself "nic-" before
 * that, disks are "disk0", "disk1".  A NIC's link_down is not in the command
 * line (QEMU has no option for it): set_link it by QMP before the guest runs.
 */
int	qemu_argv_build(const struct lab *lab, const struct lab_vm *vm,
	    const struct qemu_conf *conf, struct strv *argv, struct qerr *e);

/* The name of the program that runs it, "qemu-system-..."; free it. */
char	*qemu_program(const struct lab_vm *vm);

#define QEMU_IDSZ (LAB_NICSZ + 2)
/*
 * The netdev id of a NIC that qemu_argv_build() made.  QEMU's ids begin with a
 * letter: a NIC's id that does not, or that begins with "n-", gets "n-" before
 * it, so that two NICs never share one.  Returns buf.
 */
char	*qemu_netdev_id(const char *nic_id, char buf[QEMU_IDSZ]);

/*
 * Understand any QEMU command line: one VM in *lab (initialised either way;
 * lab_free() it), a network for each thing that NICs can meet on: vmnet-*
 * netdevs of one uuid, subnet or interface are one network, bridges of one
 * name are one; their backend is auto.  argv[0] is the program; sudo, env, exec
 * and the like before it are passed over, so who goes through a process list
 * must look with qemu_arch_of() whether a process is QEMU itself.
 *
 * The VM's name is -name, else the first disk's without directory and suffix,
 * else "qemu", made to fit lab_name_ok().  Disks are what guests see as disks;
 * firmware, floppies and what is no local file stay in vm->args, as does all
 * else that a lab cannot say, word by word.  accel and display are what QEMU
 * would take ("tcg", "window"), not the lab's defaults.
 *
 * NICs stand in QEMU's order of making them.  A NIC's id is its netdev id;
 * one that QEMU itself would name (-nic, -net, none at all) is "nicN".  A NIC
 * without mac= has has_mac false and the one QEMU gives it, the first free of
 * 52:54:00:12:34:56 and up; therefore do not lab_finish() this lab.  net is
 * "" where the command line does not tell the network: mode is then NET_USER
 * for QEMU's own NAT, NET_BRIDGED for a tap, NET_HOST for sockets and other
 * private wires (whose -netdev also stays in vm->args).
 *
 * Every line number is the index in argv of the word it comes from.
 *
 * Lenient: only what cannot be a QEMU command line is an error, QERR_INPUT.
 */
int	qemu_argv_read(struct lab *lab, char *const *argv, struct qerr *e);

/*
 * What is wrong with a raw command line that a lab cannot have: QEMU's ids
 * and references, netdevs, vmnet's addresses.  The rest is lint_lab()'s to say
 * about what qemu_argv_read() makes of it.  A finding's line is an index in
 * argv, 0 for the whole.  What qemu_argv_read() refuses is one error.
 */
struct findings;
void	qemu_argv_lint(char *const *argv, enum qemu_target target,
	    struct findings *out);

/*
 * The same of words that are put behind a command line of ours (NULL: none),
 * and only of vmnet's netdevs; each finding gets that line.
 */
void	qemu_args_lint(char *const *args, int line, enum qemu_target target,
	    struct findings *out);

/*
 * "qemu-system-x86_64" -> "x86_64", as UTM's "qemu-x86_64-softmmu"; NULL when
 * it is no QEMU system emulator.
 */
const char *qemu_arch_of(const char *program);

/*
 * kvm, hvf or tcg for a guest of arch (NULL: the host's), by what this machine
 * can do.
 */
const char *qemu_accel_auto(enum qemu_target target, const char *arch);

#endif
