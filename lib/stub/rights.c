/* SPDX-License-Identifier: ISC */
/* rights.c - give up all rights, where this system's are not known */
#include <unistd.h>

#include "rights.h"

int
rights_drop(struct qerr *e)
{
	if (geteuid() != 0 && getuid() != 0)
		return 0;
	return qerr_set(e, QERR_FAIL,
	    "dropping rights is not supported on this system");
}

int
rights_confine(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL,
	    "refusing system calls is not supported on this system");
}
