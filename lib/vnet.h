/* SPDX-License-Identifier: ISC */
/* vnet.h - OS contract: make and remove networks, give a NIC its cable */
#ifndef QLAB_VNET_H
#define QLAB_VNET_H

#include "lab.h"
#include "loop.h"
#include "proc.h"
#include "qerr.h"

/*
 * The first five are called in the holder only, by one process a lab.
 * A system whose networks live in QEMU itself (macOS' vmnet) answers
 * vnet_backend() with BACKEND_VMNET and needs no holder.
 */

/* The best backend that works here; *why (may be NULL): why no better one. */
enum net_backend vnet_backend(struct qerr *why);

/*
 * Start: enter the lab's own namespaces.  Called single-threaded, before
 * anything else of the lab exists.  dir: for pid files, leases and sockets;
 * logdir: for logs.
 */
struct vnet;
struct vnet *vnet_open(const char *lab, const char *dir, const char *logdir,
	    struct qerr *e);
/* Make one network with its services; the same again is success. */
int	vnet_net_up(struct vnet *v, const struct lab_net *net,
	    struct strv *notes, struct qerr *e);
/* A new cable on a network: the interface's name and QEMU's descriptor. */
int	vnet_plug(struct vnet *v, const char *net, const char *vm,
	    const char *nic, char hostif[16], int *fd, struct qerr *e);
/* Take everything down, in reverse; twice is safe. */
void	vnet_close(struct vnet *v);

/*
 * Join the namespaces that process id lives in, with the rights to look and
 * capture there, also over exec.  The caller must be single-threaded.  Where
 * the system has no such thing this succeeds and does nothing.
 */
int	vnet_join(const struct proc_id *id, struct qerr *e);

/* Lines of text for qlab-run -n: what vnet_net_up() would change. */
void	vnet_explain(const struct lab_net *net, struct strv *lines);

#endif
