/* SPDX-License-Identifier: ISC */
/* segment.h - one userspace network: a switch, its cables, its captures */
#ifndef QLAB_SEGMENT_H
#define QLAB_SEGMENT_H

#include <jansson.h>

#include "lab.h"
#include "loop.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * A cable is a socket pair: one end is QEMU's, the other is a port of the
 * switch (l2switch.h).  A port is read a buffer at a time, and what the buffer
 * holds for another port goes out from it with one system call.  What a port
 * does not take waits in a queue of its own; when that is full, whole frames
 * are dropped and counted, so that nobody waits for a VM that does not read.
 * A port goes when QEMU's end is closed.
 *
 * A capture is another socket pair (mirror.h), with a queue and a count of
 * drops, too.
 */
struct segment;

/* say (may be NULL) is told why a cable was cut, when it was not its VM. */
struct segment *segment_new(struct loop *l, const char *name, bool isolated,
	    bool transparent, void (*say)(void *arg, const char *text),
	    void *arg);
void	segment_free(struct segment *s);	/* NULL is fine */

/* Each frame that a VM sends goes to fn, too. */
void	segment_listen(struct segment *s, void (*fn)(void *arg,
	    const void *frame, size_t len), void *arg);

/* A new cable; *fd, close-on-exec, is QEMU's end. */
int	segment_plug(struct segment *s, const char *vm, const char *nic,
	    int *fd, struct qerr *e);
/*
 * Capture one NIC, or all that is sent on the network (vm NULL), the first
 * snaplen bytes of each frame.  *fd is the reader's end: end of file when the
 * NIC is gone.  QERR_NOTFOUND: no such cable.
 */
int	segment_mirror(struct segment *s, const char *vm, const char *nic,
	    uint32_t snaplen, int *fd, struct qerr *e);

/*
 * Append to the array {"vm":, "nic":, "rx_packets":, "rx_bytes":,
 * "rx_dropped":, "tx_packets":, "tx_bytes":, "tx_dropped":} for each cable,
 * after passing *skip of them over (counted down), until it has max; rx is
 * what the VM sent, as on a tap.
 */
void	segment_ports(const struct segment *s, json_t *array, size_t *skip,
	    size_t max);

#endif
