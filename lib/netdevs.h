/* SPDX-License-Identifier: ISC */
/* netdevs.h - QEMU's cards and netdevs, as its monitor tells them */
#ifndef QLAB_NETDEVS_H
#define QLAB_NETDEVS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * HMP "info network" (QEMU's net/net.c): a card, then " \ " and its netdev;
 * what hangs on a hub stands below "hub N", the port's name before its own.
 *
 *   nic-wan: index=0,type=nic,model=virtio-net-pci,macaddr=52:54:00:12:34:56
 *    \ wan: index=0,type=user,net=10.0.2.0,restrict=off
 */
struct netdev {
	char id[64];
	char type[16];		/* user, tap, stream, ... */
	char model[64];		/* of the card on it; "": not told */
};

/*
 * The netdev called id, else that of the card with this MAC (either may be
 * NULL).  false: there is none, or it has no id that can be used.
 */
bool	netdevs_find(const char *text, const char *id, const uint8_t *mac,
	    struct netdev *n);

#endif
