/* SPDX-License-Identifier: ISC */
/* iptext.c - output that is not read, but known: which command to ask for */
#include <string.h>

#include "addr.h"
#include "iptext.h"
#include "paste.h"

static const struct {
	const char *what, *instead;
} kinds[] = {
	[IPTEXT_LINK] = { "ip link or ip addr", "ip -j" },
	[IPTEXT_BRIEF] = { "ip -br", "ip -j" },
	[IPTEXT_FDB] = { "bridge fdb", "bridge -j fdb" },
	[IPTEXT_BRCTL] = { "brctl show", "ip -j -d -s link" },
	[IPTEXT_MACS] = { "brctl showmacs", "bridge -j fdb" },
	[IPTEXT_ARP] = { "arp -l", "arp -an" },
};

void
iptext_init(struct iptext *t, struct findings *found)
{
	*t = (struct iptext){ .found = found };
}

static bool
is_one_of(const char *word, const char *const *of)
{
	for (; *of != NULL; of++)
		if (strcmp(word, *of) == 0)
			return true;
	return false;
}

/* "4: br0: <BROADCAST,UP> mtu 1500", "5: tap0@if3: <...>" */
static bool
is_link(const char *line)
{
	size_t n = strspn(line, "0123456789");

	if (n == 0 || strncmp(line + n, ": ", 2) != 0)
		return false;
	line += n + 2;
	n = strcspn(line, " :");
	return n > 0 && strncmp(line + n, ": <", 3) == 0;
}

/* "br0  UP  52:54:00:00:00:01 <BROADCAST>", "br0 UP 10.0.0.1/24" */
static bool
is_brief(const char *line)
{
	static const char *const states[] = { "UP", "DOWN", "UNKNOWN",
		"DORMANT", "LOWERLAYERDOWN", "NOTPRESENT", "TESTING", NULL };
	char name[64], state[32], addr[64];
	uint8_t mac[6];

	if (paste_copy(&line, name, sizeof(name)) == NULL ||
	    paste_copy(&line, state, sizeof(state)) == NULL ||
	    !is_one_of(state, states))
		return false;
	return paste_copy(&line, addr, sizeof(addr)) == NULL ||
	    strchr(addr, '/') != NULL || mac_parse(addr, mac) == 0 ||
	    addr[0] == '<';
}

/* "52:54:00:00:00:01 dev tap0 master br0" */
static bool
is_fdb(const char *line)
{
	char word[32];
	uint8_t mac[6];

	return paste_copy(&line, word, sizeof(word)) != NULL &&
	    mac_parse(word, mac) == 0 &&
	    paste_copy(&line, word, sizeof(word)) != NULL &&
	    strcmp(word, "dev") == 0;
}

/* The words of a table's header, with whatever blanks between them. */
static bool
is_header(const char *line, const char *words)
{
	char have[32], want[32];

	while (paste_copy(&words, want, sizeof(want)) != NULL)
		if (paste_copy(&line, have, sizeof(have)) == NULL ||
		    strcmp(have, want) != 0)
			return false;
	return true;
}

static enum iptext_kind
kind_of(const char *line)
{
	if (is_link(line))
		return IPTEXT_LINK;
	if (is_fdb(line))
		return IPTEXT_FDB;
	if (is_brief(line))
		return IPTEXT_BRIEF;
	if (is_header(line, "bridge name bridge id STP enabled"))
		return IPTEXT_BRCTL;
	if (is_header(line, "port no mac addr"))
		return IPTEXT_MACS;
	if (is_header(line, "Neighbor Linklayer Address Expire(O)"))
		return IPTEXT_ARP;
	return IPTEXT_NONE;
}

/* "192.168.64.7  52:54:0:12:34:56  1m2s ...", "  1  52:54:00:12:34:56  no" */
static bool
is_mac_row(const char *line)
{
	char word[64];
	uint8_t mac[6];

	return paste_copy(&line, word, sizeof(word)) != NULL &&
	    paste_copy(&line, word, sizeof(word)) != NULL &&
	    (mac_parse(word, mac) == 0 || strcmp(word, "(incomplete)") == 0);
}

bool
iptext_line(struct iptext *t, const char *line, size_t indent, int no)
{
	enum iptext_kind kind = kind_of(line);

	if (kind == IPTEXT_NONE)
		return (t->block == IPTEXT_ARP || t->block == IPTEXT_MACS) &&
		    is_mac_row(line);
	t->block = kind;
	t->indent = indent;
	if (!t->seen[kind])
		findings_add(t->found, false, no, "text of '%s' is not read: "
		    "take '%s'", kinds[kind].what, kinds[kind].instead);
	t->seen[kind] = true;
	return true;
}

/* "br0  8000.525400000001  no  tap0", and on lines of their own "tap1" */
static bool
is_brctl_row(const char *line)
{
	char name[64], id[64];

	if (paste_copy(&line, name, sizeof(name)) == NULL ||
	    !paste_ifname_ok(name))
		return false;
	return paste_copy(&line, id, sizeof(id)) == NULL ||
	    strchr(id, '.') == id + 4;
}

bool
iptext_rest(struct iptext *t, const char *line, size_t indent)
{
	switch (t->block) {
	case IPTEXT_LINK:
		return indent > t->indent ||
		    strncmp(line, "link/", 5) == 0 ||
		    strncmp(line, "inet", 4) == 0 ||
		    strncmp(line, "valid_lft", 9) == 0;
	case IPTEXT_BRCTL:
		return is_brctl_row(line);
	default:
		return false;
	}
}

void
iptext_end(struct iptext *t)
{
	t->block = IPTEXT_NONE;
}

bool
iptext_linux(const struct iptext *t)
{
	for (int i = IPTEXT_LINK; i < IPTEXT_ARP; i++)
		if (t->seen[i])
			return true;
	return false;
}
