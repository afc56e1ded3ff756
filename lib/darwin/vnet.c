/* SPDX-License-Identifier: ISC */
/* vnet.c - networks: QEMU makes them itself, of vmnet (macOS) */
#include <sys/types.h>
#include <sys/sysctl.h>

#include <stdlib.h>
#include <unistd.h>

#include "vmnet.h"
#include "vnet.h"

/* From this one on, vmnet serves ordinary users, too. */
#define MACOS_VMNET_FOR_ALL	26

static int
os_major(void)
{
	char text[32] = "";
	size_t len = sizeof(text) - 1;

	if (sysctlbyname("kern.osproductversion", text, &len, NULL, 0) == -1)
		return 0;
	return (int)strtol(text, NULL, 10);
}

enum net_backend
vnet_backend(void)
{
	return BACKEND_VMNET;
}

enum vnet_rights
vnet_rights(void)
{
	if (geteuid() == 0)
		return VNET_ANYBODY;
	return os_major() >= MACOS_VMNET_FOR_ALL ? VNET_TRY : VNET_ROOT;
}

/* Whether root can be had is asked when it is needed: sudo may want to know. */
int
vnet_probe(struct qerr *e)
{
	(void)e;
	return 0;
}

void
vnet_explain(const struct lab_net *net, bool host, struct strv *lines)
{
	(void)host;
	vmnet_explain_net(net, lines);
}

int
vnet_check_host(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL, "vmnet's networks are the host's own "
	    "anyway: leave --host-net out");
}
