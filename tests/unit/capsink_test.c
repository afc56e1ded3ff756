/* SPDX-License-Identifier: ISC */
/* capsink_test.c - what becomes of packets: filters, directions, assertions */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capsink.h"

#define RAW	101

static const uint8_t arp[60] = { [12] = 8, 6, 0, 1, 8, 0, 6, 4, 0, 1 };
static const uint8_t udp[60] = { [12] = 8, 0, 0x45, [23] = 17 };

static struct capsrc_packet
packet(const uint8_t *data)
{
	return (struct capsrc_packet){ .caplen = 60, .len = 60, .data = data };
}

static int
give(struct capsink *s, const uint8_t *data, const char *name)
{
	const struct capsrc_packet p = packet(data);

	return capsink_take(s, 0, name, LINKTYPE_ETHERNET, &p, NULL);
}

static void
test_count(void **state)
{
	const struct capsink_opts o = { .filter = "arp", .count = 2 };
	struct capsink s;

	(void)state;
	assert_int_equal(capsink_init(&s, &o, LINKTYPE_ETHERNET, NULL, NULL),
	    0);
	assert_false(capsink_asserts(&s));
	assert_int_equal(give(&s, arp, ""), 0);
	assert_int_equal(give(&s, udp, ""), 0);
	assert_int_equal(give(&s, arp, ""), 1);
	assert_int_equal(s.end, CAPSINK_ENOUGH);
	assert_int_equal(s.seen, 3);
	assert_int_equal(s.taken, 2);
	assert_null(capsink_missing(&s));
	capsink_release(&s);
}

static void
test_way(void **state)
{
	const struct capsink_opts o = { .way = CAPSINK_IN };
	struct capsrc_packet p = packet(arp);
	struct capsink s;

	(void)state;
	capsink_init(&s, &o, LINKTYPE_ETHERNET, NULL, NULL);
	capsink_take(&s, 0, "", LINKTYPE_ETHERNET, &p, NULL);
	assert_int_equal(s.taken, 0);
	p.to_vm = true;
	capsink_take(&s, 0, "", LINKTYPE_ETHERNET, &p, NULL);
	assert_int_equal(s.taken, 1);
	/* Not known is not right. */
	p.no_way = true;
	capsink_take(&s, 0, "", LINKTYPE_ETHERNET, &p, NULL);
	assert_int_equal(s.taken, 1);
	capsink_release(&s);
}

static void
test_expect(void **state)
{
	struct capsink_opts o = { 0 };
	struct capsink s;

	(void)state;
	strv_add(&o.expect, "udp");
	strv_add(&o.expect, "arp");
	capsink_init(&s, &o, LINKTYPE_ETHERNET, NULL, NULL);
	assert_true(capsink_asserts(&s));
	assert_int_equal(give(&s, arp, ""), 0);
	assert_int_equal(give(&s, arp, ""), 0);
	assert_string_equal(capsink_missing(&s), "udp");
	assert_int_equal(give(&s, udp, ""), 1);
	assert_int_equal(s.end, CAPSINK_MET);
	assert_null(capsink_missing(&s));
	capsink_release(&s);
	/* With a command they are met, but it goes on. */
	o.to_the_end = true;
	capsink_init(&s, &o, LINKTYPE_ETHERNET, NULL, NULL);
	assert_int_equal(give(&s, arp, ""), 0);
	assert_int_equal(give(&s, udp, ""), 0);
	assert_int_equal(s.end, CAPSINK_GOING);
	assert_null(capsink_missing(&s));
	capsink_release(&s);
	strv_free(&o.expect);
}

/* The packet is shown, and its point, whatever that is called. */
static void
test_never(void **state)
{
	struct capsink_opts o = { 0 };
	struct capsink s;

	(void)state;
	strv_add(&o.never, "tcp");
	strv_add(&o.never, "arp");
	capsink_init(&s, &o, LINKTYPE_ETHERNET, NULL, NULL);
	assert_int_equal(give(&s, udp, "a"), 0);
	assert_int_equal(give(&s, arp, "router/lan"), 1);
	assert_int_equal(s.end, CAPSINK_NEVER);
	assert_int_equal(s.never_which, 1);
	assert_string_equal(s.line, "1970-01-01T00:00:00.000000+00:00 "
	    "router/lan out 00:00:00:00:00:00 > 00:00:00:00:00:00, ARP "
	    "who-has 0.0.0.0 tell 0.0.0.0, length 60");
	capsink_release(&s);
	capsink_init(&s, &o, LINKTYPE_ETHERNET, NULL, NULL);
	assert_int_equal(give(&s, arp, "\033[2J"), 1);
	assert_non_null(strstr(s.line, " '\\x1b[2J' out "));
	capsink_release(&s);
	strv_free(&o.never);
}

/* A filter means another program for each link type, or nothing. */
static void
test_link_types(void **state)
{
	const struct capsink_opts o = { .filter = "arp or udp" };
	const struct capsink_opts none = { .filter = "arp" };
	struct capsrc_packet ip = packet(udp + 14);
	struct capsink s;
	struct qerr e;

	(void)state;
	ip.caplen = ip.len = 46;
	assert_int_equal(capsink_init(&s, &o, LINKTYPE_ETHERNET, NULL, NULL),
	    0);
	give(&s, udp, "");
	capsink_take(&s, 0, "", RAW, &ip, NULL);
	assert_int_equal(s.taken, 2);
	capsink_release(&s);
	assert_int_equal(capsink_init(&s, &none, RAW, NULL, NULL), 0);
	capsink_take(&s, 0, "", RAW, &ip, NULL);
	assert_int_equal(s.taken, 0);
	give(&s, arp, "");
	assert_int_equal(s.taken, 1);
	capsink_release(&s);
	assert_int_equal(capsink_init(&s, &(struct capsink_opts){
		.filter = "no such" }, RAW, NULL, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
}

static int
setup(void **state)
{
	(void)state;
	return setenv("TZ", "UTC0", 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_way),
		cmocka_unit_test(test_expect),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_link_types),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
