/* SPDX-License-Identifier: ISC */
/* vmneterr.c - what QEMU says when vmnet fails, and what it means */
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "vmneterr.h"
#include "vmnetstatus.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/*
 * Of two that one line may hold, the one that says more stands first.  Where
 * QEMU puts a name or a reason after the words, rest takes it along.
 */
static const struct message {
	const char *words;
	enum qerr_kind kind;
	bool rest;
	const char *meaning;
	enum qerr_kind root_kind;	/* the same, of a QEMU run by root */
	const char *root_meaning;	/* NULL: as without */
} messages[] = {
	{ "'start-address', 'end-address', 'subnet-mask' should be provided "
	    "together", QERR_FAIL, false, "vmnet takes a network's three "
	    "addresses together or not at all", 0, NULL },
	{ "Invalid UUID provided in 'net-uuid'", QERR_FAIL, false,
	    "vmnet does not take the network's uuid for one", 0, NULL },
	{ "feature is unavailable: outdated vmnet.framework API", QERR_FAIL,
	    false, "isolated networks and those without DHCP need macOS 11, "
	    "and a QEMU built for it", 0, NULL },
	{ "no supported interfaces available", QERR_FAIL, false, "vmnet knows "
	    "no interface of this Mac that it can bridge to", 0, NULL },
	{ "unsupported ifname ", QERR_FAIL, true, "vmnet cannot bridge to "
	    "that uplink: ", 0, NULL },
	{ "unable to create interface with requested params", QERR_PERM, false,
	    "vmnet refuses to make the network: it wants root (sudo), or does "
	    "not like the addresses", QERR_FAIL, "vmnet refuses to make the "
	    "network: " VMNET_BAD_SUBNET },
	{ "unknown vmnet error", QERR_FAIL, false,
	    "vmnet failed in a way that QEMU does not know", 0, NULL },
	{ "cannot create vmnet interface: ", QERR_FAIL, true,
	    "vmnet cannot make the interface: ", 0, NULL },
	{ "vmnet: packet is too big", QERR_FAIL, false, "the guest sent a "
	    "frame longer than vmnet takes: no offload, MTU 1500", 0, NULL },
	{ "vmnet: write error: ", QERR_FAIL, true,
	    "vmnet does not take the guest's frames: ", 0, NULL },
	{ "vmnet: read failed: ", QERR_FAIL, true,
	    "vmnet gives no frames: ", 0, NULL },
	{ "Parameter 'type' expects a netdev backend type", QERR_FAIL, false,
	    "this QEMU is built without vmnet: it takes 7.1, as Homebrew has "
	    "it", 0, NULL },
	{ "is not compiled into this binary", QERR_FAIL, false, "this QEMU is "
	    "built without vmnet: it takes 7.1, as Homebrew has it", 0,
	    NULL },
	{ "Invalid parameter 'vmnet-", QERR_FAIL, false, "this QEMU is built "
	    "without vmnet: it takes 7.1, as Homebrew has it", 0, NULL },
};

/* Of the sudo before QEMU. */
static const struct message sudo_messages[] = {
	{ "sudo: a password is required", QERR_PERM, false, "vmnet is for "
	    "root here, and sudo wants a password: 'sudo -v' first, or a rule "
	    "of 'qlab-run --print-sudoers'", 0, NULL },
	{ "sudo: a terminal is required", QERR_PERM, false, "vmnet is for "
	    "root here, and sudo wants a password: 'sudo -v' first, or a rule "
	    "of 'qlab-run --print-sudoers'", 0, NULL },
	{ "is not in the sudoers file", QERR_PERM, false, "vmnet is for root "
	    "here, and this user may not use sudo: ask an administrator, or "
	    "--require-backend userspace", 0, NULL },
	{ "is not allowed to execute", QERR_PERM, false, "vmnet is for root "
	    "here, and sudo does not run QEMU for this user: ask an "
	    "administrator, or --require-backend userspace", 0, NULL },
	/* In the user's language, and whatever else it may be. */
	{ "sudo: ", QERR_PERM, true, "vmnet is for root here, and sudo does "
	    "not run QEMU: ", 0, NULL },
};

/* The first in the table that the line holds; *at is behind its words. */
static const struct message *
find(const struct message *m, size_t n, const char *line, const char **at)
{
	for (; n > 0; m++, n--) {
		const char *p = strstr(line, m->words);

		if (p != NULL) {
			*at = p + strlen(m->words);
			return m;
		}
	}
	return NULL;
}

static bool
explain_status(const char *line, bool as_root, struct qerr *e)
{
	for (size_t i = 0; i < VMNET_STATUSES; i++) {
		const struct vmnet_status *s = &vmnet_statuses[i];
		bool root = as_root && s->root != NULL;

		if (strstr(line, s->words) == NULL)
			continue;
		qerr_set(e, root ? s->root_kind : s->kind, "%s", root ?
		    s->root : s->user != NULL ? s->user : s->known.explain);
		return true;
	}
	return false;
}

static void
explain(const struct message *m, const char *rest, bool as_root,
    struct qerr *e)
{
	bool root = as_root && m->root_meaning != NULL;
	char show[TEXT_SHOWSZ];

	qerr_set(e, root ? m->root_kind : m->kind, "%s%s",
	    root ? m->root_meaning : m->meaning,
	    m->rest ? text_show(rest, show) : "");
}

/* QEMU names the netdev, or vmnet itself, in each of its messages. */
static bool
explain_line(const char *line, bool as_root, struct qerr *e)
{
	const struct message *m = NULL;
	const char *rest;

	if (strstr(line, "vmnet") != NULL) {
		if (explain_status(line, as_root, e))
			return true;
		m = find(messages, COUNT(messages), line, &rest);
	}
	if (m == NULL)
		m = find(sudo_messages, COUNT(sudo_messages), line, &rest);
	if (m != NULL)
		explain(m, rest, as_root, e);
	return m != NULL;
}

bool
vmneterr_explain(const char *text, bool as_root, struct qerr *e)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ?
		    len : sizeof(line) - 1), text);
		if (explain_line(line, as_root, e))
			return true;
		text += len + (text[len] != '\0');
	}
	return false;
}
