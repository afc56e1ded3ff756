/* SPDX-License-Identifier: ISC */
/* recbuf.h - records on their way into a file, whole ones only */
#ifndef QLAB_RECBUF_H
#define QLAB_RECBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "pipelend.h"
#include "qerr.h"

/* So many pieces of memory are lent at once. */
#define RECBUF_PIECES	16

/*
 * A blocking write that a signal broke off asks wait(arg): 0 to go on, else
 * the write fails with kind QERR_TIMEOUT.
 *
 * Records are copied into the buffer, or lent from where they stand: never
 * does something wait in both.
 */
struct recbuf {
	int fd;			/* not owned */
	uint8_t *buf;		/* whole records */
	size_t len, cap;
	size_t sent;		/* bytes of buf that a failed write wrote */
	uint64_t written;	/* bytes, to this fd */
	struct pipelend *lend;	/* NULL: fd takes copies only */
	struct iovec piece[RECBUF_PIECES];	/* lent, not written yet */
	int npieces;
	int (*wait)(void *arg);	/* NULL: just go on */
	void *arg;
};

/* max: of a record's size. */
void	recbuf_init(struct recbuf *b, size_t max);
/* From here on into fd; the buffer must be empty.  Forgets lend. */
void	recbuf_file(struct recbuf *b, int fd);
/*
 * Room for a record of at most n <= max bytes, written at once when there is
 * little left; then recbuf_put() says how long it became.
 */
uint8_t	*recbuf_room(struct recbuf *b, size_t n, struct qerr *e);
static inline void
recbuf_put(struct recbuf *b, size_t n)
{
	b->len += n;
	if (b->lend != NULL)
		b->lend->given += n;
}

/* For recbuf_lend(): a new piece of memory; the end of the last one, or NULL. */
int	recbuf_piece(struct recbuf *b, uint8_t *p, struct qerr *e);
static inline uint8_t *
recbuf_piece_end(const struct recbuf *b)
{
	const struct iovec *last = b->piece + b->npieces;

	return b->npieces > 0 ?
	    (uint8_t *)last[-1].iov_base + last[-1].iov_len : NULL;
}

/*
 * Lend a record that is a header and len bytes at data, instead of copying it.
 * Returns where to put the header.  Neither these bytes nor the room bytes
 * before them, which are free for use (as many as the header at least), may
 * change then until lend->back has passed what lend->given is.  lend must be
 * there.
 */
static inline uint8_t *
recbuf_lend(struct recbuf *b, size_t headerlen, uint8_t *data, size_t len,
    size_t room, struct qerr *e)
{
	uint8_t *header = data - headerlen, *end = recbuf_piece_end(b);

	/*
	 * It is moved up to the one before when but room is between them.  A
	 * piece takes a place in the pipe for each page that it touches, which
	 * costs more than to move what is in the cache.
	 */
	if (end != NULL && end >= data - room && end <= header) {
		memmove(end + headerlen, data, len);
		header = end;
	} else if (recbuf_piece(b, header, e) == -1)
		return NULL;
	b->piece[b->npieces - 1].iov_len += headerlen + len;
	b->lend->given += headerlen + len;
	b->lend->loans++;
	return header;
}
/* Write what is in the buffer.  EPIPE is QERR_FAIL with e->sys EPIPE. */
int	recbuf_flush(struct recbuf *b, struct qerr *e);
/*
 * After a failed write to a regular file: cut it back to the last whole record
 * and forget the buffer.  record() tells the length of the one at p, which
 * the file may begin with, and hears whether it is lost.  -1 when not even
 * the first one was written.
 */
int	recbuf_cut(struct recbuf *b, size_t (*record)(void *arg,
	    const uint8_t *p, bool first, bool lost), void *arg,
	    struct qerr *e);
void	recbuf_release(struct recbuf *b);

#endif
