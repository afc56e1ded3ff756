/* SPDX-License-Identifier: ISC */
/* hostleases.h - what this host's own DHCP servers have given out (Linux) */
#ifndef QLAB_HOSTLEASES_H
#define QLAB_HOSTLEASES_H

#include "leases.h"

/*
 * Append those of dnsmasq, by hand and as libvirt's, from where distributions
 * and libvirt keep them; what is not there is no error.  -1: some must not be
 * read, *e says which; the others are there all the same.
 */
int	hostleases_read(struct leases *out, struct qerr *e);

#endif
