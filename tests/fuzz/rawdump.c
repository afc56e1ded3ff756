/* SPDX-License-Identifier: ISC */
/* rawdump.c - fuzz dumps of a Mac's kernel, read and made */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rawdump.h"
#include "savedtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* No longer than what it is made of. */
static void
make(const uint8_t *data, size_t len)
{
	struct rawdump_mask m = { .words = { "secret", "" } };
	char *line = rawdump_line(&m, (enum rawdump_kind)(data[0] % 6), "x",
	    data + 1, len - 1, 0);

	if (strlen(line) > 16 + 2 * len)
		abort();
	free(line);
	rawdump_mask_release(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct findings found = { 0 };
	struct facts f = { 0 };
	size_t lines = 1;
	struct qerr e;

	for (size_t i = 0; i < len; i++)
		lines += data[i] == '\n';
	rawdump_read(&f, (const char *)data, len, &found, &e);
	check_ifs(&f.spaces[0].ifs);
	check_findings(&found, lines);
	facts_free(&f);
	findings_free(&found);
	if (len > 0)
		make(data, len);
	return 0;
}
