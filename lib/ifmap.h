/* SPDX-License-Identifier: ISC */
/* ifmap.h - joins facts and the registry into a map, with evidence */
#ifndef QLAB_IFMAP_H
#define QLAB_IFMAP_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "facts.h"
#include "leases.h"
#include "qerr.h"
#include "state.h"

/*
 * Theory of operation
 *
 * Each NIC has a few edges: to its host interface, from there to a bridge, to
 * a mode, to an IP address.  Nobody is believed outright: every source that
 * knows something about an edge puts a claim on it, and the map keeps them all.
 * The weightiest claim is shown; claims that differ are a contradiction, and so
 * is a thing that two NICs cannot both have.  A new source is one more function
 * that adds claims.
 *
 * QEMUs that no lab knows of make up a lab of their own, without a name; its
 * networks are the bridges that they are on.
 */
enum map_weight {
	MAP_PAST,		/* was so when QEMU was started; no value */
	MAP_GUESSED,		/* by elimination or order; nobody said so */
	MAP_NOTED,		/* somebody wrote it down earlier */
	MAP_INFERRED,		/* follows from traffic */
	MAP_STATED,		/* the owner says so of its own object */
};

struct map_claim {
	const char *source;	/* "registry", "fd", ...; static text */
	enum map_weight weight;
	char *value;		/* "": there is none */
};

enum map_edge_kind { MAP_IF, MAP_BRIDGE, MAP_MODE, MAP_IP, MAP_MAC,
	MAP_NEDGES };

struct map_edge {
	struct map_claim *claims;
	size_t n;
	char *clash;		/* why it cannot be so; or NULL */
};

struct map_nic {
	const struct state_lab *lab;
	const struct state_vm *vm;	/* name "": nobody knows whose */
	const struct state_nic *nic;
	const struct lab_net *net;	/* NULL: an own user network */
	const struct fact_proc *proc;	/* its QEMU as seen; or NULL */
	const struct fact_card *card;	/* as that QEMU tells; or NULL */
	const struct fact_space *space;	/* where the interface is; or NULL */
	struct map_edge edges[MAP_NEDGES];
	/* As the kernel, or the holder's switch, shows it; or NULL. */
	const struct hostif *hostif;
	const struct hostif *bridge;	/* as found without that; or NULL */
	bool cabled;			/* there must be an interface */
	bool picked;			/* by ifmap_pick() */
};

struct map_lab {
	const struct state_lab *lab;	/* name "": QEMUs outside of labs */
	/* Its interfaces; NULL: not looked at, or those of many places. */
	const struct fact_space *space;
	const struct hostif **bridges;	/* the nameless lab's, one a network */
	struct leases leases;
	struct qerr err;	/* kind not NONE: what could not be read */
};

/* Not "struct ifmap": <net/if.h> has one. */
struct map {
	struct map_lab *labs;	/* the live ones, then the nameless one */
	size_t nlabs;
	size_t nreal;		/* without the nameless one */
	struct map_nic *nics;	/* of their live VMs, in the registry's order */
	size_t nnics;
	struct facts facts;
	struct state_lab outside;	/* the nameless one */
};

/*
 * Look at all live labs of *st, which must outlive the map, and at all QEMUs
 * that can be seen, and join.  A lab that cannot be looked into has its
 * labs[].err set; its NICs carry the registry's claims.  Single-threaded
 * callers only.
 */
void	ifmap_build(struct map *m, const struct state *st);
/* The same, knowing what there was before: what came together may belong. */
void	ifmap_build_since(struct map *m, const struct state *st,
	    const struct map *before);
/*
 * The same after listening to all interfaces for ms milliseconds.  Returns how
 * many namespaces could not be listened in, *e tells why.
 */
int	ifmap_build_listening(struct map *m, const struct state *st, int ms,
	    struct qerr *e);
void	ifmap_free(struct map *m);
/* A process that lives where the NIC's interface is; NULL: so do we. */
const struct proc_id *ifmap_where(const struct map_nic *n);

