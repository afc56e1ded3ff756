/* SPDX-License-Identifier: ISC */
/* logtimeline_test.c - the story that records tell */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "logknown.h"
#include "logstory.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))
#define SEC		INT64_C(1000000)
/* 2025-11-23 12:00:00 UTC. */
#define NOON		(INT64_C(1763899200) * SEC)

struct row {
	int64_t us;		/* behind noon; NOTIME: none */
	const char *source, *process, *lab, *net, *vm, *message;
};

/* Of what the message says, or of event for all of them. */
static void
expect_as(enum logrec_event event, const struct row *rows, size_t n,
    const char *want)
{
	struct timeline t = { 0 };
	char *got = NULL;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	for (size_t i = 0; i < n; i++) {
		struct logrec r;

		logrec_clear(&r);
		if (rows[i].us != LOGREC_NOTIME)
			r.us = NOON + rows[i].us;
		r.zone = 0;
		r.source = slice_str(rows[i].source);
		r.process = slice_str(rows[i].process);
		r.lab = slice_str(rows[i].lab);
		r.net = slice_str(rows[i].net);
		r.vm = slice_str(rows[i].vm);
		r.message = slice_str(rows[i].message);
		r.event = event;
		logknown_apply(&r);
		if (timeline_wants(&r))
			timeline_add(&t, &r);
	}
	timeline_write(&t, f);
	fclose(f);
	assert_string_equal(got, want);
	free(got);
	timeline_free(&t);
}

static void
expect(const struct row *rows, size_t n, const char *want)
{
	expect_as(LOGREC_NOEVENT, rows, n, want);
}

/* One coming of an interface, though the kernel says it twice. */
static void
told_twice(void **state)
{
	static const char attached[] =
	    "utun5: attached with 0 suspended link-layer multicast membership";
	static const struct row rows[] = {
		{ 0, "unified", "kernel", 0, 0, 0, attached },
		{ 50, "unified", "kernel", 0, 0, 0, "ifnet_attach: All kernel "
		    "threads created for interface utun5 have been scheduled "
		    "at least once. Proceeding." },
		{ 3 * SEC, "unified", "kernel", 0, 0, 0, attached },
		/* Nobody knows whether these two are one. */
		{ 3 * SEC, "unified", 0, 0, 0, 0, "netrbCreateInterface: a" },
		{ 3 * SEC, "unified", 0, 0, 0, 0, "netrbCreateInterface: b" },
		/* Not an event. */
		{ 4 * SEC, "unified", "kernel", 0, 0, 0, "words" },
	};

	(void)state;
	expect(rows, COUNT(rows),
	    "(no lab)\n"
	    "  2025-11-23 (+00:00)\n"
	    "  12:00:00.000  interface-attached  utun5  utun5: attached with "
	    "0 suspended link-layer multicast membership\n"
	    "  12:00:03.000  interface-attached  utun5  utun5: attached with "
	    "0 suspended link-layer multicast membership\n"
	    "  12:00:03.000  interface-attached  netrbCreateInterface: a\n"
	    "  12:00:03.000  interface-attached  netrbCreateInterface: b\n");
}

static void
groups_and_gaps(void **state)
{
	static const struct row rows[] = {
		{ 0, "qlab", "qlab", "l", "lan", 0, "network lan is up" },
		{ 0, "qlab", "qlab", "l", 0, 0, "a note" },
		{ SEC / 2, "dnsmasq", "dnsmasq-dhcp", "l", "lan", "r",
		    "DHCPACK(lan) 10.77.1.80 52:54:00:77:00:01 host\033[2J" },
		{ 61 * SEC, "qlab", "qlab", "l", "lan", 0,
		    "network lan is down" },
		{ LOGREC_NOTIME, "text", 0, 0, 0, 0, "x\n\033: "
		    "overlapping DHCP range" },
	};

	(void)state;
	expect(rows, COUNT(rows),
	    "l:\n"
	    "  2025-11-23 (+00:00)\n"
	    "  12:00:00.000  note                a note\n"
	    "\n"
	    "l:net:lan\n"
	    "  2025-11-23 (+00:00)\n"
	    "  12:00:00.000  network-created     network lan is up\n"
	    "  12:00:00.500  lease-given         r  10.77.1.80  "
	    "52:54:00:77:00:01\n"
	    "  ... 1m00s\n"
	    "  12:01:01.000  network-removed     network lan is down\n"
	    "\n"
	    "(no lab)\n"
	    "  -             conflict            x\\x0a\\x1b: overlapping DHCP "
	    "range\n");
	expect(NULL, 0, "");
}

/* We tell each event once: what looks alike are two NICs, or a restart. */
static void
own_are_many(void **state)
{
	static const struct row rows[] = {
		{ 0, "qlab", "qlab", "l", "lan", "a",
		    "a/lan (02:00:00:00:00:01) is on lan by tap0" },
		{ 1, "qlab", "qlab", "l", "lan", "a",
		    "a/lan.2 (02:00:00:00:00:02) is on lan by tap1" },
		{ 2, "qlab", "qlab", "l", "lan", "a",
		    "a/lan.2 (02:00:00:00:00:02) is on lan by tap1" },
		{ 2, "qlab", "qlab", "l", "lan", "a",
		    "a/lan.2 (02:00:00:00:00:02) is on lan by tap1" },
	};

	(void)state;
	expect_as(LOGREC_IF_ATTACHED, rows, COUNT(rows),
	    "l:net:lan\n"
	    "  2025-11-23 (+00:00)\n"
	    "  12:00:00.000  interface-attached  a  a/lan "
	    "(02:00:00:00:00:01) is on lan by tap0\n"
	    "  12:00:00.000  interface-attached  a  a/lan.2 "
	    "(02:00:00:00:00:02) is on lan by tap1\n"
	    "  12:00:00.000  interface-attached  a  a/lan.2 "
	    "(02:00:00:00:00:02) is on lan by tap1\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(told_twice),
		cmocka_unit_test(groups_and_gaps),
		cmocka_unit_test(own_are_many),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
