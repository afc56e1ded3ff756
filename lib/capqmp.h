/* SPDX-License-Identifier: ISC */
/* capqmp.h - packets of a NIC that QEMU itself hands out (QMP: filter-dump) */
#ifndef QLAB_CAPQMP_H
#define QLAB_CAPQMP_H

#include <stddef.h>
#include <stdint.h>

#include "capsrc.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * QEMU writes what passes a netdev into FIFOs, one for each direction, and
 * waits for whoever reads them: when nobody does, the VM stands still.  So
 * they are read by a process that waits for nothing else:
 *
 *   QEMU ==FIFOs==> drainer ==ring==> whoever captures
 *     ^---- QMP ---- guard
 *
 * The drainer parses, stamps and filters packets and puts them into a ring of
 * shared memory; what finds no room is counted and forgotten.  It has no rights
 * and no other descriptors.  If it dies, its FIFOs break and QEMU goes on.  The
 * guard, the drainer's parent, attaches and detaches; it kills a drainer that
 * is stopped.  Both are in a session of their own, out of ^Z's reach, and end
 * when all copies of the stream are closed.  The filter objects are called
 * qcap-PID-START-rx and -tx after the drainer (capobj.h): so if even the guard
 * is gone, qlab-run, or the next capture of that VM, removes them.  A drainer
 * and a guard that are both stopped are the opener's to see to, and qlab-run's.
 */

/* What to attach to. */
struct capqmp_conf {
	const char *qmp;	/* path of QEMU's QMP socket, or its relay's */
	const char *dir;	/* 0700, of QEMU's user; NULL: one below /tmp */
	const char *netdev;	/* the netdev's id; NULL, or no such: by mac */
	const uint8_t *mac;	/* of the NIC, 6 bytes; NULL: not known */
	size_t buffer;		/* bytes of the ring; 0: 64 MiB */
};

/* In the opener's hands while the capture goes on. */
struct capqmp_hold;

/*
 * Attach.  *stream is to be given to capqmp_open(), in this process or another
 * (it can be passed on); close all other copies.  A bad filter, QERR_INPUT, is
 * found before QEMU is touched; QERR_NOTFOUND: QEMU has no such NIC;
 * QERR_FAIL, too: QMP is busy.  Single-threaded callers; some 10 ms.  The guard
 * is a child of the caller: reap none but your own.
 */
struct capqmp_hold *capqmp_attach(const struct capqmp_conf *conf,
	    const struct capsrc_opts *o, int *stream, struct qerr *e);
/*
 * Call it twice a second: should all be stopped that keep the VM going, it ends
 * them.  NULL is fine.
 */
void	capqmp_look_after(const struct capqmp_hold *h);
/*
 * After all copies of the stream are closed: wait until QEMU has let go, two
 * seconds at most; free.  NULL is fine.
 */
void	capqmp_release(struct capqmp_hold *h);

/* So late packets may be told: what comes first waits for more, capdrain.h. */
#define CAPQMP_LATE_MS	30

/* The functions of capsrc.h on such a stream; filtering is done already. */
struct capqmp;

#define CAPQMP_BUFFER	(64u << 20)

/* Takes fd over, also when it fails.  Maps shared memory. */
struct capqmp *capqmp_open(int fd, const struct capsrc_opts *o,
	    struct qerr *e);
int	capqmp_fd(const struct capqmp *c);
int	capqmp_read(struct capqmp *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
int	capqmp_stop(struct capqmp *c, struct qerr *e);
int	capqmp_stats(struct capqmp *c, struct capsrc_stats *s, struct qerr *e);
void	capqmp_close(struct capqmp *c);	/* NULL is fine */

#endif
