/* SPDX-License-Identifier: ISC */
/* cap-mover.h - what the packet process of qlab-cap knows */
#ifndef QLAB_CAP_MOVER_H
#define QLAB_CAP_MOVER_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "cap.h"
#include "capmux.h"
#include "capout.h"
#include "pipelend.h"

struct point {
	char *name, *description;
	uint8_t mac[6];
	bool has_mac, is_if;
	bool there, ever;	/* a source has it, has had it */
	unsigned src;
	uint32_t told, opening;	/* the latest, and the one that src has */
	int out;		/* its number there; -1: none yet */
	uint64_t packets;
};

/* What a source has dropped, and whose fault that was. */
struct account {
	uint64_t seen, kernel, slow;
};

struct mover {
	const struct cap_conf *o;
	int ctl, files;
	struct capsink *sink;
	struct capmux mux;
	struct account *accounts;	/* one a source */
	struct pipelend lend;
	struct capout out;
	struct point **points;
	unsigned npoints;
	struct pollfd *polls;		/* room for all there is to wait for */
	bool started, stop, over, time_up, reader_gone, failed;
	bool writes;
	long sleeps;		/* of ours, when it slept last of its own will */
	int64_t heard_ms;	/* the first process was, at least then */
	bool unblamed;		/* drops may be unread */
	bool in_write;		/* that was interrupted */
	uint64_t written;	/* at the last interruption */
	int pokes;		/* since then */
	struct qerr err;	/* of writing */
};

/*
 * What the kernel has dropped since this was asked last: because this process,
 * or its processor, was too slow; or because it slept, waiting for its reader,
 * or was stopped.
 */
void	cap_count_blame(struct mover *m);
/* It has slept, but not for its reader. */
void	cap_count_slept(struct mover *m);
/* SIGUSR1's lines, and the last ones. */
void	cap_count_say(struct mover *m);
/*
 * capout's stats(): of NICs that share a ring the drops are counted at the
 * first one, and a comment says so.
 */
void	cap_count_point(void *arg, unsigned out, struct capout_stats *st);

#endif
