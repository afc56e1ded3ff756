/* SPDX-License-Identifier: ISC */
/* vmnetstatus.h - the statuses that macOS' vmnet ends its calls with */
#ifndef QLAB_VMNETSTATUS_H
#define QLAB_VMNETSTATUS_H

#include "logknown.h"
#include "qerr.h"

/* vmnet/vmnet.h's, but for success. */
#define VMNET_STATUSES	9

struct vmnet_status {
	const char *name;	/* VMNET_... */
	const char *words;	/* QEMU's, in net/vmnet-common.m */
	/* Its number is the pattern; what it means, said of anybody. */
	struct logknown known;
	enum qerr_kind kind;	/* of a QEMU that was to start */
	/* Where it says more: of one that is not root's, and one that is. */
	const char *user, *root;
	enum qerr_kind root_kind;
};

extern const struct vmnet_status vmnet_statuses[VMNET_STATUSES];

#define VMNET_BAD_SUBNET "a subnet that is no private one, or that overlaps " \
	"another network of this Mac, a VPN's or another VM's"

#endif
