/* SPDX-License-Identifier: ISC */
/* netdev.c - change interfaces by rtnetlink */
#include <sys/socket.h>

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "addr.h"
#include "netdev.h"

#define REQSZ	1024

/*
 * Of the addresses 01:80:c2:00:00:0x, which no bridge forwards: bit x lets one
 * pass.  For a port the kernel refuses pause frames (1), for the whole bridge
 * spanning tree and LACP (0, 2), too.
 */
#define PORT_GROUPS	0xfffd
#define BRIDGE_GROUPS	0xfff8

struct mnl_socket *
netdev_open(struct qerr *e)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (nl == NULL || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == -1) {
		qerr_sys(e, "cannot open rtnetlink");
		netdev_close(nl);
		return NULL;
	}
	return nl;
}

void
netdev_close(struct mnl_socket *nl)
{
	if (nl != NULL)
		mnl_socket_close(nl);
}

/* Send one request and wait for the kernel's answer; -1 with errno. */
static int
talk(struct mnl_socket *nl, struct nlmsghdr *h)
{
	static unsigned seq;
	char buf[8192];
	ssize_t n;

	h->nlmsg_flags |= NLM_F_REQUEST | NLM_F_ACK;
	h->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(nl, h, h->nlmsg_len) == -1)
		return -1;
	n = mnl_socket_recvfrom(nl, buf, sizeof(buf));
	if (n == -1)
		return -1;
	return mnl_cb_run(buf, (size_t)n, h->nlmsg_seq,
	    mnl_socket_get_portid(nl), NULL, NULL) == -1 ? -1 : 0;
}

static struct nlmsghdr *
link_request(char *buf, int type, int flags, const char *name,
    struct ifinfomsg **ifi)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);

	h->nlmsg_type = (uint16_t)type;
	h->nlmsg_flags = (uint16_t)flags;
	*ifi = mnl_nlmsg_put_extra_header(h, sizeof(**ifi));
	(*ifi)->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(h, IFLA_IFNAME, name);
	return h;
}

/* Older kernels take no alias in the request that makes a link. */
static int
set_alias(struct mnl_socket *nl, const char *name, const char *alias,
    struct qerr *e)
{
	char buf[REQSZ];
	struct ifinfomsg *ifi;
	struct nlmsghdr *h = link_request(buf, RTM_NEWLINK, 0, name, &ifi);

	mnl_attr_put(h, IFLA_IFALIAS, strlen(alias), alias);
	return talk(nl, h) == -1 ? qerr_sys(e, "cannot mark '%s'", name) : 0;
}

int
netdev_bridge_add(struct mnl_socket *nl, const char *name, const uint8_t mac[6],
    int mtu, bool transparent, const char *alias, struct qerr *e)
{
	char buf[REQSZ];
	struct ifinfomsg *ifi;
	struct nlattr *info, *data;
	struct nlmsghdr *h = link_request(buf, RTM_NEWLINK,
	    NLM_F_CREATE | NLM_F_EXCL, name, &ifi);

	/* An own address: else it is the lowest of the ports' and moves. */
	mnl_attr_put(h, IFLA_ADDRESS, 6, mac);
	if (mtu != 0)
		mnl_attr_put_u32(h, IFLA_MTU, (uint32_t)mtu);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	mnl_attr_put_u32(h, IFLA_BR_FORWARD_DELAY, 0);
	mnl_attr_put_u32(h, IFLA_BR_STP_STATE, 0);
	mnl_attr_put_u8(h, IFLA_BR_MCAST_SNOOPING, 0);
	if (transparent)
		mnl_attr_put_u16(h, IFLA_BR_GROUP_FWD_MASK, BRIDGE_GROUPS);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	if (talk(nl, h) == -1)
		return qerr_sys(e, "cannot make bridge '%s'", name);
	if (set_alias(nl, name, alias, e) == -1) {
		netdev_del(nl, name, NULL);
		return -1;
	}
	return 0;
}

