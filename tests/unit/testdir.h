/* SPDX-License-Identifier: ISC */
/* testdir.h - what a test made on disk goes */
#ifndef QLAB_TESTDIR_H
#define QLAB_TESTDIR_H

#include <stdlib.h>

#include "strv.h"

/* rm -rf; its exit status. */
static int
remove_all(const char *path)
{
	char *cmd = xasprintf("rm -rf '%s'", path);
	int rc = system(cmd);

	free(cmd);
	return rc;
}

#endif
