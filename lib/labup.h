/* SPDX-License-Identifier: ISC */
/* labup.h - bring a lab's networks up, or join what runs of it */
#ifndef QLAB_LABUP_H
#define QLAB_LABUP_H

#include <stdbool.h>

#include "holder.h"
#include "lab.h"
#include "qemuargv.h"
#include "qerr.h"
#include "state.h"

struct labup {
	int lock;		/* the lab's lock; -1: not held */
	char *dir;		/* its state directory */
	struct holder_conn holder;
	struct state_lab was;	/* what ran when we came */
	struct strv notes;	/* for the user: no failures */
	bool reread;		/* *lab is what runs, not what the file says */
	enum net_backend must;	/* the lab's backend; AUTO: what can be had */
	enum net_backend backend;	/* what labup_nets() got */
	/* Set after labup_begin(), with BACKEND_BRIDGE required. */
	bool host_net;		/* networks in the host's own */
};

/*
 * Take the lab's lock, remove what the dead left, and see what runs: another
 * file with the same lab name is refused; of a file that was changed since the
 * lab started, the running definition wins (*lab is read anew from it, and a
 * note says so).  labup_end() also after a failure.
 *
 * All networks of a lab are on one backend: what runs of the lab decides, else
 * require or the networks' own keys; QERR_PERM when these differ.
 */
int	labup_begin(struct labup *u, struct lab *lab,
	    enum net_backend require, struct qerr *e);
/*
 * Write the lab down and bring these networks (indexes into lab->nets) up.
 * u->holder stays unconnected when none of them needs a holder, as vmnet's.
 *
 * Unless one backend must be, it is vnet_backend(), and where that is not
 * permitted, userspace; a note then says why, and others what the networks
 * cannot do.  QERR_PERM: the backend that must be is not to be had.  A lab that
 * runs stays in the host's own network, or out of it: QERR_FAIL when
 * u->host_net asks for more.
 */
int	labup_nets(struct labup *u, const struct lab *lab, const bool *wanted,
	    struct qerr *e);
/*
 * The same choice, and lines that say what labup_nets() would then do, without
 * doing anything.  Of another system than this one the best is supposed.
 */
int	labup_explain(const struct lab *lab, const bool *wanted,
	    enum qemu_target target, enum net_backend require, bool host_net,
	    enum net_backend *backend, struct strv *lines, struct qerr *e);
/* Release the lock: others may change the lab now. */
void	labup_unlock(struct labup *u);
/*
 * With the lock still held nothing came of it: a holder that was started for it
 * is waited for (5 s), so that the next start does not meet it.
 */
void	labup_end(struct labup *u);

#endif
