/* SPDX-License-Identifier: ISC */
/* sock.h - Unix stream sockets between processes of one user */
#ifndef QLAB_SOCK_H
#define QLAB_SOCK_H

#include "qerr.h"

/*
 * All descriptors are non-blocking and close-on-exec.  A path that does not fit
 * sun_path is QERR_INPUT, never truncated.
 */

/* Listen, mode 0600; a stale socket of that name is replaced. */
int	sock_listen(const char *path, struct qerr *e);

/*
 * The next waiting peer, or -1 with errno (EAGAIN: none).  Peers of another
 * user than ours, root excepted, are turned away.
 */
int	sock_accept(int fd);

/* A wait of at most timeout_ms while the listener's queue is full. */
int	sock_connect(const char *path, int timeout_ms, struct qerr *e);

#endif
