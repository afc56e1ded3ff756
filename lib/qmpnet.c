/* SPDX-License-Identifier: ISC */
/* qmpnet.c - what a QEMU itself says of its cards, by QMP */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "netdevs.h"
#include "qemuopts.h"
#include "qemus.h"
#include "qmp.h"
#include "qmpnet.h"
#include "strv.h"

static bool
is_off(const char *value)
{
	return value == NULL || strcmp(value, "off") == 0 ||
	    strcmp(value, "no") == 0 || strcmp(value, "false") == 0;
}

/* Where a socket with these options can be connected to; NULL: nowhere. */
static char *
from_socket(const struct qemu_opts *o)
{
	const char *path = qemu_opts_get(o, "path");

	/* An abstract one has a name, but no path. */
	if (path == NULL || is_off(qemu_opts_get(o, "server")) ||
	    !is_off(qemu_opts_get(o, "abstract")))
		return NULL;
	return xstrdup(path);
}

/* "-chardev socket,id=ID,path=PATH,server=on" */
static char *
from_chardev(const struct qemu_items *items, const char *id)
{
	const struct qemu_item *dev = id == NULL ? NULL :
	    qemu_items_find(items, "chardev", id);

	return dev != NULL ? from_socket(&dev->o) : NULL;
}

/* "unix:PATH,server=on,wait=off", "chardev:ID" */
static char *
from_qmp(const struct qemu_items *items, const struct qemu_item *it)
{
	struct qemu_opts o;
	char *found = NULL;

	if (strncmp(it->value, "chardev:", 8) == 0)
		return from_chardev(items, it->value + 8);
	if (strncmp(it->value, "unix:", 5) != 0)
		return NULL;
	if (qemu_opts_parse(&o, it->value + 5, "path") == 0)
		found = from_socket(&o);
	qemu_opts_free(&o);
	return found;
}

/* "chardev=ID,mode=control" */
static char *
from_mon(const struct qemu_items *items, const struct qemu_item *it)
{
	struct qemu_opts o;
	const char *mode;
	char *found = NULL;

	if (qemu_opts_parse(&o, it->value, "chardev") == 0) {
		mode = qemu_opts_get(&o, "mode");
		if (mode != NULL && strcmp(mode, "control") == 0)
			found = from_chardev(items, qemu_opts_get(&o,
			    "chardev"));
	}
	qemu_opts_free(&o);
	return found;
}

char *
qmpnet_socket(char *const *argv, size_t n)
{
	struct qemu_items items;
	char *path = NULL;

	if (qemu_items_parse(&items, argv, NULL) == 0)
		for (size_t i = 0; i < items.n && path == NULL; i++) {
			const struct qemu_item *it = &items.v[i];

			if (it->value == NULL)
				continue;
			if (strcmp(it->option, "qmp") == 0 ||
			    strcmp(it->option, "qmp-pretty") == 0)
				path = from_qmp(&items, it);
			else if (strcmp(it->option, "mon") == 0)
				path = from_mon(&items, it);
			if (path != NULL && n-- > 0) {
				free(path);
				path = NULL;
			}
		}
	qemu_items_free(&items);
	return path;
}

static void
add_card(void *arg, const struct netdev *n)
{
	struct fact_card c = { .fd = n->fd };

	if (!n->has_mac)
		return;
	memcpy(c.name, n->card, sizeof(c.name));
	memcpy(c.netdev, n->id, sizeof(c.netdev));
	memcpy(c.mac, n->mac, sizeof(c.mac));
	memcpy(c.ifname, n->ifname, sizeof(c.ifname));
	*facts_card(arg) = c;
}

void
qmpnet_parse(struct fact_proc *p, const char *text)
{
	netdevs_each(text, add_card, p);
}

