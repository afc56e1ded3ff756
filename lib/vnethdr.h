/* SPDX-License-Identifier: ISC */
/* vnethdr.h - frames that may have virtio's header before them */
#ifndef QLAB_VNETHDR_H
#define QLAB_VNETHDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * QEMU before 8.1 dumps what goes over a tap with the header that a virtio card
 * and the tap exchange: none, 10 or 12 bytes, as the guest's driver wishes,
 * and nobody tells.  Format: virtio 1.2, 5.1.6 (struct virtio_net_hdr).
 *
 * The card's address tells: a frame from the VM has it as its source, most
 * frames to it as their destination.  Where it does not, the length is that of
 * the frame before, or else the one that makes sense.
 */
struct vnethdr {
	uint8_t mac[6];		/* the card's */
	bool known;
	unsigned len;		/* of the frame before */
};
#define VNETHDR_MAX	12

/* How many bytes are to be skipped. */
unsigned vnethdr_len(struct vnethdr *v, const uint8_t *data, size_t size,
	    bool to_vm);

#endif
