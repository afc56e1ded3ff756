/* SPDX-License-Identifier: ISC */
/* saved.c - fuzz all texts at once */
#include <stddef.h>
#include <stdint.h>

#include "saved.h"
#include "savedtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct findings found = { 0 };
	struct strv asks = { 0 };
	struct facts f = { 0 };
	size_t nl = 0, cr = 0;	/* old Macs' line ends, where alone */
	struct qerr e;

	for (size_t i = 0; i < len; i++) {
		nl += data[i] == '\n';
		cr += data[i] == '\r';
	}
	saved_read(&f, (const char *)data, len, &found, &asks, &e);
	check_ifs(&f.spaces[0].ifs);
	check_findings(&found, 1 + (nl > 0 ? nl : cr));
	facts_free(&f);
	findings_free(&found);
	strv_free(&asks);
	return 0;
}
