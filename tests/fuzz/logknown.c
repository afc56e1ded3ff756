/* SPDX-License-Identifier: ISC */
/* logknown.c - fuzz the patterns of known messages */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "logknown.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require_inside(struct slice s, struct slice whole)
{
	if (s.s != NULL && (s.len == 0 || s.s < whole.s ||
	    s.s + s.len > whole.s + whole.len))
		abort();
}

/* The process, a NUL, the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	size_t n = strnlen(s, size);
	struct logrec r;

	if (n == size)
		return 0;
	logrec_clear(&r);
	r.process = (struct slice){ s, n };
	r.message = (struct slice){ s + n + 1, size - n - 1 };
	logknown_apply(&r);
	if (r.known == NULL && r.event != LOGREC_NOEVENT)
		abort();
	require_inside(r.ifname, r.message);
	require_inside(r.mac, r.message);
	require_inside(r.ip, r.message);
	return 0;
}
