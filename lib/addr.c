/* SPDX-License-Identifier: ISC */
/* addr.c - MAC and IPv4 addresses and prefixes as text */
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "text.h"

int
mac_parse(const char *s, uint8_t mac[6])
{
	uint8_t out[6];
	char sep = '\0';

	for (int i = 0; i < 6; i++) {
		int v = text_hex(*s);

		if (v < 0)
			return -1;
		s++;
		if (text_hex(*s) >= 0)
			v = v << 4 | text_hex(*s++);
		out[i] = (uint8_t)v;
		if (i == 0 && (*s == ':' || *s == '-'))
			sep = *s;
		if (*s != (i < 5 ? sep : '\0') || (i < 5 && sep == '\0'))
			return -1;
		s++;
	}
	memcpy(mac, out, sizeof(out));
	return 0;
}

char *
mac_format(const uint8_t mac[6], char buf[MAC_STRSZ])
{
	snprintf(buf, MAC_STRSZ, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0],
	    mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}

/*
 * A decimal number of at most three digits without leading zeros, not above
 * max.  Returns where it ended, or NULL.
 */
static const char *
small_number(const char *s, unsigned max, unsigned *n)
{
	const char *p = s;

	for (*n = 0; *p >= '0' && *p <= '9' && p - s < 3; p++)
		*n = *n * 10 + (unsigned)(*p - '0');
	if (p == s || (p - s > 1 && *s == '0') || *n > max)
		return NULL;
	return p;
}

int
ip4_parse(const char *s, uint32_t *ip)
{
	uint32_t v = 0;

	for (int i = 0; i < 4; i++) {
		unsigned n;

		s = small_number(s, 255, &n);
		if (s == NULL || *s != (i < 3 ? '.' : '\0'))
			return -1;
		s++;
		v = v << 8 | n;
	}
	*ip = v;
	return 0;
}

char *
ip4_format(uint32_t ip, char buf[IP4_STRSZ])
{
	snprintf(buf, IP4_STRSZ, "%u.%u.%u.%u", ip >> 24, ip >> 16 & 0xff,
	    ip >> 8 & 0xff, ip & 0xff);
	return buf;
}

int
cidr4_parse(const char *s, uint32_t *ip, int *plen)
{
	const char *slash = strchr(s, '/');
	char addr[IP4_STRSZ];
	unsigned n;

	if (slash == NULL || (size_t)(slash - s) >= sizeof(addr))
		return -1;
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	s = small_number(slash + 1, 32, &n);
	if (s == NULL || *s != '\0' || ip4_parse(addr, ip) == -1)
		return -1;
	*plen = (int)n;
	return 0;
}

char *
cidr4_format(uint32_t ip, int plen, char buf[CIDR_STRSZ])
{
	char addr[IP4_STRSZ];

	/* The modulus shows the compiler that two digits suffice. */
	snprintf(buf, CIDR_STRSZ, "%s/%u", ip4_format(ip, addr),
	    (unsigned)plen % 100);
	return buf;
}

uint32_t
ip4_mask(int plen)
{
	return plen <= 0 ? 0 : plen >= 32 ? UINT32_MAX : ~(UINT32_MAX >> plen);
}

bool
cidr4_overlap(uint32_t a, int alen, uint32_t b, int blen)
{
	uint32_t mask = ip4_mask(alen < blen ? alen : blen);

	return (a & mask) == (b & mask);
}
