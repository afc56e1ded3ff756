/* SPDX-License-Identifier: ISC */
/* runnerargv.c - the command line of a VM that the runner starts */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "launch.h"
#include "runner.h"
#include "unet.h"
#include "vmnet.h"

bool
runner_any_link_down(const struct lab_vm *vm)
{
	for (size_t i = 0; i < vm->nnics; i++)
		if (vm->nics[i].link_down)
			return true;
	return false;
}

bool
runner_starts_root(const struct runner_conf *conf, const struct lab_vm *vm)
{
	return conf->backend == BACKEND_VMNET &&
	    vmnet_needed(vm, conf->extra) &&
	    (conf->rights == VNET_ROOT ||
	    (conf->rights == VNET_ANYBODY && geteuid() == 0));
}

bool
runner_has_cable(const struct runner_conf *conf, const struct lab_nic *nic)
{
	if (conf->backend == BACKEND_USERSPACE)
		return unet_has_cable(nic->mode);
	return nic->mode != NET_USER && conf->target == QEMU_LINUX;
}

int
runner_argv(const struct runner_conf *conf, const struct lab_vm *vm,
    char *const *formats, const char *vmdir, struct strv *argv,
    struct qerr *e)
{
	struct qemu_cable *cables = xcalloc(vm->nnics, sizeof(*cables));
	char *qmp = xasprintf("%s/qemu-qmp.sock", vmdir);
	char *con = xasprintf("%s/qemu-con.sock", vmdir);
	struct qemu_conf qc = {
		.target = conf->target,
		.backend = conf->backend,
		.accel = vm->accel != NULL && strcmp(vm->accel, "auto") != 0 ?
		    vm->accel : qemu_accel_auto(conf->target, vm->arch),
		.freeze = conf->freeze || runner_any_link_down(vm),
		.qmp_path = qmp,
		.console_path = con,
		.cables = cables,
		.disk_formats = formats,
		.extra = conf->extra,
	};
	bool root = runner_starts_root(conf, vm);
	struct lab lab = *conf->lab;
	char dir[PATH_MAX];
	int fd = LAUNCH_FIRST_FD, rc;

	for (size_t i = 0; i < vm->nnics; i++)
		cables[i].fd = runner_has_cable(conf, &vm->nics[i]) ? fd++ :
		    -1;
	/* A rule of sudo's is for files, not for wherever one happens to be. */
	if (root && realpath(lab.dir, dir) != NULL)
		lab.dir = dir;
	rc = qemu_argv_build(&lab, vm, &qc, argv, e);
	if (rc == 0 && root)
		vmnet_as_root(argv, conf->rights == VNET_ROOT,
		    conf->qemu_version);
	free(cables);
	free(qmp);
	free(con);
	return rc;
}
