/* SPDX-License-Identifier: ISC */
/* vnet.h - OS contract: make and remove networks, give a NIC its cable */
#ifndef QLAB_VNET_H
#define QLAB_VNET_H

#include "lab.h"
#include "loop.h"
#include "proc.h"
#include "qerr.h"
#include "strv.h"

/* What networks run on here when nobody asks for something else. */
enum net_backend vnet_backend(void);

/*
 * What QEMU itself must be started with, for networks that it makes (vmnet):
 * nothing, root, or perhaps root: then it is tried without first.
 */
enum vnet_rights { VNET_ANYBODY, VNET_TRY, VNET_ROOT };
enum vnet_rights vnet_rights(void);

/*
 * Can networks of that kind be had here?  Found out by trying, in a child, so
 * that nothing is changed; -1, with the first step that failed.
 */
int	vnet_probe(struct qerr *e);

/*
 * The next four are called in the holder only, by one process a lab.  A system
 * whose networks live in QEMU itself (macOS' vmnet) needs no holder.
 *
 * vnet_open() enters the lab's own namespaces, or with host stays in the host's
 * own network, and removes what a dead lab of that name left there; called
 * single-threaded, before anything else of the lab exists.  dir is for leases,
 * logdir for logs; both must live as long as the result.  QERR_PERM: this user
 * or this system is not given what it takes (the process is good for nothing
 * else then).
 */
struct vnet;
struct vnet *vnet_open(const char *lab, const char *dir, const char *logdir,
	    bool host, struct qerr *e);
/*
 * Make networks, closed against each other.  One that is there already must
 * have the same definition.
 */
int	vnet_up(struct vnet *v, const struct lab_net *nets, size_t n,
	    struct qerr *e);
/*
 * Start what serves the networks that vnet_up() made since the last call: DHCP,
 * DNS, the way out.  Apart from it, because no guest needs them in its first
 * tenth of a second, when QEMU needs the processor.  What does not start is
 * said in *notes.
 */
void	vnet_serve(struct vnet *v, struct strv *notes);
/*
 * Call vnet_log() when there is something to be read from vnet_log_fd(): it
 * goes, with the time, into a log.
 */
int	vnet_log_fd(const struct vnet *v);
void	vnet_log(struct vnet *v);
/* A new cable on a network: the interface's name and QEMU's descriptor. */
int	vnet_plug(struct vnet *v, const char *net, const char *vm,
	    const char *nic, char hostif[16], int *fd, struct qerr *e);
/*
 * A child of ours has ended.  When it was a service of the networks, *note
 * (caller frees) says so, else it is NULL.
 */
void	vnet_child(struct vnet *v, pid_t pid, int status, char **note);
/* Take everything down; NULL is fine. */
void	vnet_close(struct vnet *v);

/*
 * Join the namespaces that process id lives in, with the rights to look and
 * capture there, also over exec.  The caller must be single-threaded.  Where
 * the system has no such thing this succeeds and does nothing.
 */
int	vnet_join(const struct proc_id *id, struct qerr *e);

/* Lines for qlab-run -n: what vnet_up() would change on this host. */
void	vnet_explain(const struct lab_net *net, bool host, struct strv *lines);

/* May we make networks in the host's own?  QERR_PERM: who may. */
int	vnet_check_host(struct qerr *e);
/*
 * What killed holders left in the host's own network bears marks.
 * vnet_marked() adds the labs that there are marks of, alive or dead;
 * vnet_sweep(), with the lab's lock held, removes a dead one's and adds a line
 * for each thing to *said (may be NULL; dry: does no more than that).  For
 * root; for others they do nothing.
 */
void	vnet_marked(struct strv *labs);
void	vnet_sweep(const char *lab, bool dry, struct strv *said);

#endif
