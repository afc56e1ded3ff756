/* SPDX-License-Identifier: ISC */
/* vnet.c - make and remove networks, give a NIC its cable (Linux) */
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <linux/if_tun.h>
#include <net/if.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "hostmark.h"
#include "hostnet.h"
#include "ids.h"
#include "labjson.h"
#include "netconf.h"
#include "netdev.h"
#include "ns.h"
#include "service.h"
#include "stamper.h"
#include "state.h"
#include "vnet.h"

/*
 * Theory of operation
 *
 * The holder lives in the lab's own network namespace; as an ordinary user in
 * a user namespace of its own around it, where it has all rights.  A network
 * is a bridge of its name; a NIC's cable is a tap that is not persistent: it
 * goes when the last descriptor, QEMU's, is closed.  dnsmasq, one for all
 * networks, and the way out are children that the kernel kills with us.  So
 * when the holder is gone, by whatever means, everything is.
 *
 * The way out (pasta, else slirp4netns) must stay in the host's network: a
 * process forked before the namespaces are entered waits to become it.
 *
 * In the host's own network (hostnet.h) there is no way out, for the host
 * routes, and things stay behind when the holder is killed.
 */
struct vnet {
	const char *lab, *dir, *logdir;
	struct mnl_socket *nl;
	struct lab_net *nets;
	json_t **defs;			/* as given, to compare */
	bool *joined;			/* has no bridge of ours */
	size_t nnets;
	struct hostnet *host;		/* NULL: in the lab's namespace, */
	int name;			/* where this is bound to its name */
	bool unserved, want_out;	/* since the last vnet_serve() */
	pid_t dnsmasq, wayout, anchor;
	int usher;			/* its end of the wire; -1: went */
	const char *dns;		/* the way out's resolver */
	char *leases, *dnsmasq_log, *wayout_log;
	struct stamper stamper;		/* of what dnsmasq prints */
};

enum net_backend
vnet_backend(void)
{
	return BACKEND_BRIDGE;
}

static int
prepare_namespace(struct vnet *v, struct qerr *e)
{
	static const char *const settings[][2] = {
		{ "ipv4/ip_forward", "1" },
		/* Answer ARP only for the address of the network asked on. */
		{ "ipv4/conf/all/arp_ignore", "1" },
		{ "ipv6/conf/all/disable_ipv6", "1" },
		{ "ipv6/conf/default/disable_ipv6", "1" },
		/* Bridged frames are no business of the IP rules. */
		{ "bridge/bridge-nf-call-iptables", "0" },
		{ "bridge/bridge-nf-call-ip6tables", "0" },
		{ "bridge/bridge-nf-call-arptables", "0" },
	};

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (ns_sysctl(settings[i][0], settings[i][1]) == -1 &&
		    errno != ENOENT) {
			qerr_sys(e, "cannot set net/%s in the lab's "
			    "namespace", settings[i][0]);
			/* Containers have /proc/sys read-only. */
			if (e != NULL && errno == EROFS)
				e->kind = QERR_PERM;
			return -1;
		}
	v->nl = netdev_open(e);
	if (v->nl == NULL)
		return -1;
	if (netdev_up(v->nl, "lo", e) == -1) {
		/* Ubuntu's AppArmor gives the namespace and no rights in it. */
		if (e != NULL && e->kind == QERR_PERM)
			qerr_prefix(e, "no rights in the lab's own namespace "
			    "(qlab's AppArmor profile allows it, or sudo "
			    "sysctl kernel.apparmor_restrict_unprivileged_"
			    "userns=0)");
		return -1;
	}
	return 0;
}

/* One that cannot be had is a matter of rights, not a failure. */
static int
open_tun(struct qerr *e)
{
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd != -1)
		return fd;
	qerr_sys(e, "cannot open '/dev/net/tun'");
	if (e != NULL && e->kind == QERR_PERM)
		return qerr_prefix(e, "no rights to make taps (sudo chmod 666 "
		    "/dev/net/tun allows it)");
	if (e != NULL)
		e->kind = QERR_PERM;
	return qerr_prefix(e, "no taps here (sudo modprobe tun may help)");
}

/* The first cable would come too late to find out. */
static int
check_tun(struct qerr *e)
{
	int fd = open_tun(e);

	if (fd == -1)
		return -1;
	close(fd);
	return 0;
}

/* The steps that a system or a user may be refused. */
static int
enter(struct vnet *v, struct qerr *e)
{
	return check_tun(e) == -1 || ns_enter(e) == -1 ||
	    prepare_namespace(v, e) == -1 ? -1 : 0;
}

