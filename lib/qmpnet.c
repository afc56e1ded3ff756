/* SPDX-License-Identifier: ISC */
/* qmpnet.c - what a QEMU itself says of its cards, by QMP */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netdevs.h"
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

static void
add_card(void *arg, const struct netdev *n)
{
	struct fact_card c = { .fd = n->fd };

	if (!n->has_mac)
		return;
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
