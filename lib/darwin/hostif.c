/* SPDX-License-Identifier: ISC */
/* hostif.c - interfaces, bridges and addresses (macOS) */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysctl.h>

#include <net/if.h>
#include <net/if_mib.h>
#include <net/route.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bridgewire.h"
#include "hostif.h"
#include "rawdump.h"
#include "strv.h"

/* Where public headers have them, bridgewire.c's layouts must be theirs. */
_Static_assert(sizeof(struct if_data64) == 128, "if_data64");
_Static_assert(offsetof(struct if_data64, ifi_ibytes) == 64, "ifi_ibytes");
_Static_assert(offsetof(struct if_data64, ifi_iqdrops) == 96, "ifi_iqdrops");
_Static_assert(sizeof(struct ifmibdata) == BRIDGEWIRE_IFMIBSZ, "ifmibdata");
_Static_assert(offsetof(struct ifmibdata, ifmd_data) == 52, "ifmd_data");
_Static_assert(sizeof(struct if_msghdr2) == 160, "if_msghdr2");
_Static_assert(offsetof(struct if_msghdr2, ifm_index) == 12, "ifm_index");
_Static_assert(sizeof(struct ifa_msghdr) == 20, "ifa_msghdr");
_Static_assert(sizeof(struct ifreq) == BRIDGEWIRE_IFTYPESZ, "ifreq");
_Static_assert(sizeof(struct ifdrv) == 40, "ifdrv");
_Static_assert(sizeof(struct rt_msghdr) == 92, "rt_msghdr");
_Static_assert(offsetof(struct rt_msghdr, rtm_flags) == 8, "rtm_flags");
_Static_assert(offsetof(struct rt_msghdr, rtm_addrs) == 12, "rtm_addrs");
_Static_assert((RTF_REJECT | RTF_LLINFO | RTF_BLACKHOLE | RTF_WASCLONED |
    RTF_LOCAL | RTF_BROADCAST | RTF_MULTICAST) == 0xe21408, "RTF_*");
_Static_assert(RTM_GET == 4 && RTM_IFINFO2 == 0x12 && RTM_NEWADDR == 0xc,
    "RTM_*");

/* sockio.h of xnu, the private part. */
#ifndef SIOCGIFTYPE
#define SIOCGIFTYPE	_IOWR('i', 159, struct ifreq)
#endif

/* A bridge has at most 100 addresses and few ports. */
#define LIST_MIN	8192
#define LIST_MAX	(1u << 20)
/* So often may the interfaces grow under the call before we give up. */
#define TRIES		10

/* What a sysctl has to say; NULL with errno.  Caller frees. */
static void *
get_sysctl(int *mib, u_int n, size_t *len)
{
	for (int i = 0; i < TRIES; i++) {
		void *buf;

		if (sysctl(mib, n, NULL, len, NULL, 0) == -1)
			return NULL;
		*len += *len / 8 + 512;
		buf = xcalloc(1, *len);
		if (sysctl(mib, n, buf, len, NULL, 0) == 0)
			return buf;
		free(buf);
		if (errno != ENOMEM)
			return NULL;
	}
	return NULL;
}

/*
 * A list that a bridge has, with elements of size bytes; *len is its length.
 * NULL when there is none.  Caller frees.
 */
static uint8_t *
get_list(int fd, const char *bridge, unsigned long cmd, size_t size,
    size_t *len)
{
	for (size_t cap = LIST_MIN; cap <= LIST_MAX; cap *= 2) {
		uint8_t arg[BRIDGEWIRE_ARGSZ], *buf = xcalloc(1, cap);
		struct ifdrv ifd = { .ifd_cmd = cmd, .ifd_len = sizeof(arg),
			.ifd_data = arg };

		bridgewire_put_arg(arg, buf, (uint32_t)cap);
		strlcpy(ifd.ifd_name, bridge, sizeof(ifd.ifd_name));
		if (ioctl(fd, SIOCGDRVSPEC, &ifd) == -1) {
			int was = errno;

			free(buf);
			errno = was;
			return NULL;
		}
		*len = bridgewire_arg_len(arg, cap);
		if (*len + size < cap)
			return buf;
		free(buf);
	}
	errno = E2BIG;
	return NULL;
}

