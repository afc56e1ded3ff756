/* SPDX-License-Identifier: ISC */
/* vnetnone.c - networks, on systems where we make none: QEMU does, or nobody */
#include "vnet.h"

static int
unsupported(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL, "on this system there are no networks to "
	    "be made for QEMU");
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
