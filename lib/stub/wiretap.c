/* SPDX-License-Identifier: ISC */
/* wiretap.c - hear ARP and DHCP on interfaces: not on this system */
#include "wiretap.h"

int
wiretap_open(const char *ifname, struct qerr *e)
{
	(void)ifname;
	return qerr_set(e, QERR_FAIL,
	    "listening to interfaces is not supported on this system");
}
