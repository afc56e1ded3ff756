/* SPDX-License-Identifier: ISC */
/* mirror.c - frames of a userspace network, as they are passed to captures */
#include "bytes.h"
#include "mirror.h"

static void
put32(uint8_t *b, uint32_t v)
{
	b[0] = (uint8_t)(v >> 24);
	b[1] = (uint8_t)(v >> 16);
	b[2] = (uint8_t)(v >> 8);
	b[3] = (uint8_t)v;
}

void
mirror_encode(const struct mirror_hdr *h, uint8_t buf[MIRROR_HDRLEN])
{
	put32(buf, (uint32_t)(h->time_ns >> 32));
	put32(buf + 4, (uint32_t)h->time_ns);
	put32(buf + 8, h->caplen);
	put32(buf + 12, h->len);
	put32(buf + 16, h->to_vm);
	put32(buf + 20, h->dropped);
}

int
mirror_decode(struct mirror_hdr *h, const uint8_t buf[MIRROR_HDRLEN])
{
	uint32_t to_vm = get_be32(buf + 16);

	h->time_ns = (uint64_t)get_be32(buf) << 32 | get_be32(buf + 4);
	h->caplen = get_be32(buf + 8);
	h->len = get_be32(buf + 12);
	h->to_vm = to_vm == 1;
	h->dropped = get_be32(buf + 20);
	return h->caplen > h->len || h->caplen > MIRROR_SNAPLEN_MAX ||
	    to_vm > 1 ? -1 : 0;
}
