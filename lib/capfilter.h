/* SPDX-License-Identifier: ISC */
/* capfilter.h - libpcap's filters, applied to packets in our hands */
#ifndef QLAB_CAPFILTER_H
#define QLAB_CAPFILTER_H

#include <stdbool.h>
#include <stdint.h>

#include "capsrc.h"

/*
 * For packets that have their VLAN tags in them, as all of capsrc.h's have.
 * In the kernel it is different: see there.
 */
struct capfilter;
struct bpf_program;

/* Makes prog, its instructions from malloc(3); a bad text is QERR_INPUT. */
typedef int capfilter_compile_fn(void *arg, const char *text, uint32_t linktype,
	    struct bpf_program *prog, struct qerr *e);
/* By libpcap. */
capfilter_compile_fn capfilter_compile;
/*
 * From here on this process has its programs from fn: names in filters take
 * files and sockets, which a confined one does not get.
 */
void	capfilter_compile_by(capfilter_compile_fn *fn, void *arg);

/* A bad filter is QERR_INPUT with libpcap's text. */
struct capfilter *capfilter_new(const char *text, uint32_t linktype,
	    struct qerr *e);
/*
 * One for packets of several link types, each of which is added before its
 * first packet comes.  There it may mean nothing: then capfilter_add() returns
 * 1 and *e is libpcap's text, and none matches.  -1: it is no filter at all.
 */
struct capfilter *capfilter_new_mixed(const char *text);
int	capfilter_add(struct capfilter *f, uint32_t linktype, struct qerr *e);
/* Its text, when it means something for none of them so far; else NULL. */
const char *capfilter_meaningless(const struct capfilter *f);
/*
 * For packets in our hands: a filter that asks what is not in them, such as
 * "inbound", is QERR_INPUT, too.
 */
int	capfilter_check_here(const struct capfilter *f, struct qerr *e);
/* Does a kernel take such a program?  Not with loops, nor of any length. */
bool	capfilter_fits_kernel(const struct capfilter *f);
/* A packet of the link type that it was added last for. */
bool	capfilter_match(const struct capfilter *f,
	    const struct capsrc_packet *p);
/* One of any link type. */
bool	capfilter_match_any(const struct capfilter *f, uint32_t linktype,
	    const struct capsrc_packet *p);
/* The program as tcpdump -d prints it, a line an instruction; free it. */
char	*capfilter_dump(const struct capfilter *f);
void	capfilter_free(struct capfilter *f);	/* NULL is fine */

#endif
