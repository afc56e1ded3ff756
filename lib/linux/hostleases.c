/* SPDX-License-Identifier: ISC */
/* hostleases.c - what this host's own DHCP servers have given out (Linux) */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>

#include "hostleases.h"

/* A directory that may not be read is told; one that is not there is not. */
struct denied {
	bool any;
	struct qerr e;
};

static struct denied *told;

static int
on_error(const char *path, int error)
{
	if (error != ENOENT && error != ENOTDIR && !told->any) {
		errno = error;
		qerr_sys(&told->e, "cannot read '%s'", path);
		told->any = true;
	}
	return 0;
}

static void
read_all(struct leases *out, const char *pattern,
    int (*load)(struct leases *, const char *, struct qerr *),
    struct denied *d)
{
	struct leases some;
	struct qerr e;
	glob_t g;

	told = d;
	if (glob(pattern, 0, on_error, &g) != 0)
		return;
	for (size_t i = 0; i < g.gl_pathc; i++) {
		if (load(&some, g.gl_pathv[i], &e) == 0)
			leases_append(out, &some);
		else if (!d->any) {
			d->e = e;
			d->any = true;
		}
	}
	globfree(&g);
}

int
hostleases_read(struct leases *out, struct qerr *e)
{
	static const struct {
		const char *pattern;
		int (*load)(struct leases *, const char *, struct qerr *);
	} places[] = {
		{ "/var/lib/misc/dnsmasq*.leases", leases_load },
		{ "/var/lib/dnsmasq/*.leases", leases_load },
		{ "/var/lib/libvirt/dnsmasq/*.leases", leases_load },
		{ "/var/lib/libvirt/dnsmasq/*.status", leases_load_status },
	};
	struct denied d = { 0 };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		read_all(out, places[i].pattern, places[i].load, &d);
	if (d.any && e != NULL)
		*e = d.e;
	return d.any ? -1 : 0;
}
