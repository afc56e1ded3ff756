/* SPDX-License-Identifier: ISC */
/* mirror.h - frames of a userspace network, as they are passed to captures */
#ifndef QLAB_MIRROR_H
#define QLAB_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A stream of records on a socket pair, from the holder to qlab-cap: a header
 * of big-endian numbers, then caplen bytes of the frame.
 *
 *   0  8  nanoseconds since the epoch
 *   8  4  caplen: bytes kept of the frame
 *  12  4  its length
 *  16  4  1: the frame goes to the VM; 0: it comes from one
 *  20  4  frames that were dropped since the record before this one
 *
 * A record of length 0 tells of drops alone.
 */
#define MIRROR_HDRLEN	24
/* As much of a frame as a record can hold. */
#define MIRROR_SNAPLEN_MAX (1 << 18)

struct mirror_hdr {
	uint64_t time_ns;
	uint32_t caplen, len;
	bool to_vm;
	uint32_t dropped;
};

void	mirror_encode(const struct mirror_hdr *h, uint8_t buf[MIRROR_HDRLEN]);
/* -1: no header that mirror_encode() makes. */
int	mirror_decode(struct mirror_hdr *h, const uint8_t buf[MIRROR_HDRLEN]);

#endif
