/* SPDX-License-Identifier: ISC */
/* hostnet.c - a lab's networks in the host's own network namespace */
#include <sys/socket.h>
#include <sys/un.h>

#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "hostif.h"
#include "hostmark.h"
#include "hostnet.h"
#include "netconf.h"
#include "netdev.h"
#include "ns.h"
#include "proc.h"

#define FORWARD		"ipv4/ip_forward"
/* A name may be taken for a moment by who removes leftovers. */
#define CLAIM_MS	500

struct hostnet {
	char *lab;
	struct mnl_socket *nl;
	int name;			/* socket bound to the lab's name */
	bool made;			/* the lab's table */
	bool forward_was_off, forwards;
	unsigned down[NETCONF_MAXDOWN];	/* uplinks that we brought up */
	size_t ndown, ndown_before;
};

struct hostnet *
hostnet_open(const char *lab, struct mnl_socket *nl, struct qerr *e)
{
	struct hostnet *h = xcalloc(1, sizeof(*h));

	h->lab = xstrdup(lab);
	h->nl = nl;
	h->name = hostmark_claim(lab, CLAIM_MS, e);
	if (h->name == -1) {
		free(h->lab);
		free(h);
		return NULL;
	}
	hostmark_remove(lab, nl, false, NULL);
	return h;
}

/* Global IPv6 addresses of an interface, besides those that all have. */
static bool
has_ipv6(const char *name)
{
	FILE *f = fopen("/proc/self/net/if_inet6", "re");
	char line[256], dev[64];
	unsigned scope;
	bool found = false;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*s %*x %*x %x %*x %63s", &scope,
		    dev) == 2 && strcmp(dev, name) == 0)
			found |= scope != 0x20;		/* link-local */
	if (f != NULL)
		fclose(f);
	return found;
}

static bool
is_wifi(const char *name)
{
	char *path = xasprintf("/sys/class/net/%s/phy80211", name);
	bool yes = access(path, F_OK) == 0;

	free(path);
	return yes;
}

static int
check_address(const struct hostifs *ifs, const struct hostif *up,
    struct qerr *e)
{
	char text[CIDR_STRSZ] = "IPv6 addresses";
	bool has = has_ipv6(up->name);

	for (size_t i = 0; i < ifs->naddrs; i++)
		if (ifs->addrs[i].index == up->index) {
			cidr4_format(ifs->addrs[i].ip, ifs->addrs[i].plen,
			    text);
			has = true;
		}
	return !has ? 0 : qerr_set(e, QERR_FAIL, "uplink '%s' carries this "
	    "host's own %s, which a bridge would cut off (move it to a "
	    "bridge with '%s' as its port, in the system's network settings, "
	    "and make that bridge the uplink)", up->name, text, up->name);
}

static int
check_uplink(const struct hostifs *ifs, const struct lab_net *net,
    bool *joined, struct qerr *e)
{
	const struct hostif *up = hostif_by_name(ifs, net->uplink), *master;
	char *lab;

	if (up == NULL)
		return qerr_set(e, QERR_NOTFOUND, "this host has no interface "
		    "'%s'", net->uplink);
	*joined = strcmp(up->kind, "bridge") == 0;
	if (*joined) {
		lab = hostmark_lab(up->alias);
		if (lab != NULL)
			qerr_set(e, QERR_FAIL, "uplink '%s' is itself a "
			    "network, of lab '%s'", up->name, lab);
		free(lab);
		return lab != NULL ? -1 : 0;
	}
	if (is_wifi(up->name))
		return qerr_set(e, QERR_FAIL, "uplink '%s' is Wi-Fi: access "
		    "points take no frames from other MACs (use mode shared)",
		    up->name);
	master = hostif_by_index(ifs, up->master);
	if (master != NULL)
		return qerr_set(e, QERR_FAIL, "uplink '%s' is a port of '%s' "
		    "already%s", up->name, master->name,
		    strcmp(master->kind, "bridge") == 0 &&
		    *master->alias == '\0' ? ": make that the uplink" : "");
	return check_address(ifs, up, e);
}

int
hostnet_check(const struct hostnet *h, const struct lab_net *net, bool *joined,
    struct qerr *e)
{
	struct hostifs ifs = { 0 };
	const struct hostif *there;
	int rc = hostifs_get(&ifs, e);

	*joined = false;
	if (rc == 0 && net->mode == NET_BRIDGED && net->uplink == NULL)
		rc = qerr_set(e, QERR_INPUT, "it has no uplink");
	else if (rc == 0 && net->mode == NET_BRIDGED)
		rc = check_uplink(&ifs, net, joined, e);
	there = hostif_by_name(&ifs, net->name);
	if (rc == 0 && !*joined && there != NULL) {
		char *lab = hostmark_lab(there->alias);

		rc = qerr_set(e, QERR_FAIL, "this host has an interface '%s' "
		    "already%s%s: give the network another name", net->name,
		    lab != NULL ? ", of lab " : "", lab != NULL ? lab : "");
		free(lab);
	}
	hostifs_free(&ifs);
	return rc == -1 ? qerr_prefix(e, "network '%s' of lab '%s'",
	    net->name, h->lab) : 0;
}

int
hostnet_quiet(const char *name, struct qerr *e)
{
	static const char *const settings[] = { "ipv4/conf/%s/arp_ignore",
	    "ipv6/conf/%s/disable_ipv6" };

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		char *path = xasprintf(settings[i], name);
		int rc = ns_sysctl(path, "1");

		if (rc == -1 && errno != ENOENT)
			qerr_sys(e, "cannot set net/%s", path);
		free(path);
		if (rc == -1 && errno != ENOENT)
			return -1;
	}
	return 0;
}

