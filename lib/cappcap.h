/* SPDX-License-Identifier: ISC */
/* cappcap.h - packets from one interface of any system, by libpcap */
#ifndef QLAB_CAPPCAP_H
#define QLAB_CAPPCAP_H

#include "capsrc.h"

/*
 * The functions of capsrc.h where there is no ring of our own.  It is opened
 * by the process that reads it, before that gives up its rights.
 */
struct cappcap;

/*
 * Which way a packet goes is told by its sender, the VM's MAC, where there is
 * one; else the system is asked for one way, and of both it is not known.
 */
struct cappcap *cappcap_open(const struct capsrc_if *i, const char *ifname,
	    const struct capsrc_opts *o, struct qerr *e);
int	cappcap_fd(const struct cappcap *c);
int	cappcap_due(const struct cappcap *c);
int	cappcap_read(struct cappcap *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
bool	cappcap_gone(struct cappcap *c, unsigned *point);
int	cappcap_stop(struct cappcap *c, struct qerr *e);
int	cappcap_stats(struct cappcap *c, struct capsrc_stats *s,
	    struct qerr *e);
void	cappcap_close(struct cappcap *c);	/* NULL is fine */

#endif
