/* SPDX-License-Identifier: ISC */
/* hostif.h - OS contract: the host's interfaces, bridges and addresses */
#ifndef QLAB_HOSTIF_H
#define QLAB_HOSTIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc.h"
#include "qerr.h"

#define HOSTIF_NAMESZ	16

struct hostif {
	char name[HOSTIF_NAMESZ];
	unsigned index;
	unsigned master;	/* index of its bridge; 0: none */
	char kind[16];		/* "bridge", "tun", "vmenet", ...; "" unknown */
	char alias[128];	/* cut when longer; may hold any byte but NUL */
	uint8_t mac[6];
	unsigned mtu;
	bool up, running;
	bool no_ethernet;	/* its frames have no such header (tun) */
	/* Darwin: as a bridge's port it hides the others' MACs; what vmnet
	 * does to the way out of a bridged network. */
	bool macnat;
	/* Where text tells: speaks IPv6, and by a router's announcements. */
	bool ip6, autoconf6;
	/* Exact 64-bit counters; rx is what came in from the cable. */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, rx_dropped,
	    tx_dropped;
};

/* One learned forwarding entry. */
struct hostif_fdb {
	unsigned bridge, port;	/* interface indexes */
	uint8_t mac[6];
};

struct hostif_addr {
	unsigned index;
	uint32_t ip;		/* host byte order */
	int plen;
};

/* An address that a neighbour has (ARP), as the host's own table tells. */
struct hostif_neigh {
	unsigned index;		/* of the interface; 0: not known */
	uint32_t ip;		/* host byte order */
	uint8_t mac[6];
	bool permanent;		/* the host's own, or set by hand */
	int64_t seen;		/* confirmed last, s since the epoch; or 0 */
};

/* Where packets to a prefix go is told by the host, not by us. */
struct hostif_route {
	uint32_t ip;		/* host byte order */
	int plen;
	unsigned index;		/* of the interface; 0: several, or none */
};

struct hostif_order;
/* Snapshot of one network namespace.  Zero-initialise. */
struct hostifs {
	struct hostif *ifs;
	size_t nifs;
	struct hostif_fdb *fdb;
	size_t nfdb;
	struct hostif_addr *addrs;
	size_t naddrs;
	struct hostif_neigh *neighs;
	size_t nneighs;
	struct hostif_route *routes;	/* by hostifs_get_routes() alone */
	size_t nroutes;
	/* Does it pass packets on between its interfaces? */
	enum hostif_forward { HOSTIF_FORWARD_UNKNOWN, HOSTIF_FORWARD_OFF,
	    HOSTIF_FORWARD_ON } forward;
	struct hostif_order *order;	/* by hostifs_sort() */
};

/* The IPv4 routes alone; the rest of *h stays empty. */
int	hostifs_get_routes(struct hostifs *h, struct qerr *e);
/* OS part: the current namespace.  hostifs_free(h) in any case. */
int	hostifs_get(struct hostifs *h, struct qerr *e);

/*
 * Portable part: the namespace that process id lives in, read by a child that
 * joins it (vnet_join()), so the caller stays where it is.  The caller must be
 * single-threaded.
 */
int	hostifs_get_of(const struct proc_id *id, struct hostifs *h,
	    struct qerr *e);
/* The same, where join(arg) brings the child in some other way. */
int	hostifs_get_by(int (*join)(const void *arg, struct qerr *e),
	    const void *arg, struct hostifs *h, struct qerr *e);
void	hostifs_free(struct hostifs *h);

/*
 * Append a zeroed element; the pointer lives until the next one.  For who fills
 * a snapshot piece by piece, with hostifs_sort() at the end.
 */
struct hostif *hostifs_add(struct hostifs *h);
struct hostif_fdb *hostifs_add_fdb(struct hostifs *h);
struct hostif_addr *hostifs_add_addr(struct hostifs *h);
struct hostif_neigh *hostifs_add_neigh(struct hostifs *h);
struct hostif_route *hostifs_add_route(struct hostifs *h);

/*
 * Make what follows fast, O(log n); without it they go through the arrays.  To
 * be called again after any change.  hostifs_get_of() has done it.
 */
void	hostifs_sort(struct hostifs *h);

/* A tap or a vmenet: what a NIC may be plugged into. */
bool	hostif_is_cable(const struct hostif *i);

/* NULL when there is none. */
const struct hostif *hostif_by_name(const struct hostifs *h, const char *name);
const struct hostif *hostif_by_index(const struct hostifs *h, unsigned index);
/* The first of those with just that alias. */
const struct hostif *hostif_by_alias(const struct hostifs *h,
	    const char *alias);
/*
 * Where that bridge (0: any) learned mac: the first such entry after prev
 * (NULL: of all), or NULL.
 */
const struct hostif_fdb *hostif_fdb_next(const struct hostifs *h,
	    const uint8_t mac[6], unsigned bridge,
	    const struct hostif_fdb *prev);
/* The first neighbour with that MAC behind prev (NULL: of all), or NULL. */
const struct hostif_neigh *hostif_neigh_next(const struct hostifs *h,
	    const uint8_t mac[6], const struct hostif_neigh *prev);

#endif
