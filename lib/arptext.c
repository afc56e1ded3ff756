/* SPDX-License-Identifier: ISC */
/* arptext.c - neighbours in what arp(8) and ip-neigh(8) print */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "arptext.h"
#include "paste.h"

struct entry {
	uint32_t ip;
	uint8_t mac[6];
	char name[HOSTIF_NAMESZ];	/* "": not there */
	bool has_mac, permanent, whole;
};

static bool
take(struct iftable *t, const struct entry *e, int no)
{
	static const uint8_t none[6];

	if (!e->whole || e->name[0] == '\0' || !paste_ifname_ok(e->name)) {
		findings_add(t->found, false, no,
		    "a neighbour that cannot be read: ignored");
		return true;
	}
	if (e->has_mac && !(e->mac[0] & 1) && memcmp(e->mac, none, 6) != 0)
		iftable_neigh(t, e->name, e->ip, e->mac, e->permanent);
	return true;
}

/* "(incomplete)" is whole, but "(incom" is not. */
static void
take_mac(struct entry *e, const char *word)
{
	if (mac_parse(word, e->mac) == 0)
		e->has_mac = e->whole = true;
	else
		e->whole = strcmp(word, "(incomplete)") == 0 ||
		    strcmp(word, "<incomplete>") == 0 ||
		    strcmp(word, "<from_interface>") == 0;
}

/*
 * "HOST (IP) at MAC ..."; what follows, in any order.  On macOS the kind of
 * interface stands last, in brackets; on Linux the interface.
 */
static bool
read_bsd(struct iftable *t, const char *line, int no, bool last)
{
	char host[256], addr[32], word[32], name[32];
	bool ended = false, linux_form = false, twice = false;
	struct entry e = { 0 };
	size_t len;

	if (paste_copy(&line, host, sizeof(host)) == NULL ||
	    paste_copy(&line, addr, sizeof(addr)) == NULL ||
	    addr[0] != '(' || addr[len = strlen(addr) - 1] != ')' ||
	    paste_copy(&line, word, sizeof(word)) == NULL ||
	    strcmp(word, "at") != 0)
		return false;
	addr[len] = '\0';
	if (ip4_parse(addr + 1, &e.ip) == -1)
		return false;
	if (paste_copy(&line, word, sizeof(word)) == NULL)
		return take(t, &e, no);
	take_mac(&e, word);
	while (paste_copy(&line, word, sizeof(word)) != NULL) {
		ended = word[0] == '[' && word[strlen(word) - 1] == ']';
		if (ended && e.name[0] == '\0')
			linux_form = true;
		else if (strcmp(word, "permanent") == 0 ||
		    strcmp(word, "PERM") == 0)
			e.permanent = true;
		else if (strcmp(word, "at") == 0)
			twice = true;	/* two lines in one */
		else if (strcmp(word, "on") == 0 &&
		    paste_copy(&line, name, sizeof(name)) != NULL)
			snprintf(e.name, sizeof(e.name), "%.*s",
			    (int)(strlen(name) < sizeof(e.name) ?
			    strlen(name) : 0), name);
	}
	/* Of an incomplete one nothing would come anyway. */
	if (e.has_mac)
		e.whole = !twice && (ended || (linux_form && !last));
	return take(t, &e, no);
}

/* Linux' arp -n: "IP ether MAC C IF" */
static bool
read_table(struct iftable *t, const char *line, int no, bool last)
{
	char addr[32], word[32];
	struct entry e = { 0 };

	if (paste_copy(&line, addr, sizeof(addr)) == NULL ||
	    ip4_parse(addr, &e.ip) == -1 ||
	    paste_copy(&line, word, sizeof(word)) == NULL)
		return false;
	if (strcmp(word, "(incomplete)") == 0)
		return true;
	if (strcmp(word, "ether") != 0 ||
	    paste_copy(&line, word, sizeof(word)) == NULL)
		return false;
	take_mac(&e, word);
	while (paste_copy(&line, word, sizeof(word)) != NULL)
		snprintf(e.name, sizeof(e.name), "%.*s",
		    strlen(word) < sizeof(e.name) ? 15 : 0, word);
	e.whole &= !last;
	return take(t, &e, no);
}

/* "IP dev IF [lladdr MAC] STATE" */
static bool
read_ip(struct iftable *t, const char *line, int no)
{
	char addr[64], word[32];
	struct entry e = { 0 };
	bool six;

	if (paste_copy(&line, addr, sizeof(addr)) == NULL ||
	    paste_copy(&line, word, sizeof(word)) == NULL ||
	    strcmp(word, "dev") != 0)
		return false;
	six = strchr(addr, ':') != NULL;
	if (!six && ip4_parse(addr, &e.ip) == -1)
		return false;
	if (paste_copy(&line, e.name, sizeof(e.name)) == NULL)
		e.name[0] = '\0';
	while (paste_copy(&line, word, sizeof(word)) != NULL) {
		if (strcmp(word, "lladdr") == 0) {
			if (paste_copy(&line, word, sizeof(word)) == NULL ||
			    mac_parse(word, e.mac) == -1)
				break;
			e.has_mac = true;
		} else if (strcmp(word, "PERMANENT") == 0)
			e.permanent = true;
		e.whole = true;
	}
	if (six)
		return true;
	return take(t, &e, no);
}

bool
arptext_line(struct iftable *t, const char *line, int no, bool last)
{
	static const char head[] = "Address";

	if (strncmp(line, head, strlen(head)) == 0 &&
	    strstr(line, "HWaddress") != NULL)
		return true;
	return read_bsd(t, line, no, last) || read_table(t, line, no, last) ||
	    read_ip(t, line, no);
}
