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

static int
unsupported(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL, "on macOS QEMU makes the networks: there "
	    "is nothing to be done beforehand");
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

struct vnet *
vnet_open(const char *lab, const char *dir, const char *logdir, bool host,
    struct qerr *e)
{
	(void)host;
	(void)lab;
	(void)dir;
	(void)logdir;
	unsupported(e);
	return NULL;
}

int
vnet_up(struct vnet *v, const struct lab_net *nets, size_t n, struct qerr *e)
{
	(void)v;
	(void)nets;
	(void)n;
	return unsupported(e);
}

void
vnet_serve(struct vnet *v, struct strv *notes)
{
	(void)v;
	(void)notes;
}

int
vnet_log_fd(const struct vnet *v)
{
	(void)v;
	return -1;
}

void
vnet_log(struct vnet *v)
{
	(void)v;
}

int
vnet_plug(struct vnet *v, const char *net, const char *vm, const char *nic,
    char hostif[16], int *fd, struct qerr *e)
{
	(void)v;
	(void)net;
	(void)vm;
	(void)nic;
	(void)hostif;
	*fd = -1;
	return unsupported(e);
}

void
vnet_child(struct vnet *v, pid_t pid, int status, char **note)
{
	(void)v;
	(void)pid;
	(void)status;
	*note = NULL;
}

void
vnet_close(struct vnet *v)
{
	(void)v;
}

int
vnet_join(const struct proc_id *id, struct qerr *e)
{
	(void)id;
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

void
vnet_marked(struct strv *labs)
{
	(void)labs;
}

void
vnet_sweep(const char *lab, bool dry, struct strv *said)
{
	(void)dry;
	(void)lab;
	(void)said;
}
