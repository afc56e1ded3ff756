/* SPDX-License-Identifier: ISC */
/* logsrc.h - OS contract: where this system keeps its log */
#ifndef QLAB_LOGSRC_H
#define QLAB_LOGSRC_H

#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"

/* The program that reads Apple's unified log; NULL where there is none. */
const char *logsrc_unified(void);

/* Does a systemd journal keep records here, for journalctl(1) to read? */
bool	logsrc_journal(void);

/*
 * The kernel's own records, each to be had by one read(2) of 8 KiB or more,
 * in the format of Linux' /dev/kmsg; non-blocking, from the oldest one kept.
 * Their times count from *boot_us, microseconds since the epoch.  -1 where they
 * cannot be had; QERR_PERM: who may.
 */
int	logsrc_kernel(int64_t *boot_us, struct qerr *e);

#endif
