/* SPDX-License-Identifier: ISC */
/* bymac.h - the elements of an array by the MAC address in them */
#ifndef QLAB_BYMAC_H
#define QLAB_BYMAC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Zero-initialise.  Pointers into an array that stays where it is and as it is;
 * elements with one MAC stand in the array's order.
 */
struct bymac {
	struct bymac_entry {
		uint8_t mac[6];
		const void *element;
	} *v;			/* NULL: not sorted */
	size_t n;
};

/* Of n elements of that size, each with its MAC that far from its start. */
void	bymac_sort(struct bymac *x, const void *array, size_t n, size_t size,
	    size_t off);
/* The first with that MAC behind prev (NULL: of all), or NULL.  O(log n). */
const void *bymac_next(const struct bymac *x, const uint8_t mac[6],
	    const void *prev);
/* The last with that MAC before next (NULL: of all), or NULL. */
const void *bymac_prev(const struct bymac *x, const uint8_t mac[6],
	    const void *next);
/* Not sorted any more. */
void	bymac_release(struct bymac *x);

#endif
