/* SPDX-License-Identifier: ISC */
/* psread.c - fuzz the reader of ps' output, and what doubts it (pscheck.h) */
#include <stddef.h>
#include <stdint.h>

#include "pscheck.h"
#include "psread.h"
#include "savedtext.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct findings found = { 0 };
	struct facts f = { 0 };
	struct psread ps;
	struct paste p;

	paste_init(&p, (const char *)data, len);
	psread_init(&ps, &f, &found);
	/* As who has wrapped it would have: by the input's length, or not. */
	ps.wrap = len % 4 == 0 ? 40 + len / 4 % 64 : 0;
	for (size_t i = 0; i < p.n; i++)
		psread_line(&ps, p.lines[i],
		    paste_indent(&p, i) + strlen(p.lines[i]), (int)i + 1,
		    p.cut && i + 1 == p.n);
	psread_end(&ps);
	/* One QEMU each; of two in one nothing is left, and that is told. */
	for (size_t i = 0; i < f.nprocs; i++)
		if (f.procs[i].argv == NULL || f.procs[i].id.pid < 0 ||
		    (f.procs[i].argv[0] == NULL && found.n == 0) ||
		    (f.procs[i].argv[0] != NULL && !f.procs[i].argv_cut &&
		    pscheck_is_two(f.procs[i].argv)))
			abort();
	check_findings(&found, p.n);
	psread_release(&ps);
	paste_free(&p);
	facts_free(&f);
	findings_free(&found);
	return 0;
}
