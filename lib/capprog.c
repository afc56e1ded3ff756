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
 *	ja	vm | host | once | user		by whose view its "in" is
 *	ret	#0
 * vm:	ldw	pkttype				when a direction is wanted
 *	jeq	#OUTGOING, user | drop
 * host: the same the other way round
 * once: of a loopback, which shows each frame twice, what comes in
 * drop: ret	#0
 * user: ...
 *
 * A conditional jump reaches 255 instructions only, hence the pairs.
 */

/* Code of one view: load, jump. */
#define VIEW_LEN	2u

/* Where parts of the program begin. */
struct parts {
	size_t vm, host, once, drop, user;
};

static void
put(struct capprog *p, uint16_t code, uint8_t jt, uint8_t jf, size_t k)
{
	p->insns[p->n++] = (struct bpf_insn){ code, jt, jf, (uint32_t)k };
}

static void
put_view(struct capprog *p, const struct parts *at, bool want_outgoing)
{
	uint8_t user = (uint8_t)(at->user - p->n - VIEW_LEN);
	uint8_t drop = (uint8_t)(at->drop - p->n - VIEW_LEN);

	put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, CAPPROG_AD_PKTTYPE);
	put(p, BPF_JMP | BPF_JEQ | BPF_K, want_outgoing ? user : drop,
	    want_outgoing ? drop : user, CAPPROG_OUTGOING);
}

static void
put_jump(struct capprog *p, const struct parts *at, const struct capsrc_if *i)
{
	put(p, BPF_JMP | BPF_JA, 0, 0, (i->loopback ? at->once :
	    i->host_view ? at->host : at->vm) - p->n - 1);
}

static bool
any_loopback(const struct capsrc_if *ifs, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ifs[i].loopback)
			return true;
	return false;
}

/* start: where the views begin, if there are any. */
static struct parts
plan(size_t start, enum capsrc_dir dir, bool loopback)
{
	struct parts at;

	if (dir != CAPSRC_BOTH) {
		at.vm = start;
		at.host = at.vm + VIEW_LEN;
		at.drop = at.host + VIEW_LEN;
		at.user = at.drop + 1;
		at.once = dir == CAPSRC_IN ? at.host : at.drop;
	} else if (loopback) {
		at.once = start;
		at.drop = at.once + VIEW_LEN;
		at.vm = at.host = at.user = at.drop + 1;
	} else {
		at.vm = at.host = at.once = at.drop = at.user = start;
	}
	return at;
}

int
capprog_build(struct capprog *p, const struct capsrc_if *ifs, size_t n,
    bool check, enum capsrc_dir dir, const struct bpf_insn *user, size_t nuser,
    uint32_t snaplen, struct qerr *e)
{
	const bool loopback = any_loopback(ifs, n);
	const bool views = dir != CAPSRC_BOTH || loopback;
	const struct capsrc_if none = { 0 };
	const struct parts at = plan(check ? 2 * n + 2 : views, dir, loopback);
	size_t len = at.user + (user != NULL ? nuser : 1);

	*p = (struct capprog){ 0 };
	if (len > CAPPROG_MAX)
		return qerr_set(e, QERR_INPUT, "the filter is too long: %zu "
		    "instructions, %u at most", len, CAPPROG_MAX);
	p->insns = xcalloc(len, sizeof(*p->insns));
	if (check)
		put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, CAPPROG_AD_IFINDEX);
	for (size_t i = 0; check && i < n; i++) {
		put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ifs[i].index);
		put_jump(p, &at, &ifs[i]);
	}
	if (check)
		put(p, BPF_RET | BPF_K, 0, 0, 0);
	else if (views)
		put_jump(p, &at, n > 0 ? ifs : &none);
	if (dir != CAPSRC_BOTH) {
		put_view(p, &at, dir == CAPSRC_IN);
		put_view(p, &at, dir == CAPSRC_OUT);
	} else if (loopback) {
		put_view(p, &at, false);
	}
	if (views)
		put(p, BPF_RET | BPF_K, 0, 0, 0);
	if (user == NULL)
		put(p, BPF_RET | BPF_K, 0, 0, snaplen);
	else {
		memcpy(p->insns + p->n, user, nuser * sizeof(*user));
		p->n += nuser;
	}
	return 0;
}
