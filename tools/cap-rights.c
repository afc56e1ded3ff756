/* SPDX-License-Identifier: ISC */
/* cap-rights.c - qlab-cap's processes that look at packets hold no rights */
#include <time.h>

#include "cap-rights.h"
#include "rights.h"
#include "tool.h"

int
cap_rights_give_up(struct qerr *e)
{
	struct qerr why;

	/* The time zone is in a file. */
	tzset();
	if (rights_drop(e) == -1)
		return -1;
	if (rights_confine(&why) == -1 && why.sys != 0)
		tool_say("%s; going on without", why.msg);
	return 0;
}
