/* SPDX-License-Identifier: ISC */
/* runner.h - start VMs of a lab and stay with them */
#ifndef QLAB_RUNNER_H
#define QLAB_RUNNER_H

#include <stdbool.h>

#include "labup.h"
#include "loop.h"
#include "qemuargv.h"
#include "vnet.h"

/*
 * Theory of operation
 *
 * The runner is the parent of its QEMUs.  For each VM it takes cables from the
 * lab's holder, opens a relay that QEMU connects back to, writes the VM down in
 * the registry and waits in its loop.  A VM that ends is taken off the
 * registry; when the last one has, the loop stops.  When the runner dies
 * its QEMUs do (launch.h).  When the holder dies the VMs are stopped: their
 * cables lead nowhere.
 */
struct runner_conf {
	struct loop *loop;
	struct lab *lab;
	struct labup *up;		/* with its networks up */
	enum qemu_target target;
	enum net_backend backend;	/* what the networks run on */
	enum vnet_rights rights;	/* of QEMUs with vmnet's networks */
	const char *qemu_version;	/* "QEMU --version"; NULL: recent */
	int start_ms;		/* QEMUs are up within; 0: the usual */
	bool freeze;
	char *const *extra;		/* QEMU arguments after "--", or NULL */
	void *arg;			/* for the callbacks */
	/* Something to tell the user, one line. */
	void (*say)(void *arg, const char *text);
	/* All VMs run; called once. */
	void (*on_up)(void *arg);
	/* Console output; NULL: nobody looks. */
	void (*on_console)(void *arg, const void *data, size_t len);
};

struct runner;

struct runner *runner_new(const struct runner_conf *conf, struct qerr *e);
/* Start one VM.  formats: of its disks, in order (qemuimg.h). */
int	runner_start(struct runner *r, const struct lab_vm *vm,
	    char *const *formats, struct qerr *e);
/*
 * End all VMs: their power button, after grace_ms QMP quit, after that
 * SIGKILL.  Called again, it skips to the next of these.
 */
void	runner_stop(struct runner *r, int64_t grace_ms);
/* Type on the console of the only VM. */
void	runner_type(struct runner *r, const void *data, size_t len);
/*
 * After the loop: remove what is left and free.  0, or the kind of error that
 * ended it, in *e.
 */
int	runner_finish(struct runner *r, struct qerr *e);

/* Does that NIC hang on a descriptor from the holder? */
bool	runner_has_cable(const struct runner_conf *conf,
	    const struct lab_nic *nic);
/* Will its QEMU have to wait until links are set down? */
bool	runner_any_link_down(const struct lab_vm *vm);
/* Will its QEMU be root's at its start, by sudo or because we are? */
bool	runner_starts_root(const struct runner_conf *conf,
	    const struct lab_vm *vm);
/*
 * The QEMU command line that runner_start() would run, cables being
 * descriptors 3 and up in the order of the VM's NICs.
 */
int	runner_argv(const struct runner_conf *conf, const struct lab_vm *vm,
	    char *const *formats, const char *vmdir, struct strv *argv,
	    struct qerr *e);

#endif
