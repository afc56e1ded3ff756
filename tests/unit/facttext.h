/* SPDX-License-Identifier: ISC */
/* facttext.h - facts as lines of text, for tests */
#ifndef QLAB_TEST_FACTTEXT_H
#define QLAB_TEST_FACTTEXT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "facts.h"
#include "strv.h"

static const char *
name_of(const struct hostifs *h, unsigned index)
{
	return index == 0 ? "-" : hostif_by_index(h, index)->name;
}

static void
put_ifs(FILE *f, const struct hostifs *h)
{
	char mac[MAC_STRSZ], ip[CIDR_STRSZ];

	for (size_t i = 0; i < h->nifs; i++) {
		fprintf(f, "%s", h->ifs[i].name);
		if (h->ifs[i].master != 0)
			fprintf(f, " on %s", name_of(h, h->ifs[i].master));
		if (h->ifs[i].macnat)
			fprintf(f, " macnat");
		if (h->ifs[i].autoconf6)
			fprintf(f, " autoconf6");
		fprintf(f, "\n");
	}
	for (size_t i = 0; i < h->naddrs; i++)
		fprintf(f, "addr %s %s\n", name_of(h, h->addrs[i].index),
		    cidr4_format(h->addrs[i].ip, h->addrs[i].plen, ip));
	for (size_t i = 0; i < h->nfdb; i++)
		fprintf(f, "fdb %s %s %s\n", name_of(h, h->fdb[i].bridge),
		    mac_format(h->fdb[i].mac, mac),
		    name_of(h, h->fdb[i].port));
	for (size_t i = 0; i < h->nneighs; i++)
		fprintf(f, "neigh %s %s %s%s\n", name_of(h, h->neighs[i].index),
		    mac_format(h->neighs[i].mac, mac),
		    ip4_format(h->neighs[i].ip, ip),
		    h->neighs[i].permanent ? " permanent" : "");
}

/* Caller frees. */
static char *
fact_text(const struct facts *facts)
{
	char *text, mac[MAC_STRSZ], ip[IP4_STRSZ];
	size_t len;
	FILE *f = open_memstream(&text, &len);

	for (size_t i = 0; i < facts->nspaces; i++)
		put_ifs(f, &facts->spaces[i].ifs);
	for (size_t i = 0; i < facts->leases.n; i++)
		fprintf(f, "lease %s %s\n",
		    mac_format(facts->leases.l[i].mac, mac),
		    ip4_format(facts->leases.l[i].ip, ip));
	for (size_t i = 0; i < facts->nnets; i++)
		fprintf(f, "net %s %s %s\n", facts->nets[i].bridge,
		    net_mode_name(facts->nets[i].mode), facts->nets[i].source);
	for (size_t i = 0; i < facts->nprocs; i++) {
		char *argv = strv_quote(facts->procs[i].argv);

		fprintf(f, "proc %d %d %s\n", (int)facts->procs[i].id.pid,
		    (int)facts->procs[i].uid, argv);
		free(argv);
	}
	fclose(f);
	return text;
}

#endif
