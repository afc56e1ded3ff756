/* SPDX-License-Identifier: ISC */
/* dumpstream.h - packets out of the two streams of QEMU's filter-dump */
#ifndef QLAB_DUMPSTREAM_H
#define QLAB_DUMPSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capsrc.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * Each filter (queue=rx: from the VM, queue=tx: to it) writes a classic pcap
 * stream, microseconds, link type Ethernet (QEMU's net/dump.c).
 *
 * Order: QEMU writes a packet to one of them at a time, in order.  So a packet
 * that came by one stream may be told once the other one has a later packet,
 * or was seen empty after the first was read.
 *
 * Time: QEMU's stamps are its second of the day when the filter was made, plus
 * the time that the VM has run: wrong by the VM's age and the time zone, and
 * anew each time the VM is stopped.  But they differ from the time of arrival
 * by a constant and the delay of the arrival.  So the least difference of the
 * last seconds is added to them; when all at once they differ by much more, or
 * several in turn by somewhat more, the VM was stopped, and it is found anew.
 * The result never is later than the arrival, and never runs backwards unless
 * the system's clock was set.
 */
enum { DUMP_FROM_VM, DUMP_TO_VM, DUMP_STREAMS };

/* How stamps become times; zero-initialise. */
struct dumpclock {
	bool set;
	int64_t off;		/* ns to add to a stamp */
	int64_t cur, prev;	/* least difference, this and last window */
	int64_t window;		/* when this one began */
	unsigned late;		/* so many in turn were late */
	int64_t late_least;	/* by this at least */
	int64_t last;		/* the time told last */
};

/* The least difference in ns of arrival and stamp among packets just read. */
void	dumpclock_see(struct dumpclock *k, int64_t difference, int64_t now);
int64_t	dumpclock_time(struct dumpclock *k, int64_t stamp);

struct dumpmerge;

/*
 * The very first packets are held back for settle ns, so that their times do
 * not depend on one arrival alone.
 */
struct dumpmerge *dumpmerge_new(int64_t settle);
void	dumpmerge_free(struct dumpmerge *m);	/* NULL is fine */
/* Where bytes of a stream are to be put, *room (maybe 0) of them. */
uint8_t	*dumpmerge_space(struct dumpmerge *m, int stream, size_t *room);
/* So many were put there; 0: there were none. */
void	dumpmerge_fed(struct dumpmerge *m, int stream, size_t n);
/* This stream has ended. */
void	dumpmerge_eof(struct dumpmerge *m, int stream);
/*
 * Tell fn what can be told, the bytes having been read at now (ns since the
 * epoch).  Returns the number of packets, or -1: a stream is no such stream.
 */
int	dumpmerge_run(struct dumpmerge *m, int64_t now,
	    void (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
/* Do packets wait for the other stream to be looked at, or to settle? */
bool	dumpmerge_waits(const struct dumpmerge *m);
/* Hold nothing back for settling any more. */
void	dumpmerge_settle(struct dumpmerge *m);

#endif
