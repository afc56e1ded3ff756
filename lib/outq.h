/* SPDX-License-Identifier: ISC */
/* outq.h - bytes waiting for a peer that does not read fast enough */
#ifndef QLAB_OUTQ_H
#define QLAB_OUTQ_H

#include <stddef.h>

/* Zero-initialise; outq_free() at the end (and to empty it). */
struct outq {
	char *buf;
	size_t pos, len, cap;	/* buf[pos..len) is still to be written */
};

void	outq_add(struct outq *q, const void *data, size_t len);
size_t	outq_size(const struct outq *q);
/*
 * Write as much as fd (non-blocking) takes.  0; -1 with errno when the peer is
 * gone.  SIGPIPE must be ignored.
 */
int	outq_flush(struct outq *q, int fd);
void	outq_free(struct outq *q);

#endif
