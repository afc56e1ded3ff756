/* SPDX-License-Identifier: ISC */
/* recbuf.c - records on their way into a file, whole ones only */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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
#ifdef F_SETPIPE_SZ
	/* A pipe that takes whole buffers; where there is no more, no harm. */
	if (fd != -1)
		fcntl(fd, F_SETPIPE_SZ, 1 << 20);
#endif
}

uint8_t *
recbuf_room(struct recbuf *b, size_t n, struct qerr *e)
{
	if (b->len + n > BUFSIZE && recbuf_flush(b, e) == -1)
		return NULL;
	if (n > b->cap - b->len) {
		qerr_set(e, QERR_FAIL, "record of %zu bytes is too large", n);
		return NULL;
	}
	return b->buf + b->len;
}

int
recbuf_flush(struct recbuf *b, struct qerr *e)
{
	b->sent = 0;
	while (b->sent < b->len) {
		ssize_t n = write(b->fd, b->buf + b->sent, b->len - b->sent);

		if (n >= 0) {
			b->sent += (size_t)n;
			b->written += (size_t)n;
			continue;
		}
		if (errno != EINTR)
			return qerr_sys(e, "cannot write");
		if (b->wait != NULL && b->wait(b->arg) != 0)
			return qerr_set(e, QERR_TIMEOUT,
			    "nobody reads the output");
	}
	b->len = 0;
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
