/* SPDX-License-Identifier: ISC */
/* vmneterr.c - what QEMU says when vmnet fails, and what it means */
#include <stdio.h>
#include <string.h>

#include "text.h"
#include "vmneterr.h"

#define BAD_SUBNET	"a subnet that is no private one, or that overlaps "	\
	"another network of this Mac, a VPN's or another VM's"

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
	    "network: " BAD_SUBNET },
	{ "general failure (possibly not enough privileges)", QERR_PERM, false,
	    "vmnet is for root here: start QEMU by sudo (qlab-run asks for it "
	    "when it can)", QERR_FAIL, "vmnet failed though QEMU is root's: "
	    BAD_SUBNET ", a sandbox, or a Mac that has just been started" },
	{ "memory allocation failure", QERR_FAIL, false,
	    "vmnet is out of memory", 0, NULL },
	{ "invalid argument specified", QERR_FAIL, false, "vmnet does not take "
	    "the network's addresses: " BAD_SUBNET, 0, NULL },
	{ "interface setup is not complete", QERR_FAIL, false, "vmnet has not "
	    "finished making the interface: try again", 0, NULL },
	{ "invalid access, permission denied", QERR_PERM, false, "vmnet is "
	    "not permitted to this QEMU: it wants root (sudo) or an "
	    "entitlement of Apple's", QERR_PERM, "vmnet is not permitted even "
	    "to root: a sandbox or a profile of this Mac's owner forbids it" },
	{ "packet size is larger than MTU", QERR_FAIL, false, "vmnet got a "
	    "frame longer than its MTU", 0, NULL },
	{ "buffers exhausted in kernel", QERR_FAIL, false, "the kernel has no "
	    "buffers left for vmnet", 0, NULL },
	{ "packet count exceeds limit", QERR_FAIL, false, "QEMU gave vmnet "
	    "more frames at once than it takes", 0, NULL },
	{ "conflict, sharing service is in use", QERR_FAIL, false, "Internet "
	    "Sharing is on, or another program's network is in the way: "
	    "switch it off in System Settings, Sharing, or stop that program "
	    "(some Macs must be restarted)", 0, NULL },
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

/* QEMU names the netdev, or vmnet itself, in each of its messages. */
static const struct message *
message_of(const char *line, const char **at)
{
	const struct message *m = NULL;

	if (strstr(line, "vmnet") != NULL)
		m = find(messages, COUNT(messages), line, at);
	if (m == NULL)
		m = find(sudo_messages, COUNT(sudo_messages), line, at);
	return m;
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

bool
vmneterr_explain(const char *text, bool as_root, struct qerr *e)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");
		const struct message *m;
		const char *rest;
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)(len < sizeof(line) ?
		    len : sizeof(line) - 1), text);
		m = message_of(line, &rest);
		if (m != NULL) {
			explain(m, rest, as_root, e);
			return true;
		}
		text += len + (text[len] != '\0');
	}
	return false;
}