/*
 * The pure part, for who has the facts from elsewhere: labs[] (room for one
 * more) and facts are filled and belong to the map; add the NICs and all
 * claims.
 */
void	ifmap_join(struct map *m);

/* The steps of it.  Claims on one NIC of a lab of the registry. */
void	ifmap_claim_nic(struct map_nic *n, const struct map_lab *ml,
	    const struct facts *f);
/* The QEMUs that no lab knows of, and cables whose QEMU cannot be seen. */
void	ifmap_add_outside(struct map *m);
/* What two NICs cannot both have: a MAC on a bridge, an interface, ... */
void	ifmap_clashes(struct map *m);

/* A new NIC of the map; the pointer lives until the next one. */
struct map_nic *ifmap_add_nic(struct map *m, const struct map_lab *ml,
	    const struct state_vm *vm, const struct state_nic *nic);
void	map_add_claim(struct map_nic *n, enum map_edge_kind kind,
	    const char *source, enum map_weight weight, const char *value);
void	map_nic_release(struct map_nic *n);
/* As the guest uses it; else as it was started with. */
const uint8_t *map_mac(const struct map_nic *n);
/* What QEMU says of it; source NULL: nobody chose the one in n->nic. */
void	map_claim_mac(struct map_nic *n, const char *source);
/* What leases, ARP and the wire say of its address, where the subnet fits. */
void	map_claim_ip(struct map_nic *n, const struct leases *ls,
	    const struct hostif *bridge, int64_t now);

/* Only the claims of these words count from now on; NULL: no guesses. */
void	ifmap_strict(struct map *m, const char *const *sources);

/* The weightiest value that is not "", else "". */
const char *map_value(const struct map_nic *n, enum map_edge_kind kind);
/* Do all claims agree, and nothing stands against them? */
bool	map_sure(const struct map_nic *n, enum map_edge_kind kind);
/* Is there a value, and nobody but guesses for it? */
bool	map_guessed(const struct map_nic *n, enum map_edge_kind kind);
/* "if", "bridge", "mode", "ip", "mac". */
const char *map_edge_name(enum map_edge_kind kind);
/* "low", "medium", "high". */
const char *map_confidence(enum map_weight weight);
/* "registry says tap3, alias says tap5"; caller frees. */
char	*map_dispute(const struct map_nic *n, enum map_edge_kind kind);

const struct map_nic *ifmap_nic(const struct map *m,
	    const struct state_nic *nic);
/* A network's bridge as the kernel shows it, or NULL. */
const struct hostif *ifmap_bridge(const struct map_lab *ml,
	    const struct lab_net *net);
/* The network whose bridge that interface is, or NULL. */
const struct lab_net *ifmap_net_of_bridge(const struct map_lab *ml,
	    const char *ifname);

/* What a command line names: as state_resolve(), or an interface of a lab. */
struct map_target {
	struct state_target t;
	const char *ifname;	/* into the word; NULL: t says it all */
};

/*
 * state_resolve(), and if:INTERFACE, LAB:if:INTERFACE, pid:PID; an interface's
 * bare name too where it is nothing else's.  VMs outside of labs come after
 * those of labs.  In several labs: QERR_NOTFOUND with the candidates; in none:
 * QERR_NOTFOUND, and t->ifname stays set.
 */
int	ifmap_resolve(const struct map *m, const struct state *st,
	    const char *word, struct map_target *t, struct qerr *e);
/*
 * Does a lab have what this word without a lab means?  Then what is called the
 * same outside of labs is ":WORD".
 */
bool	ifmap_labs_have(const struct map *m, const char *word);
/* Set picked on the NICs that *t names (an interface: its NIC or bridge). */
void	ifmap_pick(struct map *m, const struct map_target *t);
const struct map_lab *ifmap_lab(const struct map *m,
	    const struct state_lab *lab);

/* The picked NICs as qlab-ifmap(1) documents it; new reference. */
json_t	*ifmap_json(const struct map *m);

#endif
