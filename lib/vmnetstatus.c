/* SPDX-License-Identifier: ISC */
/* vmnetstatus.c - the statuses that macOS' vmnet ends its calls with */
#include <stddef.h>

#include "vmnetstatus.h"

#define FAILED	LOGREC_ERROR_EVENT, LOGREC_ERROR, NULL
#define DROPPED	LOGREC_ERROR_EVENT, LOGREC_WARNING, NULL
#define BUSY	LOGREC_CONFLICT, LOGREC_ERROR, NULL

const struct vmnet_status vmnet_statuses[VMNET_STATUSES] = {
	{ "VMNET_FAILURE", "general failure (possibly not enough privileges)",
	    { FAILED, "1001", "vmnet failed (1001): QEMU was not started as "
	    "root, it got " VMNET_BAD_SUBNET ", or the Mac has just been "
	    "started" }, QERR_PERM, "vmnet is for root here (1001): start QEMU "
	    "by sudo (qlab-run asks for it when it can)",
	    "vmnet failed though QEMU is root's (1001): " VMNET_BAD_SUBNET
	    ", a sandbox, or a Mac that has just been started", QERR_FAIL },
	{ "VMNET_MEM_FAILURE", "memory allocation failure",
	    { FAILED, "1002", "vmnet is out of memory (1002)" },
	    QERR_FAIL, NULL, NULL, 0 },
	{ "VMNET_INVALID_ARGUMENT", "invalid argument specified",
	    { FAILED, "1003", "vmnet does not take the network's addresses "
	    "(1003): " VMNET_BAD_SUBNET }, QERR_FAIL, NULL, NULL, 0 },
	{ "VMNET_SETUP_INCOMPLETE", "interface setup is not complete",
	    { FAILED, "1004", "vmnet has not finished making the interface "
	    "(1004): try again" }, QERR_FAIL, NULL, NULL, 0 },
	{ "VMNET_INVALID_ACCESS", "invalid access, permission denied",
	    { FAILED, "1005", "vmnet is not permitted to this QEMU (1005): it "
	    "wants root (sudo) or Apple's entitlement "
	    "com.apple.vm.networking" }, QERR_PERM, NULL,
	    "vmnet is not permitted even to root (1005): a sandbox or a "
	    "profile of this Mac's owner forbids it", QERR_PERM },
	{ "VMNET_PACKET_TOO_BIG", "packet size is larger than MTU",
	    { DROPPED, "1006", "vmnet got a frame longer than its MTU and "
	    "dropped it (1006)" }, QERR_FAIL, NULL, NULL, 0 },
	{ "VMNET_BUFFER_EXHAUSTED", "buffers exhausted in kernel",
	    { DROPPED, "1007", "vmnet dropped frames: the kernel has no "
	    "buffers left for it (1007)" }, QERR_FAIL, NULL, NULL, 0 },
	{ "VMNET_TOO_MANY_PACKETS", "packet count exceeds limit",
	    { DROPPED, "1008", "vmnet was given more frames at once than it "
	    "takes (1008)" }, QERR_FAIL, NULL, NULL, 0 },
	{ "VMNET_SHARING_SERVICE_BUSY", "conflict, sharing service is in use",
	    { BUSY, "1009", "vmnet is busy (1009): Internet Sharing is on, or "
	    "another program's network is in the way: switch it off in System "
	    "Settings, Sharing, or stop that program (some Macs must be "
	    "restarted)" }, QERR_FAIL, NULL, NULL, 0 },
};
