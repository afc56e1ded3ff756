/* SPDX-License-Identifier: ISC */
/* hostif.c - interfaces, where this system's are not known */
#include "hostif.h"

int
hostifs_get(struct hostifs *h, struct qerr *e)
{
	(void)h;
	return qerr_set(e, QERR_FAIL,
	    "reading the interfaces is not supported on this system");
}

int
hostifs_get_routes(struct hostifs *h, struct qerr *e)
{
	(void)h;
	return qerr_set(e, QERR_FAIL,
	    "reading the routes is not supported on this system");
}
