/* SPDX-License-Identifier: ISC */
/* dumpstream.c - fuzz the reading of QEMU's two packet streams */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dumpstream.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t last;
static volatile uint8_t sum;

static void
tell(void *arg, const struct capsrc_packet *p)
{
	(void)arg;
	if (p->caplen > p->len || p->caplen > CAPSRC_SNAPLEN_MAX)
		abort();
	/* Backwards only if by more than a second: the clock was set. */
	if (p->time_ns < last && p->time_ns + 1000000000 > last)
		abort();
	last = p->time_ns;
	for (uint32_t i = 0; i < p->caplen; i++)
		sum = (uint8_t)(sum + p->data[i]);
}

/*
 * Steps: a byte (bit 7: which stream; bit 6: look at both; the rest: how many
 * bytes), then those bytes.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dumpmerge *m = dumpmerge_new(size % 2 * 5000000);
	int64_t now = 1780000000000000000;
	struct qerr e;

	last = 0;
	while (size > 0) {
		int stream = *data >> 7, look = *data & 0x40;
		size_t n = *data & 0x3f, room;
		uint8_t *to = dumpmerge_space(m, stream, &room);

		data++;
		size--;
		n = n < size ? n : size;
		n = n < room ? n : room;
		memcpy(to, data, n);
		dumpmerge_fed(m, stream, n);
		data += n;
		size -= n;
		now += 1000000;
		if (look && dumpmerge_run(m, now, tell, NULL, &e) == -1)
			break;
	}
	dumpmerge_eof(m, DUMP_FROM_VM);
	dumpmerge_eof(m, DUMP_TO_VM);
	if (dumpmerge_run(m, now, tell, NULL, &e) != -1 && dumpmerge_waits(m))
		abort();
	dumpmerge_free(m);
	return 0;
}
