/* SPDX-License-Identifier: ISC */
/* pcapfile.c - write classic pcap, stamped to the nanosecond */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pcapfile.h"
#include "strv.h"

#define MAGIC_NSEC	0xa1b23c4du
/* More than this costs cache misses, less costs system calls. */
#define BUFSIZE		(256u << 10)

void
pcapfile_init(struct pcapfile *w, int fd, uint32_t snaplen)
{
	const uint32_t header[] = {
		MAGIC_NSEC, 0, 0, 0, snaplen, LINKTYPE_ETHERNET
	};
	const uint16_t version[] = { 2, 4 };

	/* Room for one packet of the largest size beyond the flushing mark. */
	*w = (struct pcapfile){ .fd = fd,
		.cap = BUFSIZE + PCAPFILE_RECLEN + snaplen };
	w->buf = xcalloc(1, w->cap);
	memcpy(w->buf, header, sizeof(header));
	memcpy(w->buf + sizeof(header[0]), version, sizeof(version));
	w->len = PCAPFILE_HDRLEN;
#ifdef F_SETPIPE_SZ
	/* A pipe that takes whole buffers; where there is no more, no harm. */
	fcntl(fd, F_SETPIPE_SZ, 1 << 20);
#endif
}

int
pcapfile_add(struct pcapfile *w, const struct capsrc_packet *p,
    struct qerr *e)
{
	const uint32_t rec[] = {
		(uint32_t)(p->time_ns / 1000000000),
		(uint32_t)(p->time_ns % 1000000000), p->caplen, p->len
	};

	if (w->len + sizeof(rec) + p->caplen > BUFSIZE &&
	    pcapfile_flush(w, e) == -1)
		return -1;
	if (p->caplen > w->cap - w->len - sizeof(rec))
		return qerr_set(e, QERR_FAIL,
		    "packet of %u bytes is over the snap length", p->caplen);
	memcpy(w->buf + w->len, rec, sizeof(rec));
	memcpy(w->buf + w->len + sizeof(rec), p->data, p->caplen);
	w->len += sizeof(rec) + p->caplen;
	w->packets++;
	return 0;
}

int
pcapfile_flush(struct pcapfile *w, struct qerr *e)
{
	w->sent = 0;
	while (w->sent < w->len) {
		ssize_t n = write(w->fd, w->buf + w->sent, w->len - w->sent);

		if (n >= 0) {
			w->sent += (size_t)n;
			w->written += (size_t)n;
			continue;
		}
		if (errno != EINTR)
			return qerr_sys(e, "cannot write");
		if (w->wait != NULL && w->wait(w->arg) != 0)
			return qerr_set(e, QERR_TIMEOUT,
			    "nobody reads the output");
	}
	w->len = 0;
	return 0;
}

/* The caplen word of the record at p. */
static size_t
record_len(const uint8_t *p)
{
	uint32_t caplen;

	memcpy(&caplen, p + 8, sizeof(caplen));
	return PCAPFILE_RECLEN + caplen;
}

/*
 * buf still holds what the failed flush began with: whole records, behind the
 * header when it is the first, of which w->sent bytes went out.
 */
int
pcapfile_cut(struct pcapfile *w, struct qerr *e)
{
	size_t pos = w->written == w->sent ? PCAPFILE_HDRLEN : 0;
	size_t whole = 0;
	off_t end;

	if (pos > w->sent)
		return qerr_set(e, QERR_FAIL, "nothing was written");
	for (; pos < w->len; pos += record_len(w->buf + pos)) {
		if (pos <= w->sent)
			whole = pos;
		else
			w->packets--;
	}
	if (pos <= w->sent)
		whole = pos;
	else
		w->packets--;
	if ((end = lseek(w->fd, 0, SEEK_CUR)) == -1 ||
	    ftruncate(w->fd, end - (off_t)(w->sent - whole)) == -1)
		return qerr_sys(e, "cannot cut the file to whole packets");
	w->written -= w->sent - whole;
	w->len = w->sent = 0;
	return 0;
}

void
pcapfile_release(struct pcapfile *w)
{
	free(w->buf);
	*w = (struct pcapfile){ .fd = -1 };
}
