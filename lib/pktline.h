/* SPDX-License-Identifier: ISC */
/* pktline.h - a packet in one line */
#ifndef QLAB_PKTLINE_H
#define QLAB_PKTLINE_H

#include <stddef.h>
#include <stdint.h>

#include "capsrc.h"

#define PKTLINE_SZ	320

/*
 * What a frame is, from its own words: MACs, VLANs, then as deep as it goes,
 * of ARP, IPv4, IPv6, ICMP, TCP and UDP.  ASCII only, whatever is in it.
 * "52:54:00:00:00:01 > ff:ff:ff:ff:ff:ff, vlan 5, 10.0.0.1.68 >
 * 255.255.255.255.67: UDP, length 342".  Returns buf.
 */
char	*pktline(const struct capsrc_packet *p, uint32_t linktype,
	    char buf[PKTLINE_SZ]);

#endif
