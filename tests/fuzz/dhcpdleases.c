/* SPDX-License-Identifier: ISC */
/* dhcpdleases.c - fuzz the reader of lease files */
#include <stddef.h>
#include <stdint.h>

#include "dhcpdleases.h"
#include "savedtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct findings found = { 0 };
	struct leases ls = { 0 };
	struct dhcpdleases d;
	struct paste p;

	paste_init(&p, (const char *)data, len);
	dhcpdleases_init(&d, &found);
	for (size_t i = 0; i < p.n; i++)
		dhcpdleases_line(&d, p.lines[i], (int)i + 1);
	dhcpdleases_end(&d);
	dhcpdleases_take(&d, &ls);
	for (size_t i = 0; i < ls.n; i++)
		if (ls.l[i].expiry < 0 ||
		    strlen(ls.l[i].host) >= sizeof(ls.l[i].host))
			abort();
	check_findings(&found, p.n);
	dhcpdleases_release(&d);
	leases_free(&ls);
	paste_free(&p);
	findings_free(&found);
	return 0;
}
