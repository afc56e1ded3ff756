/* SPDX-License-Identifier: ISC */
/* netconf.c - what a lab's networks want from nft, dnsmasq and the way out */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "netconf.h"

/*
 * A table cannot be marked with all versions of nft, but hold empty chains:
 * they say that it is ours, and what to put back when it goes.
 */
#define NOTE_OURS	"made_by_qlab"
#define NOTE_FORWARD	"note_forward_was_off"
#define NOTE_DOWN	"note_was_down_"

bool
netconf_has_address(const struct lab_net *net)
{
	return net->mode == NET_SHARED || (net->mode == NET_HOST && net->dhcp);
}

static bool
any_shared(const struct lab_net *nets, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (nets[i].mode == NET_SHARED)
			return true;
	return false;
}

/* A set of interface names, of shared networks only or of all. */
static void
put_set(FILE *f, const char *name, const struct lab_net *nets, size_t n,
    bool shared_only)
{
	const char *sep = "elements = { ";

	fprintf(f, "\tset %s {\n\t\ttype ifname\n", name);
	for (size_t i = 0; i < n; i++) {
		if (shared_only && nets[i].mode != NET_SHARED)
			continue;
		fprintf(f, "%s\"%s\"", *sep == 'e' ? "\t\telements = { " : sep,
		    nets[i].name);
		sep = ", ";
	}
	if (*sep != 'e')
		fprintf(f, " }\n");
	fprintf(f, "\t}\n");
}

/* The host's side of each network answers on its own addresses only. */
static void
put_input(FILE *f, const struct lab_net *nets, size_t n)
{
	fprintf(f, "\tchain input {\n"
	    "\t\ttype filter hook input priority filter\n");
	for (size_t i = 0; i < n; i++) {
		const struct lab_net *net = &nets[i];
		char gw[IP4_STRSZ], bc[IP4_STRSZ];

		if (!netconf_has_address(net)) {
			fprintf(f, "\t\tiifname \"%s\" drop\n", net->name);
			continue;
		}
		fprintf(f, "\t\tiifname \"%s\" ip daddr != { %s, %s, "
		    "255.255.255.255, 224.0.0.0/4 } drop\n", net->name,
		    ip4_format(net->gateway, gw), ip4_format(net->subnet |
		    ~ip4_mask(net->plen), bc));
		if (net->mode == NET_HOST)
			fprintf(f, "\t\tiifname \"%s\" meta l4proto "
			    "{ tcp, udp } th dport 53 drop\n", net->name);
	}
	fprintf(f, "\t\tiifname @nets meta nfproto ipv6 drop\n\t}\n");
}

/* Networks are closed against each other; a host one ends here. */
static void
put_forward(FILE *f, const struct lab_net *nets, size_t n, bool host)
{
	fprintf(f, "\tchain forward {\n"
	    "\t\ttype filter hook forward priority filter\n");
	/* br_netfilter, where the host has it, shows bridged frames here. */
	for (size_t i = 0; host && i < n; i++)
		fprintf(f, "\t\tiifname \"%s\" oifname \"%s\" accept\n",
		    nets[i].name, nets[i].name);
	fprintf(f, "\t\tiifname @nets oifname @nets drop\n"
	    "\t\tiifname @shared meta nfproto ipv4 accept\n"
	    "\t\tiifname @nets drop\n"
	    "\t\toifname @shared ct state established,related accept\n"
	    "\t\toifname @nets drop\n"
	    "\t}\n");
}

static void
put_table(FILE *f, const char *table, const struct netconf_host *host,
    const struct lab_net *nets, size_t n)
{
	/* Declared first, so that deleting it never fails. */
	if (host != NULL && host->fresh)
		fprintf(f, "create table inet %s\n", table);
	else
		fprintf(f, "table inet %s\ndelete table inet %s\n", table,
		    table);
	fprintf(f, "table inet %s {\n", table);
	if (host != NULL) {
		fprintf(f, "\tchain " NOTE_OURS " {\n\t}\n");
		if (host->forward_was_off)
			fprintf(f, "\tchain " NOTE_FORWARD " {\n\t}\n");
		for (size_t i = 0; i < host->ndown; i++)
			fprintf(f, "\tchain " NOTE_DOWN "%u {\n\t}\n",
			    host->down[i]);
	}
	put_set(f, "nets", nets, n, false);
	put_set(f, "shared", nets, n, true);
	put_input(f, nets, n);
	put_forward(f, nets, n, host != NULL);
	fprintf(f, "\tchain postrouting {\n"
	    "\t\ttype nat hook postrouting priority srcnat\n");
	for (size_t i = 0; i < n; i++) {
		char subnet[CIDR_STRSZ];

		if (nets[i].mode == NET_SHARED)
			fprintf(f, "\t\tip saddr %s oifname != @nets "
			    "masquerade\n", cidr4_format(nets[i].subnet,
			    nets[i].plen, subnet));
	}
	fprintf(f, "\t}\n}\n");
}

