/* SPDX-License-Identifier: ISC */
/* timetext_test.c - times for people and for programs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "timetext.h"

static void
spans(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {
		{ -5, "0s" }, { 0, "0s" }, { 59, "59s" }, { 60, "1m00s" },
		{ 3599, "59m59s" }, { 3600, "1h00m" }, { 86399, "23h59m" },
		{ 86400, "1d00h" }, { 1000 * 86400 + 7200, "1000d02h" },
	};
	char buf[TIME_SPANSZ];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(time_span(cases[i].s, buf), cases[i].text);
	time_span(INT64_MAX, buf);
}

static void
rfc3339(void **state)
{
	char buf[TIME_RFC3339SZ];

	(void)state;
	setenv("TZ", "UTC0", 1);
	tzset();
	assert_string_equal(time_rfc3339(0, buf),
	    "1970-01-01T00:00:00.000000+00:00");
	assert_string_equal(time_rfc3339(-1, buf),
	    "1969-12-31T23:59:59.999999+00:00");
	setenv("TZ", "IST-5:30", 1);
	tzset();
	assert_string_equal(time_rfc3339(1000000000123456, buf),
	    "2001-09-09T07:16:40.123456+05:30");
	time_rfc3339(INT64_MAX, buf);
	time_rfc3339(INT64_MIN, buf);
}

/* 2026-11-22 10:30:00 UTC; in the zone below that is 11:30. */
#define NOW	INT64_C(1795343400000000)
#define S	INT64_C(1000000)

static void
parsing(void **state)
{
	static const struct {
		const char *text;
		int64_t us;		/* -1: none */
	} cases[] = {
		{ "3m", NOW - 180 * S }, { "30s", NOW - 30 * S },
		{ "2h", NOW - 7200 * S }, { "1d", NOW - 86400 * S },
		{ "0s", NOW }, { "@1700000000", 1700000000 * S },
		/* Clock times are local, and past. */
		{ "11:29", NOW - 60 * S }, { "11:29:30", NOW - 30 * S },
		{ "11:31", NOW + 60 * S - 86400 * S },
		{ "11:29:59.5", NOW - S / 2 },
		{ "2026-11-22", NOW - (11 * 3600 + 1800) * S },
		{ "2026-11-22 11:29", NOW - 60 * S },
		{ "2026-11-22T11:30:01", NOW + S },
		{ "2026-11-22T10:30:00Z", NOW },
		{ "2026-11-22 07:30:00.000001-0300", NOW + 1 },
		{ "2026-11-22T10:30:00.25+00:00", NOW + S / 4 },
		{ "2026-11-22T10:30Z", NOW },
		{ "", -1 }, { "3", -1 }, { "3x", -1 }, { "3mm", -1 },
		{ "-3m", -1 }, { "@", -1 }, { "@1.5", -1 }, { "yesterday", -1 },
		{ "25:00", -1 }, { "10:61", -1 }, { "1:2", -1 },
		{ "2026-13-01", -1 }, { "2026-11-22T10:30:00Zx", -1 },
		{ "999999999999999999999d", -1 }, { "99999999999d", -1 },
	};

	(void)state;
	setenv("TZ", "CET-1", 1);
	tzset();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct qerr e;
		int64_t us = 0;
		int rc = time_parse(cases[i].text, NOW, &us, &e);

		if (rc != (cases[i].us == -1 ? -1 : 0) ||
		    (rc == 0 && us != cases[i].us))
			fail_msg("'%s': %d, %lld off", cases[i].text, rc,
			    (long long)(us - cases[i].us));
		if (rc == -1)
			assert_int_equal(e.kind, QERR_INPUT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(rfc3339),
		cmocka_unit_test(parsing),
	};

	return cmocka_run_group_tests_name("timetext", tests, NULL, NULL);
}
