/* SPDX-License-Identifier: ISC */
/* recbuf.c - records on their way into a file, whole ones only */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "recbuf.h"
#include "strv.h"

/* More than this costs cache misses, less costs system calls. */
#define BUFSIZE		(256u << 10)

void
recbuf_init(struct recbuf *b, size_t max)
{
	/* Room for one record of the largest size beyond the flushing mark. */
	*b = (struct recbuf){ .fd = -1, .cap = BUFSIZE + max };
	b->buf = xcalloc(1, b->cap);
}

void
recbuf_file(struct recbuf *b, int fd)
{
	b->fd = fd;
	b->written = 0;
	b->len = b->sent = 0;
	b->lend = NULL;
#ifdef F_SETPIPE_SZ
	/* A pipe that takes whole buffers; where there is no more, no harm. */
	if (fd != -1)
		fcntl(fd, F_SETPIPE_SZ, 1 << 20);
#endif
}

uint8_t *
recbuf_room(struct recbuf *b, size_t n, struct qerr *e)
{
	if ((b->npieces > 0 || b->len + n > BUFSIZE) &&
	    recbuf_flush(b, e) == -1)
		return NULL;
	if (n > b->cap - b->len) {
		qerr_set(e, QERR_FAIL, "record of %zu bytes is too large", n);
		return NULL;
	}
	return b->buf + b->len;
}

/* A signal has ended a write, which may have sent a part. */
static int
interrupted(struct recbuf *b, struct qerr *e)
{
	if (b->wait != NULL && b->wait(b->arg) != 0)
		return qerr_set(e, QERR_TIMEOUT, "nobody reads the output");
	return 0;
}

/* After a write that returned -1: 0, try again. */
static int
try_again(struct recbuf *b, struct qerr *e)
{
	struct pollfd p = { .fd = b->fd, .events = POLLOUT };

	/* Somebody else, who has the same pipe, made it so. */
	if ((errno == EAGAIN || errno == EWOULDBLOCK) &&
	    (poll(&p, 1, -1) != -1 || errno != EINTR))
		return 0;
	if (errno != EINTR)
		return qerr_sys(e, "cannot write");
	return interrupted(b, e);
}

static int
flush_pieces(struct recbuf *b, struct qerr *e)
{
	struct iovec *v = b->piece;

	while (b->npieces > 0) {
		ssize_t n = pipelend_give(b->lend, v, b->npieces);

		if (n == -1) {
			if (try_again(b, e) == 0)
				continue;
			b->npieces = 0;
			return -1;
		}
		b->written += (size_t)n;
		for (; b->npieces > 0 && (size_t)n >= v->iov_len; v++) {
			n -= (ssize_t)v->iov_len;
			b->npieces--;
		}
		if (b->npieces > 0) {
			if (interrupted(b, e) == -1) {
				b->npieces = 0;
				return -1;
			}
			v->iov_base = (uint8_t *)v->iov_base + n;
			v->iov_len -= (size_t)n;
		}
	}
	return 0;
}

int
recbuf_flush(struct recbuf *b, struct qerr *e)
{
	if (flush_pieces(b, e) == -1)
		return -1;
	b->sent = 0;
	while (b->sent < b->len) {
		const uint8_t *p = b->buf + b->sent;
		size_t left = b->len - b->sent;
		ssize_t n = b->lend != NULL ?
		    pipelend_write(b->lend, p, left) : write(b->fd, p, left);

		if (n == -1) {
			if (try_again(b, e) == -1)
				return -1;
			continue;
		}
		b->sent += (size_t)n;
		b->written += (size_t)n;
		if (b->sent < b->len && interrupted(b, e) == -1)
			return -1;
	}
	b->len = 0;
	return 0;
}

int
recbuf_piece(struct recbuf *b, uint8_t *p, struct qerr *e)
{
	if ((b->len > 0 || b->npieces == RECBUF_PIECES) &&
	    recbuf_flush(b, e) == -1)
		return -1;
	b->piece[b->npieces++] = (struct iovec){ p, 0 };
	return 0;
}

/* buf still holds what the failed write began with, b->sent of it went out. */
int
recbuf_cut(struct recbuf *b, size_t (*record)(void *arg, const uint8_t *p,
    bool first, bool lost), void *arg, struct qerr *e)
{
	bool at_start = b->written == b->sent;
	size_t whole = 0;
	off_t end;

	for (size_t pos = 0, n; pos < b->len; pos += n) {
		n = record(arg, b->buf + pos, at_start && pos == 0, false);
		if (pos + n <= b->sent)
			whole = pos + n;
		else
			record(arg, b->buf + pos, at_start && pos == 0, true);
	}
	if (at_start && whole == 0)
		return qerr_set(e, QERR_FAIL, "nothing was written");
	if ((end = lseek(b->fd, 0, SEEK_CUR)) == -1 ||
	    ftruncate(b->fd, end - (off_t)(b->sent - whole)) == -1)
		return qerr_sys(e, "cannot cut the file to whole packets");
	b->written -= b->sent - whole;
	b->len = b->sent = 0;
	return 0;
}

void
recbuf_release(struct recbuf *b)
{
	free(b->buf);
	*b = (struct recbuf){ .fd = -1 };
}
