/* SPDX-License-Identifier: ISC */
/* loglabs.h - what labs' own logs know: who had which interface, and when */
#ifndef QLAB_LOGLABS_H
#define QLAB_LOGLABS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab.h"
#include "logrec.h"
#include "qerr.h"
#include "strv.h"

/*
 * Kernel and DHCP lines name interfaces and MAC addresses; the events of labs
 * (qlab.7) tell whose they were at that time.
 */

/* A network (vm is "") or a NIC on it, from its coming to its going. */
struct loglab_span {
	char vm[LAB_NAMESZ], nic[LAB_NICSZ], net[LAB_NAMESZ];
	char ifname[16];	/* of a network: "" */
	uint8_t mac[6];
	int64_t from_us, to_us;	/* INT64_MAX: still there */
};

struct loglab {
	char name[LAB_NAMESZ];
	char *dir;		/* of its logs */
	int64_t started_us;	/* begin of its last run; 0: unknown */
	bool running;		/* as far as the events tell */
	struct strv vms, nets;	/* all names that occur */
	struct loglab_span *spans;
	size_t nspans;
};

struct loglabs {
	struct loglab *labs;	/* by name */
	size_t n;
};

/* Read the events of all labs below root (state_log_root()). */
int	loglabs_load(struct loglabs *l, const char *root, struct qerr *e);
void	loglabs_free(struct loglabs *l);
const struct loglab *loglabs_find(const struct loglabs *l, const char *name);

/*
 * Set those of lab, vm and net that the record does not have and that follow
 * from its interface or MAC address at its time.  What two labs could claim,
 * none gets.  Slices point into *l.
 */
void	loglabs_apply(const struct loglabs *l, struct logrec *r);

#endif
