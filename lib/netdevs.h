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
	char ifname[16];	/* "": not told */
	int fd;			/* -1: not told */
	char card[64];		/* the card on it; "": not told */
	char model[64];		/* of that; "": not told */
	uint8_t mac[6];		/* as the guest has set it now */
	bool has_mac;		/* there is a card */
};

/*
 * Each netdev, and again for each card that it has; on a hub the first one is
 * that of all cards.
 */
void	netdevs_each(const char *text,
	    void (*fn)(void *arg, const struct netdev *n), void *arg);
/*
 * The netdev called id, else that of the card with this MAC (either may be
 * NULL).  false: there is none.
 */
bool	netdevs_find(const char *text, const char *id, const uint8_t *mac,
	    struct netdev *n);

#endif
