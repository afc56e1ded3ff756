/* SPDX-License-Identifier: ISC */
/* capdrain.h - the process that reads what QEMU dumps, and waits for nobody */
#ifndef QLAB_CAPDRAIN_H
#define QLAB_CAPDRAIN_H

#include <stdint.h>

#include "capfilter.h"
#include "capring.h"
#include "dumpstream.h"
#include "vnethdr.h"

/* The first packets wait so long for others. */
#define CAPDRAIN_SETTLE_MS	20

/* Part of capqmp.h. */
struct capdrain {
	int fifo[DUMP_STREAMS];	/* non-blocking */
	int stream;		/* to the reader, non-blocking */
	int life;		/* end of file: the guard is dead */
	struct capring ring;
	const struct capfilter *filter;	/* NULL: all */
	uint32_t snaplen;
	bool has_vnethdr;	/* QEMU may leave headers before frames */
	struct vnethdr vnethdr;
	int nap_ms;		/* so long may a packet wait for others */
};

/* Why it ended, for capring_end(). */
enum capdrain_end {
	CAPDRAIN_STOPPED = 1,	/* as the reader wished */
	CAPDRAIN_GONE,		/* QEMU is */
	CAPDRAIN_CUT,		/* QEMU is not, but writes no more */
	CAPDRAIN_KILLED,	/* the drainer was */
	CAPDRAIN_HELD,		/* the same, because it was stopped */
	CAPDRAIN_GARBAGE,	/* QEMU writes something else */
};

/* What the reader says: take in no more. */
#define CAPDRAIN_STOP	's'

/* Until QEMU closes the FIFOs, or the guard dies.  Never waits else. */
void	capdrain_run(struct capdrain *d);

#endif
