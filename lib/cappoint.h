/* SPDX-License-Identifier: ISC */
/* cappoint.h - from words of a command line to places to capture at */
#ifndef QLAB_CAPPOINT_H
#define QLAB_CAPPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "capany.h"
#include "hostif.h"
#include "ifmap.h"
#include "proc.h"

/* Strings are owned; NULL where there is nothing. */
struct cappoint {
	char *key;		/* the same for as long as it is the same */
	/*
	 * For people: router/lan, net:lan, if:eth0; with the lab in front when
	 * that alone would not find it, ":" when no lab has it.
	 */
	char *name;
	char *lab, *net, *vm, *nic;
	uint8_t mac[6];
	bool has_mac;
	bool no_ethernet;	/* the interface: cannot be captured */
	bool host_view;		/* struct capsrc_if */
	bool twice;		/* our own namespace has one called so, too */
	enum cap_via via;	/* AUTO: it cannot be had, see why */
	struct qerr why;	/* QMP: what a better way would take */
	/* VIA_RING, VIA_PCAP */
	struct proc_id ns;	/* who lives in its namespace; pid 0: we do */
	char ifname[HOSTIF_NAMESZ];
	unsigned index;
	/* VIA_SWITCH: the lab's state directory; VIA_QMP: and the socket */
	char *dir, *qmp;
};

struct cappoints {
	struct cappoint *p;
	size_t n;
};

/*
 * Add the points that word names, those that cannot be had with via AUTO; what
 * is there already is passed over.  With force only points that can be had that
 * way, the others are errors.  QERR_NOTFOUND and QERR_INPUT as
 * ifmap_resolve() says.
 */
int	cappoint_find(struct cappoints *ps, const struct map *map,
	    const struct state *st, const char *word, enum cap_via force,
	    struct qerr *e);
/* All NICs of running VMs; with list all networks and interfaces, too. */
void	cappoint_all(struct cappoints *ps, const struct map *map,
	    enum cap_via force, bool list);
void	cappoint_release(struct cappoints *ps);

/*
 * The best of the ways that there are: a ring, since it shows what is on the
 * cable, the holder's switch, QEMU, libpcap.  Whether a ring may be had is
 * *may, capsrc_may()'s answer: when rights are all that it lacks *why says so,
 * and whose they are; libpcap would want the same.  AUTO: there is no way.
 */
enum cap_via cappoint_choose(const bool can[CAP_NVIAS],
	    const struct qerr *may, struct qerr *why);

/* "network lan, interface tap3, 52:54:00:12:34:56"; free it. */
char	*cappoint_describe(const struct cappoint *p);
/* "ring", "pcap", "qmp", "switch"; "" for AUTO. */
const char *cap_via_name(enum cap_via via);
int	cap_via_parse(const char *s, enum cap_via *via);

/*
 * Does a filter begin with this word, one that follows a point's?  Told by the
 * word alone, so that a command means the same whatever runs: keywords of
 * pcap-filter(7), addresses, numbers, and what has a character that no name
 * has.
 */
bool	cappoint_is_filter(const char *word);
/* May it stand for several points, now or later? */
bool	cappoint_may_grow(const char *word);

/* As qlab-cap(1) documents it; new reference. */
json_t	*cappoint_json(const struct cappoints *ps);

#endif
