/* SPDX-License-Identifier: ISC */
/* vnetexplain.c - what vnet_up() would do, in words (Linux) */
#include "addr.h"
#include "netconf.h"
#include "vnet.h"

void
vnet_explain(const struct lab_net *net, bool host, struct strv *lines)
{
	char gw[CIDR_STRSZ], subnet[CIDR_STRSZ];

	if (net->mode == NET_USER || (net->mode == NET_BRIDGED && !host))
		return;
	if (net->mode == NET_BRIDGED) {
		strv_addf(lines, "network '%s': taps on '%s' if that is a "
		    "bridge of this host, else on a bridge '%s' with '%s' as "
		    "a port", net->name, net->uplink, net->name, net->uplink);
		return;
	}
	strv_addf(lines, "bridge '%s'%s%s in %s", net->name,
	    netconf_has_address(net) ? " with " : "",
	    netconf_has_address(net) ?
	    cidr4_format(net->gateway, net->plen, gw) : "", host ?
	    "this host's own network" : "the lab's own network namespace");
	if (net->dhcp && netconf_has_address(net)) {
		char lo[IP4_STRSZ], hi[IP4_STRSZ];

		strv_addf(lines, "dnsmasq: DHCP%s on '%s', %s to %s",
		    net->mode == NET_SHARED ? " and DNS" : "", net->name,
		    ip4_format(net->range_lo, lo),
		    ip4_format(net->range_hi, hi));
	}
	if (net->mode == NET_SHARED)
		strv_addf(lines, "nft: masquerade %s; %s",
		    cidr4_format(net->subnet, net->plen, subnet), host ?
		    "net.ipv4.ip_forward is turned on" :
		    "way out by pasta or slirp4netns");
	else
		strv_addf(lines, "nft: nothing leaves '%s'", net->name);
}
