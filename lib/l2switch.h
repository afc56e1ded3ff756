/* SPDX-License-Identifier: ISC */
/* l2switch.h - a learning Ethernet switch: which frame goes where */
#ifndef QLAB_L2SWITCH_H
#define QLAB_L2SWITCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Theory of operation
 *
 * Knows no sockets: bytes of a port's stream go in, runs of frames for other
 * ports come out.  The stream is QEMU's (net/socket.c): each frame has its
 * length before it, four bytes, most significant first.  Frames that stand
 * side by side in the input and go to the same place leave as one run, lengths
 * included, so that forwarding a batch copies nothing.
 *
 * As a bridge does, it learns the sender's address of each frame, forgets it
 * after L2_AGE_MS, follows addresses that move to another port, and floods
 * what is for everybody or for nobody known.  Frames to 01:80:c2:00:00:0X
 * concern one cable only (IEEE 802.1D 7.12.6) and end here, unless the switch
 * is transparent.
 */
#define L2_HDRLEN	4
/* QEMU's NET_BUFSIZE: nothing longer comes from it, or fits into it. */
#define L2_FRAME_MAX	(4096 + 65536)
#define L2_AGE_MS	300000

struct l2switch;

struct l2port {
	struct l2switch *sw;
	void *owner;
	uint64_t rx_frames, rx_bytes;	/* from the VM; without lengths */
	uint64_t rx_dropped;		/* too short to have addresses */
};

/*
 * len bytes at run, whole frames, are for port.  They are there until
 * l2switch_input() returns.  Ports must not be removed from in here.
 */
typedef void l2switch_out_fn(struct l2port *port, const uint8_t *run,
		    size_t len);

/* isolated: ports reach the host only, and there is none: nobody anybody. */
struct l2switch	*l2switch_new(bool isolated, bool transparent,
		    l2switch_out_fn *out);
void	l2switch_free(struct l2switch *sw);	/* its ports, too */

struct l2port	*l2switch_port_add(struct l2switch *sw, void *owner);
void	l2switch_port_del(struct l2port *p);

/*
 * Forward all whole frames in len bytes that came from p, at now_ms on a clock
 * that only goes forward.  Returns how many bytes those were; what follows is
 * the beginning of a frame, to be given again with its rest.  -1: a length
 * that no frame has; *bad is that length, the frames before are forwarded.
 */
int64_t	l2switch_input(struct l2port *p, const uint8_t *buf, size_t len,
	    int64_t now_ms, uint32_t *bad);

/*
 * The length of the frame that starts at buf, its four bytes included; 0 when
 * it is not there as a whole, -1 when it cannot be one.
 */
int32_t	l2_frame(const uint8_t *buf, size_t len);

#endif
