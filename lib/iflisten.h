/* SPDX-License-Identifier: ISC */
/* iflisten.h - hear for a while who has which address */
#ifndef QLAB_IFLISTEN_H
#define QLAB_IFLISTEN_H

#include "facts.h"

/*
 * Listen on all interfaces of all spaces for ms milliseconds, or until a signal
 * comes; what is heard goes to the spaces' wire.  Returns how many spaces could
 * not be listened in, *e says why the first of them.  Single-threaded callers
 * only.
 */
int	iflisten(struct facts *f, int ms, struct qerr *e);

#endif
