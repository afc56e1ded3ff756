/* SPDX-License-Identifier: ISC */
/* timetext.c - times for people and for programs */
#include <stdio.h>
#include <time.h>

#include "timetext.h"

char *
time_span(int64_t seconds, char buf[TIME_SPANSZ])
{
	long long s = seconds > 0 ? seconds : 0;

	if (s < 60)
		snprintf(buf, TIME_SPANSZ, "%llds", s);
	else if (s < 3600)
		snprintf(buf, TIME_SPANSZ, "%lldm%02llds", s / 60, s % 60);
	else if (s < 86400)
		snprintf(buf, TIME_SPANSZ, "%lldh%02lldm", s / 3600,
		    s % 3600 / 60);
	else
		snprintf(buf, TIME_SPANSZ, "%lldd%02lldh", s / 86400,
		    s % 86400 / 3600);
	return buf;
}

char *
time_rfc3339(int64_t us, char buf[TIME_RFC3339SZ])
{
	time_t s = (time_t)(us / 1000000);
	char day[32] = "", zone[8] = "+0000";
	int frac = (int)(us % 1000000);
	struct tm tm;

	if (frac < 0) {
		frac += 1000000;
		s--;
	}
	if (localtime_r(&s, &tm) != NULL) {
		strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
		strftime(zone, sizeof(zone), "%z", &tm);
	}
	snprintf(buf, TIME_RFC3339SZ, "%s.%06d%.3s:%s", day, frac, zone,
	    zone + 3);
	return buf;
}