int
netdev_port_add(struct mnl_socket *nl, const char *name,
    const struct netdev_port *port, struct qerr *e)
{
	char buf[REQSZ];
	struct ifinfomsg *ifi;
	struct nlattr *info, *data;
	struct nlmsghdr *h = link_request(buf, RTM_NEWLINK, 0, name, &ifi);
	unsigned master = if_nametoindex(port->bridge);

	if (master == 0)
		return qerr_sys(e, "no bridge '%s'", port->bridge);
	/* By itself: a bridge looks at it when the port is added. */
	if (port->mac != NULL) {
		mnl_attr_put(h, IFLA_ADDRESS, 6, port->mac);
		if (talk(nl, h) == -1)
			return qerr_sys(e, "cannot give '%s' an address", name);
		h = link_request(buf, RTM_NEWLINK, 0, name, &ifi);
	}
	ifi->ifi_flags = ifi->ifi_change = IFF_UP;
	mnl_attr_put_u32(h, IFLA_MASTER, master);
	if (port->alias != NULL)
		mnl_attr_put(h, IFLA_IFALIAS, strlen(port->alias),
		    port->alias);
	if (port->mtu != 0)
		mnl_attr_put_u32(h, IFLA_MTU, (uint32_t)port->mtu);
	if (talk(nl, h) == -1)
		return qerr_sys(e, "cannot put '%s' on bridge '%s'", name,
		    port->bridge);
	if (!port->isolated && !port->transparent)
		return 0;
	h = link_request(buf, RTM_NEWLINK, 0, name, &ifi);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(h, IFLA_INFO_SLAVE_DATA);
	if (port->isolated)
		mnl_attr_put_u8(h, IFLA_BRPORT_ISOLATED, 1);
	if (port->transparent)
		mnl_attr_put_u16(h, IFLA_BRPORT_GROUP_FWD_MASK, PORT_GROUPS);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	if (talk(nl, h) == -1)
		return qerr_sys(e, "cannot make '%s' %s", name,
		    port->isolated ? "isolated" : "transparent");
	return 0;
}

int
netdev_addr_add(struct mnl_socket *nl, const char *name, uint32_t ip, int plen,
    struct qerr *e)
{
	char buf[REQSZ], text[CIDR_STRSZ];
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	uint32_t be = htonl(ip), brd = htonl(ip | ~ip4_mask(plen));
	struct ifaddrmsg *ifa;

	h->nlmsg_type = RTM_NEWADDR;
	h->nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));
	ifa->ifa_family = AF_INET;
	ifa->ifa_prefixlen = (uint8_t)plen;
	ifa->ifa_index = if_nametoindex(name);
	mnl_attr_put(h, IFA_LOCAL, sizeof(be), &be);
	mnl_attr_put(h, IFA_ADDRESS, sizeof(be), &be);
	mnl_attr_put(h, IFA_BROADCAST, sizeof(brd), &brd);
	if (talk(nl, h) == -1)
		return qerr_sys(e, "cannot give %s to '%s'",
		    cidr4_format(ip, plen, text), name);
	return 0;
}

static int
set_up(struct mnl_socket *nl, const char *name, bool up, struct qerr *e)
{
	char buf[REQSZ];
	struct ifinfomsg *ifi;
	struct nlmsghdr *h = link_request(buf, RTM_NEWLINK, 0, name, &ifi);

	ifi->ifi_flags = up ? IFF_UP : 0;
	ifi->ifi_change = IFF_UP;
	if (talk(nl, h) == -1)
		return qerr_sys(e, "cannot bring '%s' %s", name,
		    up ? "up" : "down");
	return 0;
}

int
netdev_up(struct mnl_socket *nl, const char *name, struct qerr *e)
{
	return set_up(nl, name, true, e);
}

int
netdev_down(struct mnl_socket *nl, const char *name, struct qerr *e)
{
	return set_up(nl, name, false, e);
}

int
netdev_del(struct mnl_socket *nl, const char *name, struct qerr *e)
{
	char buf[REQSZ];
	struct ifinfomsg *ifi;
	struct nlmsghdr *h = link_request(buf, RTM_DELLINK, 0, name, &ifi);

	if (talk(nl, h) == -1)
		return qerr_sys(e, "cannot remove '%s'", name);
	return 0;
}
