/* SPDX-License-Identifier: ISC */
/* l2switch.c - fuzz the switch with what VMs, or a broken QEMU, may send */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "l2switch.h"

/*
 * The first byte is what kind of switch.  Then records: a byte that says port
 * (bits 0-1), whether it is unplugged and plugged anew (bit 2), and how much
 * time goes by (the rest); two bytes of length; that many bytes from the port.
 */
#define NPORTS 4

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct stream {
	uint8_t *buf;
	size_t len;
};

static struct l2port *from;

/* Whole frames, and never back to their sender. */
static void
out(struct l2port *p, const uint8_t *run, size_t len)
{
	int32_t n;

	if (p == from || len == 0)
		abort();
	for (; len > 0; run += n, len -= (size_t)n) {
		n = l2_frame(run, len);
		if (n <= L2_HDRLEN || n > L2_HDRLEN + L2_FRAME_MAX)
			abort();
	}
}

static struct l2port *
plug(struct l2switch *sw, struct l2port *was, struct stream *s)
{
	if (was != NULL)
		l2switch_port_del(was);
	s->len = 0;
	return l2switch_port_add(sw, NULL);
}

/* As segment.c does: what is no whole frame yet waits for the rest. */
static int
feed(struct l2port *p, struct stream *s, const uint8_t *data, size_t len,
    int64_t now_ms)
{
	uint32_t bad = 0;
	int64_t used;

	s->buf = realloc(s->buf, s->len + len + 1);
	memcpy(s->buf + s->len, data, len);
	s->len += len;
	from = p;
	used = l2switch_input(p, s->buf, s->len, now_ms, &bad);
	if (used == -1) {
		if (bad <= L2_FRAME_MAX)
			abort();
		return -1;
	}
	if ((size_t)used > s->len ||
	    s->len - (size_t)used >= L2_HDRLEN + L2_FRAME_MAX)
		abort();
	s->len -= (size_t)used;
	memmove(s->buf, s->buf + used, s->len);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream streams[NPORTS] = { { NULL, 0 } };
	struct l2port *ports[NPORTS] = { NULL };
	struct l2switch *sw;
	int64_t now_ms = 0;

	if (size < 1)
		return 0;
	sw = l2switch_new(data[0] & 1, data[0] & 2, out);
	for (int i = 0; i < NPORTS; i++)
		ports[i] = plug(sw, NULL, &streams[i]);
	for (data++, size--; size >= 3;) {
		unsigned i = data[0] & 3;
		size_t len = (size_t)data[1] << 8 | data[2];

		now_ms += (data[0] >> 3) * 10000;
		if (data[0] & 4)
			ports[i] = plug(sw, ports[i], &streams[i]);
		data += 3;
		size -= 3;
		if (len > size)
			len = size;
		if (feed(ports[i], &streams[i], data, len, now_ms) == -1)
			ports[i] = plug(sw, ports[i], &streams[i]);
		data += len;
		size -= len;
	}
	l2switch_free(sw);
	for (int i = 0; i < NPORTS; i++)
		free(streams[i].buf);
	return 0;
}
