/* SPDX-License-Identifier: ISC */
/* bymac.c - the elements of an array by the MAC address in them */
#include <stdlib.h>
#include <string.h>

#include "bymac.h"
#include "strv.h"

static int
compare(const struct bymac_entry *x, const uint8_t mac[6], uintptr_t element)
{
	int c = memcmp(x->mac, mac, 6);
	uintptr_t at = (uintptr_t)x->element;

	return c != 0 ? c : (at > element) - (at < element);
}

static int
by_mac(const void *a, const void *b)
{
	const struct bymac_entry *y = b;

	return compare(a, y->mac, (uintptr_t)y->element);
}

void
bymac_sort(struct bymac *x, const void *array, size_t n, size_t size,
    size_t off)
{
	const uint8_t *element = array;

	bymac_release(x);
	x->v = xcalloc(n, sizeof(*x->v));
	x->n = n;
	for (size_t i = 0; i < n; i++, element += size) {
		memcpy(x->v[i].mac, element + off, 6);
		x->v[i].element = element;
	}
	if (n > 0)
		qsort(x->v, n, sizeof(*x->v), by_mac);
}

/* How many come before that element of that MAC. */
static size_t
before(const struct bymac *x, const uint8_t mac[6], uintptr_t element)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (compare(&x->v[mid], mac, element) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const void *
entry(const struct bymac *x, size_t i, const uint8_t mac[6])
{
	return i < x->n && memcmp(x->v[i].mac, mac, 6) == 0 ?
	    x->v[i].element : NULL;
}

const void *
bymac_next(const struct bymac *x, const uint8_t mac[6], const void *prev)
{
	return entry(x, before(x, mac, prev == NULL ? 0 :
	    (uintptr_t)prev + 1), mac);
}

const void *
bymac_prev(const struct bymac *x, const uint8_t mac[6], const void *next)
{
	size_t n = before(x, mac, next == NULL ? UINTPTR_MAX :
	    (uintptr_t)next);

	return n > 0 ? entry(x, n - 1, mac) : NULL;
}

void
bymac_release(struct bymac *x)
{
	free(x->v);
	*x = (struct bymac){ 0 };
}