/* Would a service get this port?  As dnsmasq does it, for port 67. */
static bool
port_free(int type, uint32_t ip, uint16_t port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr.s_addr = htonl(ip) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), one = 1;
	bool is_free;

	if (fd == -1)
		return true;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (ip == INADDR_ANY)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one));
	is_free = (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
	    (type != SOCK_STREAM || listen(fd, 1) == 0)) ||
	    errno != EADDRINUSE;
	close(fd);
	return is_free;
}

static int
check_ports(const struct lab_net *nets, size_t n, size_t before,
    struct qerr *e)
{
	bool dns = false;

	for (size_t i = 0; i < n; i++)
		dns |= nets[i].mode == NET_SHARED;
	for (size_t i = before; i < n; i++) {
		char ip[IP4_STRSZ];

		if (!netconf_has_address(&nets[i]))
			continue;
		if (dns && (!port_free(SOCK_STREAM, nets[i].gateway, 53) ||
		    !port_free(SOCK_DGRAM, nets[i].gateway, 53)))
			return qerr_set(e, QERR_FAIL, "network '%s': port 53 "
			    "of %s is taken: a DNS server of this host listens "
			    "on all addresses (dnsmasq's option for it is "
			    "bind-dynamic)", nets[i].name,
			    ip4_format(nets[i].gateway, ip));
		if (nets[i].dhcp && !port_free(SOCK_DGRAM, INADDR_ANY, 67))
			return qerr_set(e, QERR_FAIL, "network '%s': a DHCP "
			    "server of this host has port 67 of all "
			    "interfaces (dnsmasq's option against it is "
			    "bind-dynamic; or dhcp: off)", nets[i].name);
	}
	return 0;
}

static bool
forwarding(void)
{
	FILE *f = fopen("/proc/sys/net/" FORWARD, "re");
	int c = f != NULL ? fgetc(f) : '0';

	if (f != NULL)
		fclose(f);
	return c != '0';
}

/* Remember what is about to be changed. */
static int
take_notes(struct hostnet *h, const struct lab_net *nets, size_t n,
    size_t before, struct qerr *e)
{
	struct hostifs ifs = { 0 };

	for (size_t i = before; i < n; i++)
		if (nets[i].mode == NET_SHARED && !h->forwards) {
			h->forwards = true;
			h->forward_was_off = !forwarding() ||
			    hostmark_forward_noted(h->lab);
		}
	if (hostifs_get(&ifs, e) == -1)
		return -1;
	h->ndown_before = h->ndown;
	for (size_t i = before; i < n; i++) {
		const struct hostif *up = nets[i].mode == NET_BRIDGED ?
		    hostif_by_name(&ifs, nets[i].uplink) : NULL;

		if (up != NULL && !up->up && h->ndown < NETCONF_MAXDOWN)
			h->down[h->ndown++] = up->index;
	}
	hostifs_free(&ifs);
	return 0;
}

static int
apply_rules(struct hostnet *h, const struct lab_net *nets, size_t n,
    struct qerr *e)
{
	const struct netconf_host host = { .lab = h->lab, .fresh = !h->made,
	    .forward_was_off = h->forward_was_off, .down = h->down,
	    .ndown = h->ndown };
	char *nft[] = { (char *)"nft", (char *)"-f", (char *)"-", NULL };
	char *rules = netconf_host_nft(&host, nets, n), *errs = NULL;
	int rc = -1;

	if (h->made || hostmark_table_free(h->lab, e) == 0)
		rc = proc_run(nft, rules, NULL, &errs, 10000, e);
	if (rc > 0)
		rc = qerr_set(e, QERR_FAIL, "nft refused the lab's rules: "
		    "%.400s", errs);
	h->made |= rc == 0;
	free(rules);
	free(errs);
	return rc;
}

int
hostnet_up(struct hostnet *h, const struct lab_net *nets, size_t n,
    size_t before, struct qerr *e)
{
	int lock = hostmark_lock(e), rc;

	if (lock == -1)
		return -1;
	rc = check_ports(nets, n, before, e);
	if (rc == 0)
		rc = take_notes(h, nets, n, before, e);
	if (rc == 0)
		rc = apply_rules(h, nets, n, e);
	for (size_t i = before; rc == 0 && i < n; i++) {
		struct netdev_port port = { .bridge = nets[i].name,
		    .transparent = nets[i].transparent };

		if (nets[i].mode == NET_BRIDGED)
			rc = netdev_port_add(h->nl, nets[i].uplink, &port, e);
	}
	if (rc == 0 && h->forwards && !forwarding() &&
	    ns_sysctl(FORWARD, "1") == -1)
		rc = qerr_sys(e, "cannot set net/" FORWARD);
	close(lock);
	return rc;
}

void
hostnet_back(struct hostnet *h, const struct lab_net *nets, size_t n)
{
	h->forwards = false;
	for (size_t i = 0; i < n; i++)
		h->forwards |= nets[i].mode == NET_SHARED;
	h->forward_was_off &= h->forwards;
	if (n == 0) {
		hostmark_remove(h->lab, h->nl, false, NULL);
		h->made = false;
		h->ndown = 0;
		return;
	}
	while (h->ndown > h->ndown_before) {
		char name[IF_NAMESIZE];

		if (if_indextoname(h->down[--h->ndown], name) != NULL)
			netdev_down(h->nl, name, NULL);
	}
	apply_rules(h, nets, n, NULL);
}

void
hostnet_close(struct hostnet *h)
{
	if (h == NULL)
		return;
	hostmark_remove(h->lab, h->nl, false, NULL);
	close(h->name);
	free(h->lab);
	free(h);
}
