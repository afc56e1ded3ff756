/* SPDX-License-Identifier: ISC */
/* ready.h - wait until a VM has got as far as one wants */
#ifndef QLAB_READY_H
#define QLAB_READY_H

#include <stddef.h>
#include <stdint.h>

#include "lab.h"
#include "qerr.h"
#include "state.h"

/* A login prompt: Linux, BSD and RouterOS ("MikroTik Login: "). */
#define READY_LOGIN	"[Ll]ogin:"

struct ready_cond {
	enum lab_ready_kind kind;
	const char *pattern;		/* console: conmatch.h */
	uint16_t port;			/* tcp */
	uint32_t ip;			/* tcp: 0: the VM's own address */
	const struct state_nic *nic;	/* lease: of this one; NULL: any */
	unsigned sources;		/* lease: vmip.h; 0: any of them */
};

/*
 * One condition as a person writes it: "login" (READY_LOGIN), "ip" (an
 * address), "tcp:PORT" or "tcp:ADDR:PORT".
 */
int	ready_parse(const char *word, struct ready_cond *c, struct qerr *e);

/*
 * Wait until all hold.  Console patterns are looked for from the start of the
 * VM's console log; tcp is tried from inside the lab's namespace; an
 * address is one that vmip_find() knows.
 *
 * -1: QERR_TIMEOUT names what did not hold; QERR_FAIL when the VM ends while
 * waited for, with the last line that QEMU or the console said; QERR_INPUT for
 * a bad pattern, or an address that nobody can know.  Forks:
 * the caller must be single-threaded.
 */
int	ready_wait_for(const struct state_lab *lab, const struct state_vm *vm,
	    const struct ready_cond *conds, size_t n, int timeout_ms,
	    struct qerr *e);
/* The same for a lab definition's "ready". */
int	ready_wait(const struct state_lab *lab, const struct state_vm *vm,
	    const struct lab_ready *r, size_t n, int timeout_ms,
	    struct qerr *e);

#endif
