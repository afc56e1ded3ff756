/* SPDX-License-Identifier: ISC */
/* rtnl.h - the bytes of Linux' rtnetlink dumps */
#ifndef QLAB_RTNL_H
#define QLAB_RTNL_H

#include <stdbool.h>
#include <stddef.h>

#include "hostif.h"
#include "qerr.h"

/*
 * Netlink is a sequence of messages in host byte order: a 16-byte header
 * (length, type, flags, sequence, port), a fixed part by type, then attributes
 * (length, type, value), all padded to 4 bytes.  Source: Linux' UAPI headers
 * netlink.h, rtnetlink.h, if_link.h, neighbour.h, if_addr.h.  Numbers are
 * spelled out here so that this builds and is tested on any system.
 */
struct rtnl_dump {
	struct hostifs *into;
	bool done;		/* the dump's end was seen */
	bool torn;		/* the kernel says: things changed meanwhile */
};

/*
 * Take in one datagram of an answer: links, bridge forwarding entries (learned
 * ones), IPv4 neighbours and addresses, IPv4 routes of the main table; anything
 * else is passed over.  Returns 0, or -1 when the bytes are malformed or the
 * kernel reports an error (e->sys is its errno).
 */
int	rtnl_take(struct rtnl_dump *d, const void *buf, size_t len,
	    struct qerr *e);

#endif
