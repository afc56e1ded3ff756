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

/*
 * After rights_drop(), as far as the system has a way to say so: no system
 * calls any more but those that it takes to move packets between descriptors
 * that are open, or come by SCM_RIGHTS; all others fail with EPERM.  macOS: no
 * network and no other process any more.  -1: it cannot be had here, nothing
 * has changed.
 */
int	rights_confine(struct qerr *e);

#endif