/* A list of the bridge's goes into *h. */
static void
read_list(struct hostifs *h, int fd, const struct hostif *bridge,
    enum rawdump_kind kind)
{
	bool fdb = kind == RAWDUMP_FDB;
	size_t len = 0;
	uint8_t *buf = get_list(fd, bridge->name, fdb ? BRIDGEWIRE_RTS :
	    BRIDGEWIRE_GIFS, fdb ? BRIDGEWIRE_FDBSZ : BRIDGEWIRE_MEMBERSZ,
	    &len);

	rawdump_tell(kind, bridge->name, buf, len, buf != NULL ? 0 : errno);
	if (buf != NULL && fdb)
		bridgewire_fdb(h, bridge, buf, len);
	else if (buf != NULL)
		bridgewire_members(h, bridge, buf, len);
	free(buf);
}

/* The exact counters; without them those of the list stay. */
static void
read_counters(struct hostif *i)
{
	int mib[] = { CTL_NET, PF_LINK, NETLINK_GENERIC, IFMIB_IFDATA,
		(int)i->index, IFDATA_GENERAL };
	uint8_t buf[BRIDGEWIRE_IFMIBSZ];
	size_t len = sizeof(buf);
	int rc = sysctl(mib, 6, buf, &len, NULL, 0);

	rawdump_tell(RAWDUMP_IFMIB, i->name, buf, len, rc == 0 ? 0 : errno);
	if (rc == 0)
		bridgewire_ifmib(i, buf, len);
}

static void
read_kind(struct hostif *i, int fd)
{
	struct ifreq req = { 0 };
	int rc;

	strlcpy(req.ifr_name, i->name, sizeof(req.ifr_name));
	rc = ioctl(fd, SIOCGIFTYPE, &req);
	rawdump_tell(RAWDUMP_IFTYPE, i->name, &req, sizeof(req), rc == 0 ? 0 :
	    errno);
	bridgewire_iftype(i, &req, rc == 0 ? sizeof(req) : 0);
}

int
hostifs_get(struct hostifs *h, struct qerr *e)
{
	int mib[] = { CTL_NET, PF_ROUTE, 0, 0, NET_RT_IFLIST2, 0 };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), rc = -1;
	size_t len = 0;
	void *buf;

	if (fd == -1)
		return qerr_sys(e, "cannot make a socket");
	buf = get_sysctl(mib, 6, &len);
	rawdump_tell(RAWDUMP_IFLIST2, "-", buf, len, buf != NULL ? 0 : errno);
	if (buf == NULL)
		qerr_sys(e, "cannot ask for the interfaces");
	else
		rc = bridgewire_iflist2(h, buf, len, e);
	free(buf);
	for (size_t i = 0; rc == 0 && i < h->nifs; i++) {
		read_counters(&h->ifs[i]);
		read_kind(&h->ifs[i], fd);
	}
	for (size_t i = 0; rc == 0 && i < h->nifs; i++)
		if (strcmp(h->ifs[i].kind, "bridge") == 0) {
			read_list(h, fd, &h->ifs[i], RAWDUMP_MEMBERS);
			read_list(h, fd, &h->ifs[i], RAWDUMP_FDB);
		}
	close(fd);
	return rc;
}

int
hostifs_get_routes(struct hostifs *h, struct qerr *e)
{
	int mib[] = { CTL_NET, PF_ROUTE, 0, AF_INET, NET_RT_DUMP, 0 }, rc;
	size_t len = 0;
	void *buf = get_sysctl(mib, 6, &len);

	rawdump_tell(RAWDUMP_ROUTES, "-", buf, len, buf != NULL ? 0 : errno);
	if (buf == NULL)
		return qerr_sys(e, "cannot ask for the routes");
	rc = bridgewire_routes(h, buf, len, e);
	free(buf);
	return rc;
}
