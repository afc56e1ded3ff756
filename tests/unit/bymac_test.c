/* SPDX-License-Identifier: ISC */
/* bymac_test.c - elements by MAC: all of one, in order, both ways */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bymac.h"

struct thing {
	int n;
	uint8_t mac[6];
};

static const struct thing things[] = {
	{ 0, { 2, 0, 0, 0, 0, 9 } }, { 1, { 2, 0, 0, 0, 0, 1 } },
	{ 2, { 2, 0, 0, 0, 0, 5 } }, { 3, { 2, 0, 0, 0, 0, 1 } },
	{ 4, { 0xff, 0, 0, 0, 0, 1 } }, { 5, { 2, 0, 0, 0, 0, 1 } },
};

static const uint8_t one[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t none[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t first[6] = { 0 };
static const uint8_t last[6] = { 0xff, 0, 0, 0, 0, 1 };
static const uint8_t beyond[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

static void
test_both_ways(void **state)
{
	struct bymac x = { 0 };
	const struct thing *t = NULL;

	(void)state;
	bymac_sort(&x, things, 6, sizeof(*things),
	    offsetof(struct thing, mac));
	for (int n = 1; n <= 5; n += 2) {
		t = bymac_next(&x, one, t);
		assert_ptr_equal(t, &things[n]);
	}
	assert_null(bymac_next(&x, one, t));
	t = NULL;
	for (int n = 5; n >= 1; n -= 2) {
		t = bymac_prev(&x, one, t);
		assert_ptr_equal(t, &things[n]);
	}
	assert_null(bymac_prev(&x, one, t));
	assert_ptr_equal(bymac_next(&x, last, NULL), &things[4]);
	assert_ptr_equal(bymac_prev(&x, last, NULL), &things[4]);
	bymac_release(&x);
}

static void
test_none(void **state)
{
	static const uint8_t *const macs[] = { none, first, beyond };
	struct bymac x = { 0 };

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_null(bymac_next(&x, macs[i], NULL));
		assert_null(bymac_prev(&x, macs[i], NULL));
	}
	bymac_sort(&x, NULL, 0, sizeof(*things), 0);
	assert_null(bymac_next(&x, one, NULL));
	assert_null(bymac_prev(&x, one, NULL));
	bymac_sort(&x, things, 6, sizeof(*things),
	    offsetof(struct thing, mac));
	for (int i = 0; i < 3; i++) {
		assert_null(bymac_next(&x, macs[i], NULL));
		assert_null(bymac_prev(&x, macs[i], NULL));
	}
	bymac_release(&x);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("bymac", tests, NULL, NULL);
}
