/* SPDX-License-Identifier: ISC */
/* logsrc.c - where Linux keeps its log */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "logsrc.h"

const char *
logsrc_unified(void)
{
	return NULL;
}

bool
logsrc_journal(void)
{
	/* As sd_booted(3). */
	return access("/run/systemd/system", F_OK) == 0;
}

static int64_t
now_us(clockid_t clock)
{
	struct timespec ts = { 0 };

	clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int
logsrc_kernel(int64_t *boot_us, struct qerr *e)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char first[8192];

	if (fd == -1)
		return qerr_sys(e, "cannot open '/dev/kmsg'");
	/* printk's clock stands still while the system sleeps, as this one. */
	*boot_us = now_us(CLOCK_REALTIME) - now_us(CLOCK_MONOTONIC);
	/* It may open and still not be given: dmesg_restrict, containers. */
	if (read(fd, first, sizeof(first)) == -1 && errno != EAGAIN &&
	    errno != EPIPE) {
		qerr_sys(e, "cannot read '/dev/kmsg'");
		close(fd);
		return -1;
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}
