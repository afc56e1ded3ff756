/* SPDX-License-Identifier: ISC */
/* netdevs.c - QEMU's cards and netdevs, as its monitor tells them */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "netdevs.h"

/* The value of key= in a list with commas, up to the next one. */
static bool
value(const char *list, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key), n;

	buf[0] = '\0';
	for (const char *p = list; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, key, len) != 0 || p[len] != '=')
			continue;
		n = strcspn(p + len + 1, ",");
		if (n >= size)
			return false;
		memcpy(buf, p + len + 1, n);
		buf[n] = '\0';
		return true;
	}
	return false;
}

/* A card and its netdev, or what hangs on one hub, in any order. */
struct group {
	struct netdev first;	/* id "": not yet */
	struct netdev card;	/* card, model, mac */
	void (*fn)(void *arg, const struct netdev *n);
	void *arg;
};

static void
tell(const struct group *g, struct netdev n)
{
	memcpy(n.card, g->card.card, sizeof(n.card));
	memcpy(n.model, g->card.model, sizeof(n.model));
	memcpy(n.mac, g->card.mac, sizeof(n.mac));
	n.has_mac = g->card.has_mac;
	g->fn(g->arg, &n);
}

/* What QEMU says of one, and its id. */
static void
see(struct group *g, const char *id, const char *what)
{
	struct netdev n = { .fd = -1 };
	char text[32];

	if (strlen(id) >= sizeof(n.id))
		return;
	snprintf(n.id, sizeof(n.id), "%s", id);
	value(what, "type", n.type, sizeof(n.type));
	if (strcmp(n.type, "nic") == 0) {
		memcpy(g->card.card, n.id, sizeof(n.id));
		value(what, "model", g->card.model, sizeof(g->card.model));
		g->card.has_mac = value(what, "macaddr", text, sizeof(text)) &&
		    mac_parse(text, g->card.mac) == 0;
		if (*g->first.id != '\0')
			tell(g, g->first);
		return;
	}
	value(what, "ifname", n.ifname, sizeof(n.ifname));
	if (value(what, "fd", text, sizeof(text)) && *text >= '0' &&
	    *text <= '9')
		n.fd = atoi(text);
	if (*g->first.id == '\0')
		g->first = n;
	tell(g, n);
}

void
netdevs_each(const char *text,
    void (*fn)(void *arg, const struct netdev *n), void *arg)
{
	struct group g = { .fn = fn, .arg = arg };
	char line[1024];

	for (size_t len; *text != '\0'; text += len + (text[len] != '\0')) {
		char *colon, *id = line;

		len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		line[strcspn(line, "\r")] = '\0';
		/* Below each that has some, and their files may be any. */
		if (strncmp(line, "filters:", 8) == 0 ||
		    strncmp(line, "  - ", 4) == 0)
			continue;
		if (*line != ' ')
			g = (struct group){ .fn = fn, .arg = arg };
		if ((colon = strstr(line, ": index=")) == NULL)
			continue;
		*colon = '\0';
		/* Below a card " \ ID", on a hub " \ PORT: ID". */
		if (strncmp(id, " \\ ", 3) == 0)
			id += 3;
		if (strstr(id, ": ") != NULL)
			id = strstr(id, ": ") + 2;
		see(&g, id, colon + 2);
	}
}

struct search {
	const char *id;
	const uint8_t *mac;
	struct netdev *n;
	bool found_id, found_mac;
};

static void
compare(void *arg, const struct netdev *n)
{
	struct search *s = arg;

	if (s->id != NULL && strcmp(n->id, s->id) == 0) {
		*s->n = *n;
		s->found_id = true;
	} else if (!s->found_id && s->mac != NULL && n->has_mac &&
	    memcmp(n->mac, s->mac, sizeof(n->mac)) == 0) {
		*s->n = *n;
		s->found_mac = true;
	}
}

bool
netdevs_find(const char *text, const char *id, const uint8_t *mac,
    struct netdev *n)
{
	struct search s = { .id = id, .mac = mac, .n = n };

	netdevs_each(text, compare, &s);
	return s.found_id || s.found_mac;
}
