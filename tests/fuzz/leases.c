/* SPDX-License-Identifier: ISC */
/* leases.c - fuzz the readers of lease files */
#include <stdlib.h>
#include <string.h>

#include "leases.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was read must be found again, and hosts have an end. */
static void
check(struct leases *ls)
{
	leases_sort(ls);
	for (size_t i = 0; i < ls->n; i++) {
		size_t left = ls->n + 1;
		const struct lease *l = NULL;

		if (memchr(ls->l[i].host, '\0',
		    sizeof(ls->l[i].host)) == NULL || ls->l[i].expiry < 0)
			abort();
		while ((l = leases_next(ls, ls->l[i].mac, l)) != &ls->l[i])
			if (l == NULL || left-- == 0)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct leases lines, status;

	leases_parse(&lines, (const char *)data, len);
	leases_parse_status(&status, (const char *)data, len);
	check(&lines);
	check(&status);
	leases_append(&lines, &status);
	check(&lines);
	leases_free(&lines);
	return 0;
}
