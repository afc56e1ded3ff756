/* SPDX-License-Identifier: ISC */
/* wiretap.c - hear ARP and DHCP on interfaces: not on macOS */
#include "wiretap.h"

/*
 * BPF takes a right of its own and gives many frames at a read.  What it would
 * tell is also in the lease file and in arp(8), where the Mac itself serves.
 */
int
wiretap_open(const char *ifname, struct qerr *e)
{
	(void)ifname;
	return qerr_set(e, QERR_FAIL,
	    "listening to interfaces is not supported on macOS");
}
