/* SPDX-License-Identifier: ISC */
/* accel.c - what a Mac has to run guests fast: Hypervisor.framework */
#include <sys/types.h>
#include <sys/sysctl.h>

#include <stddef.h>

#include "accel.h"

/*
 * There is no device.  That the processor and the system have it, is told by a
 * sysctl of Apple's documentation of the framework; in virtual machines it
 * mostly is 0.
 */
bool
accel_device_opens(void)
{
	int support = 0;
	size_t len = sizeof(support);

	return sysctlbyname("kern.hv_support", &support, &len, NULL, 0) == 0 &&
	    support == 1;
}

char *
accel_cpuinfo(void)
{
	return NULL;
}
