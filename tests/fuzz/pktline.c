/* SPDX-License-Identifier: ISC */
/* pktline.c - fuzz the one-line description of packets */
#include <stdlib.h>
#include <string.h>

#include "pktline.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct capsrc_packet p = { .len = (uint32_t)len,
		.caplen = (uint32_t)len, .data = data };
	char buf[PKTLINE_SZ];

	pktline(&p, LINKTYPE_ETHERNET, buf);
	for (const char *s = buf; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			abort();
	if (strstr(buf, ", length ") == NULL)
		abort();
	pktline(&p, 101, buf);
	return 0;
}
