/* SPDX-License-Identifier: ISC */
/* qemuimg.h - disk images, by way of qemu-img */
#ifndef QLAB_QEMUIMG_H
#define QLAB_QEMUIMG_H

#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"

/*
 * Files are paths as lab_path() makes them: usable from here, and never taken
 * for an option or a protocol.  Messages quote them.  qemu-img missing, an
 * image that it does not like, or one that a running QEMU holds: QERR_FAIL.
 */

/* The format, "qcow2", "raw", ...; free it.  NULL and *e on error. */
char	*qemuimg_format(const char *file, struct qerr *e);

/*
 * Make a qcow2 overlay on base, unless file is there already (then nothing is
 * done, returns 0).  base is stored relative to the overlay when it lies in or
 * below the overlay's directory, so that the two can be moved together, else
 * as an absolute path.  File appears whole or not at all; what a process that
 * was killed at it left half made beside it is removed.
 */
int	qemuimg_overlay(const char *file, const char *base, struct qerr *e);
/* A new qcow2 image of that size; the same rules. */
int	qemuimg_create(const char *file, uint64_t bytes, struct qerr *e);
/*
 * Put an empty overlay on base in file's place.  Refused while a QEMU runs on
 * file; on failure the old one stays.
 */
int	qemuimg_reset(const char *file, const char *base, struct qerr *e);

/*
 * Does another process hold the image so that a VM that writes (or, with
 * write false, only reads) could not open it?  Looks at the locks that QEMU
 * puts on its images (documented in its block/file-posix.c); a file that
 * cannot be opened, or a system whose QEMU takes no locks: false.
 */
bool	qemuimg_in_use(const char *file, bool write);

#endif
