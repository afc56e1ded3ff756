/* SPDX-License-Identifier: ISC */
/* bpfread.c - packets from a device of BSD's packet filter, /dev/bpfN */
#include <errno.h>
#include <string.h>

#include "bpfread.h"
#include "bytes.h"
#include "capway.h"

/* struct bpf_hdr */
#define AT_SEC		0u
#define AT_USEC		4u
#define AT_CAPLEN	8u
#define AT_LEN		12u
#define AT_HDRLEN	16u
#define ALIGN		4u

/* Buffers a turn, so that a flood does not keep us for ever. */
#define TURN		16

int
bpfread_record(const uint8_t *buf, size_t len, size_t *pos,
    struct capsrc_packet *p)
{
	const uint8_t *at = buf + *pos;
	size_t left = len - *pos, size;
	uint16_t hdrlen;

	if (left == 0)
		return 0;
	if (left < BPFREAD_HDRSZ)
		return -1;
	memcpy(&hdrlen, at + AT_HDRLEN, sizeof(hdrlen));
	*p = (struct capsrc_packet){
		.time_ns = get_own32(at + AT_SEC) * UINT64_C(1000000000) +
		    get_own32(at + AT_USEC) * UINT64_C(1000),
		.caplen = get_own32(at + AT_CAPLEN),
		.len = get_own32(at + AT_LEN),
		.data = at + hdrlen,
	};
	if (hdrlen < BPFREAD_HDRSZ || hdrlen > left ||
	    p->caplen > left - hdrlen || p->caplen > p->len)
		return -1;
	/* The last one need not be padded. */
	size = (hdrlen + (size_t)p->caplen + ALIGN - 1) / ALIGN * ALIGN;
	*pos += size < left ? size : left;
	return 1;
}

/* The next buffer; 0: nothing now. */
static int
fill(struct bpfread *b, struct qerr *e)
{
	ssize_t n = b->read(b->fd, b->buf, b->size);

	b->pos = b->len = 0;
	if (n >= 0) {
		b->len = (size_t)n;
		return n > 0;
	}
	if (errno == ENXIO)
		b->gone = true;
	/* An interface that is down may come up again. */
	else if (errno != EAGAIN && errno != EINTR && errno != ENETDOWN)
		return qerr_sys(e, "capturing failed");
	return 0;
}

int
bpfread_read(struct bpfread *b,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	const struct capsrc_if *i = b->hears;
	int n = 0;

	if (i == NULL)
		return 0;
	for (int turn = 0; turn < TURN && !b->gone; turn++) {
		struct capsrc_packet p;
		int rc;

		while ((rc = bpfread_record(b->buf, b->len, &b->pos,
		    &p)) == 1) {
			p.point = i->point;
			if (!capway_tell(&p, i->has_mac ? i->mac : NULL,
			    b->dir)) {
				b->turned_away++;
				continue;
			}
			b->handed++;
			n++;
			if (fn(arg, &p) != 0)
				return n;
		}
		if (rc == -1) {
			b->pos = b->len = 0;
			return qerr_set(e, QERR_FAIL, "what the kernel hands "
			    "out is no packet buffer");
		}
		if ((rc = fill(b, e)) != 1)
			return rc == -1 ? -1 : n;
	}
	return n;
}
