/* SPDX-License-Identifier: ISC */
/* rights.h - OS contract: give up all rights for good */
#ifndef QLAB_RIGHTS_H
#define QLAB_RIGHTS_H

#include "qerr.h"

/*
 * Before bytes of unknown origin are parsed: from here on this process and
 * what it may exec can do nothing but use the descriptors it has open and what
 * an ordinary user may.  As root it becomes nobody.  Single-threaded callers.
 */
int	rights_drop(struct qerr *e);

#endif
