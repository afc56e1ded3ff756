/* SPDX-License-Identifier: ISC */
/* timetext.h - times for people and for programs */
#ifndef QLAB_TIMETEXT_H
#define QLAB_TIMETEXT_H

#include <stdint.h>

#define TIME_SPANSZ	32
#define TIME_RFC3339SZ	48

/* "42s", "3m07s", "5h01m", "12d03h"; less than nothing is "0s".  Returns buf. */
char	*time_span(int64_t seconds, char buf[TIME_SPANSZ]);
/*
 * Microseconds since the epoch as RFC 3339 with microseconds and the local
 * zone.  Returns buf.
 */
char	*time_rfc3339(int64_t us, char buf[TIME_RFC3339SZ]);

#endif
