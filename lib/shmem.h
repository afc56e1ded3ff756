/* SPDX-License-Identifier: ISC */
/* shmem.h - OS contract: memory that processes share by a descriptor */
#ifndef QLAB_SHMEM_H
#define QLAB_SHMEM_H

#include <stddef.h>

#include "qerr.h"

/*
 * A descriptor, close-on-exec, of size zeroed bytes without a name, to be
 * mapped (MAP_SHARED).  Memory is taken as it is written to.
 */
int	shmem_open(size_t size, struct qerr *e);

#endif
