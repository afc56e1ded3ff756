/* SPDX-License-Identifier: ISC */
/* holder.h - the one process that keeps a running lab's networks alive */
#ifndef QLAB_HOLDER_H
#define QLAB_HOLDER_H

#include <stdbool.h>

#include <jansson.h>

#include "lab.h"
#include "proc.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * The program qlab-holder (tools/) is started by the first tool that needs a
 * lab's networks, on one end of a socket pair.  It enters the lab's namespaces
 * and serves a Unix socket, LAB/holder.sock, too: a JSON object a line each
 * way, answers in order, a cable's descriptor beside its answer (SCM_RIGHTS),
 * {"note": TEXT} at any time.  Each qlab-run keeps its connection while its
 * VMs run; when the last one is closed and nobody pinned the lab ("qlab-net
 * up"), it takes everything down, removes the lab's state and ends.
 */
struct holder_conn {
	int fd;			/* -1: none; readable: holder_notes() */
	char buf[65536];	/* what was read beyond the last line */
	size_t len;
	int passed;		/* a descriptor that came along; -1: none */
	int wait_ms;		/* for an answer; 0: as long as starts take */
};

#define HOLDER_CONN_INIT { .fd = -1, .passed = -1 }

/*
 * With the lab's lock held: connect to the lab's holder, or start one for this
 * backend, bridge or userspace, with host_net in the host's own network
 * (QERR_PERM: this system or user does not get it).  dir is the lab's state
 * directory.
 */
int	holder_join(struct holder_conn *c, const char *lab, const char *dir,
	    enum net_backend backend, bool host_net, struct qerr *e);
/* Connect only; QERR_NOTFOUND when none runs. */
int	holder_connect(struct holder_conn *c, const char *dir, struct qerr *e);
void	holder_close(struct holder_conn *c);

/*
 * Make networks unless they are there; the same name with another definition
 * is an error.  What the user should know without its being a failure is added
 * to *notes.
 */
int	holder_nets(struct holder_conn *c, const struct lab_net *nets, size_t n,
	    struct strv *notes, struct qerr *e);
/*
 * A cable for one NIC: its host interface's name ("": none), and QEMU's end, a
 * tap's descriptor or on backend userspace a stream socket.
 */
int	holder_plug(struct holder_conn *c, const char *net, const char *vm,
	    const char *nic, char hostif[16], int *fd, struct strv *notes,
	    struct qerr *e);
/*
 * Backend userspace: what a capture (segment_mirror()) reads from; vm NULL: the
 * whole network.
 */
int	holder_mirror(struct holder_conn *c, const char *net, const char *vm,
	    const char *nic, uint32_t snaplen, int *fd, struct qerr *e);
/* Its cables with their counters (segment_ports()); new reference. */
json_t	*holder_ports(struct holder_conn *c, struct qerr *e);
/*
 * Who has which address, as heard on the lab's networks; into *t.  follow: from
 * now on what is new comes by itself, see holder_heard().
 */
struct wire_table;
struct wire_fact;
int	holder_wire(struct holder_conn *c, bool follow, struct wire_table *t,
	    struct qerr *e);
/*
 * After holder_wire() with follow, when fd is readable: 1 and the next new
 * fact, 0: no more for now, -1: the holder is gone.
 */
int	holder_heard(struct holder_conn *c, struct wire_fact *f,
	    struct qerr *e);
/* Stay up without a connection, or no longer. */
int	holder_pin(struct holder_conn *c, bool pin, struct qerr *e);
/* Read what it says by itself; -1 with QERR_FAIL when it is gone. */
int	holder_notes(struct holder_conn *c, struct strv *notes,
	    struct qerr *e);

/*
 * The holder's own life, for tools/qlab-holder.c: serve until nobody needs the
 * lab.  first is the socket towards who started it; the first line on it tells
 * whether the namespaces could be had.
 */
int	holder_serve(const char *lab, const char *dir,
	    enum net_backend backend, bool host_net, int first, struct qerr *e);

/* The descriptor that qlab-holder finds its first connection on. */
#define HOLDER_FD	3
/* Its last word for networks in the host's own. */
#define HOLDER_HOST_NET	"host-net"

#endif