enum vnet_rights
vnet_rights(void)
{
	return VNET_ANYBODY;
}

int
vnet_probe(struct qerr *e)
{
	struct qerr err = { .kind = QERR_NONE };
	struct vnet v = { .usher = -1 };
	int p[2];
	pid_t pid;

	if (pipe2(p, O_CLOEXEC) == -1)
		return qerr_sys(e, "cannot make a pipe");
	pid = fork();
	if (pid == 0) {
		enter(&v, &err);
		if (write(p[1], &err, sizeof(err)) != sizeof(err)) {
			/* Nobody waits for it any more. */
		}
		_exit(0);
	}
	close(p[1]);
	if (pid == -1 || read(p[0], &err, sizeof(err)) != sizeof(err))
		qerr_sys(&err, "cannot try namespaces");
	close(p[0]);
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	if (err.kind != QERR_NONE && e != NULL)
		*e = err;
	return err.kind == QERR_NONE ? 0 : -1;
}

static int
open_own(struct vnet *v, struct qerr *e)
{
	v->wayout = service_usher(v->wayout_log, &v->usher, e);
	if (v->wayout == -1 || enter(v, e) == -1)
		return -1;
	/* Here, too, marks must not look like those of the dead. */
	v->name = hostmark_claim(v->lab, 0, e);
	return v->name == -1 ? -1 : 0;
}

static int
open_host(struct vnet *v, struct qerr *e)
{
	if (vnet_check_host(e) == -1 || check_tun(e) == -1)
		return -1;
	v->nl = netdev_open(e);
	if (v->nl == NULL)
		return -1;
	v->host = hostnet_open(v->lab, v->nl, e);
	v->dns = HOSTNET_DNS;
	return v->host != NULL ? 0 : -1;
}

struct vnet *
vnet_open(const char *lab, const char *dir, const char *logdir, bool host,
    struct qerr *e)
{
	struct vnet *v = xcalloc(1, sizeof(*v));

	v->lab = lab;
	v->dir = dir;
	v->logdir = logdir;
	v->usher = v->name = -1;
	v->leases = xasprintf("%s/leases", dir);
	v->dnsmasq_log = xasprintf("%s/dnsmasq.log", logdir);
	v->wayout_log = xasprintf("%s/wayout.log", logdir);
	state_rotate(v->dnsmasq_log, false);
	state_rotate(v->wayout_log, true);
	if (stamper_open(&v->stamper, v->dnsmasq_log, e) == -1 ||
	    (host ? open_host(v, e) : open_own(v, e)) == -1) {
		vnet_close(v);
		return NULL;
	}
	return v;
}

static ssize_t
find_net(const struct vnet *v, const char *name)
{
	for (size_t i = 0; i < v->nnets; i++)
		if (strcmp(v->nets[i].name, name) == 0)
			return (ssize_t)i;
	return -1;
}

static int
make_bridge(struct vnet *v, const struct lab_net *net, struct qerr *e)
{
	char *alias = xasprintf("qlab:%s/%s", v->lab, net->name);
	char *seed = xasprintf("bridge/%s/%s", v->lab, net->name);
	uint8_t mac[6];
	int rc;

	mac_derive(seed, mac);
	rc = netdev_bridge_add(v->nl, net->name, mac, net->mtu,
	    net->transparent, alias, e);
	if (rc == 0 && ((v->host != NULL &&
	    hostnet_quiet(net->name, e) == -1) ||
	    netdev_up(v->nl, net->name, e) == -1 ||
	    (netconf_has_address(net) && netdev_addr_add(v->nl, net->name,
	    net->gateway, net->plen, e) == -1))) {
		netdev_del(v->nl, net->name, NULL);
		rc = -1;
	}
	free(alias);
	free(seed);
	return rc;
}

/* Takes *net's strings over on success. */
static int
add_net(struct vnet *v, const struct lab_net *net, bool *added,
    struct qerr *e)
{
	ssize_t i = find_net(v, net->name);
	json_t *def = lab_net_to_json(net);
	struct lab_net copy;
	bool joined = false;

