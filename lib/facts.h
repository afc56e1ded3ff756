/* SPDX-License-Identifier: ISC */
/* facts.h - what was seen of a system, live or in saved text */
#ifndef QLAB_FACTS_H
#define QLAB_FACTS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostif.h"
#include "lab.h"
#include "leases.h"
#include "proc.h"
#include "qerr.h"
#include "wire.h"

/*
 * Theory of operation
 *
 * Facts are what sources say, nothing concluded yet: the kernel of the running
 * system (OS parts), another machine's command output (text readers), the
 * holder's listener.  ifmap.h joins them with the registry into the map, the
 * same way whatever they came from.  Readers append; nobody looks at more than
 * the bytes he was given.
 */

/*
 * One place where interface names and indexes mean something: a network
 * namespace on Linux; elsewhere, and in saved text, there is just one, id 0.
 * Bridge members (hostif.master), learned addresses by (bridge, MAC),
 * addresses, neighbours and counters are in ifs.
 */
struct fact_space {
	uint64_t id;		/* Linux: the namespace's inode; else 0 */
	struct hostifs ifs;
	bool seen;		/* ifs is what there is */
	struct wire_table wire;	/* heard there */
	/* Ways in, for the OS part: who lives there (pid 0: none), */
	struct proc_id who;
	int handle;		/* and an open descriptor; -1: none */
	struct qerr err;	/* kind not NONE: why it was not looked at */
};

/* A tap that a process has open. */
struct fact_tap {
	int fd;
	char name[HOSTIF_NAMESZ];
	uint64_t space;		/* where it lives; 0: not known */
	bool sure;		/* the tap itself said so */
};

/* A card as QEMU itself tells it (QMP: info network, query-rx-filter). */
struct fact_card {
	char name[64];		/* its own */
	char netdev[64];	/* id of the netdev */
	uint8_t mac[6];		/* as the guest has set it now */
	char ifname[HOSTIF_NAMESZ];	/* "": not told */
	int fd;			/* -1: not told */
	/* What the guest wants to receive, where the model tells: */
	bool filtered;
	uint8_t main_mac[6];	/* for this address, */
	bool promisc;		/* or for any; */
	char vlans[64];		/* VLANs, "1,10-12"; "all"; "": none */
};

/* A QEMU.  Its command line is the least that is known of it. */
struct fact_proc {
	struct proc_id id;	/* pid 0: not known */
	uid_t uid;		/* (uid_t)-1: not known */
	char **argv;		/* NULL-terminated; NULL: not readable */
	bool argv_cut;		/* there was more of it */
	uint64_t space;		/* where the process lives; 0: not known */
	struct fact_tap *taps;
	size_t ntaps;
	bool fds_seen;		/* taps is all there are */
	char *name;		/* as QMP tells it, or NULL */
	char *qmp;		/* the path of the socket that told it */
	struct fact_card *cards;
	size_t ncards;
};

/*
 * What is known of the network behind a bridge beside its interfaces.  Several
 * may speak of one bridge: each is a claim.
 */
struct fact_net {
	uint64_t space;
	char bridge[HOSTIF_NAMESZ];
	enum net_mode mode;
	const char *source;	/* evidence word: static text */
};

/* Between two looks, one QEMU and one cable came, and no others did. */
struct fact_diff {
	struct proc_id id;
	uint64_t space;
	unsigned index;		/* of the interface */
};

struct facts {
	struct fact_space *spaces;
	size_t nspaces;
	struct fact_proc *procs;
	size_t nprocs;
	struct fact_net *nets;
	size_t nnets;
	struct fact_diff *diffs;	/* by facts_compare() */
	size_t ndiffs;
	struct leases leases;	/* that no lab's own file tells, */
	uint64_t leases_space;	/* of networks in that space alone */
	struct qerr leases_err;	/* kind not NONE: some could not be read */
	int64_t now;		/* seconds since the epoch: which are over */
	bool saved;		/* not of this system now */
	size_t unreadable;	/* QEMUs whose open taps we may not see */
};

/* Zero-initialise *f; these append and return the new, zeroed one. */
struct fact_space *facts_space(struct facts *f, uint64_t id);	/* or the old */
struct fact_proc *facts_proc(struct facts *f);
struct fact_tap	*facts_tap(struct fact_proc *p);
struct fact_card *facts_card(struct fact_proc *p);
struct fact_net	*facts_net(struct facts *f);
/* The card on that netdev, or NULL. */
const struct fact_card *facts_card_on(const struct fact_proc *p,
	    const char *netdev);

/*
 * What came since an earlier look at the same system; what that one knew stays
 * as long as both are there.
 */
void	facts_compare(struct facts *f, const struct facts *before);

/* NULL when there is none. */
const struct fact_space *facts_space_find(const struct facts *f, uint64_t id);
void	facts_free(struct facts *f);

#endif
