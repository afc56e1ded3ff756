/* SPDX-License-Identifier: ISC */
/* asleep_test.c - sleep as two clocks show it */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "asleep.h"
#include "ifwatch.h"

/* At that time awake, after so much sleep in all, read within span. */
static int64_t
at(struct asleep *a, int64_t awake, int64_t sleep, int64_t span)
{
	struct asleep_clocks c = { awake, awake + span / 2 + sleep,
		awake + span };

	return asleep_since(a, &c);
}

static void
test_awake(void **state)
{
	struct asleep a = { 0 };

	(void)state;
	/* What was before the first look is nobody's business. */
	assert_int_equal(at(&a, 1000, 99000, 0), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(at(&a, 2000 + i * 5000, 99000, i % 7), 0);
}

static void
test_sleep(void **state)
{
	struct asleep a = { 0 };

	(void)state;
	assert_int_equal(at(&a, 1000, 0, 1), 0);
	assert_int_equal(at(&a, 2000, 3600000, 2), 3600);
	assert_int_equal(at(&a, 7000, 3600000, 0), 0);
	assert_int_equal(at(&a, 8000, 3602600, 0), 3);
	/* A blink is none, and what follows is not counted twice. */
	assert_int_equal(at(&a, 9000, 3603000, 0), 0);
	assert_int_equal(at(&a, 9500, 3603000, 0), 0);
}

/* Stopped between two clocks, one would seem to have slept. */
static void
test_read_apart(void **state)
{
	struct asleep a = { 0 };

	(void)state;
	assert_int_equal(at(&a, 1000, 0, 0), 0);
	assert_int_equal(at(&a, 2000, 0, 60000), 0);
	/* What was slept then is told at the next look. */
	assert_int_equal(at(&a, 70000, 50000, 90000), 0);
	assert_int_equal(at(&a, 170000, 50000, 0), 50);
	/* A clock that goes back. */
	assert_int_equal(asleep_since(&a, &(struct asleep_clocks){ 9, 9, 1 }),
	    0);
}

/* This system's own. */
static void
test_clocks(void **state)
{
	struct asleep a = { 0 };
	struct asleep_clocks c;

	(void)state;
	if (!ifwatch_clocks(&c))
		skip();
	assert_true(c.awake > 0 && c.awake <= c.awake_after);
	assert_true(c.all + 1 >= c.awake);
	assert_int_equal(asleep_since(&a, &c), 0);
	assert_true(ifwatch_clocks(&c));
	assert_int_equal(asleep_since(&a, &c), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_awake),
		cmocka_unit_test(test_sleep),
		cmocka_unit_test(test_read_apart),
		cmocka_unit_test(test_clocks),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