	*added = false;
	if (i >= 0) {
		bool same = json_equal(def, v->defs[i]);

		json_decref(def);
		return same ? 0 : qerr_set(e, QERR_FAIL, "network '%s' is up "
		    "with another definition (stop the lab's VMs, then start "
		    "again)", net->name);
	}
	if (net->mode == NET_BRIDGED && v->host == NULL) {
		json_decref(def);
		return qerr_set(e, QERR_FAIL, "network '%s': mode 'bridged' "
		    "needs the host's own network (--host-net), which a lab in "
		    "a namespace cannot reach", net->name);
	}
	if ((v->host != NULL && hostnet_check(v->host, net, &joined,
	    e) == -1) || lab_net_from_json(&copy, def, e) == -1) {
		json_decref(def);
		return -1;
	}
	if (!joined && make_bridge(v, net, e) == -1) {
		lab_net_release(&copy);
		json_decref(def);
		return -1;
	}
	v->nets = xrealloc(v->nets, (v->nnets + 1) * sizeof(*v->nets));
	v->defs = xrealloc(v->defs, (v->nnets + 1) * sizeof(*v->defs));
	v->joined = xrealloc(v->joined, (v->nnets + 1) * sizeof(*v->joined));
	v->joined[v->nnets] = joined;
	v->nets[v->nnets] = copy;
	v->defs[v->nnets++] = def;
	*added = true;
	return 0;
}

static void
start_wayout(struct vnet *v, struct strv *notes)
{
	struct strv argv = { 0 };
	struct qerr err;
	char *pasta = proc_find("pasta"), *slirp = proc_find("slirp4netns");
	pid_t target = getpid();

	if (geteuid() == 0 && v->anchor == 0) {
		/* pasta gives up rights first, then may not look at us. */
		v->anchor = service_anchor(&err);
		if (v->anchor > 0)
			target = v->anchor;
		else
			v->anchor = 0;
	}
	if (pasta != NULL) {
		netconf_pasta((int)target, geteuid() == 0, &argv);
		v->dns = PASTA_DNS;
	} else if (slirp != NULL) {
		netconf_slirp((int)target, &argv);
		v->dns = SLIRP_DNS;
	}
	if (argv.n == 0)
		strv_add(notes, "no way out to the Internet: neither pasta "
		    "(package passt) nor slirp4netns is installed");
	else if (service_usher_go(&v->usher, &argv, &err) == -1)
		strv_addf(notes, "no way out to the Internet: %s", err.msg);
	if (argv.n == 0) {
		close(v->usher);
		v->usher = -1;
	}
	strv_free(&argv);
	free(pasta);
	free(slirp);
}

/* The networks up to the nth that have a bridge of ours; caller frees. */
static struct lab_net *
bridged_by_us(const struct vnet *v, size_t n, size_t *got)
{
	struct lab_net *nets = xcalloc(n, sizeof(*nets));

	*got = 0;
	for (size_t i = 0; i < n; i++)
		if (!v->joined[i])
			nets[(*got)++] = v->nets[i];
	return nets;
}

/* In the host's own network, before are there already. */
static int
apply_host_rules(struct vnet *v, size_t before, struct qerr *e)
{
	size_t n, had;
	struct lab_net *nets;
	int rc;

	free(bridged_by_us(v, before, &had));
	nets = bridged_by_us(v, v->nnets, &n);
	rc = hostnet_up(v->host, nets, n, had, e);
	free(nets);
	return rc;
}

static int
apply_rules(struct vnet *v, struct qerr *e)
{
	char *nft[] = { (char *)"nft", (char *)"-f", (char *)"-", NULL };
	char *rules = netconf_nft(v->nets, v->nnets), *errs = NULL;
	int rc = proc_run(nft, rules, NULL, &errs, 10000, e);

	if (rc > 0)
		rc = qerr_set(e, QERR_FAIL, "nft refused the lab's rules: "
		    "%.400s", errs);
	free(rules);
	free(errs);
	return rc;
}

static int
restart_dnsmasq(struct vnet *v, struct qerr *e)
{
	struct strv argv = { 0 };

	service_stop(&v->dnsmasq);
	netconf_dnsmasq(v->nets, v->nnets, v->dns, v->leases, &argv);
	v->dnsmasq = service_start(&argv, v->stamper.in, e);
	strv_free(&argv);
	if (v->dnsmasq == -1) {
		v->dnsmasq = 0;
		return -1;
	}
	return 0;
}

/* Take the last networks down again, until there are n. */
static void
drop_nets(struct vnet *v, size_t n)
{
	while (v->nnets > n) {
		v->nnets--;
		if (!v->joined[v->nnets])
			netdev_del(v->nl, v->nets[v->nnets].name, NULL);
		lab_net_release(&v->nets[v->nnets]);
		json_decref(v->defs[v->nnets]);
	}
	if (v->host != NULL) {
		size_t have;
		struct lab_net *nets = bridged_by_us(v, n, &have);

		hostnet_back(v->host, nets, have);
		free(nets);
	}
}

