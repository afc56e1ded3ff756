/* SPDX-License-Identifier: ISC */
/* logtime.c - the times that stand in logs */
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "logtime.h"

#define DAY	86400

/* Broken down, without a zone. */
struct civil {
	int64_t year;
	unsigned int mon, day, hour, min, sec, us;
};

void
logtime_ref_init(struct logtime_ref *ref, int64_t us)
{
	struct timeval tv;

	memset(ref, 0, sizeof(*ref));
	gettimeofday(&tv, NULL);
	ref->us = us != 0 ? us : tv.tv_sec * INT64_C(1000000) + tv.tv_usec;
	ref->quarter = INT64_MIN;
}

/* Exactly n digits, at most max. */
static bool
digits(struct slice *s, unsigned int n, unsigned int max, unsigned int *v)
{
	unsigned int x = 0;

	if (s->len < n)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int d = (unsigned char)s->s[i] - '0';

		if (d > 9)
			return false;
		x = x * 10 + d;
	}
	if (x > max)
		return false;
	*v = x;
	slice_skip(s, n);
	return true;
}

/* HH:MM:SS, then a fraction of which six digits count. */
static bool
clock_time(struct slice *s, struct civil *c)
{
	unsigned int scale = 100000;

	if (!digits(s, 2, 23, &c->hour) || !slice_take(s, ':') ||
	    !digits(s, 2, 59, &c->min) || !slice_take(s, ':') ||
	    !digits(s, 2, 60, &c->sec))
		return false;
	c->us = 0;
	if (s->len < 2 || (*s->s != '.' && *s->s != ',') || s->s[1] < '0' ||
	    s->s[1] > '9')
		return true;
	slice_skip(s, 1);
	while (s->len > 0 && *s->s >= '0' && *s->s <= '9') {
		c->us += (unsigned int)(*s->s - '0') * scale;
		scale /= 10;
		slice_skip(s, 1);
	}
	return true;
}

