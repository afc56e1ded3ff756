/* SPDX-License-Identifier: ISC */
/* iftable.h - interfaces put together from texts that know them by name */
#ifndef QLAB_IFTABLE_H
#define QLAB_IFTABLE_H

#include <jansson.h>

#include "hostif.h"
#include "lint.h"

/*
 * Texts tell of interfaces by name, in any order, several times.  Their
 * indexes here are our own, counted from 1 as names turn up; ifs[i].index is
 * i + 1.  What was said twice is kept once.
 */
struct iftable {
	struct hostifs *h;	/* filled; the caller's */
	struct findings *found;	/* the caller's: what cannot be */
	json_t *names;		/* name -> index */
	json_t *said;		/* what has been said already */
};

/* *h must be empty. */
void	iftable_init(struct iftable *t, struct hostifs *h,
	    struct findings *found);
/* Frees what the table has of its own; *h stays. */
void	iftable_release(struct iftable *t);

/*
 * The interface of that name, made when new; name must be paste_ifname_ok().
 * The pointer lives until the next call.
 */
struct hostif *iftable_get(struct iftable *t, const char *name);
unsigned iftable_index(struct iftable *t, const char *name);

/*
 * Line says that port is plugged into bridge.  Where another line says
 * another bridge, that is a finding, and port is in neither.
 */
void	iftable_plug(struct iftable *t, const char *port, const char *bridge,
	    int line);
void	iftable_fdb(struct iftable *t, const char *bridge, const char *port,
	    const uint8_t mac[6]);
void	iftable_addr(struct iftable *t, const char *name, uint32_t ip,
	    int plen);
/* name "": not known on which interface. */
void	iftable_neigh(struct iftable *t, const char *name, uint32_t ip,
	    const uint8_t mac[6], bool permanent);

#endif
