/* SPDX-License-Identifier: ISC */
/* qmpnet.c - what a QEMU itself says of its cards, by QMP */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "qemuopts.h"
#include "qemus.h"
#include "qmp.h"
#include "qmpnet.h"
#include "strv.h"

static bool
is_on(const char *value)
{
	return value != NULL && (strcmp(value, "on") == 0 ||
	    strcmp(value, "yes") == 0 || strcmp(value, "true") == 0);
}

/* "unix:PATH,server=on,wait=off" */
static char *
from_qmp(const struct qemu_item *it)
{
	struct qemu_opts o;
	const char *path, *server;
	char *found = NULL;

	if (strncmp(it->value, "unix:", 5) != 0)
		return NULL;
	if (qemu_opts_parse(&o, it->value + 5, "path") == 0) {
		path = qemu_opts_get(&o, "path");
		server = qemu_opts_get(&o, "server");
		/* A flag alone is on, however it is handed to us. */
		if (path != NULL && (is_on(server) ||
		    strstr(it->value, ",server,") != NULL ||
		    (strlen(it->value) > 7 && strcmp(it->value +
		    strlen(it->value) - 7, ",server") == 0)))
			found = xstrdup(path);
	}
	qemu_opts_free(&o);
	return found;
}

/* "-chardev socket,id=X,path=P,server=on -mon chardev=X,mode=control" */
static char *
from_mon(const struct qemu_items *items, const struct qemu_item *it)
{
	const char *mode, *id, *path;
	const struct qemu_item *dev;
	struct qemu_opts o;
	char *found = NULL;

	if (qemu_opts_parse(&o, it->value, "chardev") == 0) {
		mode = qemu_opts_get(&o, "mode");
		id = qemu_opts_get(&o, "chardev");
		dev = id != NULL && mode != NULL && strcmp(mode, "control") ==
		    0 ? qemu_items_find(items, "chardev", id) : NULL;
		path = dev != NULL ? qemu_opts_get(&dev->o, "path") : NULL;
		if (path != NULL && qemu_opts_get(&dev->o, "server") != NULL &&
		    strcmp(qemu_opts_get(&dev->o, "server"), "off") != 0)
			found = xstrdup(path);
	}
	qemu_opts_free(&o);
	return found;
}

char *
qmpnet_socket(char *const *argv)
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
				path = from_qmp(it);
			else if (strcmp(it->option, "mon") == 0)
				path = from_mon(&items, it);
		}
	qemu_items_free(&items);
	return path;
}

/* The value of "key=" in a list with commas, up to the next one. */
static bool
field(const char *list, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key);

	for (const char *p = list; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		if (strncmp(p, key, len) == 0 && p[len] == '=') {
			size_t n = strcspn(p + len + 1, ",");

			if (n >= size)
				return false;
			memcpy(buf, p + len + 1, n);
			buf[n] = '\0';
			return true;
		}
	}
	return false;
}

/* "NAME: index=0,type=..."; the part behind the colon. */
static char *
split(char *line)
{
	char *colon = strstr(line, ": index=");

	if (colon == NULL)
		return NULL;
	*colon = '\0';
	return colon + 2;
}

static void
add_card(struct fact_proc *p, const char *netdev, const char *card,
    const char *cable)
{
	struct fact_card c = { .fd = -1 };
	char text[32];

	if (strlen(netdev) >= sizeof(c.netdev) || !field(card, "macaddr", text,
	    sizeof(text)) || mac_parse(text, c.mac) == -1)
		return;
	strcpy(c.netdev, netdev);
	if (field(cable, "fd", text, sizeof(text)) && *text >= '0' &&
	    *text <= '9')
		c.fd = atoi(text);
	if (!field(cable, "ifname", c.ifname, sizeof(c.ifname)))
		*c.ifname = '\0';
	*facts_card(p) = c;
}

void
qmpnet_parse(struct fact_proc *p, const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *line, *nic = NULL;

	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t len = strlen(line);
		char *what;

		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		if (strncmp(line, " \\ ", 3) != 0) {
			nic = split(line);
			if (nic != NULL && strstr(nic, "type=nic") == NULL)
				nic = NULL;
		} else if (nic != NULL && (what = split(line + 3)) != NULL) {
			add_card(p, line + 3, nic, what);
			nic = NULL;
		}
	}
	free(copy);
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

void
qmpnet_ask(struct fact_proc *p, int timeout_ms)
{
	char *path = p->argv != NULL ? qmpnet_socket(p->argv) : NULL, *full;
	struct qmp *q;

	if (path == NULL)
		return;
	full = qemus_path(p, path);
	q = full != NULL ? qmp_open(full, timeout_ms, NULL) : NULL;
	if (q != NULL) {
		ask_name(q, p, timeout_ms);
		ask_cards(q, p, timeout_ms);
		qmp_close(q);
	}
	free(full);
	free(path);
}