char *
netconf_nft(const struct lab_net *nets, size_t n)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		abort();
	put_table(f, "qlab", NULL, nets, n);
	fclose(f);
	return text;
}

char *
netconf_host_nft(const struct netconf_host *host, const struct lab_net *nets,
    size_t n)
{
	char *text = NULL, *table = xasprintf(NETCONF_TABLE "%s", host->lab);
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		abort();
	put_table(f, table, host, nets, n);
	fclose(f);
	free(table);
	return text;
}

bool
netconf_host_read(const char *listing, struct netconf_notes *notes)
{
	static const char word[] = "chain " NOTE_DOWN;

	*notes = (struct netconf_notes){ .forward_was_off =
	    strstr(listing, "chain " NOTE_FORWARD " {") != NULL };
	for (const char *p = listing; (p = strstr(p, word)) != NULL &&
	    notes->ndown < NETCONF_MAXDOWN;) {
		unsigned long n;

		p += sizeof(word) - 1;
		n = strtoul(p, NULL, 10);
		if (n > 0 && n <= INT_MAX)
			notes->down[notes->ndown++] = (unsigned)n;
	}
	return strstr(listing, "chain " NOTE_OURS " {") != NULL;
}

static void
put_dhcp(const struct lab_net *net, struct strv *argv)
{
	char lo[IP4_STRSZ], hi[IP4_STRSZ], gw[IP4_STRSZ], mask[IP4_STRSZ];

	strv_addf(argv, "--interface=%s", net->name);
	strv_addf(argv, "--dhcp-range=set:%s,%s,%s,%s,1h", net->name,
	    ip4_format(net->range_lo, lo), ip4_format(net->range_hi, hi),
	    ip4_format(ip4_mask(net->plen), mask));
	ip4_format(net->gateway, gw);
	/* 3: router, 6: DNS; without a value the option is not sent. */
	strv_addf(argv, "--dhcp-option=tag:%s,3%s%s", net->name,
	    net->mode == NET_SHARED ? "," : "",
	    net->mode == NET_SHARED ? gw : "");
	strv_addf(argv, "--dhcp-option=tag:%s,6%s%s", net->name,
	    net->mode == NET_SHARED ? "," : "",
	    net->mode == NET_SHARED ? gw : "");
	if (net->mtu != 0)
		strv_addf(argv, "--dhcp-option=tag:%s,26,%d", net->name,
		    net->mtu);
}

void
netconf_dnsmasq(const struct lab_net *nets, size_t n, const char *dns,
    const char *leases, struct strv *argv)
{
	static const char *const fixed[] = {
		"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
		/* Changing its user or group would untie it from us. */
		"--user=", "--group=", "--pid-file=",
		"--bind-dynamic", "--except-interface=lo", "--no-hosts",
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		strv_add(argv, fixed[i]);
	if (dns != NULL && *dns == '/')
		strv_addf(argv, "--resolv-file=%s", dns);
	else
		strv_add(argv, "--no-resolv");
	strv_add(argv, "--no-ping");
	strv_add(argv, "--dhcp-authoritative");
	strv_addf(argv, "--dhcp-leasefile=%s", leases);
	strv_add(argv, "--log-facility=-");	/* its standard error */
	if (!any_shared(nets, n))
		strv_add(argv, "--port=0");
	else if (dns != NULL && *dns != '/')
		strv_addf(argv, "--server=%s", dns);
	for (size_t i = 0; i < n; i++)
		if (nets[i].dhcp && netconf_has_address(&nets[i]))
			put_dhcp(&nets[i], argv);
		else if (nets[i].mode == NET_SHARED)
			strv_addf(argv, "--interface=%s", nets[i].name);
}

void
netconf_pasta(int pid, bool root, struct strv *argv)
{
	static const char *const fixed[] = {
		"pasta", "--foreground", "--quiet", "--ipv4-only",
		"--config-net", "--no-map-gw", "--tcp-ports", "none",
		"--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none",
		"--ns-ifname", WAYOUT_IF, "--address", WAYOUT_ADDR,
		"--netmask", "24", "--gateway", WAYOUT_GATEWAY,
		"--dns-forward", PASTA_DNS,
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(*fixed); i++)
		strv_add(argv, fixed[i]);
	if (root) {
		/* Without --runas it becomes nobody, who may not attach. */
		strv_add(argv, "--runas");
		strv_add(argv, "0");
		strv_add(argv, "--netns-only");
		strv_add(argv, "--netns");
		strv_addf(argv, "/proc/%d/ns/net", pid);
	} else
		strv_addf(argv, "%d", pid);
}

void
netconf_slirp(int pid, struct strv *argv)
{
	strv_add(argv, "slirp4netns");
	strv_add(argv, "--configure");
	strv_add(argv, "--mtu=65520");
	strv_add(argv, "--disable-host-loopback");
	strv_add(argv, "--cidr=" WAYOUT_CIDR);
	strv_addf(argv, "%d", pid);
	strv_add(argv, WAYOUT_IF);
}
