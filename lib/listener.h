/* SPDX-License-Identifier: ISC */
/* listener.h - a Unix socket in the event loop */
#ifndef QLAB_LISTENER_H
#define QLAB_LISTENER_H

#include "loop.h"
#include "qerr.h"

/*
 * fn gets one new peer (sock_accept()) at a time and owns it; it may close the
 * listener.  While the process is out of descriptors peers wait.
 */
struct listener;
struct listener *listener_open(struct loop *l, const char *path,
	    void (*fn)(void *arg, int fd), void *arg, struct qerr *e);
/* Removes the socket too; NULL is fine. */
void	listener_close(struct listener *s);

#endif
