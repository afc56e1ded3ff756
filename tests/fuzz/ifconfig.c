/* SPDX-License-Identifier: ISC */
/* ifconfig.c - fuzz the reader of ifconfig's output */
#include <stddef.h>
#include <stdint.h>

#include "ifconfig.h"
#include "savedtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct findings found = { 0 };
	struct hostifs h = { 0 };
	struct ifconfig c;
	struct iftable t;
	struct paste p;

	paste_init(&p, (const char *)data, len);
	iftable_init(&t, &h, &found);
	ifconfig_init(&c, &t);
	for (size_t i = 0; i < p.n; i++)
		ifconfig_line(&c, p.lines[i], (int)i + 1);
	check_ifs(&h);
	check_findings(&found, p.n);
	ifconfig_release(&c);
	iftable_release(&t);
	paste_free(&p);
	hostifs_free(&h);
	findings_free(&found);
	return 0;
}
