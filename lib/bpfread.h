/* SPDX-License-Identifier: ISC */
/* bpfread.h - packets from a device of BSD's packet filter, /dev/bpfN */
#ifndef QLAB_BPFREAD_H
#define QLAB_BPFREAD_H

#include <sys/types.h>

#include "capsrc.h"

/*
 * Theory of operation
 *
 * Each read(2), which must ask for as many bytes as the device's buffer has,
 * brings a whole number of records: a header of native words, whose length it
 * tells, then the frame, then up to three bytes so that the next one is
 * aligned.  These are macOS' 64-bit headers, with seconds of 32 bits.
 */
#define BPFREAD_HDRSZ	18u	/* what a header has at least */

/* 1: *p is the record at *pos, which moves on; 0: the end; -1: nonsense. */
int	bpfread_record(const uint8_t *buf, size_t len, size_t *pos,
	    struct capsrc_packet *p);

struct bpfread {
	int fd;			/* does not block */
	uint8_t *buf;		/* size bytes, those of the device's buffer */
	size_t size, len, pos;
	const struct capsrc_if *hears;	/* NULL: nobody wants it yet */
	enum capsrc_dir dir;
	uint64_t handed, turned_away;
	bool gone;		/* the interface is */
	ssize_t (*read)(int fd, void *buf, size_t n);	/* read(2) */
};

/* As capsrc_read(). */
int	bpfread_read(struct bpfread *b,
	    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
	    struct qerr *e);

#endif
