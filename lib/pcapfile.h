/* SPDX-License-Identifier: ISC */
/* pcapfile.h - write classic pcap, stamped to the nanosecond */
#ifndef QLAB_PCAPFILE_H
#define QLAB_PCAPFILE_H

#include <stddef.h>
#include <stdint.h>

#include "capsrc.h"
#include "qerr.h"

/*
 * Format: a 24-byte header (magic 0xa1b23c4d for nanoseconds, version 2.4, two
 * zero words, snap length, link type 1 = Ethernet), then for each packet a
 * 16-byte one (seconds, nanoseconds, kept and full length) and its bytes, all
 * in the writer's byte order.  Source: draft-ietf-opsawg-pcap.
 */
#define PCAPFILE_HDRLEN		24
#define PCAPFILE_RECLEN		16

/*
 * A blocking write that a signal broke off asks wait(arg): 0 to go on, else
 * pcapfile_flush() fails with kind QERR_TIMEOUT.
 */
struct pcapfile {
	int fd;			/* not owned */
	uint8_t *buf;		/* whole records, after the header at first */
	size_t len, cap;
	size_t sent;		/* bytes of buf that a failed flush wrote */
	uint64_t packets;	/* written or in buf */
	uint64_t written;	/* bytes */
	int (*wait)(void *arg);	/* NULL: just go on */
	void *arg;
};

/* Puts the header into the buffer. */
void	pcapfile_init(struct pcapfile *w, int fd, uint32_t snaplen);
/* Add a packet; writes when the buffer is full. */
int	pcapfile_add(struct pcapfile *w, const struct capsrc_packet *p,
	    struct qerr *e);
/* Write what is in the buffer.  EPIPE is QERR_FAIL with e->sys EPIPE. */
int	pcapfile_flush(struct pcapfile *w, struct qerr *e);
/*
 * After a failed write to a regular file: cut it back to the last whole
 * packet, correct w->packets, forget the buffer.  -1 when nothing readable is
 * left, not even the header.
 */
int	pcapfile_cut(struct pcapfile *w, struct qerr *e);
void	pcapfile_release(struct pcapfile *w);

#endif
