/* SPDX-License-Identifier: ISC */
/* logrec_test.c - the record: names, copies */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logrec.h"

static void
slices(void **state)
{
	(void)state;
	assert_true(slice_is(SLICE("abc"), "abc"));
	assert_false(slice_is(SLICE("abc"), "ab"));
	assert_true(slice_is(SLICE_NONE, ""));
	assert_true(slice_starts(SLICE("abc"), "ab"));
	assert_false(slice_starts(SLICE("a"), "ab"));
	assert_true(slice_is(slice_base(SLICE("/usr/sbin/bootpd")), "bootpd"));
	assert_true(slice_is(slice_base(SLICE("kernel")), "kernel"));
	assert_int_equal(slice_base(SLICE("/")).len, 0);
	assert_null(slice_base(SLICE_NONE).s);
}

static void
levels(void **state)
{
	(void)state;
	assert_string_equal(logrec_level_name(LOGREC_FAULT), "fault");
	assert_int_equal(logrec_level_find(SLICE("Default")), LOGREC_DEFAULT);
	assert_int_equal(logrec_level_find(SLICE("WARN")), LOGREC_WARNING);
	assert_int_equal(logrec_level_find(SLICE("Df")), LOGREC_DEFAULT);
	assert_int_equal(logrec_level_find(SLICE("Defaul")), LOGREC_NOLEVEL);
	assert_int_equal(logrec_level_find(SLICE_NONE), LOGREC_NOLEVEL);
	/* The facility does not matter. */
	assert_int_equal(logrec_level_syslog(30), LOGREC_INFO);
	assert_int_equal(logrec_level_syslog(0), LOGREC_FAULT);
	assert_int_equal(logrec_level_syslog(4), LOGREC_WARNING);
}

static void
events(void **state)
{
	(void)state;
	assert_string_equal(logrec_event_name(LOGREC_NAT_CHANGED),
	    "nat-changed");
	assert_int_equal(logrec_event_find(SLICE("vm-ended")),
	    LOGREC_VM_ENDED);
	assert_int_equal(logrec_event_find(SLICE("ended")), LOGREC_NOEVENT);
	assert_int_equal(logrec_event_find(SLICE_NONE), LOGREC_NOEVENT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices),
		cmocka_unit_test(levels),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
