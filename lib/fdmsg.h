/* SPDX-License-Identifier: ISC */
/* fdmsg.h - descriptors, and messages with them, between processes of ours */
#ifndef QLAB_FDMSG_H
#define QLAB_FDMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>

#include "qerr.h"

/* ---- descriptors beside bytes of any kind, over a Unix stream socket ---- */

#define FDMSG_FDS	4	/* at the most, at once */

/* sendmsg(2) once, with MSG_NOSIGNAL and flags. */
ssize_t	fdmsg_write(int sock, const void *buf, size_t len, const int *fds,
	    size_t nfds, int flags);
/*
 * recvmsg(2) once.  The descriptors that came along, close-on-exec, are in fds,
 * -1 behind them; those that do not fit are closed.
 */
ssize_t	fdmsg_read(int sock, void *buf, size_t len, int *fds, size_t nfds,
	    int flags);

/* One descriptor, with one byte. */
int	fdmsg_pass(int sock, int fd, struct qerr *e);
/* It, within timeout_ms; -1: not there, or something else. */
int	fdmsg_take(int sock, int timeout_ms, struct qerr *e);

/* ---- messages ---- */

/*
 * What comes is taken in whole, so each side must trust the other to send what
 * it began, and nothing else of it.
 */
#define FDMSG_MAX	(1u << 20)	/* bytes of a message */

struct fdmsg {
	uint32_t type, len;
	int fds[FDMSG_FDS];
	size_t nfds;
	uint8_t *buf;		/* len bytes */
};

/* A connected pair, close-on-exec. */
int	fdmsg_pair(int sv[2], struct qerr *e);
int	fdmsg_send(int sock, uint32_t type, const void *buf, size_t len,
	    const int *fds, size_t nfds, struct qerr *e);
/*
 * Returns 1: a message, to be released; 0: none is there and wait is false; -1
 * on error, with e->sys EPIPE when the other side has gone.
 */
int	fdmsg_recv(int sock, bool wait, struct fdmsg *m, struct qerr *e);
/* Closes the descriptors that are still in it (not set to -1). */
void	fdmsg_release(struct fdmsg *m);

#endif
