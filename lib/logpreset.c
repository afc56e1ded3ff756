/* SPDX-License-Identifier: ISC */
/* logpreset.c - the questions that are asked of logs most, as predicates */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logpreset.h"

#define SHARING	"subsystem == \"com.apple.NetworkSharing\""

/* Linux: net/bridge/br_stp_if.c, net/core/dev.c, drivers/net/tun.c. */
#define KERNEL	"process == \"kernel\" AND (" \
	"eventMessage CONTAINS \") entered \" OR " \
	"eventMessage CONTAINS \"promiscuous mode\" OR " \
	"eventMessage CONTAINS \"allmulticast mode\" OR " \
	"eventMessage CONTAINS[c] \"bridge\" OR " \
	"eventMessage CONTAINS \"vmenet\" OR " \
	"eventMessage BEGINSWITH \"tap\" OR " \
	"eventMessage CONTAINS \" tap\")"
#define DHCP	"process == \"dnsmasq-dhcp\""
#define MANAGERS "(process == \"NetworkManager\" OR " \
	"process == \"systemd-networkd\") AND " \
	"(eventMessage CONTAINS \"tap\" OR eventMessage CONTAINS \"bridge\")"
#define WAYOUT	"process == \"pasta\" OR process == \"slirp4netns\""

#define J_KERNEL "_TRANSPORT=kernel"
#define J_DHCP	"SYSLOG_IDENTIFIER=dnsmasq-dhcp"
#define J_MANAGERS "SYSLOG_IDENTIFIER=NetworkManager " \
	"SYSLOG_IDENTIFIER=systemd-networkd"
#define J_WAYOUT "SYSLOG_IDENTIFIER=pasta SYSLOG_IDENTIFIER=slirp4netns"

const struct logpreset logpresets[] = {
	{ "vmnet", "networks and who is on them", SHARING,
	  "process == \"qlab\" OR " DHCP " OR " KERNEL " OR " MANAGERS,
	  J_KERNEL " " J_DHCP " " J_MANAGERS },
	{ "dhcp", "the DHCP server", "process == \"bootpd\"",
	  "process == \"dnsmasq\" OR " DHCP,
	  J_DHCP " SYSLOG_IDENTIFIER=dnsmasq" },
	{ "kernel", "the kernel, of interfaces and bridges",
	  "process == \"kernel\" AND (eventMessage CONTAINS \"vmenet\" OR "
	  "eventMessage CONTAINS \"bridge\")", KERNEL, J_KERNEL },
	{ "qemu", "the machines' own processes",
	  "process BEGINSWITH \"qemu-system-\"",
	  "process == \"qlab\" AND (eventMessage CONTAINS \"QEMU\")",
	  "" },
	{ "nat", "address translation and the way out",
	  "subsystem == \"com.apple.pf\" OR " SHARING " AND "
	  "(eventMessage CONTAINS \"NAT\" OR "
	  "eventMessage CONTAINS \"port forwarding\")",
	  WAYOUT " OR process == \"qlab\" AND eventMessage CONTAINS "
	  "\"way out\" OR process == \"kernel\" AND "
	  "(eventMessage CONTAINS \"nf_\" OR "
	  "eventMessage CONTAINS \"SRC=\")", J_KERNEL " " J_WAYOUT },
	{ "all", "everything", "", "", "" },
};
const int logpresets_n = sizeof(logpresets) / sizeof(*logpresets);

static const struct logpreset *
find(const char *name, size_t len)
{
	for (int i = 0; i < logpresets_n; i++)
		if (strlen(logpresets[i].name) == len &&
		    strncmp(logpresets[i].name, name, len) == 0)
			return &logpresets[i];
	return NULL;
}

/* The next of the names; *names moves behind it. */
static const struct logpreset *
next(const char **names, size_t *len)
{
	const char *name = *names;

	*len = strcspn(name, ",");
	*names = name + *len + (name[*len] == ',');
	return find(name, *len);
}

static int
unknown(const char *name, size_t len, struct qerr *e)
{
	struct strv all = { 0 };
	char *list;

	for (int i = 0; i < logpresets_n; i++)
		strv_add(&all, logpresets[i].name);
	list = strv_join(&all, " ", all.n);
	qerr_set(e, QERR_INPUT, "no preset '%.*s'; there are %s",
	    (int)(len < 40 ? len : 40), name, list);
	free(list);
	strv_free(&all);
	return -1;
}

char *
logpreset_predicate(const char *names, bool unified, struct qerr *e)
{
	struct strv parts = { 0 };
	char *text = NULL;
	bool all = false;

	do {
		const char *name = names;
		size_t len;
		const struct logpreset *p = next(&names, &len);

		if (p == NULL) {
			unknown(name, len, e);
			goto out;
		}
		all |= *p->unified == '\0';
		strv_add(&parts, p->unified);
		if (!unified)
			strv_add(&parts, p->others);
	} while (*names != '\0');
	text = all ? xstrdup("") : strv_join(&parts, " OR ", parts.n);
out:
	strv_free(&parts);
	return text;
}

void
logpreset_journal(const char *names, struct strv *argv)
{
	struct strv matches = { 0 };
	bool all = false;

	while (*names != '\0') {
		size_t len;
		const struct logpreset *p = next(&names, &len);

		if (p != NULL && *p->journal == '\0')
			all = true;
		else if (p != NULL)
			strv_split(&matches, p->journal, NULL);
	}
	for (size_t i = 0; !all && i < matches.n; i++) {
		/* Of several fields each must match, but for "+" between. */
		if (i > 0)
			strv_add(argv, "+");
		strv_add(argv, matches.v[i]);
	}
	strv_free(&matches);
}
