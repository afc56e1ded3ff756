/* SPDX-License-Identifier: ISC */
/* shmem.c - memory that processes share by a descriptor (Linux) */
#include <sys/mman.h>

#include <unistd.h>

#include "shmem.h"

/* Not in /dev/shm, which containers keep small. */
int
shmem_open(size_t size, struct qerr *e)
{
	int fd = memfd_create("qlab", MFD_CLOEXEC);

	if (fd == -1)
		return qerr_sys(e, "cannot get shared memory");
	if (ftruncate(fd, (off_t)size) == -1) {
		qerr_sys(e, "cannot get %zu bytes of shared memory", size);
		close(fd);
		return -1;
	}
	return fd;
}
