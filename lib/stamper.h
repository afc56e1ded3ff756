/* SPDX-License-Identifier: ISC */
/* stamper.h - what a service prints, with the time, into its log */
#ifndef QLAB_STAMPER_H
#define QLAB_STAMPER_H

#include <sys/types.h>

#include "qerr.h"

/*
 * Services stamp their lines to the second, without the year and the zone, or
 * not at all.  So they print into a pipe, and each line gets the time at which
 * it came: "2026-11-26T10:39:02.123456+01:00 dnsmasq-dhcp[3947]: ...".
 */
struct stamper {
	int in, out;		/* the pipe's ends; -1: none */
	int log;
	size_t len;
	char buf[4096];		/* an unfinished line; longer ones are cut up */
};

/* Append to the file at path.  stamper_close() also after a failure. */
int	stamper_open(struct stamper *s, const char *path, struct qerr *e);
/* Take in what there is; never waits. */
void	stamper_run(struct stamper *s);
void	stamper_close(struct stamper *s);

#endif
