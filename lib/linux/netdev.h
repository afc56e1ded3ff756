/* SPDX-License-Identifier: ISC */
/* netdev.h - change interfaces by rtnetlink */
#ifndef QLAB_NETDEV_H
#define QLAB_NETDEV_H

#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"

struct mnl_socket;

struct mnl_socket *netdev_open(struct qerr *e);
void	netdev_close(struct mnl_socket *nl);

/*
 * A bridge, still down, that forwards at once and treats multicast as
 * broadcast; transparent: also what bridges keep to themselves (LLDP, 802.1X).
 * alias is its mark.  e->sys is EEXIST when there is an interface of that name.
 */
int	netdev_bridge_add(struct mnl_socket *nl, const char *name,
	    const uint8_t mac[6], int mtu, bool transparent,
	    const char *alias, struct qerr *e);

struct netdev_port {
	const char *bridge;
	const char *alias;	/* NULL: leave it as it is */
	const uint8_t *mac;	/* likewise; 6 bytes */
	int mtu;		/* 0: leave it as it is */
	bool isolated;		/* not to other isolated ports */
	bool transparent;	/* forward also LACP, STP, LLDP, 802.1X */
};

/* Make an interface the port of a bridge, and bring it up. */
int	netdev_port_add(struct mnl_socket *nl, const char *name,
	    const struct netdev_port *port, struct qerr *e);
int	netdev_addr_add(struct mnl_socket *nl, const char *name, uint32_t ip,
	    int plen, struct qerr *e);
int	netdev_up(struct mnl_socket *nl, const char *name, struct qerr *e);
int	netdev_down(struct mnl_socket *nl, const char *name, struct qerr *e);
int	netdev_del(struct mnl_socket *nl, const char *name, struct qerr *e);

#endif
