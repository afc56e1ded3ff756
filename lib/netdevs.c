/* SPDX-License-Identifier: ISC */
/* netdevs.c - QEMU's cards and netdevs, as its monitor tells them */
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "netdevs.h"

/* One line: a card or a netdev. */
struct entry {
	char id[64], type[16], model[64];
	uint8_t mac[6];
	bool has_mac;
};

/* The value of key=, up to a comma, into buf; false: not there, or too long. */
static bool
value(const char *line, const char *key, char *buf, size_t size)
{
	const char *p = strstr(line, key);
	size_t n;

	buf[0] = '\0';
	if (p == NULL)
		return false;
	p += strlen(key);
	n = strcspn(p, ",");
	if (n >= size)
		return false;
	memcpy(buf, p, n);
	buf[n] = '\0';
	return true;
}

static bool
parse(char *line, struct entry *en)
{
	char *mark = strstr(line, ": index="), *start, mac[32];
	bool below = line[0] == ' ';	/* " \ ": belongs to what is above */

	memset(en, 0, sizeof(*en));
	if (mark == NULL)
		return false;
	*mark = '\0';
	/* On a hub, "PORT: ID". */
	start = strstr(line, ": ");
	start = start != NULL ? start + 2 : line + (below ? 3 : 0);
	if (strlen(start) >= sizeof(en->id))
		return false;
	strcpy(en->id, start);
	line = mark + 2;
	value(line, "type=", en->type, sizeof(en->type));
	value(line, "model=", en->model, sizeof(en->model));
	en->has_mac = value(line, "macaddr=", mac, sizeof(mac)) &&
	    mac_parse(mac, en->mac) == 0;
	return true;
}

/* A group is a card and its netdev, or what hangs on one hub, in any order. */
struct search {
	const char *id;
	const uint8_t *mac;
	struct netdev by_id, by_mac;
	bool found_id, found_mac;
	bool wanted;		/* the group's card has the MAC */
	struct netdev first;	/* the group's netdev */
	char model[64];		/* the group's card */
};

static void
begin_group(struct search *s)
{
	s->wanted = false;
	s->first = (struct netdev){ 0 };
	s->model[0] = '\0';
}

static void
see_netdev(struct search *s, const struct entry *en)
{
	struct netdev n = { 0 };

	strcpy(n.id, en->id);
	strcpy(n.type, en->type);
	strcpy(n.model, s->model);
	if (s->first.id[0] == '\0')
		s->first = n;
	if (s->id == NULL || strcmp(n.id, s->id) != 0)
		return;
	s->by_id = n;
	s->found_id = true;
}

static void
see(struct search *s, const struct entry *en)
{
	if (strcmp(en->type, "nic") != 0)
		see_netdev(s, en);
	else {
		strcpy(s->model, en->model);
		s->wanted |= s->mac != NULL && en->has_mac &&
		    memcmp(en->mac, s->mac, sizeof(en->mac)) == 0;
	}
	if (s->wanted && s->first.id[0] != '\0') {
		s->by_mac = s->first;
		s->found_mac = true;
	}
}

bool
netdevs_find(const char *text, const char *id, const uint8_t *mac,
    struct netdev *n)
{
	struct search s = { .id = id, .mac = mac };
	struct entry en;
	char line[1024];

	for (size_t len; *text != '\0'; text += len + (text[len] != '\0')) {
		len = strcspn(text, "\n");
		snprintf(line, sizeof(line), "%.*s", (int)len, text);
		line[strcspn(line, "\r")] = '\0';
		if (strncmp(line, "filters:", 8) == 0)
			break;
		if (line[0] != ' ')
			begin_group(&s);
		if (parse(line, &en))
			see(&s, &en);
	}
	*n = s.found_id ? s.by_id : s.by_mac;
	return s.found_id || s.found_mac;
}
