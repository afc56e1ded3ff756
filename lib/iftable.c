/* SPDX-License-Identifier: ISC */
/* iftable.c - interfaces put together from texts that know them by name */
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "iftable.h"
#include "strv.h"

void
iftable_init(struct iftable *t, struct hostifs *h, struct findings *found)
{
	*t = (struct iftable){ h, found, json_object(), json_object() };
}

void
iftable_release(struct iftable *t)
{
	json_decref(t->names);
	json_decref(t->said);
	*t = (struct iftable){ 0 };
}

struct hostif *
iftable_get(struct iftable *t, const char *name)
{
	struct hostifs *h = t->h;
	json_t *at = json_object_get(t->names, name);
	struct hostif *i;

	if (at != NULL)
		return &h->ifs[json_integer_value(at) - 1];
	i = hostifs_add(h);
	i->index = (unsigned)h->nifs;
	snprintf(i->name, sizeof(i->name), "%s", name);
	json_object_set_new(t->names, name, json_integer(i->index));
	return i;
}

unsigned
iftable_index(struct iftable *t, const char *name)
{
	return iftable_get(t, name)->index;
}

/* Is it said for the first time? */
static bool
is_new(struct iftable *t, const char *what, unsigned a, unsigned b,
    uint32_t ip, const uint8_t *mac)
{
	char key[96], text[MAC_STRSZ] = "";

	if (mac != NULL)
		mac_format(mac, text);
	snprintf(key, sizeof(key), "%s %u %u %u %s", what, a, b,
	    (unsigned)ip, text);
	if (json_object_get(t->said, key) != NULL)
		return false;
	json_object_set_new(t->said, key, json_true());
	return true;
}

void
iftable_plug(struct iftable *t, const char *port, const char *bridge, int line)
{
	unsigned master = iftable_index(t, bridge);
	struct hostif *i = iftable_get(t, port);

	if (i->master == master ||
	    !is_new(t, "plug", i->index, master, 0, NULL))
		return;
	if (is_new(t, "plugged", i->index, 0, 0, NULL)) {
		i->master = master;
		return;
	}
	/* Nobody can tell which of them is true now. */
	i->master = 0;
	findings_add(t->found, false, line, "'%s' is on bridge '%s' here and "
	    "on another elsewhere: taken for neither", port, bridge);
}

void
iftable_fdb(struct iftable *t, const char *bridge, const char *port,
    const uint8_t mac[6])
{
	unsigned b = iftable_index(t, bridge), p = iftable_index(t, port);
	struct hostif_fdb *f;

	if (!is_new(t, "fdb", b, p, 0, mac))
		return;
	f = hostifs_add_fdb(t->h);
	f->bridge = b;
	f->port = p;
	memcpy(f->mac, mac, sizeof(f->mac));
}

void
iftable_addr(struct iftable *t, const char *name, uint32_t ip, int plen)
{
	unsigned index = iftable_index(t, name);

	if (is_new(t, "addr", index, (unsigned)plen, ip, NULL))
		*hostifs_add_addr(t->h) = (struct hostif_addr){ index, ip,
			plen };
}

void
iftable_neigh(struct iftable *t, const char *name, uint32_t ip,
    const uint8_t mac[6], bool permanent)
{
	unsigned index = *name != '\0' ? iftable_index(t, name) : 0;
	struct hostif_neigh *n;

	if (!is_new(t, "neigh", index, permanent, ip, mac))
		return;
	n = hostifs_add_neigh(t->h);
	n->index = index;
	n->ip = ip;
	n->permanent = permanent;
	memcpy(n->mac, mac, sizeof(n->mac));
}
