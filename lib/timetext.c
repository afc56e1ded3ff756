/* SPDX-License-Identifier: ISC */
/* timetext.c - times for people and for programs */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "logtime.h"
#include "strv.h"
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

/* "3m"; also "@SECONDS", which is no span. */
static bool
parse_seconds(const char *text, int64_t now_us, int64_t *us)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 },
		{ 'd', 86400 } };
	bool at = *text == '@';
	char *end;
	int64_t n;

	if (text[at] < '0' || text[at] > '9')
		return false;
	errno = 0;
	n = strtoll(text + at, &end, 10);
	if (errno != 0 || n > INT64_C(100000000000))
		return false;
	if (at) {
		*us = n * 1000000;
		return *end == '\0';
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (*end == units[i].unit && end[1] == '\0' &&
		    n < INT64_C(10000000000) / units[i].seconds) {
			*us = now_us - n * units[i].seconds * 1000000;
			return true;
		}
	return false;
}

/* Fill up what may be left out: a clock time's seconds, a day's clock time. */
static char *
full_time(const char *text)
{
	const char *clock = strchr(text, ':'), *zone;
	size_t n;

	if (clock == NULL)
		return xasprintf("%s 00:00:00", text);
	n = (size_t)(clock - text) + 3;
	if (strlen(text) < n || text[n] == ':')
		return xstrdup(text);
	zone = text + n;
	return xasprintf("%.*s:00%s", (int)n, text, zone);
}

int
time_parse(const char *text, int64_t now_us, int64_t *us, struct qerr *e)
{
	char *full = full_time(text);
	struct slice s = slice_str(full);
	struct logtime_ref ref;
	int16_t zone;
	bool ok;

	logtime_ref_init(&ref, now_us);
	ok = parse_seconds(text, now_us, us) ||
	    ((logtime_iso(&s, &ref, us, &zone) ||
	    logtime_clock(&s, &ref, us)) && s.len == 0);
	free(full);
	return ok ? 0 : qerr_set(e, QERR_INPUT, "'%s' is no time: write 3m, "
	    "10:39, 2026-11-22 10:39:02, or RFC 3339", text);
}
