/* SPDX-License-Identifier: ISC */
/* dhcpdleases.h - macOS' DHCP server's leases, and single lines of dnsmasq's */
#ifndef QLAB_DHCPDLEASES_H
#define QLAB_DHCPDLEASES_H

#include <stdbool.h>

#include "leases.h"
#include "lint.h"

/*
 * /var/db/dhcpd_leases, from Apple's bootp (hostlist.c, bootpd.c): the newest
 * first,
 *	{
 *		name=NAME
 *		ip_address=IP
 *		hw_address=TYPE,OCTET:OCTET...
 *		identifier=TYPE,OCTET:...
 *		lease=0xEXPIRY
 *	}
 * octets without leading zeros, TYPE in hex, 1 being Ethernet.  For clients
 * that sent an identifier of another type that stands as hw_address, too: which
 * MAC they have is not told, and their leases are findings.
 */
struct dhcpdleases {
	struct findings *found;
	bool open;		/* between { and } */
	int line;		/* of the { */
	struct lease now;	/* the one being read */
	bool has_ip, has_mac;
	bool other_id;		/* TYPE was not Ethernet's */
	unsigned keys;		/* those that were there, one bit each */
	bool twice;		/* one of them again: two entries in one */
	struct leases blocks;	/* as they stood */
	struct leases spoilt;	/* only their MACs can be read */
	struct leases lines;	/* dnsmasq's */
	bool seen;		/* there were any, whole or not */
};

void	dhcpdleases_init(struct dhcpdleases *d, struct findings *found);
/*
 * Take in a line without blanks at its ends.  False when it is none.  A line
 * of dnsmasq's lease file (leases.h) is one, too.
 */
bool	dhcpdleases_line(struct dhcpdleases *d, const char *line, int no);
/* Something else begins: an entry without its end is a finding. */
void	dhcpdleases_end(struct dhcpdleases *d);
/*
 * Append what was read to *out, the oldest first, as leases_find() wants: by
 * expiry, for the file may be there several times.  Of a MAC with an entry that
 * cannot be read no other is worth anything.
 */
void	dhcpdleases_take(struct dhcpdleases *d, struct leases *out);
void	dhcpdleases_release(struct dhcpdleases *d);

/* All of a file's text; what cannot be read is passed over. */
void	dhcpdleases_parse(struct leases *out, const char *text, size_t len);

#endif
