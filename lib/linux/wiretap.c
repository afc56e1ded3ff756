/* SPDX-License-Identifier: ISC */
/* wiretap.c - hear ARP and DHCP on interfaces (Linux) */
#include <sys/socket.h>

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <arpa/inet.h>
#include <net/if.h>
#include <stdint.h>
#include <unistd.h>

#include "wire.h"
#include "wiretap.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING	23
#endif

/* What does not fit while we are busy is lost, and comes again. */
#define RECV_BUFFER	(256 << 10)

_Static_assert(sizeof(struct wire_insn) == sizeof(struct sock_filter),
    "the program's layout is the kernel's");

/*
 * The filter first, then the interface: nothing else ever gets in.  Frames on
 * their way out would be copied for us before the filter sees them.
 */
static int
set_up(int fd, unsigned index, struct qerr *e)
{
	struct sockaddr_ll sll = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)index };
	struct sock_fprog prog = { .len = (unsigned short)wire_filter_len,
		.filter = (struct sock_filter *)(uintptr_t)wire_filter };
	int one = 1, size = RECV_BUFFER;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog,
	    sizeof(prog)) == -1)
		return qerr_sys(e, "cannot filter packets");
	/* Linux 4.20; without it there is just more to pass over. */
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sll, sizeof(sll)) == -1)
		return qerr_sys(e, "cannot listen to packets");
	return 0;
}

int
wiretap_open(const char *ifname, struct qerr *e)
{
	unsigned index = ifname != NULL ? if_nametoindex(ifname) : 0;
	int fd;

	if (ifname != NULL && index == 0)
		return qerr_sys(e, "no interface '%s'", ifname);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return qerr_sys(e, "cannot open a packet socket");
	if (set_up(fd, index, e) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}
