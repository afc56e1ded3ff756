/* SPDX-License-Identifier: ISC */
/* accel.c - what a Linux machine has to run guests fast */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "accel.h"
#include "strv.h"

bool
accel_device_opens(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		return false;
	close(fd);
	return true;
}

/* One processor's worth: all of them say the same, and there may be 1000. */
char *
accel_cpuinfo(void)
{
	enum { MAX = 8192 };
	FILE *f = fopen("/proc/cpuinfo", "re");
	char *text;
	size_t n;

	if (f == NULL)
		return NULL;
	text = xcalloc(1, MAX + 1);
	n = fread(text, 1, MAX, f);
	text[n] = '\0';
	fclose(f);
	return text;
}
