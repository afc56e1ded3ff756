/* SPDX-License-Identifier: ISC */
/* rtnl.c - fuzz the reader of rtnetlink dumps */
#include <stddef.h>
#include <stdint.h>

#include "hostif.h"
#include "rtnl.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hostifs h = { 0 };
	struct rtnl_dump d = { .into = &h };
	struct qerr e;

	rtnl_take(&d, data, len, &e);
	for (size_t i = 0; i < h.nifs; i++)
		hostif_by_index(&h, h.ifs[i].master);
	hostifs_free(&h);
	return 0;
}
