/* SPDX-License-Identifier: ISC */
/* vnethdr_test.c - where does the frame begin? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "vnethdr.h"

#define CARD	"\x02\x3f\x46\x1f\x43\x44"
#define OTHER	"\x52\x54\0\xaa\xbb\xcc"
#define ALL	"\xff\xff\xff\xff\xff\xff"
#define GROUP	"\x01\0\x5e\0\0\xfb"
#define IP	"\x08\0E\0\0\x54"
#define ARP	"\x08\x06\0\1\x08\0"
#define NONE10	"\0\0\0\0\0\0\0\0\0\0"
#define NONE12	NONE10 "\0\0"
/* Needs a checksum at 34 + 16; TCP segments of 1448 bytes behind 66. */
#define TSO12	"\1\1\x42\0\xa8\5\x22\0\x10\0\0\0"

#define LEN(v, frame, to_vm) \
	vnethdr_len(v, (const uint8_t *)(frame), sizeof(frame) - 1, to_vm)

static void
by_address(void **state)
{
	struct vnethdr v = { .mac = CARD };

	(void)state;
	assert_int_equal(LEN(&v, OTHER CARD IP, false), 0);
	assert_int_equal(LEN(&v, CARD OTHER IP, true), 0);
	assert_int_equal(LEN(&v, NONE12 OTHER CARD IP, false), 12);
	assert_int_equal(LEN(&v, TSO12 CARD OTHER IP, true), 12);
	/* The driver was loaded anew. */
	assert_int_equal(LEN(&v, NONE10 OTHER CARD IP, false), 10);
	assert_int_equal(LEN(&v, NONE10 CARD OTHER IP, true), 10);
}

/* A bridge in the VM, or broadcasts: as the frame before was. */
static void
as_before(void **state)
{
	struct vnethdr v = { .mac = CARD };

	(void)state;
	LEN(&v, NONE12 OTHER CARD IP, false);
	assert_int_equal(LEN(&v, NONE12 OTHER OTHER IP, false), 12);
	assert_int_equal(LEN(&v, NONE12 ALL OTHER ARP, true), 12);
	LEN(&v, OTHER CARD IP, false);
	assert_int_equal(LEN(&v, GROUP OTHER IP, true), 0);
}

static void
first_of_all(void **state)
{
	struct vnethdr v = { .mac = CARD };

	(void)state;
	assert_int_equal(LEN(&v, NONE12 ALL OTHER ARP, true), 12);
	assert_int_equal(LEN(&v, NONE10 ALL OTHER ARP, true), 10);
	assert_int_equal(LEN(&v, ALL OTHER ARP, true), 0);
	assert_int_equal(LEN(&v, GROUP OTHER IP, true), 0);
	assert_int_equal(LEN(&v, TSO12 OTHER OTHER IP, true), 12);
	/* Not even a frame. */
	assert_int_equal(LEN(&v, "", true), 0);
	assert_int_equal(LEN(&v, NONE12, true), 0);
	v.known = true;
	v.len = 12;
	assert_int_equal(LEN(&v, NONE10, true), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_address),
		cmocka_unit_test(as_before),
		cmocka_unit_test(first_of_all),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
