/* SPDX-License-Identifier: ISC */
/* capsrc.h - OS contract: packets from an interface of the current namespace */
#ifndef QLAB_CAPSRC_H
#define QLAB_CAPSRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qerr.h"

struct capsrc_opts {
	uint32_t snaplen;	/* bytes kept of a frame, 1..262144 */
	int latency_ms;		/* at most this long until a frame is seen */
	const char *filter;	/* libpcap syntax; NULL: all */
};

struct capsrc_packet {
	uint64_t time_ns;	/* since the epoch */
	uint32_t caplen, len;	/* kept, and on the wire (VLAN tag counted) */
	bool to_vm;		/* left the host towards the VM */
	const uint8_t *data;	/* valid during the callback; tag re-inserted */
};

struct capsrc_stats {
	uint64_t received;	/* passed the filter */
	uint64_t dropped;	/* for want of room in the kernel's buffer */
};

struct capsrc;

/* A bad filter is QERR_INPUT with libpcap's text. */
struct capsrc *capsrc_open(const char *ifname, const struct capsrc_opts *o,
	    struct qerr *e);
/* Readable (poll it) when capsrc_read() has something. */
int	capsrc_fd(const struct capsrc *c);
/*
 * Hand what is there to fn without waiting, until it is empty or fn returns
 * non-zero.  Returns the number handed over; -1 with *e on error, kind
 * QERR_NO when the interface is gone.
 */
int	capsrc_read(struct capsrc *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
int	capsrc_stats(struct capsrc *c, struct capsrc_stats *s, struct qerr *e);
void	capsrc_close(struct capsrc *c);

#endif
