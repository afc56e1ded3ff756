/* SPDX-License-Identifier: ISC */
/* logtime.h - the times that stand in logs */
#ifndef QLAB_LOGTIME_H
#define QLAB_LOGTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "logrec.h"

/* What completes a time that lacks its year, day or zone. */
struct logtime_ref {
	int64_t us;		/* such a time is the last one before this */
	int64_t clock;		/* the last clock time, or 0 */
	int64_t quarter;	/* local time: the quarter hour last asked */
	int64_t offset;		/* for, and its seconds east */
};

void	logtime_ref_init(struct logtime_ref *ref, int64_t us);	/* 0: now */

/*
 * Each takes a time from the front of *s: sets *us and *zone (LOGREC_NOZONE
 * where it has none: local time) and moves *s behind it.  False, and nothing
 * changed, when there is none.
 *
 *   iso     2025-11-22 10:39:02.123456-0300, also with T, a comma, no fraction,
 *           +09:30, Z, no zone
 *   bsd     Nov 22 10:39:02, also with a fraction
 *   ctime   Sat Nov 22 10:39:02 2025
 *   clock   10:39:02.123, of the day that comes closest to the one before
 */
bool	logtime_iso(struct slice *s, struct logtime_ref *ref, int64_t *us,
	    int16_t *zone);
bool	logtime_bsd(struct slice *s, struct logtime_ref *ref, int64_t *us);
bool	logtime_ctime(struct slice *s, struct logtime_ref *ref, int64_t *us);
bool	logtime_clock(struct slice *s, struct logtime_ref *ref, int64_t *us);

#endif
