/* SPDX-License-Identifier: ISC */
/* outfile.c - an output file that is whole or not there */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "outfile.h"
#include "strv.h"

#define MAX_LINKS	8
#define MODE_BITS	0777

/* Where links lead, also to what is not there yet.  Caller frees. */
static char *
follow(const char *path, int links)
{
	const char *slash = strrchr(path, '/');
	char buf[PATH_MAX], *to, *end;
	ssize_t n;

	if (realpath(path, buf) != NULL)
		return xstrdup(buf);
	n = readlink(path, buf, sizeof(buf) - 1);
	if (n <= 0 || links == 0)
		return xstrdup(path);
	buf[n] = '\0';
	to = *buf == '/' || slash == NULL ? xstrdup(buf) :
	    xasprintf("%.*s/%s", (int)(slash - path), path, buf);
	end = follow(to, links - 1);
	free(to);
	return end;
}

/*
 * mkstemp(3) makes it 0600; give it the mode that open(2) would have, or that
 * of the file which it is to replace (NULL: none), and its owner.
 */
static int
open_temp(struct outfile *o, const struct stat *old)
{
	mode_t mask = umask(0);

	umask(mask);
	o->temp = xasprintf("%s.XXXXXX", o->path);
	if ((o->fd = mkostemp(o->temp, O_CLOEXEC)) == -1) {
		free(o->temp);
		o->temp = NULL;
		return -1;
	}
	/* Who may not give files away keeps it. */
	if (old != NULL && fchown(o->fd, old->st_uid, old->st_gid) == -1)
		errno = 0;
	return fchmod(o->fd, old != NULL ? old->st_mode & MODE_BITS :
	    0666 & ~mask);
}

int
outfile_open(struct outfile *o, const char *path, struct qerr *e)
{
	struct stat st;
	bool old;

	*o = (struct outfile)OUTFILE_INIT;
	o->path = follow(path, MAX_LINKS);
	old = stat(o->path, &st) == 0;
	if (!old || S_ISREG(st.st_mode)) {
		if (open_temp(o, old ? &st : NULL) == 0)
			return 0;
		qerr_sys(e, "cannot create '%s'", path);
	} else {
		if ((o->fd = open(o->path, O_WRONLY | O_CLOEXEC)) != -1)
			return 0;
		qerr_sys(e, "cannot open '%s'", path);
	}
	outfile_discard(o);
	return -1;
}

/* Some file systems say only here that there was no room. */
static int
close_it(struct outfile *o, struct qerr *e)
{
	int fd = o->fd;

	o->fd = -1;
	if (close(fd) == -1 && errno != EINTR)
		return qerr_sys(e, "cannot write '%s'", o->path);
	return 0;
}

static int
rename_to(struct outfile *o, const char *name, struct qerr *e)
{
	if (o->temp == NULL)
		return 0;
	if (rename(o->temp, name) == -1)
		return qerr_sys(e, "cannot rename '%s' to '%s'", o->temp, name);
	free(o->temp);
	o->temp = NULL;
	return 0;
}

int
outfile_commit(struct outfile *o, struct qerr *e)
{
	if (close_it(o, e) == -1)
		return -1;
	if (rename_to(o, o->path, e) == 0)
		return 0;
	/* It is whole: discarding is not for this one. */
	free(o->temp);
	o->temp = NULL;
	return -1;
}

int
outfile_keep_part(struct outfile *o, struct qerr *e)
{
	char *name;
	int rc;

	if (close_it(o, e) == -1)
		return -1;
	name = xasprintf("%s.part", o->path);
	rc = rename_to(o, name, e);
	free(name);
	return rc;
}

void
outfile_discard(struct outfile *o)
{
	if (o->fd != -1)
		close(o->fd);
	if (o->temp != NULL)
		unlink(o->temp);
	free(o->temp);
	free(o->path);
	*o = (struct outfile)OUTFILE_INIT;
}
