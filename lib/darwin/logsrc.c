/* SPDX-License-Identifier: ISC */
/* logsrc.c - where macOS keeps its log */
#include "logsrc.h"

const char *
logsrc_unified(void)
{
	/* By its path: zsh has a builtin of that name. */
	return "/usr/bin/log";
}

bool
logsrc_journal(void)
{
	return false;
}

int
logsrc_kernel(int64_t *boot_us, struct qerr *e)
{
	(void)boot_us;
	return qerr_set(e, QERR_FAIL, "the kernel's records are in the unified "
	    "log");
}
