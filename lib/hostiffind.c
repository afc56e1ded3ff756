/* SPDX-License-Identifier: ISC */
/* hostiffind.c - a snapshot of interfaces: its pieces, and finding them */
#include <stdlib.h>
#include <string.h>

#include "bymac.h"
#include "hostif.h"
#include "strv.h"

/* The elements once more, each array in the order of one key. */
struct hostif_order {
	const void **name, **index, **alias;	/* struct hostif */
	struct bymac fdb, neigh;
};

static void
order_free(struct hostif_order *o)
{
	if (o == NULL)
		return;
	free(o->name);
	free(o->index);
	free(o->alias);
	bymac_release(&o->fdb);
	bymac_release(&o->neigh);
	free(o);
}

void
hostifs_free(struct hostifs *h)
{
	order_free(h->order);
	free(h->ifs);
	free(h->fdb);
	free(h->addrs);
	free(h->neighs);
	free(h->routes);
	*h = (struct hostifs){ 0 };
}

/* Whatever moves the arrays makes their order worthless. */
static void
unsort(struct hostifs *h)
{
	order_free(h->order);
	h->order = NULL;
}

struct hostif *
hostifs_add(struct hostifs *h)
{
	unsort(h);
	h->ifs = xgrow(h->ifs, h->nifs, sizeof(*h->ifs));
	return &h->ifs[h->nifs++];
}

struct hostif_fdb *
hostifs_add_fdb(struct hostifs *h)
{
	unsort(h);
	h->fdb = xgrow(h->fdb, h->nfdb, sizeof(*h->fdb));
	return &h->fdb[h->nfdb++];
}

struct hostif_addr *
hostifs_add_addr(struct hostifs *h)
{
	h->addrs = xgrow(h->addrs, h->naddrs, sizeof(*h->addrs));
	return &h->addrs[h->naddrs++];
}

struct hostif_route *
hostifs_add_route(struct hostifs *h)
{
	h->routes = xgrow(h->routes, h->nroutes, sizeof(*h->routes));
	return &h->routes[h->nroutes++];
}

struct hostif_neigh *
hostifs_add_neigh(struct hostifs *h)
{
	unsort(h);
	h->neighs = xgrow(h->neighs, h->nneighs, sizeof(*h->neighs));
	return &h->neighs[h->nneighs++];
}

/* How does an element compare with a key? */
typedef int key_fn(const void *element, const void *key);

static int
key_name(const void *element, const void *key)
{
	return strcmp(((const struct hostif *)element)->name, key);
}

static int
key_index(const void *element, const void *key)
{
	unsigned a = ((const struct hostif *)element)->index;
	unsigned b = *(const unsigned *)key;

	return a < b ? -1 : a > b;
}

static int
key_alias(const void *element, const void *key)
{
	return strcmp(((const struct hostif *)element)->alias, key);
}

/* For qsort(3) of pointers; equals keep the order of the array. */
static int
settle(int c, const void *a, const void *b)
{
	if (c != 0)
		return c;
	return (const char *)a < (const char *)b ? -1 :
	    (const char *)a > (const char *)b;
}

static int
by_name(const void *a, const void *b)
{
	const struct hostif *x = *(const struct hostif *const *)a,
	    *y = *(const struct hostif *const *)b;

	return settle(key_name(x, y->name), x, y);
}

static int
by_index(const void *a, const void *b)
{
	const struct hostif *x = *(const struct hostif *const *)a,
	    *y = *(const struct hostif *const *)b;

	return settle(key_index(x, &y->index), x, y);
}

static int
by_alias(const void *a, const void *b)
{
	const struct hostif *x = *(const struct hostif *const *)a,
	    *y = *(const struct hostif *const *)b;

	return settle(key_alias(x, y->alias), x, y);
}

static const void **
sorted(const void *array, size_t n, size_t size,
    int (*compare)(const void *, const void *))
{
	const void **v = xcalloc(n, sizeof(*v));

	for (size_t i = 0; i < n; i++)
		v[i] = (const char *)array + i * size;
	if (n > 0)
		qsort(v, n, sizeof(*v), compare);
	return v;
}

void
hostifs_sort(struct hostifs *h)
{
	struct hostif_order *o = xcalloc(1, sizeof(*o));

	unsort(h);
	o->name = sorted(h->ifs, h->nifs, sizeof(*h->ifs), by_name);
	o->index = sorted(h->ifs, h->nifs, sizeof(*h->ifs), by_index);
	o->alias = sorted(h->ifs, h->nifs, sizeof(*h->ifs), by_alias);
	bymac_sort(&o->fdb, h->fdb, h->nfdb, sizeof(*h->fdb),
	    offsetof(struct hostif_fdb, mac));
	bymac_sort(&o->neigh, h->neighs, h->nneighs, sizeof(*h->neighs),
	    offsetof(struct hostif_neigh, mac));
	h->order = o;
}

/* The first of n sorted pointers that is not before the key. */
static size_t
lower(const void *const *v, size_t n, const void *key, key_fn *fn)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (fn(v[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct hostif *
find(const struct hostifs *h, const void **order, const void *key, key_fn *fn)
{
	if (order != NULL) {
		size_t at = lower(order, h->nifs, key, fn);

		return at < h->nifs && fn(order[at], key) == 0 ? order[at] :
		    NULL;
	}
	for (size_t i = 0; i < h->nifs; i++)
		if (fn(&h->ifs[i], key) == 0)
			return &h->ifs[i];
	return NULL;
}

bool
hostif_is_cable(const struct hostif *i)
{
	return strcmp(i->kind, "tun") == 0 || strcmp(i->kind, "vmenet") == 0 ||
	    strncmp(i->name, "vmenet", 6) == 0;
}

const struct hostif *
hostif_by_name(const struct hostifs *h, const char *name)
{
	return find(h, h->order != NULL ? h->order->name : NULL, name,
	    key_name);
}

const struct hostif *
hostif_by_index(const struct hostifs *h, unsigned index)
{
	return find(h, h->order != NULL ? h->order->index : NULL, &index,
	    key_index);
}

const struct hostif *
hostif_by_alias(const struct hostifs *h, const char *alias)
{
	return find(h, h->order != NULL ? h->order->alias : NULL, alias,
	    key_alias);
}

static const struct hostif_fdb *
fdb_after(const struct hostifs *h, const uint8_t mac[6],
    const struct hostif_fdb *prev)
{
	if (h->order != NULL)
		return bymac_next(&h->order->fdb, mac, prev);
	for (size_t i = prev != NULL ? (size_t)(prev - h->fdb) + 1 : 0;
	    i < h->nfdb; i++)
		if (memcmp(h->fdb[i].mac, mac, 6) == 0)
			return &h->fdb[i];
	return NULL;
}

const struct hostif_fdb *
hostif_fdb_next(const struct hostifs *h, const uint8_t mac[6], unsigned bridge,
    const struct hostif_fdb *prev)
{
	while ((prev = fdb_after(h, mac, prev)) != NULL)
		if (bridge == 0 || prev->bridge == bridge)
			return prev;
	return NULL;
}

const struct hostif_neigh *
hostif_neigh_next(const struct hostifs *h, const uint8_t mac[6],
    const struct hostif_neigh *prev)
{
	if (h->order != NULL)
		return bymac_next(&h->order->neigh, mac, prev);
	for (size_t i = prev != NULL ? (size_t)(prev - h->neighs) + 1 : 0;
	    i < h->nneighs; i++)
		if (memcmp(h->neighs[i].mac, mac, 6) == 0)
			return &h->neighs[i];
	return NULL;
}
