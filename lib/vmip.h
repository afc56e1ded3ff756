/* SPDX-License-Identifier: ISC */
/* vmip.h - the address of one VM, with the map's evidence */
#ifndef QLAB_VMIP_H
#define QLAB_VMIP_H

#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"
#include "state.h"

/* Which sources count; bits. */
enum {
	VMIP_LEASE = 1,		/* the lab's DHCP server gave it */
	VMIP_ARP = 2,		/* the host's neighbour table */
	VMIP_WIRE = 4,		/* heard by the holder; anybody can lie there */
	VMIP_REGISTRY = 8,	/* noted when it was started: never, so far */
	VMIP_ANY = VMIP_LEASE | VMIP_ARP | VMIP_WIRE,
};

/* "lease,wire" or a single one; -1, QERR_INPUT: what else there is. */
int	vmip_sources(const char *list, unsigned *sources, struct qerr *e);

/*
 * Can there be an answer?  -1, QERR_INPUT: not for this VM, NIC (NULL: any) and
 * these sources.
 */
int	vmip_possible(const struct state_lab *lab, const struct state_vm *vm,
	    const struct state_nic *nic, unsigned sources, struct qerr *e);

/* Has the host an address on the NIC's network, or may have (bridged)? */
bool	vmip_host_is_on(const struct state_lab *lab,
	    const struct state_nic *nic);

/*
 * The address of a NIC (NULL: of the first that has one) as its present run got
 * it; QERR_NO: none is known yet.  May fork: single-threaded callers only.
 */
int	vmip_find(const struct state_lab *lab, const struct state_vm *vm,
	    const struct state_nic *nic, unsigned sources, uint32_t *ip,
	    struct qerr *e);

#endif
