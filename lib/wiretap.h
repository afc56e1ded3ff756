/* SPDX-License-Identifier: ISC */
/* wiretap.h - OS contract: hear ARP and DHCP on interfaces */
#ifndef QLAB_WIRETAP_H
#define QLAB_WIRETAP_H

#include "qerr.h"

/*
 * A descriptor, close-on-exec and non-blocking, on which read(2) gives one
 * frame at a time that wire_read() may want (wire_filter), as it came in from
 * the interface's cable; ifname NULL: on all interfaces of the space that we
 * are in.  QERR_PERM: we may not.
 */
int	wiretap_open(const char *ifname, struct qerr *e);

#endif
