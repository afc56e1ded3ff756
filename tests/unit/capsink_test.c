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
begin(struct capsink *s, const struct capsink_opts *o)
{
	capsink_init(s, o, NULL);
	assert_int_equal(capsink_meet(s, LINKTYPE_ETHERNET, NULL), 0);
}

static void
test_count(void **state)
{
	const struct capsink_opts o = { .filter = "arp", .count = 2 };
	struct capsink s;

	(void)state;
	begin(&s, &o);
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
	begin(&s, &o);
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
	begin(&s, &o);
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
	begin(&s, &o);
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
	begin(&s, &o);
	assert_int_equal(give(&s, udp, "a"), 0);
	assert_int_equal(give(&s, arp, "router/lan"), 1);
	assert_int_equal(s.end, CAPSINK_NEVER);
	assert_int_equal(s.never_which, 1);
	assert_string_equal(s.line, "1970-01-01T00:00:00.000000+00:00 "
	    "router/lan out 00:00:00:00:00:00 > 00:00:00:00:00:00, ARP "
	    "who-has 0.0.0.0 tell 0.0.0.0, length 60");
	capsink_release(&s);
	begin(&s, &o);
	assert_int_equal(give(&s, arp, "\033[2J"), 1);
	assert_non_null(strstr(s.line, " '\\x1b[2J' out "));
	capsink_release(&s);
	strv_free(&o.never);
}

/* A filter means another program for each link type, or nothing. */
static void
test_link_types(void **state)
{
	const struct capsink_opts o = { .filter = "ip or ether src 0:0:0:0:0:1" };
	struct capsink_opts none = { .filter = "udp" };
	struct capsrc_packet ip = packet(udp + 14);
	struct capsink s;
	struct qerr e = { 0 };

	(void)state;
	ip.caplen = ip.len = 46;
	capsink_init(&s, &o, NULL);
	assert_int_equal(capsink_meet(&s, RAW, &e), 1);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_non_null(strstr(e.msg, "' for link type RAW: "));
	assert_string_equal(capsink_meaningless(&s), o.filter);
	assert_false(capsink_means(&s));
	capsink_take(&s, 0, "", RAW, &ip, NULL);
	assert_int_equal(s.taken, 0);
	assert_int_equal(capsink_meet(&s, LINKTYPE_ETHERNET, NULL), 0);
	assert_null(capsink_meaningless(&s));
	capsink_take(&s, 0, "", RAW, &ip, NULL);
	assert_int_equal(s.taken, 0);
	give(&s, udp, "");
	assert_int_equal(s.taken, 1);
	capsink_release(&s);

	/* Each of the assertions counts. */
	strv_add(&none.expect, "ip");
	strv_add(&none.never, "vlan");
	capsink_init(&s, &none, NULL);
	assert_int_equal(capsink_meet(&s, RAW, &e), 1);
	assert_non_null(strstr(e.msg, "'vlan'"));
	assert_string_equal(capsink_meaningless(&s), "vlan");
	assert_true(capsink_means(&s));
	capsink_take(&s, 0, "", RAW, &ip, NULL);
	assert_int_equal(s.taken, 1);
	assert_int_equal(s.end, CAPSINK_MET);
	capsink_release(&s);
	strv_free(&none.expect);
	strv_free(&none.never);
}

/* No filters at all, for whatever link type. */
static void
test_bad(void **state)
{
	static const char *const bad[] = { "no such", "inbound" };
	struct capsink s;
	struct qerr e;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct capsink_opts o = { .filter = bad[i] };

		capsink_init(&s, &o, NULL);
		e.kind = QERR_NONE;
		assert_int_equal(capsink_meet(&s, RAW, &e), -1);
		assert_int_equal(e.kind, QERR_INPUT);
		capsink_release(&s);
	}
}

/* In the middle of a packet: what is on its way was not turned away. */
static int
no_file(void *arg, enum capout_why why, uint64_t start_ns, struct qerr *e)
{
	const struct capsink *s = arg;

	(void)why;
	(void)start_ns;
	assert_int_equal(s->seen, 1);
	assert_int_equal(s->taken, 0);
	return qerr_set(e, QERR_FAIL, "no file");
}

static void
test_counts_meanwhile(void **state)
{
	const struct capsink_opts o = { .filter = "arp" };
	struct capsink s;
	const struct capout_opts oo = { .snaplen = 100, .turn = no_file,
		.arg = &s };
	struct capout out;

	(void)state;
	begin(&s, &o);
	capout_init(&out, &oo, -1);
	s.out = &out;
	capout_point_add(&out, &(struct pcapng_if){ .linktype =
		LINKTYPE_ETHERNET }, NULL);
	assert_int_equal(give(&s, udp, ""), 0);
	assert_int_equal(give(&s, arp, ""), -1);
	assert_int_equal(s.seen, 2);
	assert_int_equal(s.taken, 0);
	capout_release(&out);
	capsink_release(&s);
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
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_counts_meanwhile),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
