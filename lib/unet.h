/* SPDX-License-Identifier: ISC */
/* unet.h - a lab's networks without any interface of the host's */
#ifndef QLAB_UNET_H
#define QLAB_UNET_H

#include <jansson.h>

#include "lab.h"
#include "loop.h"
#include "qerr.h"
#include "strv.h"

/*
 * The backend "userspace", for where namespaces or taps are not to be had; it
 * asks the system for nothing but sockets.  Host networks are switches in the
 * holder (segment.h).  Shared networks are QEMU's own NAT, one for each NIC,
 * and need no holder; they are known here only so that a lab can be up.
 */
struct unet;

struct unet *unet_new(struct loop *l,
	    void (*say)(void *arg, const char *text), void *arg);
void	unet_free(struct unet *u);	/* NULL is fine */

/* Before the first network: all that is sent on them goes to fn, too. */
void	unet_listen(struct unet *u, void (*fn)(void *arg, const void *frame,
	    size_t len), void *arg);

/* As vnet_up(): the same name with another definition is an error. */
int	unet_up(struct unet *u, const struct lab_net *nets, size_t n,
	    struct qerr *e);
/* A cable on a host network; *fd is QEMU's end. */
int	unet_plug(struct unet *u, const char *net, const char *vm,
	    const char *nic, int *fd, struct qerr *e);
/* As segment_mirror(). */
int	unet_mirror(struct unet *u, const char *net, const char *vm,
	    const char *nic, uint32_t snaplen, int *fd, struct qerr *e);
/* Cables first to first + max - 1 (segment_ports()); new reference. */
json_t	*unet_ports(const struct unet *u, size_t first, size_t max);

/* Does a NIC of that mode hang on a switch of the holder's? */
bool	unet_has_cable(enum net_mode mode);
/* Lines for the user: what these networks cannot do on this backend. */
void	unet_limits(const struct lab_net *nets, size_t n, struct strv *lines);
/* As vnet_explain(). */
void	unet_explain(const struct lab_net *net, struct strv *lines);

#endif
