/* SPDX-License-Identifier: ISC */
/* ifwatchdirs.c - hear when the registry of labs may have changed */
#include <dirent.h>
#include <stdlib.h>

#include "ifwatch.h"
#include "state.h"
#include "strv.h"

/* root, a directory for each lab, in it one for each VM. */
#define DEPTH	2

static void
watch(struct ifwatch *w, const char *path, int depth)
{
	struct dirent *d;
	DIR *dir;

	ifwatch_dir(w, path);
	dir = depth > 0 ? opendir(path) : NULL;
	while (dir != NULL && (d = readdir(dir)) != NULL) {
		char *sub;

		if (*d->d_name == '.')
			continue;
		sub = xasprintf("%s/%s", path, d->d_name);
		watch(w, sub, depth - 1);
		free(sub);
	}
	if (dir != NULL)
		closedir(dir);
}

void
ifwatch_registry(struct ifwatch *w)
{
	const char *root = state_root(false, NULL);

	if (root != NULL)
		watch(w, root, DEPTH);
}
