/* SPDX-License-Identifier: ISC */
/* shmem.c - memory that processes share by a descriptor (macOS) */
#include <sys/mman.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "shmem.h"

int
shmem_open(size_t size, struct qerr *e)
{
	static unsigned n;
	char name[32];
	int fd;

	/* There is room for 31 bytes (PSHMNAMLEN). */
	snprintf(name, sizeof(name), "/qlab-%d-%u", (int)getpid(), ++n);
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return qerr_sys(e, "cannot get shared memory");
	shm_unlink(name);
	if (ftruncate(fd, (off_t)size) == -1) {
		qerr_sys(e, "cannot get %zu bytes of shared memory", size);
		close(fd);
		return -1;
	}
	return fd;
}
