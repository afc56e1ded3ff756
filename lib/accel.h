/* SPDX-License-Identifier: ISC */
/* accel.h - OS contract: what this machine has to run guests fast */
#ifndef QLAB_ACCEL_H
#define QLAB_ACCEL_H

#include <stdbool.h>

#include "qemuargv.h"

/* Does the kernel's virtualisation device open for us, read and write? */
bool	accel_device_opens(void);
/*
 * What the system says about its CPU, in the form of Linux' /proc/cpuinfo;
 * NULL where there is no such text.  Free it.
 */
char	*accel_cpuinfo(void);

/*
 * The decision itself: pure.  host is the host's architecture in QEMU's words.
 * A device that opens is not enough on x86: nested guests without vmx or svm
 * have it too, and then KVM_CREATE_VM fails.
 */
const char *accel_choose(enum qemu_target target, const char *guest,
	    const char *host, bool device_opens, const char *cpuinfo);

/* uname's machine in QEMU's words: arm64 is aarch64, amd64 x86_64. */
const char *accel_host_arch(void);
/*
 * From here on that is arch, as uname has it on any system, and what is told
 * is of another machine.  The string is kept.
 */
void	accel_suppose_arch(const char *arch);
/* Of a PC, 32 or 64 bits. */
bool	accel_is_x86(const char *arch);

#endif