/* Days since 1970-01-01 of the Gregorian calendar, years 0 to 9999. */
static int64_t
days(int64_t year, unsigned int mon, unsigned int day)
{
	int64_t y = mon <= 2 ? year - 1 : year, era = (y + 400) / 400 - 1;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (mon + (mon > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int64_t
civil_seconds(const struct civil *c)
{
	return days(c->year, c->mon, c->day) * DAY + c->hour * 3600 +
	    c->min * 60 + c->sec;
}

/* Local time to UTC: offsets change at quarter hours only. */
static int64_t
local_us(struct logtime_ref *ref, const struct civil *c)
{
	int64_t sec = civil_seconds(c), quarter = sec / 900;

	if (quarter != ref->quarter) {
		struct tm tm = {
			.tm_year = (int)c->year - 1900,
			.tm_mon = (int)c->mon - 1,
			.tm_mday = (int)c->day,
			.tm_hour = (int)c->hour,
			.tm_min = (int)c->min,
			.tm_sec = (int)c->sec,
			.tm_isdst = -1,
		};

		ref->offset = sec - (int64_t)mktime(&tm);
		ref->quarter = quarter;
	}
	return (sec - ref->offset) * 1000000 + c->us;
}

static bool
day_exists(const struct civil *c)
{
	static const unsigned char len[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	bool leap = c->year % 4 == 0 &&
	    (c->year % 100 != 0 || c->year % 400 == 0);

	return c->mon >= 1 && c->mon <= 12 && c->day >= 1 &&
	    c->day <= len[c->mon - 1] + (leap && c->mon == 2 ? 1U : 0U);
}

/* Z, +HHMM, +HH:MM, +HH; a blank may stand before the sign. */
static int16_t
zone_minutes(struct slice *s)
{
	struct slice t = *s;
	unsigned int h, m = 0;
	bool west;

	if (slice_take(&t, 'Z')) {
		*s = t;
		return 0;
	}
	if (t.len > 1 && *t.s == ' ' && (t.s[1] == '+' || t.s[1] == '-'))
		slice_skip(&t, 1);
	west = t.len > 0 && *t.s == '-';
	if ((!slice_take(&t, '+') && !slice_take(&t, '-')) ||
	    !digits(&t, 2, 23, &h))
		return LOGREC_NOZONE;
	if (t.len > 2 && *t.s == ':' && t.s[1] >= '0' && t.s[1] <= '9')
		slice_skip(&t, 1);
	if (t.len > 0 && *t.s >= '0' && *t.s <= '9' && !digits(&t, 2, 59, &m))
		return LOGREC_NOZONE;
	*s = t;
	return (int16_t)(west ? -(int)(h * 60 + m) : (int)(h * 60 + m));
}

bool
logtime_iso(struct slice *s, struct logtime_ref *ref, int64_t *us,
    int16_t *zone)
{
	struct slice t = *s;
	struct civil c;
	unsigned int year;

	if (!digits(&t, 4, 9999, &year) || !slice_take(&t, '-') ||
	    !digits(&t, 2, 12, &c.mon) || !slice_take(&t, '-') ||
	    !digits(&t, 2, 31, &c.day) ||
	    (!slice_take(&t, ' ') && !slice_take(&t, 'T')) ||
	    !clock_time(&t, &c))
		return false;
	c.year = year;
	if (!day_exists(&c))
		return false;
	*zone = zone_minutes(&t);
	*us = *zone == LOGREC_NOZONE ? local_us(ref, &c) :
	    (civil_seconds(&c) - *zone * 60) * 1000000 + c.us;
	*s = t;
	return true;
}

static bool
month(struct slice *s, unsigned int *mon)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (s->len < 3)
		return false;
	for (unsigned int i = 0; i < 12; i++)
		if (memcmp(s->s, names + i * 3, 3) == 0) {
			*mon = i + 1;
			slice_skip(s, 3);
			return slice_take(s, ' ');
		}
	return false;
}

/* "Nov 22 10:39:02", "Nov  2 ..." */
static bool
month_day_clock(struct slice *s, struct civil *c)
{
	if (!month(s, &c->mon))
		return false;
	if (slice_take(s, ' ')) {
		if (!digits(s, 1, 9, &c->day))
			return false;
	} else if (!digits(s, 2, 31, &c->day))
		return false;
	return slice_take(s, ' ') && clock_time(s, c);
}

bool
logtime_bsd(struct slice *s, struct logtime_ref *ref, int64_t *us)
{
	struct slice t = *s;
	struct civil c;
	time_t now = (time_t)(ref->us / 1000000);
	struct tm tm;

	if (!month_day_clock(&t, &c) || localtime_r(&now, &tm) == NULL)
		return false;
	/*
	 * A year ahead for the new year's night; back to a leap year.  The log
	 * of another zone may be a day ahead.
	 */
	c.year = tm.tm_year + 1901;
	for (int i = 0; i < 10; i++, c.year--) {
		if (!day_exists(&c))
			continue;
		*us = local_us(ref, &c);
		if (*us <= ref->us + INT64_C(1000000) * DAY) {
			*s = t;
			return true;
		}
	}
	return false;
}

bool
logtime_ctime(struct slice *s, struct logtime_ref *ref, int64_t *us)
{
	static const char names[] = "SunMonTueWedThuFriSat";
	struct slice t = *s;
	unsigned int year, i;
	struct civil c;

	for (i = 0; i < 7; i++)
		if (t.len > 3 && memcmp(t.s, names + i * 3, 3) == 0)
			break;
	if (i == 7)
		return false;
	slice_skip(&t, 3);
	if (!slice_take(&t, ' ') || !month_day_clock(&t, &c) ||
	    !slice_take(&t, ' ') || !digits(&t, 4, 9999, &year))
		return false;
	c.year = year;
	if (!day_exists(&c))
		return false;
	*us = local_us(ref, &c);
	*s = t;
	return true;
}

bool
logtime_clock(struct slice *s, struct logtime_ref *ref, int64_t *us)
{
	const int64_t day = INT64_C(1000000) * DAY;
	time_t ref_s = (time_t)(ref->us / 1000000);
	struct slice t = *s;
	struct civil c;
	struct tm tm;

	if (!clock_time(&t, &c) || localtime_r(&ref_s, &tm) == NULL)
		return false;
	c.year = tm.tm_year + 1900;
	c.mon = (unsigned int)tm.tm_mon + 1;
	c.day = (unsigned int)tm.tm_mday;
	*us = local_us(ref, &c);
	if (ref->clock == 0) {
		if (*us > ref->us)
			*us -= day;
	} else {
		/* On the day of the one before, or over a midnight. */
		*us -= (*us - ref->clock + day / 2) / day * day;
		if (*us < ref->clock - day / 2)
			*us += day;
	}
	ref->clock = *us;
	*s = t;
	return true;
}
