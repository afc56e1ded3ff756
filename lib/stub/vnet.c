/* SPDX-License-Identifier: ISC */
/* vnet.c - networks: not supported on this system */
#include "vnet.h"

static int
unsupported(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL, "networks of this kind are not supported "
	    "on this system");
}

enum net_backend
vnet_backend(void)
{
	return BACKEND_BRIDGE;
}

enum vnet_rights
vnet_rights(void)
{
	return VNET_ANYBODY;
}

int
vnet_probe(struct qerr *e)
{
	return unsupported(e);
}

void
vnet_explain(const struct lab_net *net, bool host, struct strv *lines)
{
	(void)host;
	(void)net;
	(void)lines;
}

int
vnet_check_host(struct qerr *e)
{
	return unsupported(e);
}
