/* SPDX-License-Identifier: ISC */
/* saved.h - facts out of saved text: the output of any of these commands */
#ifndef QLAB_SAVED_H
#define QLAB_SAVED_H

#include <stddef.h>

#include "facts.h"
#include "lint.h"
#include "qerr.h"
#include "strv.h"

/*
 * text is any mix of what ifconfig, ifconfig bridgeN, arp -an, ps -axww, ip -j
 * link, addr and neigh, bridge -j fdb print and of dhcpd_leases, one behind the
 * other, as people paste it (paste.h), of one machine.  What each line is, its
 * look tells.  Or it is the dump of rawdump.h, and that alone.
 *
 * The facts go into space 0 of *f, which must be empty; *found gets what cannot
 * be read, by lines, and *asks the commands whose output is missing for a full
 * map.  Returns 0, or -1 (QERR_INPUT) when nothing in it is of use, or when it
 * is of more than one machine can have.  The time it takes grows with the
 * length of the text, whatever that says.
 */
int	saved_read(struct facts *f, const char *text, size_t len,
	    struct findings *found, struct strv *asks, struct qerr *e);

#endif
