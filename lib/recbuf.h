/* SPDX-License-Identifier: ISC */
/* recbuf.h - records on their way into a file, whole ones only */
#ifndef QLAB_RECBUF_H
#define QLAB_RECBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipelend.h"
#include "qerr.h"

/* So many pieces of memory are lent at once. */
#define RECBUF_PIECES	256

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
/*
 * Lend a record that is this header and len bytes at data, instead of copying
 * it.  Neither these nor the room bytes before them, which are free for use
 * (as many as the header at least), may change until lend->back has passed
 * what lend->given is afterwards.  lend must be there.
 */
int	recbuf_lend(struct recbuf *b, const void *header, size_t headerlen,
	    uint8_t *data, size_t len, size_t room, struct qerr *e);
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
