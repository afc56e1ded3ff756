/* SPDX-License-Identifier: ISC */
/* capsrc.h - OS contract: packets from an interface of the current namespace */
#ifndef QLAB_CAPSRC_H
#define QLAB_CAPSRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qerr.h"

/* What tcpdump takes for -s 0, and the most there is. */
#define CAPSRC_SNAPLEN_MAX	262144
/* What files call it; all of ours are. */
#define LINKTYPE_ETHERNET	1u

struct capsrc_opts {
	uint32_t snaplen;	/* bytes kept of a frame, 1..262144 */
	int latency_ms;		/* at most this long until a frame is seen */
	const char *filter;	/* libpcap syntax; NULL: all */
};

struct capsrc_packet {
	uint64_t time_ns;	/* since the epoch */
	uint32_t caplen, len;	/* kept, and on the wire (VLAN tag counted) */
	bool to_vm;		/* left the host towards the VM */
	bool no_way;		/* to_vm is not known */
	const uint8_t *data;	/* valid during the callback; tag re-inserted */
};

struct capsrc_stats {
	uint64_t received;	/* passed the filter, the dropped ones too */
	uint64_t dropped;	/* for want of room in the kernel's buffer */
};

struct capsrc;

/* A bad filter is QERR_INPUT with libpcap's text. */
struct capsrc *capsrc_open(const char *ifname, const struct capsrc_opts *o,
	    struct qerr *e);
/*
 * Readable, or in error (poll it), when capsrc_read() has something.  Only
 * that the interface went away may come without an event: call capsrc_read()
 * twice a second or so in any case.
 */
int	capsrc_fd(const struct capsrc *c);
/*
 * Hand what is there to fn without waiting, until it is empty or fn returns
 * non-zero; that frame counts as handed over.  Returns the number handed over;
 * -1 with *e on error, kind QERR_NO when the interface is gone and all that it
 * ever said has been handed over.
 */
int	capsrc_read(struct capsrc *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
/*
 * Take in no more.  What has been taken in can still be read; capsrc_read()
 * then waits for it (some latency_ms) and returns 0 when there is no more.
 */
int	capsrc_stop(struct capsrc *c, struct qerr *e);
int	capsrc_stats(struct capsrc *c, struct capsrc_stats *s, struct qerr *e);
void	capsrc_close(struct capsrc *c);	/* NULL is fine */

#endif