int
vnet_up(struct vnet *v, const struct lab_net *nets, size_t n, struct qerr *e)
{
	size_t had = v->nnets;
	bool out = false, served = false;
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		bool added;

		rc = add_net(v, &nets[i], &added, e);
		if (rc == -1)
			break;
		out |= added && nets[i].mode == NET_SHARED;
		served |= added && netconf_has_address(&nets[i]);
	}
	if (rc == 0 && v->nnets > had)
		rc = v->host != NULL ? apply_host_rules(v, had, e) :
		    apply_rules(v, e);
	if (rc == -1) {
		/* No network without its rules. */
		drop_nets(v, had);
		return -1;
	}
	v->want_out |= out;
	v->unserved |= served;
	return 0;
}

void
vnet_serve(struct vnet *v, struct strv *notes)
{
	struct qerr err;

	if (v->want_out && v->usher != -1)
		start_wayout(v, notes);
	if (v->unserved && restart_dnsmasq(v, &err) == -1)
		strv_addf(notes, "no DHCP and DNS: %s", err.msg);
	v->want_out = v->unserved = false;
}

int
vnet_log_fd(const struct vnet *v)
{
	return v->stamper.out;
}

void
vnet_log(struct vnet *v)
{
	stamper_run(&v->stamper);
}

static int
open_tap(char name[IFNAMSIZ], struct qerr *e)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open_tun(e);

	if (fd == -1)
		return -1;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "tap%%d");
	if (ioctl(fd, TUNSETIFF, &ifr) == -1) {
		qerr_sys(e, "cannot make a tap");
		close(fd);
		return -1;
	}
	memcpy(name, ifr.ifr_name, IFNAMSIZ);
	return fd;
}

int
vnet_plug(struct vnet *v, const char *net, const char *vm, const char *nic,
    char hostif[16], int *fd, struct qerr *e)
{
	ssize_t i = find_net(v, net);
	struct netdev_port port = { .bridge = net };
	uint8_t mac[6];
	char *alias;
	int rc;

	if (i == -1)
		return qerr_set(e, QERR_NOTFOUND, "no network '%s' is up", net);
	*fd = open_tap(hostif, e);
	if (*fd == -1)
		return -1;
	alias = xasprintf("qlab:%s/%s/%s", v->lab, vm, nic);
	if (v->joined[i]) {
		port.bridge = v->nets[i].uplink;
		/* Its address is the lowest of its ports': not this one. */
		mac_derive(alias, mac);
		mac[0] = 0xfe;
		port.mac = mac;
	}
	port.alias = alias;
	port.mtu = v->nets[i].mtu;
	port.isolated = v->nets[i].isolated;
	port.transparent = v->nets[i].transparent;
	rc = v->host != NULL ? hostnet_quiet(hostif, e) : 0;
	if (rc == 0)
		rc = netdev_port_add(v->nl, hostif, &port, e);
	free(alias);
	if (rc == -1) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

void
vnet_child(struct vnet *v, pid_t pid, int status, char **note)
{
	*note = NULL;
	if (pid == v->wayout) {
		char *why = service_last_words(v->wayout_log);

		v->wayout = 0;
		*note = xasprintf("the way out to the Internet ended%s%s",
		    *why != '\0' ? ": " : "", why);
		free(why);
	} else if (pid == v->dnsmasq) {
		char *why;

		vnet_log(v);
		why = service_last_words(v->dnsmasq_log);
		v->dnsmasq = 0;
		*note = xasprintf("dnsmasq ended (status %d): %s",
		    WIFEXITED(status) ? WEXITSTATUS(status) :
		    128 + WTERMSIG(status), why);
		free(why);
	}
}

void
vnet_close(struct vnet *v)
{
	if (v == NULL)
		return;
	if (v->usher != -1)
		close(v->usher);
	if (v->name != -1)
		close(v->name);
	service_stop(&v->dnsmasq);
	stamper_run(&v->stamper);
	stamper_close(&v->stamper);
	service_stop(&v->wayout);
	service_stop(&v->anchor);
	hostnet_close(v->host);
	netdev_close(v->nl);
	for (size_t i = 0; i < v->nnets; i++) {
		lab_net_release(&v->nets[i]);
		json_decref(v->defs[i]);
	}
	free(v->nets);
	free(v->defs);
	free(v->joined);
	free(v->leases);
	free(v->dnsmasq_log);
	free(v->wayout_log);
	free(v);
}
