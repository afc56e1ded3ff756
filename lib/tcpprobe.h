/* SPDX-License-Identifier: ISC */
/* tcpprobe.h - does something accept a TCP connection in a lab's namespace? */
#ifndef QLAB_TCPPROBE_H
#define QLAB_TCPPROBE_H

#include <sys/types.h>

#include <stdint.h>

#include "proc.h"
#include "qerr.h"

/*
 * A child process enters the namespace, since nobody can come back from there,
 * and knocks until it is let in.
 */
struct tcpprobe {
	pid_t pid;		/* 0: not started */
	int fd;			/* its verdict comes here */
	uint32_t ip;
	uint16_t port;
};

#define TCPPROBE_INIT	{ .fd = -1 }

/*
 * Start it unless it runs for that address (host byte order), and look, without
 * waiting: 1 accepted, 0 not yet, -1 it cannot be tried.  ns: whose namespaces;
 * pid 0: ours.  The caller must be single-threaded.
 */
int	tcpprobe_check(struct tcpprobe *p, const struct proc_id *ns,
	    uint32_t ip, uint16_t port, struct qerr *e);
/* Twice is fine. */
void	tcpprobe_stop(struct tcpprobe *p);

#endif
