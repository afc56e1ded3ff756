/* SPDX-License-Identifier: ISC */
/* capany.h - packets from a source of any kind */
#ifndef QLAB_CAPANY_H
#define QLAB_CAPANY_H

#include "capsrc.h"

/* As capsrc.h says of each; the kinds differ in how they are opened only. */
struct capany {
	const struct capany_ops *ops;
	void *src;
};

/* An interface of the current namespace: capsrc_open(). */
int	capany_open_if(struct capany *c, const char *ifname,
	    const struct capsrc_opts *o, struct qerr *e);
/* A stream of the holder's: capmirror_open(). */
int	capany_open_mirror(struct capany *c, int fd,
	    const struct capsrc_opts *o, struct qerr *e);
/* A stream of capqmp_attach()'s: capqmp_open(). */
int	capany_open_qmp(struct capany *c, int fd, const struct capsrc_opts *o,
	    struct qerr *e);

int	capany_fd(const struct capany *c);
int	capany_read(struct capany *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
int	capany_stop(struct capany *c, struct qerr *e);
int	capany_stats(struct capany *c, struct capsrc_stats *s,
	    struct qerr *e);
void	capany_close(struct capany *c);	/* never opened is fine */

#endif
