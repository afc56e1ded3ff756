/* SPDX-License-Identifier: ISC */
/* addr.h - MAC and IPv4 addresses and prefixes as text */
#ifndef QLAB_ADDR_H
#define QLAB_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_STRSZ	18
#define IP4_STRSZ	16
#define CIDR_STRSZ	19

/*
 * MACs: six octets of one or two hex digits, ':' or '-' between them (macOS
 * drops leading zeros).  Returns 0, or -1 for anything else.
 */
int	mac_parse(const char *s, uint8_t mac[6]);
/* Zero-padded lower case; returns buf. */
char	*mac_format(const uint8_t mac[6], char buf[MAC_STRSZ]);

/* IPv4, host byte order.  Strict dotted quad, no leading zeros. */
int	ip4_parse(const char *s, uint32_t *ip);
char	*ip4_format(uint32_t ip, char buf[IP4_STRSZ]);
/* "a.b.c.d/len"; the address may have host bits set. */
int	cidr4_parse(const char *s, uint32_t *ip, int *plen);
char	*cidr4_format(uint32_t ip, int plen, char buf[CIDR_STRSZ]);
uint32_t ip4_mask(int plen);
bool	cidr4_overlap(uint32_t a, int alen, uint32_t b, int blen);

#endif
