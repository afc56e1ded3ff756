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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans),
		cmocka_unit_test(rfc3339),
	};

	return cmocka_run_group_tests_name("timetext", tests, NULL, NULL);
}
