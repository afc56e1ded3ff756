/* SPDX-License-Identifier: ISC */
/* outq.c - bytes waiting for a peer that does not read fast enough */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outq.h"
#include "strv.h"

/* An empty queue keeps this much memory, not what it once grew to. */
#define KEEP_BYTES	65536

void
outq_add(struct outq *q, const void *data, size_t len)
{
	/* Seldom enough that each byte is moved about once. */
	if (q->pos > q->len / 2) {
		memmove(q->buf, q->buf + q->pos, q->len - q->pos);
		q->len -= q->pos;
		q->pos = 0;
	}
	if (len > q->cap - q->len) {
		q->cap = 2 * (q->len + len);
		q->buf = xrealloc(q->buf, q->cap);
	}
	if (len > 0)
		memcpy(q->buf + q->len, data, len);
	q->len += len;
}

size_t
outq_size(const struct outq *q)
{
	return q->len - q->pos;
}

int
outq_flush(struct outq *q, int fd)
{
	while (q->pos < q->len) {
		ssize_t n = write(fd, q->buf + q->pos, q->len - q->pos);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		q->pos += (size_t)n;
	}
	q->pos = q->len = 0;
	if (q->cap > KEEP_BYTES)
		outq_free(q);
	return 0;
}

void
outq_free(struct outq *q)
{
	free(q->buf);
	*q = (struct outq){ 0 };
}
