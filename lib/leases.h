/* SPDX-License-Identifier: ISC */
/* leases.h - DHCP servers' lease files: which MAC got which address */
#ifndef QLAB_LEASES_H
#define QLAB_LEASES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bymac.h"
#include "qerr.h"

struct lease {
	int64_t expiry;		/* seconds since the epoch; 0: never */
	uint8_t mac[6];
	uint32_t ip;		/* host byte order */
	char host[64];		/* "" when the client gave none */
};

struct leases {
	struct lease *l;
	size_t n;
	struct bymac order;	/* by leases_sort() */
};

/*
 * Lines "EXPIRY MAC IP HOST CLIENT-ID".  What is not an IPv4 lease of an
 * Ethernet client (DHCPv6, "duid ...", damaged lines) is passed over.  *out is
 * overwritten; leases_free() it.
 */
void	leases_parse(struct leases *out, const char *text, size_t len);
/* A missing file is an empty one. */
int	leases_load(struct leases *out, const char *path, struct qerr *e);
/*
 * libvirt's NETWORK.status, a list of objects with "ip-address", "mac-address",
 * "hostname" and "expiry-time".  As above.
 */
void	leases_parse_status(struct leases *out, const char *text, size_t len);
int	leases_load_status(struct leases *out, const char *path,
	    struct qerr *e);
/* Append those of *more, which is empty then. */
void	leases_append(struct leases *out, struct leases *more);
/* Make what follows fast, O(log n); to be called again after any change. */
void	leases_sort(struct leases *ls);
/* The lease of mac before that one (NULL: the last in the file), or NULL. */
const struct lease *leases_next(const struct leases *ls, const uint8_t mac[6],
	    const struct lease *after);
/* The last lease of mac that has not expired at time now, or NULL. */
const struct lease *leases_find(const struct leases *ls, const uint8_t mac[6],
	    int64_t now);
void	leases_free(struct leases *ls);

#endif
