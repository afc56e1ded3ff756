/* SPDX-License-Identifier: ISC */
/* capfiles.c - the files of a capture: their names, in tcpdump's way */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "capfiles.h"
#include "strv.h"
#include "text.h"

#define NSEC	UINT64_C(1000000000)

/* Digits of the greatest number; none for a single file. */
static int
digits(unsigned count)
{
	int n = 0;

	for (unsigned last = count > 0 ? count - 1 : 0; last > 0; last /= 10)
		n++;
	return n;
}

/* What strftime(3) makes of the name; it may not even fit. */
static int
fill_in(const char *name, uint64_t start_ns, char *buf, size_t size,
    struct qerr *e)
{
	time_t t = start_ns != 0 ? (time_t)(start_ns / NSEC) : time(NULL);
	char show[TEXT_SHOWSZ];
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL ||
	    strftime(buf, size, name, &tm) == 0)
		return qerr_set(e, QERR_INPUT, "%s does not make a file name",
		    text_show(name, show));
	return 0;
}

char *
capfiles_name(const struct capfiles *f, uint64_t start_ns, struct qerr *e)
{
	int width = f->by_size ? digits(f->count) : 0;
	char buf[PATH_MAX];
	const char *name = f->name;

	if (f->by_time) {
		if (fill_in(f->name, start_ns, buf, sizeof(buf), e) == -1)
			return NULL;
		name = buf;
	}
	if (f->number == 0 && width == 0)
		return xstrdup(name);
	return xasprintf("%s%0*u", name, width, f->number);
}

int
capfiles_turn(struct capfiles *f, enum capout_why why, uint64_t start_ns,
    struct qerr *e)
{
	char *name;
	int rc;

	if (why == CAPOUT_FINISH) {
		rc = outfile_commit(&f->file, e);
		outfile_discard(&f->file);
		return rc;
	}
	if (why == CAPOUT_TIME)
		f->number = 0;
	else if (++f->number == f->count)
		f->number = 0;
	if ((name = capfiles_name(f, start_ns, e)) == NULL)
		return -1;
	rc = outfile_open(&f->file, name, e);
	free(name);
	return rc == -1 ? -1 : f->file.fd;
}

int
capfiles_keep_part(struct capfiles *f, struct qerr *e)
{
	return outfile_keep_part(&f->file, e);
}

void
capfiles_release(struct capfiles *f)
{
	outfile_discard(&f->file);
}

int
capfiles_parse_size(const char *s, uint64_t *bytes)
{
	static const struct {
		const char *suffix;
		uint64_t unit;
	} units[] = { { "", 1000000 }, { "k", 1 << 10 }, { "K", 1 << 10 },
		{ "m", 1 << 20 }, { "M", 1 << 20 }, { "g", 1 << 30 },
		{ "G", 1 << 30 } };
	unsigned long long n;
	char *end;

	if (*s < '0' || *s > '9')
		return -1;
	errno = 0;
	n = strtoull(s, &end, 10);
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(end, units[i].suffix) == 0 && errno == 0 && n > 0 &&
		    n <= INT64_MAX / units[i].unit) {
			*bytes = n * units[i].unit;
			return 0;
		}
	return -1;
}
