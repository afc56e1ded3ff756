/* SPDX-License-Identifier: ISC */
/* shmem.c - memory that processes share by a descriptor: a file's, here */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "shmem.h"

int
shmem_open(size_t size, struct qerr *e)
{
	char path[] = "/tmp/qlab.XXXXXX";
	int fd = mkstemp(path);

	if (fd == -1)
		return qerr_sys(e, "cannot get shared memory");
	unlink(path);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (ftruncate(fd, (off_t)size) == -1) {
		qerr_sys(e, "cannot get %zu bytes of shared memory", size);
		close(fd);
		return -1;
	}
	return fd;
}
