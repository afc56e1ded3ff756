/* SPDX-License-Identifier: ISC */
/* ifwatch.c - hear when the map may have changed: not on this system */
#include <stdlib.h>

#include "ifwatch.h"
#include "strv.h"

struct ifwatch {
	char none;
};

struct ifwatch *
ifwatch_new(struct loop *l, loop_fn *fn, void *arg)
{
	(void)l;
	(void)fn;
	(void)arg;
	return xcalloc(1, sizeof(struct ifwatch));
}

void
ifwatch_free(struct ifwatch *w)
{
	free(w);
}

void
ifwatch_spaces(struct ifwatch *w, const struct fact_space *s, size_t n)
{
	(void)w;
	(void)s;
	(void)n;
}

void
ifwatch_proc(struct ifwatch *w, pid_t pid)
{
	(void)w;
	(void)pid;
}

void
ifwatch_dir(struct ifwatch *w, const char *path)
{
	(void)w;
	(void)path;
}

bool
ifwatch_clocks(struct asleep_clocks *c)
{
	(void)c;
	return false;
}
