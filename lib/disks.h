/* SPDX-License-Identifier: ISC */
/* disks.h - a VM's disks, made ready before it starts */
#ifndef QLAB_DISKS_H
#define QLAB_DISKS_H

#include "lab.h"
#include "qerr.h"
#include "strv.h"

/*
 * Make the images that are missing (overlays on their base, new disks) and ask
 * qemu-img for the format of each, in order.
 */
int	disks_prepare(const struct lab *lab, const struct lab_vm *vm,
	    struct strv *formats, struct qerr *e);
/* The same without changing anything; lines say what would be made. */
int	disks_explain(const struct lab *lab, const struct lab_vm *vm,
	    struct strv *formats, struct strv *lines, struct qerr *e);
/* Put a VM's overlays back to their pristine bases; *n is how many. */
int	disks_reset(const struct lab *lab, const struct lab_vm *vm, size_t *n,
	    struct qerr *e);

#endif
