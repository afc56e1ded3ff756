/* SPDX-License-Identifier: ISC */
/* ipjson.h - what iproute2's ip -j and bridge -j print */
#ifndef QLAB_IPJSON_H
#define QLAB_IPJSON_H

#include <stdbool.h>

#include <jansson.h>

#include "iftable.h"

/* What kinds of facts the documents had. */
struct ipjson_seen {
	bool links, addrs, neighs, fdb;
};

/*
 * Take in a document: "ip -j [-d] [-s] link", "ip -j addr", "ip -j neigh",
 * "bridge -j fdb", told apart by their keys.  As live, of forwarding tables the
 * learned entries alone.  What is none of these, or not whole, is a finding
 * with that line.
 */
void	ipjson_read(struct iftable *t, const json_t *doc, int line,
	    struct ipjson_seen *seen);

#endif