/* "1,10-12": up to 4096 numbers, in any order. */
static void
format_vlans(const json_t *table, char *buf, size_t size)
{
	bool has[4097] = { false };
	size_t used = 0;

	for (size_t i = 0; i < json_array_size(table); i++) {
		json_int_t v = json_integer_value(json_array_get(table, i));

		if (v > 0 && v < 4096)
			has[v] = true;
	}
	for (unsigned v = 1, end; v < 4096; v = end) {
		char text[16];
		int n;

		for (end = v; has[end]; end++)
			continue;
		if (end++ == v)
			continue;
		n = end - v == 2 ? snprintf(text, sizeof(text), "%u", v) :
		    snprintf(text, sizeof(text), "%u-%u", v, end - 2);
		if (used + (size_t)n + sizeof(",,...") > size) {
			memcpy(buf + used, ",...", sizeof(",..."));
			return;
		}
		used += (size_t)snprintf(buf + used, size - used, "%s%s",
		    used > 0 ? "," : "", text);
	}
}

static void
read_filter(struct fact_card *c, const json_t *j)
{
	const char *mac = json_string_value(json_object_get(j, "main-mac"));
	const char *vlan = json_string_value(json_object_get(j, "vlan"));

	if (mac == NULL || mac_parse(mac, c->main_mac) == -1)
		return;
	c->filtered = true;
	c->promisc = json_is_true(json_object_get(j, "promiscuous"));
	c->vlans[0] = '\0';
	if (vlan != NULL && strcmp(vlan, "all") == 0)
		strcpy(c->vlans, "all");
	else if (vlan != NULL && strcmp(vlan, "normal") == 0)
		format_vlans(json_object_get(j, "vlan-table"), c->vlans,
		    sizeof(c->vlans));
}

void
qmpnet_filters(struct fact_proc *p, const json_t *answer)
{
	for (size_t i = 0; i < json_array_size(answer); i++) {
		const json_t *j = json_array_get(answer, i);
		const char *name = json_string_value(json_object_get(j,
		    "name"));

		/* With several queues a card is there several times. */
		for (size_t k = 0; name != NULL && k < p->ncards; k++)
			if (strcmp(p->cards[k].name, name) == 0)
				read_filter(&p->cards[k], j);
	}
}

static void
ask_name(struct qmp *q, struct fact_proc *p, int timeout_ms)
{
	json_t *j = qmp_execute(q, "query-name", NULL, timeout_ms, NULL);
	const char *name = json_string_value(json_object_get(j, "name"));

	if (name != NULL && p->name == NULL)
		p->name = xstrdup(name);
	json_decref(j);
}

/* Of all cards whose model can tell; the others are not in the answer. */
static void
ask_filters(struct qmp *q, struct fact_proc *p, int timeout_ms)
{
	json_t *j = p->ncards == 0 ? NULL :
	    qmp_execute(q, "query-rx-filter", NULL, timeout_ms, NULL);

	qmpnet_filters(p, j);
	json_decref(j);
}

/* The MACs that guests have set themselves; filters have the card's name. */
static void
ask_cards(struct qmp *q, struct fact_proc *p, int timeout_ms)
{
	json_t *j = qmp_execute(q, "human-monitor-command", json_pack("{s:s}",
	    "command-line", "info network"), timeout_ms, NULL);

	if (json_is_string(j))
		qmpnet_parse(p, json_string_value(j));
	json_decref(j);
}

int
qmpnet_ask_at(struct fact_proc *p, const char *path, int timeout_ms)
{
	struct qmp *q = qmp_open(path, timeout_ms, NULL);

	if (q == NULL)
		return -1;
	ask_name(q, p, timeout_ms);
	ask_cards(q, p, timeout_ms);
	ask_filters(q, p, timeout_ms);
	qmp_close(q);
	return 0;
}

void
qmpnet_ask(struct fact_proc *p, int timeout_ms)
{
	char *path;

	for (size_t n = 0; p->qmp == NULL && p->argv != NULL &&
	    (path = qmpnet_socket(p->argv, n)) != NULL; n++) {
		char *full = qemus_path(p, path);

		if (full != NULL && qmpnet_ask_at(p, full, timeout_ms) == 0)
			p->qmp = full;
		else
			free(full);
		free(path);
	}
}
