/* SPDX-License-Identifier: ISC */
/* ifconfig.h - what ifconfig(8) prints, on macOS above all */
#ifndef QLAB_IFCONFIG_H
#define QLAB_IFCONFIG_H

#include <stdbool.h>

#include "iftable.h"

/*
 * The grammar, from Apple's network_cmds (ifconfig.c, ifbridge.c): a block
 *
 *   NAME: flags=HEX<A,B> mtu N
 *	ether MAC
 *	inet ADDRESS netmask 0xHEX broadcast ADDRESS
 *	member: NAME flags=HEX<A,B>
 *		ifmaxaddr N port N priority N path cost N
 *	Address cache:
 *		MAC Vlan1 NAME SECONDS flags=HEX<>
 *	status: active
 *
 * and more that tells us nothing.  Address caches are there only when one
 * bridge was asked for, "ifconfig bridge100"; their MACs lack leading zeros.
 * Linux' net-tools print such blocks, too.
 *
 * A line is taken for what it looks like, however it is indented.  A line that
 * would make an edge and is not whole makes none: it is a finding.  Where lines
 * follow each other as they cannot, a first line must be missing between them,
 * and what comes is nobody's until the next one.
 */
enum ifconfig_section { IFCONFIG_DETAILS, IFCONFIG_CACHE, IFCONFIG_LIST };

struct ifconfig {
	struct iftable *t;
	char block[HOSTIF_NAMESZ];	/* "": between blocks */
	enum ifconfig_section section;
	int rank;		/* of the block's latest line: how far down */
	bool has_ether, has_members;	/* in this block */
	bool verbose;		/* -v: unknown lines are no surprise */
	json_t *cached;		/* bridges whose address cache was printed */
};

void	ifconfig_init(struct ifconfig *c, struct iftable *t);
void	ifconfig_release(struct ifconfig *c);
/*
 * Take in a line without blanks at its ends (paste.h).  False when it is
 * nothing that ifconfig prints, or not at this place.
 */
bool	ifconfig_line(struct ifconfig *c, const char *line, int no);
/* Something else begins. */
void	ifconfig_end(struct ifconfig *c);
bool	ifconfig_has_cache(const struct ifconfig *c, const char *bridge);

#endif
