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

struct capfilter;
struct pipelend;

/* As a VM sees it: what it gets, what it sends. */
enum capsrc_dir { CAPSRC_BOTH, CAPSRC_IN, CAPSRC_OUT };

struct capsrc_opts {
	uint32_t snaplen;	/* bytes kept of a frame, 1..262144 */
	int latency_ms;		/* at most this long until a frame is seen */
	const char *filter;	/* libpcap syntax; NULL: all */
	/* The same, for sources that apply it themselves. */
	const struct capfilter *here;
	enum capsrc_dir dir;
	uint64_t buffer;	/* bytes that may wait for a slow reader */
	bool grows;		/* more interfaces may follow the first ones */
	/* Who counts what is lent of packets, and tells what is back; NULL. */
	struct pipelend *lend;
};

#define CAPSRC_BUFFER	(UINT64_C(64) << 20)	/* the usual buffer */

/* BSD's devices belong to root, unless somebody has seen to it. */
#define CAPSRC_BPF_HINT	"root, or Wireshark's ChmodBPF for ever, gives the " \
	"right"

struct capsrc_packet {
	uint64_t time_ns;	/* since the epoch */
	uint32_t caplen, len;	/* kept, and on the wire (VLAN tag counted) */
	unsigned point;		/* whose it is: number of a capture point */
	bool to_vm;		/* goes in, see struct capsrc_if */
	bool no_way;		/* to_vm is not known */
	const uint8_t *data;	/* valid during the callback; tag re-inserted */
	/*
	 * Not NULL: data, which may be lent on (recbuf_lend()), and so many
	 * bytes of room before it.
	 */
	uint8_t *lent;
	size_t room;
};

struct capsrc_stats {
	uint64_t received;	/* passed the filter, the dropped ones too */
	uint64_t filtered;	/* did not pass; UINT64_MAX: not counted */
	uint64_t dropped;	/* for want of room in the kernel's buffer */
	uint64_t dropped_slow;	/* because we, or our reader, were slow */
};

/* One interface that is listened to. */
struct capsrc_if {
	unsigned index;
	unsigned point;		/* its packets' */
	/*
	 * "In" is what the interface sends, into the VM at the other end of
	 * the cable; with host_view it is what the host receives there.
	 */
	bool host_view;
	/* The host's own: shows each frame going out, then coming in. */
	bool loopback;
	/* The VM's; where the kernel does not tell the way, this does. */
	uint8_t mac[6];
	bool has_mac;
};

/*
 * Theory of operation
 *
 * Opening a source takes rights and a namespace, reading it must have neither.
 * So who has them makes a kit, a socket that hears nothing yet and the compiled
 * filter, which can be passed to another process; that one makes the source of
 * it and tells it which interfaces to listen to.  All of a namespace's are one
 * source: so they have one order.  Where there is no such thing a kit is bound
 * to its interface, filter and all, and each has its source: capmux.h has them
 * in order.
 */
struct capsrc_kit {
	int fd;			/* -1: none */
	struct bpf_insn *insns;	/* the user's filter; NULL: none */
	size_t ninsns;
};

#define CAPSRC_KIT_INIT { .fd = -1 }

/*
 * May we have one here, in our own namespace?  -1: no; QERR_PERM when it is a
 * matter of rights: which of the system's devices would have to be ours.  Then
 * QMP and cappcap.h's are what there is.
 */
int	capsrc_may(struct qerr *e);
/* Does a kit hear only the interface that it was made for? */
bool	capsrc_one_each(void);

/*
 * In the namespace of ifname, an interface to compile the filter for.  A bad
 * one is QERR_INPUT with libpcap's text.
 */
int	capsrc_kit_open(struct capsrc_kit *k, const char *ifname,
	    const struct capsrc_opts *o, struct qerr *e);
void	capsrc_kit_release(struct capsrc_kit *k);

struct capsrc;

/* Takes over what the kit holds, also when it fails. */
struct capsrc *capsrc_open(struct capsrc_kit *k, const struct capsrc_opts *o,
	    struct qerr *e);
/* Listen to these, too; one that is gone meanwhile is told as gone. */
int	capsrc_add(struct capsrc *c, const struct capsrc_if *ifs, size_t n,
	    struct qerr *e);
/*
 * Readable, or in error (poll it), when capsrc_read() has something.  Only
 * that an interface went away may come without an event: call capsrc_read()
 * after capsrc_due() milliseconds in any case.
 */
int	capsrc_fd(const struct capsrc *c);
int	capsrc_due(const struct capsrc *c);
/*
 * Microseconds to sleep before the next capsrc_read(), since polling would
 * return at once; 0: poll.
 */
unsigned capsrc_nap(const struct capsrc *c);
/*
 * Hand what is there to fn without waiting, until it is empty or fn returns
 * non-zero; that frame counts as handed over.  Returns the number handed over,
 * -1 with *e on error.
 */
int	capsrc_read(struct capsrc *c,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);
/*
 * Did a point's interface go away, and everything that it ever said has been
 * handed over?  Tells each once.
 */
bool	capsrc_gone(struct capsrc *c, unsigned *point);
/*
 * Take in no more.  What has been taken in can still be read; capsrc_read()
 * then waits for it (some latency_ms) and returns 0 when there is no more.
 */
int	capsrc_stop(struct capsrc *c, struct qerr *e);
int	capsrc_stats(struct capsrc *c, struct capsrc_stats *s, struct qerr *e);
void	capsrc_close(struct capsrc *c);	/* NULL is fine */

#endif
