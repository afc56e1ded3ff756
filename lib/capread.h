/* SPDX-License-Identifier: ISC */
/* capread.h - read saved captures, pcap and pcapng */
#ifndef QLAB_CAPREAD_H
#define QLAB_CAPREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "capsrc.h"
#include "pcapng.h"

/*
 * Any byte order and time resolution.  libpcap reads these files, too, but
 * tells neither the names of pcapng's interfaces nor directions nor where a
 * file is broken, and wants all interfaces to be of one kind.  Sources:
 * draft-ietf-opsawg-pcap and -pcapng.
 */
struct capread;

/*
 * Reads through fn(arg, ...), which is as read(2): 0 at the end, -1 with
 * errno.  What is no capture is QERR_INPUT.
 */
struct capread *capread_open(ssize_t (*fn)(void *arg, void *buf, size_t len),
	    void *arg, struct qerr *e);
bool	capread_is_pcapng(const struct capread *r);
/*
 * The interfaces known so far: of pcap one, of pcapng those that the file
 * spoke of, numbered on through all of its sections.  What i points to lives
 * as long as r.
 */
unsigned capread_ifs(const struct capread *r);
void	capread_if(const struct capread *r, unsigned n, struct pcapng_if *i);
/*
 * The next packet, its data valid until the next call, and its interface.
 * Returns 1; 0 at the end; -1 on error, for a broken file QERR_INPUT with the
 * offset.
 */
int	capread_next(struct capread *r, struct capsrc_packet *p,
	    unsigned *ifnum, struct qerr *e);
void	capread_close(struct capread *r);	/* NULL is fine */

#endif
