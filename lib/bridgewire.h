/* SPDX-License-Identifier: ISC */
/* bridgewire.h - the bytes of Darwin's bridge ioctls and sysctls */
#ifndef QLAB_BRIDGEWIRE_H
#define QLAB_BRIDGEWIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hostif.h"
#include "qerr.h"
#include "strv.h"

/*
 * Layouts are those of both 64-bit Darwins, arm64 and x86_64: little endian,
 * packed to 4 bytes.  Sources: xnu's bsd/net/if_bridgevar.h (private, so told
 * here), if_bridge.c, if_mib.h, if_var.h, if.h, if_dl.h, route.h, sockio.h
 * (SIOCGIFTYPE), bsd/kern/kern_sysctl.c (KERN_PROCARGS2).  Buffers may be of
 * any length and alignment, and say of themselves what they like.
 */

/*
 * SIOCGDRVSPEC's commands for a bridge, none of which needs root, and the
 * argument that both take: struct ifbifconf and ifbaconf, a length and a
 * pointer.  BRDGGIFS with length 0 returns the length it needs; BRDGRTS does
 * not, so its buffer has to grow until there is room left.
 */
enum { BRIDGEWIRE_GIFS = 6, BRIDGEWIRE_RTS = 7 };
#define BRIDGEWIRE_ARGSZ	12
void	bridgewire_put_arg(uint8_t arg[BRIDGEWIRE_ARGSZ], const void *buf,
	    uint32_t len);
/* The length that came back, at most cap. */
size_t	bridgewire_arg_len(const uint8_t arg[BRIDGEWIRE_ARGSZ], size_t cap);

/* struct ifbreq: a port of the bridge. */
#define BRIDGEWIRE_MEMBERSZ	80
struct bridge_member {
	char name[HOSTIF_NAMESZ];
	bool macnat;		/* IFBIF_MAC_NAT: the way out of the others */
};
/*
 * The next element of a list, *off being where it starts (0 at first).  False
 * at the end; a piece that is no whole element, or has no name, is passed over.
 */
bool	bridgewire_next_member(const void *buf, size_t len, size_t *off,
	    struct bridge_member *m);

/* struct ifbareq64: where an address was learned. */
#define BRIDGEWIRE_FDBSZ	36
struct bridge_fdb {
	char name[HOSTIF_NAMESZ];
	uint8_t mac[6];
	uint64_t expire;	/* seconds left; 0: static, or stale */
};
bool	bridgewire_next_fdb(const void *buf, size_t len, size_t *off,
	    struct bridge_fdb *f);

/* Put what such a list of a bridge says into *h, of interfaces that it has. */
void	bridgewire_members(struct hostifs *h, const struct hostif *bridge,
	    const void *buf, size_t len);
void	bridgewire_fdb(struct hostifs *h, const struct hostif *bridge,
	    const void *buf, size_t len);

/*
 * struct ifmibdata, of net.link.generic's IFMIB_IFDATA: counters to the byte;
 * 0, or -1 when it is too short or of an interface of another name.
 */
#define BRIDGEWIRE_IFMIBSZ	180
int	bridgewire_ifmib(struct hostif *i, const void *buf, size_t len);

/*
 * What sysctl NET_RT_IFLIST2 gives: append interfaces and IPv4 addresses to
 * *h.  Byte counters here are cut to 32 bits and rounded for programs that
 * are not Apple's.  -1 (QERR_FAIL) when the messages do not follow each other.
 */
int	bridgewire_iflist2(struct hostifs *h, const void *buf, size_t len,
	    struct qerr *e);

/*
 * What sysctl NET_RT_DUMP of AF_INET gives: append the routes to networks and
 * hosts, but none that the kernel made of others.  -1 as above.
 */
int	bridgewire_routes(struct hostifs *h, const void *buf, size_t len,
	    struct qerr *e);

/* SIOCGIFTYPE's struct ifreq: an interface of vmnet (macOS 13 and up)? */
#define BRIDGEWIRE_IFTYPESZ	32
bool	bridgewire_is_vmnet(const void *buf, size_t len);
/* Then that is its kind; before macOS 13 the name tells. */
void	bridgewire_iftype(struct hostif *i, const void *buf, size_t len);

/*
 * KERN_PROCARGS2: the number of arguments, the program's path, padding, the
 * arguments, the environment.  Appends the arguments.  0, or -1 when they are
 * not all there: *argv is then as it was.
 */
int	bridgewire_procargs(struct strv *argv, const void *buf, size_t len);

/*
 * For who passes these bytes on.  fn sees each hardware address and may change
 * it.  Of lists of interfaces and of routes only what bridgewire_iflist2() and
 * bridgewire_routes() read is left, of arguments only these: the length that is
 * then left is returned.
 */
typedef void bridgewire_mac_fn(void *arg, uint8_t mac[6]);
size_t	bridgewire_list_macs(void *buf, size_t len, bridgewire_mac_fn *fn,
	    void *arg);
void	bridgewire_fdb_macs(void *buf, size_t len, bridgewire_mac_fn *fn,
	    void *arg);
size_t	bridgewire_procargs_len(const void *buf, size_t len);

#endif
