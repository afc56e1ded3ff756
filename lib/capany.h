/* SPDX-License-Identifier: ISC */
/* capany.h - packets from a source of any kind */
#ifndef QLAB_CAPANY_H
#define QLAB_CAPANY_H

#include "capsrc.h"

/* What --via forces: how packets are had. */
enum cap_via { VIA_AUTO, VIA_RING, VIA_PCAP, VIA_QMP, VIA_SWITCH };
#define CAP_NVIAS	5

/* As capsrc.h says of each; the kinds differ in how they are opened only. */
struct capany {
	const struct capany_ops *ops;
	void *src;
};

/* Interfaces of one namespace: capsrc_open(), then capsrc_add() to src. */
int	capany_open_ring(struct capany *c, struct capsrc_kit *k,
	    const struct capsrc_opts *o, struct qerr *e);
/* One of the current namespace: cappcap_open(). */
int	capany_open_pcap(struct capany *c, const struct capsrc_if *i,
	    const char *ifname, const struct capsrc_opts *o, struct qerr *e);
/* A stream of the holder's: capmirror_open(). */
int	capany_open_mirror(struct capany *c, int fd, unsigned point,
	    const struct capsrc_opts *o, struct qerr *e);
/* A stream of capqmp_attach()'s: capqmp_open(). */
int	capany_open_qmp(struct capany *c, int fd, unsigned point,
	    const struct capsrc_opts *o, struct qerr *e);

/* Readable when there is something; -1: not now. */
int	capany_fd(const struct capany *c);
/* Milliseconds until capany_read() is due without that; -1: never. */
int	capany_due(const struct capany *c);
/* As capsrc_nap(). */
unsigned capany_nap(const struct capany *c);
int	capany_read(struct capany *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
/* So late, beyond latency_ms, its packets may come: others have to wait. */
int	capany_late(const struct capany *c);
bool	capany_gone(struct capany *c, unsigned *point);
int	capany_stop(struct capany *c, struct qerr *e);
int	capany_stats(struct capany *c, struct capsrc_stats *s,
	    struct qerr *e);
void	capany_close(struct capany *c);	/* never opened is fine */

#endif
