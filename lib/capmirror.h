/* SPDX-License-Identifier: ISC */
/* capmirror.h - packets from a switch of the holder's (mirror.h) */
#ifndef QLAB_CAPMIRROR_H
#define QLAB_CAPMIRROR_H

#include "capsrc.h"

/*
 * The functions of capsrc.h on such a stream.  Filters run here, on whole
 * frames with their VLAN tags in place; so ask for whole frames when there is
 * a filter (capmirror_snaplen()).
 */
struct capmirror;

/* What to ask of holder_mirror(). */
uint32_t capmirror_snaplen(const struct capsrc_opts *o);
/* Takes fd over, also when it fails. */
struct capmirror *capmirror_open(int fd, unsigned point,
	    const struct capsrc_opts *o, struct qerr *e);
int	capmirror_fd(const struct capmirror *c);
int	capmirror_due(const struct capmirror *c);
int	capmirror_read(struct capmirror *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
bool	capmirror_gone(struct capmirror *c, unsigned *point);
int	capmirror_stop(struct capmirror *c, struct qerr *e);
int	capmirror_stats(struct capmirror *c, struct capsrc_stats *s,
	    struct qerr *e);
void	capmirror_close(struct capmirror *c);	/* NULL is fine */

#endif
