/* SPDX-License-Identifier: ISC */
/* bpfread.c - fuzz the reader of BSD's packet filter buffers */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "bpfread.h"
#include "capway.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	struct capsrc_packet p;
	size_t pos = 0, was = 0;
	unsigned sum = 0;

	while (bpfread_record(data, len, &pos, &p) == 1) {
		if (pos <= was || pos > len)
			abort();
		was = pos;
		for (uint32_t i = 0; i < p.caplen; i++)
			sum += p.data[i];
		capway_tell(&p, sum % 2 == 0 ? mac : NULL, CAPSRC_IN);
	}
	return 0;
}
