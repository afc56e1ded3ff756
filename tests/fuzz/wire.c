/* SPDX-License-Identifier: ISC */
/* wire.c - fuzz the reader of ARP and DHCP packets */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "wire.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct wire_fact f = { .ip = 0 };

	/* What it says must be somebody's address. */
	if (wire_read(data, len, &f) && (f.ip == 0 || (f.mac[0] & 1)))
		abort();
	return 0;
}
