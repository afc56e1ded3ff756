/* SPDX-License-Identifier: ISC */
/* statedir.h - a state directory of the test's own */
#ifndef QLAB_STATEDIR_H
#define QLAB_STATEDIR_H

#include <stdlib.h>
#include <unistd.h>

#include "testdir.h"

static char *top, *root;	/* a directory for the test; the state in it */

static int
setup(void **state)
{
	char tmpl[] = "/tmp/qlab-state-test.XXXXXX";

	(void)state;
	if (mkdtemp(tmpl) == NULL)
		return -1;
	top = xstrdup(tmpl);
	root = xasprintf("%s/s", top);
	setenv("QLAB_STATE", root, 1);
	setenv("XDG_STATE_HOME", top, 1);
	unsetenv("SUDO_UID");
	return 0;
}

static int
teardown(void **state)
{
	int rc = remove_all(top);

	(void)state;
	free(top);
	free(root);
	return rc;
}

#endif
