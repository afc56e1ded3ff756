/* SPDX-License-Identifier: ISC */
/* ifmap.h - joins the facts about running labs into a map, with evidence */
#ifndef QLAB_IFMAP_H
#define QLAB_IFMAP_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "hostif.h"
#include "leases.h"
#include "qerr.h"
#include "state.h"

/*
 * Theory of operation
 *
 * Each NIC has a few edges: to its host interface, from there to a bridge, to
 * an IP address.  Nobody is believed outright: every source that knows
 * something about an edge puts a claim on it, and the map keeps them all.  The
 * weightiest claim is shown; claims that differ are a contradiction.  A new
 * source is one more function that adds claims.
 */
enum map_weight {
	MAP_NOTED = 1,		/* somebody wrote it down earlier */
	MAP_INFERRED,		/* follows from traffic */
	MAP_STATED,		/* the kernel says so of its own object */
};

struct map_claim {
	const char *source;	/* "registry", "alias", ...; static text */
	enum map_weight weight;
	char *value;		/* "": there is none */
};

enum map_edge_kind { MAP_IF, MAP_BRIDGE, MAP_IP, MAP_NEDGES };

struct map_edge {
	struct map_claim *claims;
	size_t n;
};

struct map_nic {
	const struct state_lab *lab;
	const struct state_vm *vm;
	const struct state_nic *nic;
	const struct lab_net *net;	/* NULL: an own user network */
	struct map_edge edges[MAP_NEDGES];
	/* As the kernel, or the holder's switch, shows it; or NULL. */
	const struct hostif *hostif;
	bool picked;			/* by ifmap_pick() */
};

struct map_lab {
	const struct state_lab *lab;
	struct hostifs ifs;
	bool seen;		/* ifs is what the kernel shows */
	struct leases leases;
	struct qerr err;	/* kind not NONE: what could not be read */
};

/* Not "struct ifmap": <net/if.h> has one. */
struct map {
	struct map_lab *labs;	/* the live ones */
	size_t nlabs;
	struct map_nic *nics;	/* of their live VMs, in the registry's order */
	size_t nnics;
};

/*
 * Look at all live labs of *st, which must outlive the map.  A lab that cannot
 * be looked into has its labs[].err set; its NICs carry the registry's claims.
 * Single-threaded callers only.
 */
void	ifmap_build(struct map *m, const struct state *st);
void	ifmap_free(struct map *m);

/*
 * The pure part: claims on one NIC by the registry, by the kernel if it was
 * seen, and by the leases of time now (seconds since the epoch).
 */
void	ifmap_claim_nic(struct map_nic *n, const struct map_lab *ml,
	    int64_t now);

/* The weightiest value that is not "", else "". */
const char *map_value(const struct map_nic *n, enum map_edge_kind kind);
/* Do all claims agree? */
bool	map_sure(const struct map_nic *n, enum map_edge_kind kind);
/* "if", "bridge", "ip". */
const char *map_edge_name(enum map_edge_kind kind);
/* "registry says tap3, alias says tap5"; caller frees. */
char	*map_dispute(const struct map_nic *n, enum map_edge_kind kind);

const struct map_nic *ifmap_nic(const struct map *m,
	    const struct state_nic *nic);
/* A network's bridge as the kernel shows it, or NULL. */
const struct hostif *ifmap_bridge(const struct hostifs *ifs,
	    const struct state_lab *lab, const struct lab_net *net);
/* The network whose bridge that interface is, or NULL. */
const struct lab_net *ifmap_net_of_bridge(const struct map_lab *ml,
	    const char *ifname);

/* What a command line names: as state_resolve(), or an interface of a lab. */
struct map_target {
	struct state_target t;
	const char *ifname;	/* into the word; NULL: t says it all */
};

/*
 * state_resolve(), and if:INTERFACE, LAB:if:INTERFACE; an interface's bare
 * name too where it is nothing else's.  In several labs: QERR_NOTFOUND with
 * the candidates; in none: QERR_NOTFOUND, and t->ifname stays set.
 */
int	ifmap_resolve(const struct map *m, const struct state *st,
	    const char *word, struct map_target *t, struct qerr *e);
/* Set picked on the NICs that *t names (an interface: its NIC or bridge). */
void	ifmap_pick(struct map *m, const struct map_target *t);
const struct map_lab *ifmap_lab(const struct map *m,
	    const struct state_lab *lab);

/* The picked NICs as qlab-ifmap(1) documents it; new reference. */
json_t	*ifmap_json(const struct map *m);

#endif
