/* SPDX-License-Identifier: ISC */
/* logsrc.c - where the system keeps its log: not supported on this system */
#include <stddef.h>

#include "logsrc.h"

const char *
logsrc_unified(void)
{
	return NULL;
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
	return qerr_set(e, QERR_FAIL, "kernel records are not supported on "
	    "this system");
}
