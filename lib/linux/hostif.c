/* SPDX-License-Identifier: ISC */
/* hostif.c - interfaces, forwarding tables and addresses from rtnetlink */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include "hostif.h"
#include "rtnl.h"
#include "strv.h"

/* The kernel fills dumps up to 32 KiB a datagram when there is room. */
#define BUFSIZE		(64 << 10)
/* So often may the interfaces change under a dump before we give up. */
#define TRIES		50

/* Send one dump request; family as the kernel wants it for this type. */
static int
ask(struct mnl_socket *nl, uint16_t type, uint8_t family, unsigned seq)
{
	char req[64] = { 0 };
	struct nlmsghdr *m = mnl_nlmsg_put_header(req);
	struct ifinfomsg *ifi;

	m->nlmsg_type = type;
	m->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	m->nlmsg_seq = seq;
	/* Its first byte is the family in all these requests. */
	ifi = mnl_nlmsg_put_extra_header(m, sizeof(*ifi));
	ifi->ifi_family = family;
	return mnl_socket_sendto(nl, req, m->nlmsg_len) == -1 ? -1 : 0;
}

static int
dump(struct mnl_socket *nl, uint16_t type, uint8_t family,
    struct rtnl_dump *d, struct qerr *e)
{
	char *buf = xcalloc(1, BUFSIZE);
	static unsigned seq;
	int rc = 0;

	d->done = false;
	if (ask(nl, type, family, ++seq) == -1)
		rc = qerr_sys(e, "cannot ask for the interfaces");
	while (rc == 0 && !d->done) {
		ssize_t n = mnl_socket_recvfrom(nl, buf, BUFSIZE);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			rc = qerr_sys(e, "cannot read the interfaces");
		else
			rc = rtnl_take(d, buf, (size_t)n, e);
	}
	free(buf);
	return rc;
}

static struct mnl_socket *
open_socket(struct qerr *e)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);

	if (nl == NULL) {
		qerr_sys(e, "cannot open a netlink socket");
	} else if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == -1) {
		qerr_sys(e, "cannot bind a netlink socket");
		mnl_socket_close(nl);
		nl = NULL;
	}
	return nl;
}

/* One try; *torn when interfaces came or went while we read. */
static int
snapshot(struct hostifs *h, bool *torn, struct qerr *e)
{
	struct rtnl_dump d = { .into = h };
	struct mnl_socket *nl = open_socket(e);
	int rc = -1;

	*torn = false;
	if (nl == NULL)
		return -1;
	if (dump(nl, RTM_GETLINK, AF_UNSPEC, &d, e) == 0 &&
	    dump(nl, RTM_GETNEIGH, AF_BRIDGE, &d, e) == 0 &&
	    dump(nl, RTM_GETNEIGH, AF_INET, &d, e) == 0 &&
	    dump(nl, RTM_GETADDR, AF_INET, &d, e) == 0)
		rc = 0;
	mnl_socket_close(nl);
	*torn = d.torn;
	return rc;
}

/* The namespace's own: /proc shows that of whoever reads. */
static enum hostif_forward
get_forward(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_RDONLY | O_CLOEXEC);
	char c = '\0';

	if (fd == -1)
		return HOSTIF_FORWARD_UNKNOWN;
	if (read(fd, &c, 1) != 1)
		c = '\0';
	close(fd);
	return c == '0' ? HOSTIF_FORWARD_OFF : c == '1' ? HOSTIF_FORWARD_ON :
	    HOSTIF_FORWARD_UNKNOWN;
}

int
hostifs_get(struct hostifs *h, struct qerr *e)
{
	for (int i = 0; i < TRIES; i++) {
		bool torn;

		if (snapshot(h, &torn, e) == -1)
			return -1;
		if (!torn) {
			h->forward = get_forward();
			return 0;
		}
		hostifs_free(h);
	}
	return qerr_set(e, QERR_FAIL,
	    "the interfaces change faster than they can be read");
}

int
hostifs_get_routes(struct hostifs *h, struct qerr *e)
{
	struct rtnl_dump d = { .into = h };
	struct mnl_socket *nl = open_socket(e);
	int rc;

	if (nl == NULL)
		return -1;
	rc = dump(nl, RTM_GETROUTE, AF_INET, &d, e);
	mnl_socket_close(nl);
	if (rc == -1)
		hostifs_free(h);
	return rc;
}
