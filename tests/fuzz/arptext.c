/* SPDX-License-Identifier: ISC */
/* arptext.c - fuzz the reader of arp's and ip neigh's output */
#include <stddef.h>
#include <stdint.h>

#include "arptext.h"
#include "savedtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct findings found = { 0 };
	struct hostifs h = { 0 };
	struct iftable t;
	struct paste p;

	paste_init(&p, (const char *)data, len);
	iftable_init(&t, &h, &found);
	for (size_t i = 0; i < p.n; i++)
		arptext_line(&t, p.lines[i], (int)i + 1,
		    p.cut && i + 1 == p.n);
	check_ifs(&h);
	check_findings(&found, p.n);
	iftable_release(&t);
	paste_free(&p);
	hostifs_free(&h);
	findings_free(&found);
	return 0;
}
