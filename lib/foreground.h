/* SPDX-License-Identifier: ISC */
/* foreground.h - one VM's console on our own standard input and output */
#ifndef QLAB_FOREGROUND_H
#define QLAB_FOREGROUND_H

#include <stddef.h>

#include "loop.h"
#include "qerr.h"

/*
 * As "-serial mon:stdio" in QEMU: a terminal is made raw, so that all keys but
 * those that QEMU's multiplexer takes (Ctrl-A ...) reach the guest.  Output
 * never waits for a slow reader: beyond 4 MiB it is thrown away.
 */
struct foreground;

/* typed is called with what the user types. */
struct foreground *foreground_open(struct loop *l,
	    void (*typed)(void *arg, const void *data, size_t len), void *arg,
	    struct qerr *e);
void	foreground_show(struct foreground *f, const void *data, size_t len);
/* Restores the terminal, after showing what is left; NULL is fine. */
void	foreground_close(struct foreground *f);

#endif
