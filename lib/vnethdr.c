/* SPDX-License-Identifier: ISC */
/* vnethdr.c - frames that may have virtio's header before them */
#include <string.h>

#include "vnethdr.h"

#define ETHER_HDRLEN	14
#define MAC_LEN		6

static const unsigned lengths[] = { 12, 10, 0 };
#define NLENGTHS	(sizeof(lengths) / sizeof(lengths[0]))

/* Is the card's address where it would be, with a header of n bytes? */
static bool
has_mac(const struct vnethdr *v, const uint8_t *data, size_t size, unsigned n,
    bool to_vm)
{
	return size >= n + ETHER_HDRLEN && memcmp(data + n +
	    (to_vm ? 0 : MAC_LEN), v->mac, MAC_LEN) == 0;
}

/* Could these be a header, and a frame of a well-known type behind it? */
static bool
makes_sense(const uint8_t *data, size_t size, unsigned n)
{
	unsigned type;

	if (size < n + ETHER_HDRLEN)
		return false;
	type = (unsigned)data[n + 12] << 8 | data[n + 13];
	if (type != 0x0800 && type != 0x0806 && type != 0x86dd &&
	    type != 0x8100 && type != 0x88cc && type >= 0x0600)
		return false;
	/* flags, gso_type; then num_buffers, in either byte order. */
	if (n > 0 && (data[0] > 7 || (data[1] & 0x7f) > 5))
		return false;
	return n < 12 || (data[10] <= 1 && data[11] <= 1);
}

unsigned
vnethdr_len(struct vnethdr *v, const uint8_t *data, size_t size, bool to_vm)
{
	for (size_t i = 0; i < NLENGTHS; i++)
		if (has_mac(v, data, size, lengths[i], to_vm)) {
			v->known = true;
			v->len = lengths[i];
			return v->len;
		}
	if (v->known && size >= v->len)
		return v->len;
	for (size_t i = 0; i < NLENGTHS; i++)
		if (makes_sense(data, size, lengths[i]))
			return lengths[i];
	return 0;
}
