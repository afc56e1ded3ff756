/* SPDX-License-Identifier: ISC */
/* logtime_test.c - times as logs write them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "logtime.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))
#define SEC		INT64_C(1000000)

/* 2025-11-23 12:00:00 UTC is 1763899200 (date -u -d @1763899200). */
#define NOW		(INT64_C(1763899200) * SEC)

static void
iso(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
		int zone;
		const char *rest;
	} rows[] = {
		{ "1970-01-01 00:00:00+0000", 0, 0, "" },
		{ "1970-01-01 00:00:00Zx", 0, 0, "x" },
		{ "2000-02-29T00:00:00.000001Z", 951782400 * SEC + 1, 0, "" },
		{ "2025-11-23 12:00:00.5+0000 a", NOW + SEC / 2, 0, " a" },
		{ "2025-11-23 12:00:00,123456789Z", NOW + 123456, 0, "" },
		{ "2025-11-23 09:00:00.000000-0300", NOW, -180, "" },
		{ "2025-11-23 08:30:00-03:30", NOW, -210, "" },
		{ "2025-11-23 21:30:00 +0930 x", NOW, 570, " x" },
		{ "2025-11-23 13:00:00+01", NOW, 60, "" },
		/* Berlin's winter, and its summer. */
		{ "2025-11-23 13:00:00 Df", NOW, LOGREC_NOZONE, " Df" },
		{ "2025-07-01 14:00:00.", 1751371200 * SEC, LOGREC_NOZONE,
		    "." },
	};
	static const char *const bad[] = { "", "2025-11-23", "2025-13-01 0",
		"2025-02-29 00:00:00Z", "2025-11-23 24:00:00Z",
		"2025-11-23x12:00:00Z", "2025-11-00 00:00:00Z",
		"25-11-23 12:00:00Z", "2025-11-23 12:00" };
	struct logtime_ref ref;

	(void)state;
	logtime_ref_init(&ref, NOW);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice s = slice_str(rows[i].text);
		int64_t us = 1;
		int16_t zone = 1;

		assert_true(logtime_iso(&s, &ref, &us, &zone));
		assert_int_equal(us, rows[i].us);
		assert_int_equal(zone, rows[i].zone);
		assert_true(slice_is(s, rows[i].rest));
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct slice s = slice_str(bad[i]);
		int64_t us;
		int16_t zone;

		assert_false(logtime_iso(&s, &ref, &us, &zone));
		assert_true(slice_is(s, bad[i]));
	}
}

/* The year that makes it the last such day; Berlin is an hour ahead. */
static void
without_a_year(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {
		{ "Nov 23 13:00:00 h", NOW },
		{ "Nov 23 13:00:00.25 h", NOW + SEC / 4 },
		{ "Nov  3 13:00:00 h", NOW - 20 * 86400 * SEC },
		/* A clock may be ahead by an hour, not by a week. */
		{ "Nov 23 14:00:00 h", NOW + 3600 * SEC },
		{ "Nov 30 13:00:00 h", NOW - (365 - 7) * 86400 * SEC },
		{ "Feb 29 13:00:00 h", INT64_C(1709208000) * SEC },
	};
	struct logtime_ref ref;
	struct slice s;
	int64_t us;

	(void)state;
	logtime_ref_init(&ref, NOW);
	for (size_t i = 0; i < COUNT(rows); i++) {
		s = slice_str(rows[i].text);
		assert_true(logtime_bsd(&s, &ref, &us));
		assert_int_equal(us, rows[i].us);
		assert_true(slice_is(s, " h"));
	}
	s = SLICE("Feb 30 13:00:00");
	assert_false(logtime_bsd(&s, &ref, &us));
	s = SLICE("Nov 3 13:00:00");
	assert_false(logtime_bsd(&s, &ref, &us));
	s = SLICE("Sun Nov 23 13:00:00 2025]");
	assert_true(logtime_ctime(&s, &ref, &us));
	assert_int_equal(us, NOW);
	assert_true(slice_is(s, "]"));
}

static void
clock_alone(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {
		/* Later today has not been: it was yesterday. */
		{ "14:00:00.5 x", NOW - 23 * 3600 * SEC + SEC / 2 },
		{ "23:59:59 x", NOW - 13 * 3600 * SEC - SEC },
		{ "00:00:01 x", NOW - 13 * 3600 * SEC + SEC },
		/* Not in order, but not a day later. */
		{ "23:59:58 x", NOW - 13 * 3600 * SEC - 2 * SEC },
	};
	struct logtime_ref ref;
	int64_t us;

	(void)state;
	logtime_ref_init(&ref, NOW);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct slice s = slice_str(rows[i].text);

		assert_true(logtime_clock(&s, &ref, &us));
		assert_int_equal(us, rows[i].us);
		assert_true(slice_is(s, " x"));
	}
}

static void
numbers(void **state)
{
	struct slice s = SLICE("18446744073709551615,");
	uint64_t n;

	(void)state;
	assert_true(slice_u64(&s, &n));
	assert_true(n == UINT64_MAX);
	assert_true(slice_is(s, ","));
	s = SLICE("18446744073709551616");
	assert_false(slice_u64(&s, &n));
	s = SLICE("x");
	assert_false(slice_u64(&s, &n));
	s = SLICE("fFg");
	assert_true(slice_hex(&s, &n));
	assert_int_equal(n, 255);
	assert_true(slice_is(s, "g"));
	s = SLICE("10000000000000000");
	assert_false(slice_hex(&s, &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iso),
		cmocka_unit_test(without_a_year),
		cmocka_unit_test(clock_alone),
		cmocka_unit_test(numbers),
	};

	/* Needs no zone files. */
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
