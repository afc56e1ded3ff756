/* SPDX-License-Identifier: ISC */
/* timetext.h - times for people and for programs */
#ifndef QLAB_TIMETEXT_H
#define QLAB_TIMETEXT_H

#include <stdint.h>

#include "qerr.h"

#define TIME_SPANSZ	32
#define TIME_RFC3339SZ	48

/* "42s", "3m07s", "5h01m", "12d03h"; below 0 is "0s".  Returns buf. */
char	*time_span(int64_t seconds, char buf[TIME_SPANSZ]);
/*
 * Microseconds since the epoch as RFC 3339 with microseconds and the local
 * zone.  Returns buf.
 */
char	*time_rfc3339(int64_t us, char buf[TIME_RFC3339SZ]);

/*
 * A time as people give it, in microseconds since the epoch: "3m" (s, m, h, d)
 * before now; "10:39", "10:39:02", the last such before now; a day
 * "2026-11-22", with "T" or a blank and a clock time behind it, a fraction, and
 * "Z" or an offset, local time without; "@1700000000".  QERR_INPUT else.
 */
int	time_parse(const char *text, int64_t now_us, int64_t *us,
	    struct qerr *e);

#endif
