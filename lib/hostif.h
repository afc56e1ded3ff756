/* SPDX-License-Identifier: ISC */
/* hostif.h - OS contract: the host's interfaces, bridges and routes */
#ifndef QLAB_HOSTIF_H
#define QLAB_HOSTIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qerr.h"

#define HOSTIF_NAMESZ	16

struct hostif {
	char name[HOSTIF_NAMESZ];
	unsigned index;
	unsigned master;	/* index of its bridge; 0: none */
	char kind[16];		/* "bridge", "tun", "vmenet", ...; "" unknown */
	char alias[128];
	uint8_t mac[6];
	unsigned mtu;
	bool up, running;
	/* Exact 64-bit counters; rx is what came in from the cable. */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, rx_dropped,
	    tx_dropped;
};

/* One learned forwarding entry. */
struct hostif_fdb {
	unsigned bridge, port;	/* interface indexes */
	uint8_t mac[6];
};

struct hostif_addr {
	unsigned index;
	uint32_t ip;		/* host byte order */
	int plen;
};

/* Snapshot of the current network namespace. */
struct hostifs {
	struct hostif *ifs;
	size_t nifs;
	struct hostif_fdb *fdb;
	size_t nfdb;
	struct hostif_addr *addrs;
	size_t naddrs;
};

int	hostifs_get(struct hostifs *h, struct qerr *e);
void	hostifs_free(struct hostifs *h);

const struct hostif *hostif_by_name(const struct hostifs *h, const char *name);
const struct hostif *hostif_by_index(const struct hostifs *h, unsigned index);

#endif
