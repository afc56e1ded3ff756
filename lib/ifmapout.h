/* SPDX-License-Identifier: ISC */
/* ifmapout.h - what the parts of ifmapout.c share; nobody else's business */
#ifndef QLAB_IFMAPOUT_H
#define QLAB_IFMAPOUT_H

#include "ifmap.h"

/* What the command line says of one NIC's cable. */
struct cable {
	enum { CABLE_NONE, CABLE_TAP, CABLE_VMNET } kind;
	int fd;				/* -1: not given */
	char ifname[HOSTIF_NAMESZ], br[HOSTIF_NAMESZ];	/* "": not given */
	bool has_mac;			/* one is given */
	bool open;			/* whose tap it is is not known yet */
	struct lab_net said;		/* what is said of its network */
};

/* One QEMU; its NICs are nnics from first on, cables beside them. */
struct guest {
	const struct fact_proc *p;
	struct state_vm *vm;
	struct cable *cables;
	size_t first;
};

/* What is found out of a space's interfaces, by their place in ifs. */
struct place {
	const struct fact_space *s;
	bool *used;		/* some NIC's */
	bool *uplinked;		/* has a member that leads out */
	int *net;		/* network of a bridge, or -1 */
};

struct outside {
	struct map *m;
	struct map_lab *ml;
	struct place *places;	/* as facts.spaces */
	struct guest *guests;
	size_t nguests;
};

/* NULL: none. */
struct place *outside_place(const struct outside *o,
	    const struct fact_space *s);
/* Does what is said of the NIC's network forbid that bridge? */
bool	outside_forbids(const struct outside *o, const struct fact_space *s,
	    unsigned bridge, const struct cable *c, const char *mode);

/* ifmapargv.c: g->vm with its NICs, and their cables, from what is known. */
void	outside_read_guest(struct guest *g);
/* Names that several have are no names. */
void	outside_tell_apart(struct state_vm *vms, size_t n);

/*
 * ifmaptap.c: what number or name tell for sure; and then, for those NICs that
 * are left, the rest.
 */
void	outside_claim_exact(struct outside *o, struct map_nic *n,
	    struct cable *c);
void	outside_claim_rest(struct outside *o, struct guest *g);

/*
 * ifmapvmnet.c.
 * What no forwarding table told of vmnet's NICs: the bridge, from ARP and from
 * addresses; then, where there are as many vmenets left as NICs, which of them
 * by their order: the numbers follow that in which QEMUs open them.
 */
void	outside_place_vmnet(struct outside *o);
/*
 * In saved text, addresses on vmnet's networks are told of VMs that nothing
 * else in it tells of: each is a NIC of nobody's.  vm->nics has the room.
 */
void	outside_add_strangers(struct outside *o, struct state_vm *vm);
/* By the MAC alone: in saved text, where nothing tells the network. */
void	outside_claim_lease(struct map_nic *n, const struct facts *f);

#endif
