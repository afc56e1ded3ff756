/* SPDX-License-Identifier: ISC */
/* capguard.h - the process that hangs a drainer on QEMU, and takes it off */
#ifndef QLAB_CAPGUARD_H
#define QLAB_CAPGUARD_H

#include "capdrain.h"
#include "capqmp.h"
#include "proc.h"

/* Part of capqmp.h.  What it says to the opener once. */
struct capguard_said {
	struct qerr e;		/* kind 0: attached */
	struct proc_id drainer;
};

struct capguard {
	const struct capqmp_conf *conf;
	uint32_t keep;		/* bytes of a packet that are to be dumped */
	int opener;		/* its end of a socket to the opener */
	struct capdrain drain;	/* all but fifo and life */
};

/*
 * In a forked process: attach, tell the opener, wait until reader, opener or
 * drainer is gone, detach.  Closes all descriptors that are not its own.
 */
void	capguard_run(const struct capguard *conf) __attribute__((noreturn));

#endif
