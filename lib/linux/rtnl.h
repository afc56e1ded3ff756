/* SPDX-License-Identifier: ISC */
/* rtnl.h - change interfaces by rtnetlink */
#ifndef QLAB_RTNL_H
#define QLAB_RTNL_H

#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"

struct mnl_socket;

struct mnl_socket *rtnl_open(struct qerr *e);
void	rtnl_close(struct mnl_socket *nl);

/* A bridge that forwards at once and treats multicast as broadcast. */
int	rtnl_bridge_add(struct mnl_socket *nl, const char *name,
	    const uint8_t mac[6], int mtu, const char *alias, struct qerr *e);
/* As a port of a bridge and up.  isolated: not to other isolated ports. */
int	rtnl_port_add(struct mnl_socket *nl, const char *name,
	    const char *bridge, int mtu, const char *alias, bool isolated,
	    struct qerr *e);
int	rtnl_addr_add(struct mnl_socket *nl, const char *name, uint32_t ip,
	    int plen, struct qerr *e);
int	rtnl_up(struct mnl_socket *nl, const char *name, struct qerr *e);
int	rtnl_del(struct mnl_socket *nl, const char *name, struct qerr *e);

#endif
