/* SPDX-License-Identifier: ISC */
/* cappointword.c - is a word of a command line a point's, or a filter's? */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cappoint.h"

/* The primitives of pcap-filter(7), and what may stand before them. */
static const char *const keywords[] = {
	"ah", "aarp", "addr1", "addr2", "addr3", "addr4", "address1",
	"address2", "address3", "address4", "and", "arp", "atalk", "broadcast",
	"carp", "clnp", "csnp", "decnet", "dir", "direction", "dst", "es-is",
	"esis", "esp", "ether", "fddi", "gateway", "geneve", "greater", "host",
	"icmp", "icmp6", "igmp", "igrp", "ifindex", "ifname", "iih", "inbound",
	"ip", "ip6", "ipx", "is-is", "isis", "iso", "l1", "l2", "lat", "len",
	"less", "link", "llc", "lsp", "mopdl", "moprc", "mpls", "multicast",
	"net", "netbeui", "not", "on", "or", "outbound", "pim", "port",
	"portrange", "ppp", "pppoed", "pppoes", "proto", "psnp", "radio",
	"rarp", "sca", "sctp", "snp", "src", "stp", "subtype", "tcp", "tr",
	"type", "udp", "vlan", "vrrp", "wlan", "wlanhost",
};

static int
compare(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

bool
cappoint_is_filter(const char *word)
{
	static const char of_names[] = "-_.:/";
	const char *slash = strchr(word, '/');
	size_t len = slash != NULL ? (size_t)(slash - word) : strlen(word);
	struct in6_addr a;
	char addr[64];

	for (const char *p = word; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr(of_names, *p) == NULL)
			return true;
	if (word[strspn(word, "0123456789")] == '\0')
		return true;
	if (bsearch(word, keywords, sizeof(keywords) / sizeof(keywords[0]),
	    sizeof(keywords[0]), compare) != NULL)
		return true;
	if (len >= sizeof(addr))
		return false;
	memcpy(addr, word, len);
	addr[len] = '\0';
	return inet_pton(AF_INET, addr, &a) == 1 ||
	    inet_pton(AF_INET6, addr, &a) == 1;
}

bool
cappoint_may_grow(const char *word)
{
	return strncmp(word, "if:", 3) != 0 && strstr(word, ":if:") == NULL &&
	    strncmp(word, "net:", 4) != 0 && strstr(word, ":net:") == NULL &&
	    strchr(word, '/') == NULL;
}
