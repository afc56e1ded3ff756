/* SPDX-License-Identifier: ISC */
/* pcapng.h - the blocks of pcapng */
#ifndef QLAB_PCAPNG_H
#define QLAB_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capsrc.h"

/*
 * A file is one section (SHB), an IDB for each interface, numbered from 0 in
 * their order, then packets (EPB) and counts (ISB) that name an interface by
 * its number; an IDB may also come later.  All in the writer's byte order, all
 * times in nanoseconds.  Source: draft-ietf-opsawg-pcapng.
 */
#define PCAPNG_SHB		0x0a0d0d0au
#define PCAPNG_IDB		1u
#define PCAPNG_PB		2u	/* obsolete */
#define PCAPNG_SPB		3u
#define PCAPNG_ISB		5u
#define PCAPNG_EPB		6u
#define PCAPNG_MAGIC		0x1a2b3c4du

/* Longer texts are left out: the sizes below are enough for every block. */
#define PCAPNG_TEXT_MAX		4096u
#define PCAPNG_SHB_MAX		(4 * (PCAPNG_TEXT_MAX + 4) + 64)
#define PCAPNG_IDB_MAX		(4 * (PCAPNG_TEXT_MAX + 4) + 64)
#define PCAPNG_ISB_MAX		(PCAPNG_TEXT_MAX + 4 + 96u)
/* What an EPB takes beside the packet, at most. */
#define PCAPNG_EPB_EXTRA	48u

/* Who captured; each may be NULL. */
struct pcapng_section {
	const char *comment, *hardware, *os, *application;
};

/* Texts may be NULL. */
struct pcapng_if {
	const char *name;	/* "router/lan" */
	const char *description;	/* network, host interface, MAC */
	const char *filter;	/* libpcap syntax */
	const uint8_t *mac;	/* six bytes, or NULL */
	uint32_t linktype;	/* LINKTYPE_ETHERNET, ... */
};

/* UINT64_MAX: not known. */
struct pcapng_counts {
	uint64_t received;	/* by the interface */
	uint64_t accepted;	/* by the filter */
	uint64_t dropped;	/* by the system, for want of room */
	uint64_t delivered;	/* into the file */
	const char *comment;	/* may be NULL */
};

/* All return the block's length; p has room for its greatest one. */
size_t	pcapng_shb(uint8_t *p, const struct pcapng_section *s);
size_t	pcapng_idb(uint8_t *p, const struct pcapng_if *i, uint32_t snaplen);
/* caplen: bytes kept of pkt, at most pkt->caplen. */
size_t	pcapng_epb(uint8_t *p, uint32_t ifnum, const struct capsrc_packet *pkt,
	    uint32_t caplen);
size_t	pcapng_isb(uint8_t *p, uint32_t ifnum, uint64_t now_ns,
	    const struct pcapng_counts *c);

#endif
