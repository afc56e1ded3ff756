/* SPDX-License-Identifier: ISC */
/* ifmapclash.c - what two NICs of the map cannot both have */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmap.h"
#include "strv.h"

/* A thing that only one may have, in one place. */
struct thing {
	const void *where;	/* what it must be unique in */
	const char *text;	/* the thing; or NULL: the NIC's MAC */
	struct map_nic *n;
};

static int
compare(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	if (x->where != y->where)
		return (const char *)x->where < (const char *)y->where ? -1 : 1;
	if (x->text != NULL)
		return strcmp(x->text, y->text);
	return memcmp(map_mac(x->n), map_mac(y->n), 6);
}

/* How another one shall be called; caller frees. */
static char *
who(const struct map_nic *n, const struct state_lab *from)
{
	const char *lab = n->lab == from ? "" : n->lab->name;

	if (*n->vm->name == '\0')
		return xasprintf("%s's", map_value(n, MAP_IF));
	return xasprintf("%s%s%s/%s's", lab, *lab != '\0' ? ":" : "",
	    n->vm->name, n->nic->id);
}

static void
clash(struct map_nic *n, const struct map_nic *other, enum map_edge_kind kind,
    const char *text, const char *what)
{
	char *name, mac[MAC_STRSZ];

	if (n->edges[kind].clash != NULL)
		return;
	name = who(other, n->lab);
	n->edges[kind].clash = xasprintf("%s %s is also %s", what,
	    text != NULL ? text : mac_format(map_mac(n), mac), name);
	free(name);
}

static void
find(struct thing *v, size_t n, enum map_edge_kind kind, const char *what)
{
	if (n > 0)
		qsort(v, n, sizeof(*v), compare);
	for (size_t i = 1; i < n; i++)
		if (compare(&v[i - 1], &v[i]) == 0) {
			clash(v[i - 1].n, v[i].n, kind, v[i].text, what);
			clash(v[i].n, v[i - 1].n, kind, v[i].text, what);
		}
}

/* A bridge's record is one of its space alone, so that its address will do. */
static const void *
bridge_of(const struct map_nic *n)
{
	return n->hostif != NULL && n->hostif->master != 0 &&
	    n->space != NULL ? hostif_by_index(&n->space->ifs,
	    n->hostif->master) : NULL;
}

void
ifmap_clashes(struct map *m)
{
	static const uint8_t none[6];
	struct thing *v = xcalloc(m->nnics, sizeof(*v));
	size_t n[3] = { 0 };

	for (size_t i = 0; i < m->nnics; i++) {
		struct map_nic *nic = &m->nics[i];
		const void *b = bridge_of(nic);

		if (b != NULL && memcmp(map_mac(nic), none, 6) != 0)
			v[n[0]++] = (struct thing){ b, NULL, nic };
	}
	find(v, n[0], MAP_IF, "MAC");
	for (size_t i = 0; i < m->nnics; i++)
		if (m->nics[i].hostif != NULL &&
		    *map_value(&m->nics[i], MAP_IF) != '\0')
			v[n[1]++] = (struct thing){ m->nics[i].space,
				map_value(&m->nics[i], MAP_IF), &m->nics[i] };
	find(v, n[1], MAP_IF, "interface");
	for (size_t i = 0; i < m->nnics; i++) {
		const char *ip = map_value(&m->nics[i], MAP_IP);
		const void *b = bridge_of(&m->nics[i]);

		if (b != NULL && *ip != '\0')
			v[n[2]++] = (struct thing){ b, ip, &m->nics[i] };
	}
	find(v, n[2], MAP_IP, "address");
	free(v);
}
