/* SPDX-License-Identifier: ISC */
/* netconf.h - what a lab's networks want from nft, dnsmasq and the way out */
#ifndef QLAB_NETCONF_H
#define QLAB_NETCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"
#include "strv.h"

/* So long the labs' DHCP server gives an address for, in seconds. */
#define NETCONF_LEASE_S	3600

/* The way out's interface in the lab, and the addresses on its cable. */
#define WAYOUT_IF	"qlab-up"
#define WAYOUT_ADDR	"169.254.77.2"
#define WAYOUT_GATEWAY	"169.254.77.1"
#define WAYOUT_CIDR	"169.254.77.0/24"
/* Where the way out answers DNS for the host's resolver. */
#define PASTA_DNS	"169.254.77.53"
#define SLIRP_DNS	"169.254.77.3"

/* Does the host have an address on it (else it is the VMs' alone)? */
bool	netconf_has_address(const struct lab_net *net);

/*
 * Rules in nft(8)'s syntax that replace table inet qlab: networks do not reach
 * each other, shared ones are masqueraded towards everything else, host ones
 * end here.  Caller frees.
 */
char	*netconf_nft(const struct lab_net *nets, size_t n);

/*
 * The same in the host's own network: a table of the lab's own,
 * "qlab-" LAB, which leaves what is not the lab's alone.
 */
#define NETCONF_TABLE	"qlab-"
#define NETCONF_MAXDOWN	64
struct netconf_host {
	const char *lab;
	bool fresh;			/* there must not be such a table yet */
	/* The table remembers these, for who removes it. */
	bool forward_was_off;		/* net.ipv4.ip_forward was 0 */
	const unsigned *down;		/* uplinks that were down, by index */
	size_t ndown;			/* NETCONF_MAXDOWN at most */
};
char	*netconf_host_nft(const struct netconf_host *host,
	    const struct lab_net *nets, size_t n);

struct netconf_notes {
	bool forward_was_off;
	unsigned down[NETCONF_MAXDOWN];
	size_t ndown;
};
/*
 * What such a table remembers, from the output of "nft list table".  False: the
 * table is not one of ours.
 */
bool	netconf_host_read(const char *listing, struct netconf_notes *notes);

/*
 * dnsmasq(8)'s command line for the networks with DHCP.  dns is the upstream
 * resolver, or the path of a resolv.conf(5); NULL: none.
 */
void	netconf_dnsmasq(const struct lab_net *nets, size_t n, const char *dns,
	    const char *leases, struct strv *argv);

/* pasta(1) attached to process pid; as root by its path, without user ns. */
void	netconf_pasta(int pid, bool root, struct strv *argv);
/* slirp4netns(1) likewise. */
void	netconf_slirp(int pid, struct strv *argv);

#endif
