/* SPDX-License-Identifier: ISC */
/* holder.h - the one process that keeps a running lab's networks alive */
#ifndef QLAB_HOLDER_H
#define QLAB_HOLDER_H

#include "lab.h"
#include "proc.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * The program qlab-holder (tools/) is started by the first tool that needs a
 * lab's networks.  It makes the namespaces, then serves a Unix socket,
 * LAB/holder.sock: one JSON object a line, answers in order, tap descriptors
 * as SCM_RIGHTS.  Each qlab-run keeps its connection while its VMs run; when
 * the last one is closed and nobody pinned the lab ("qlab-net up"), it takes
 * everything down and ends.
 */
struct holder_conn {
	int fd;			/* -1: not connected */
	char in[8192];		/* what was read beyond the last line */
	size_t nin;
};

#define HOLDER_CONN_INIT { .fd = -1 }

/*
 * With the lab's lock held: connect to the lab's holder, or start one.
 * dir is the lab's state directory.
 */
int	holder_join(struct holder_conn *c, const char *lab, const char *dir,
	    struct qerr *e);
/* Connect only; QERR_NOTFOUND when none runs. */
int	holder_connect(struct holder_conn *c, const char *dir, struct qerr *e);
void	holder_close(struct holder_conn *c);

/*
 * Make a network unless it is there; the same name with another definition is
 * an error.  Whatever is to be told the user without being a failure (no way
 * out, ...) is added to *notes.
 */
int	holder_net(struct holder_conn *c, const struct lab_net *net,
	    struct strv *notes, struct qerr *e);
/* A cable for one NIC: its host interface's name, and the tap's descriptor. */
int	holder_plug(struct holder_conn *c, const char *net, const char *vm,
	    const char *nic, char hostif[16], int *fd, struct qerr *e);
/* Stay up without a connection, or no longer. */
int	holder_pin(struct holder_conn *c, bool pin, struct qerr *e);

/* The holder's own main, called by tools/qlab-holder.c; never returns 0 early. */
int	holder_main(const char *lab, const char *dir, int ready_fd,
	    struct qerr *e);

#endif
