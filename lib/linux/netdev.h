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

/* A bridge that forwards at once and treats multicast as broadcast. */
int	netdev_bridge_add(struct mnl_socket *nl, const char *name,
	    const uint8_t mac[6], int mtu, const char *alias, struct qerr *e);
/* As a port of a bridge and up.  isolated: not to other isolated ports. */
int	netdev_port_add(struct mnl_socket *nl, const char *name,
	    const char *bridge, int mtu, const char *alias, bool isolated,
	    struct qerr *e);
int	netdev_addr_add(struct mnl_socket *nl, const char *name, uint32_t ip,
	    int plen, struct qerr *e);
int	netdev_up(struct mnl_socket *nl, const char *name, struct qerr *e);
int	netdev_del(struct mnl_socket *nl, const char *name, struct qerr *e);

#endif
