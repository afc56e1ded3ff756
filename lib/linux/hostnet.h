/* SPDX-License-Identifier: ISC */
/* hostnet.h - a lab's networks in the host's own network namespace */
#ifndef QLAB_HOSTNET_H
#define QLAB_HOSTNET_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"
#include "qerr.h"
#include "strv.h"

/*
 * Theory of operation
 *
 * What a lab makes here is found again by its marks, not by any file: bridges
 * by their ifalias "qlab:LAB/NETWORK", rules by their table "inet qlab-LAB" and
 * a chain in it that says whose it is.  What was changed besides (forwarding,
 * an uplink brought up) is noted in that table before it is done.  So whoever
 * comes after a killed holder can undo all of it, and what bears no mark is
 * never touched.
 *
 * A lab's holder has an abstract socket bound to the lab's name, in this
 * namespace: the kernel takes it away with the process, so it tells whether
 * the marks' owner lives, whatever state directory he uses.
 *
 * Labs share net.ipv4.ip_forward: who finds it off, or finds another lab's note
 * that it was, notes that; the last lab with such a note puts it back.
 */
struct hostnet;
struct mnl_socket;

/* Where the host itself looks names up. */
#define HOSTNET_DNS	"/etc/resolv.conf"

/* Take the lab's name, and remove what a dead lab of that name left. */
struct hostnet *hostnet_open(const char *lab, struct mnl_socket *nl,
	    struct qerr *e);
/*
 * May this network be made?  *joined: it needs no bridge, its uplink is one of
 * the host's.
 */
int	hostnet_check(const struct hostnet *h, const struct lab_net *net,
	    bool *joined, struct qerr *e);
/* An interface of ours, not yet up: no IPv6, no ARP for other addresses. */
int	hostnet_quiet(const char *name, struct qerr *e);
/*
 * For all networks that have a bridge of ours, first of them before: rules,
 * uplinks, forwarding.
 */
int	hostnet_up(struct hostnet *h, const struct lab_net *nets, size_t n,
	    size_t before, struct qerr *e);
/* hostnet_up() failed, and the new bridges are gone: back to what was. */
void	hostnet_back(struct hostnet *h, const struct lab_net *nets, size_t n);
/* Undo everything; NULL is fine. */
void	hostnet_close(struct hostnet *h);

#endif
