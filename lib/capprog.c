/* SPDX-License-Identifier: ISC */
/* capprog.c - the filter of a packet socket that hears several interfaces */
#include <stdlib.h>
#include <string.h>

#include "capprog.h"
#include "strv.h"

/*
 * Theory of operation
 *
 *	ldw	ifindex
 *	jeq	#I, next, next but one		for each interface,
 *	ja	vm | host			by whose view its "in" is
 *	ret	#0
 * vm:	ldw	pkttype				when a direction is wanted
 *	jeq	#OUTGOING, user | drop
 * host: the same the other way round
 * drop: ret	#0
 * user: ...
 *
 * A conditional jump reaches 255 instructions only, hence the pairs.
 */

/* Code of one view: load, jump.  Then "drop" follows "host". */
#define VIEW_LEN	2u

static void
put(struct capprog *p, uint16_t code, uint8_t jt, uint8_t jf, uint32_t k)
{
	p->insns[p->n++] = (struct bpf_insn){ code, jt, jf, k };
}

/* after: instructions between this view's end and "user". */
static void
put_view(struct capprog *p, bool want_outgoing, uint8_t after)
{
	uint8_t drop = (uint8_t)(after - 1);

	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, CAPPROG_AD_PKTTYPE);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, want_outgoing ? after : drop,
	    want_outgoing ? drop : after, CAPPROG_OUTGOING);
}

int
capprog_build(struct capprog *p, const struct capsrc_if *ifs, size_t n,
    bool check, enum capsrc_dir dir, const struct bpf_insn *user, size_t nuser,
    uint32_t snaplen, struct qerr *e)
{
	const size_t ways = dir == CAPSRC_BOTH ? 0 : 2 * VIEW_LEN + 1;
	size_t len = (check ? 2 * n + 2 : dir != CAPSRC_BOTH) + ways +
	    (user != NULL ? nuser : 1);
	size_t vm, host;

	*p = (struct capprog){ 0 };
	if (len > CAPPROG_MAX)
		return qerr_set(e, QERR_INPUT, "the filter is too long: %zu "
		    "instructions, %u at most", len, CAPPROG_MAX);
	p->insns = xcalloc(len, sizeof(*p->insns));
	vm = check ? 2 * n + 2 : 1;
	host = dir == CAPSRC_BOTH ? vm : vm + VIEW_LEN;
	if (check)
		put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, CAPPROG_AD_IFINDEX);
	for (size_t i = 0; check && i < n; i++) {
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ifs[i].index);
		put(p, BPF_JMP | BPF_JA, 0, 0, (uint32_t)((ifs[i].host_view ?
		    host : vm) - p->n - 1));
	}
	if (check)
		put(p, BPF_RET | BPF_K, 0, 0, 0);
	else if (dir != CAPSRC_BOTH)
		put(p, BPF_JMP | BPF_JA, 0, 0, (uint32_t)((n > 0 &&
		    ifs[0].host_view ? host : vm) - 1));
	if (dir != CAPSRC_BOTH) {
		put_view(p, dir == CAPSRC_IN, VIEW_LEN + 1);
		put_view(p, dir == CAPSRC_OUT, 1);
		put(p, BPF_RET | BPF_K, 0, 0, 0);
	}
	if (user == NULL)
		put(p, BPF_RET | BPF_K, 0, 0, snaplen);
	else {
		memcpy(p->insns + p->n, user, nuser * sizeof(*user));
		p->n += nuser;
	}
	return 0;
}
