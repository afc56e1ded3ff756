/* SPDX-License-Identifier: ISC */
/* capprog.h - the filter of a packet socket that hears several interfaces */
#ifndef QLAB_CAPPROG_H
#define QLAB_CAPPROG_H

#include <stdbool.h>
#include <stddef.h>

#include <pcap/pcap.h>

#include "capsrc.h"

/* What Linux' classic BPF has beyond the frame (linux/filter.h). */
#define CAPPROG_AD_PKTTYPE	0xfffff004u
#define CAPPROG_AD_IFINDEX	0xfffff008u
#define CAPPROG_OUTGOING	4u	/* PACKET_OUTGOING */
/* BPF_MAXINSNS: longer programs no kernel takes. */
#define CAPPROG_MAX		4096u

struct capprog {
	struct bpf_insn *insns;		/* free(3) it */
	size_t n;
};

/*
 * A program that passes frames of these interfaces only (check false: of any,
 * the socket hears just one), in the wanted direction, to the user's program
 * (NULL: one that keeps snaplen bytes).  QERR_INPUT when it would be too long.
 */
int	capprog_build(struct capprog *p, const struct capsrc_if *ifs, size_t n,
	    bool check, enum capsrc_dir dir, const struct bpf_insn *user,
	    size_t nuser, uint32_t snaplen, struct qerr *e);

#endif
