/* SPDX-License-Identifier: ISC */
/* bytes.h - numbers in bytes that need not be aligned */
#ifndef QLAB_BYTES_H
#define QLAB_BYTES_H

#include <stdint.h>
#include <string.h>

/* In network order. */
static inline uint16_t
get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

/* In this machine's, as kernels write them. */
static inline uint16_t
get_own16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
get_own32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
get_own64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

#endif
