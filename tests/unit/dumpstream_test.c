/* SPDX-License-Identifier: ISC */
/* dumpstream_test.c - packets, order and time out of QEMU's dumps */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dumpstream.h"

#define US	1000LL
#define MS	(1000 * US)
#define S	(1000 * MS)
/* Some time in 2026, and a VM that is 7 s old when it is captured. */
#define NOW	(1780000000LL * S)

static struct dumpmerge *m;
static char told[4096];
static int64_t times[64];
static int ntold;

static int
setup(void **state)
{
	(void)state;
	m = dumpmerge_new(0);
	told[0] = '\0';
	ntold = 0;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	dumpmerge_free(m);
	return 0;
}

static void
feed(int stream, const void *data, size_t len)
{
	size_t room;
	uint8_t *to = dumpmerge_space(m, stream, &room);

	assert_true(room >= len);
	memcpy(to, data, len);
	dumpmerge_fed(m, stream, len);
}

static void
dry(int stream)
{
	dumpmerge_fed(m, stream, 0);
}

/* Magic, version 2.4, zone, accuracy, snap length 65536, Ethernet. */
static void
header(int stream)
{
	const uint32_t h[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65536, 1 };

	feed(stream, h, sizeof(h));
}

/* A packet that says its name, stamped with the VM's idea of the time. */
static size_t
make(uint8_t *buf, int64_t stamp, const char *name)
{
	uint32_t len = (uint32_t)strlen(name);
	const uint32_t h[4] = { (uint32_t)(stamp / S),
		(uint32_t)(stamp % S / US), len, len + 4 };

	memcpy(buf, h, sizeof(h));
	memcpy(buf + sizeof(h), name, len);
	return sizeof(h) + len;
}

static void
packet(int stream, int64_t stamp, const char *name)
{
	uint8_t buf[256];

	feed(stream, buf, make(buf, stamp, name));
}

static void
tell(void *arg, const struct capsrc_packet *p)
{
	size_t n = strlen(told);

	(void)arg;
	assert_int_equal(p->len, p->caplen + 4);
	snprintf(told + n, sizeof(told) - n, "%s%s%.*s", n > 0 ? " " : "",
	    p->to_vm ? ">" : "<", (int)p->caplen, (const char *)p->data);
	times[ntold++ % 64] = (int64_t)p->time_ns;
}

static int
run(int64_t now)
{
	struct qerr e;

	return dumpmerge_run(m, now, tell, NULL, &e);
}

static void
begin(void)
{
	header(DUMP_FROM_VM);
	header(DUMP_TO_VM);
	dry(DUMP_FROM_VM);
	dry(DUMP_TO_VM);
	assert_int_equal(run(NOW), 0);
}

/* Read in turn, one stream may be ahead: its packets wait. */
static void
order(void **state)
{
	(void)state;
	begin();
	/* The first stream is seen empty; then come "a" there and "b" here. */
	dry(DUMP_FROM_VM);
	packet(DUMP_TO_VM, NOW + 20 * US, "b");
	dry(DUMP_TO_VM);
	assert_int_equal(run(NOW + 1 * MS), 0);
	assert_true(dumpmerge_waits(m));
	packet(DUMP_FROM_VM, NOW + 10 * US, "a");
	dry(DUMP_FROM_VM);
	assert_int_equal(run(NOW + 1 * MS), 2);
	assert_string_equal(told, "<a >b");
	assert_false(dumpmerge_waits(m));
	/* Many on both sides, and one stamp twice: the question goes first. */
	packet(DUMP_TO_VM, NOW + 30 * US, "d");
	packet(DUMP_TO_VM, NOW + 50 * US, "f");
	packet(DUMP_FROM_VM, NOW + 30 * US, "c");
	packet(DUMP_FROM_VM, NOW + 40 * US, "e");
	assert_int_equal(run(NOW + 1 * MS), 3);
	assert_string_equal(told, "<a >b <c >d <e");
	dry(DUMP_FROM_VM);
	assert_int_equal(run(NOW + 1 * MS), 1);
	assert_string_equal(told, "<a >b <c >d <e >f");
}

/* In pieces of one byte, the header too; and half a packet holds up others. */
static void
pieces(void **state)
{
	const uint32_t h[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65536, 1 };
	uint8_t buf[256];
	size_t n;

	(void)state;
	header(DUMP_TO_VM);
	for (size_t i = 0; i < sizeof(h); i++) {
		assert_int_equal(run(NOW), 0);
		feed(DUMP_FROM_VM, (const uint8_t *)h + i, 1);
	}
	n = make(buf, NOW, "bytes");
	for (size_t i = 0; i < n; i++) {
		dry(DUMP_TO_VM);
		assert_int_equal(run(NOW + MS), 0);
		feed(DUMP_FROM_VM, buf + i, 1);
	}
	dry(DUMP_TO_VM);
	assert_int_equal(run(NOW + MS), 1);
	n = make(buf, NOW + 10 * US, "half");
	feed(DUMP_FROM_VM, buf, n - 1);
	packet(DUMP_TO_VM, NOW + 20 * US, "late");
	dry(DUMP_FROM_VM);
	dry(DUMP_TO_VM);
	assert_int_equal(run(NOW + MS), 0);
	/* QEMU died there: what is whole comes. */
	dumpmerge_eof(m, DUMP_FROM_VM);
	assert_int_equal(run(NOW + MS), 1);
	assert_string_equal(told, "<bytes >late");
}

static void
one(int64_t stamp, int64_t arrival, int64_t expected)
{
	packet(DUMP_FROM_VM, stamp, "x");
	dry(DUMP_FROM_VM);
	dry(DUMP_TO_VM);
	assert_int_equal(run(arrival), 1);
	assert_int_equal(times[(ntold - 1) % 64], expected);
}

/* Stamps are off by the VM's age; the quickest arrival tells by how much. */
static void
anchored(void **state)
{
	const int64_t age = 7 * S;

	(void)state;
	begin();
	one(NOW + age, NOW + 300 * US, NOW + 300 * US);
	/* 100 us after its stamp: 200 us better than all before. */
	one(NOW + age + 10 * MS, NOW + 10 * MS + 100 * US,
	    NOW + 10 * MS + 100 * US);
	/* Late by 9 ms: seen, and taken off. */
	one(NOW + age + 20 * MS, NOW + 29 * MS, NOW + 20 * MS + 100 * US);
	/* Never backwards: the one before was told at 20.1 ms. */
	one(NOW + age + 19 * MS, NOW + 29 * MS, NOW + 20 * MS + 100 * US);
	/* The VM was stopped for 2 s: its time stood still. */
	one(NOW + age + 30 * MS, NOW + 2030 * MS + 200 * US,
	    NOW + 2030 * MS + 200 * US);
	one(NOW + age + 40 * MS, NOW + 2045 * MS, NOW + 2040 * MS + 200 * US);
	/* Clocks drift: after two windows 1 ms more is what it always is. */
	for (int i = 1; i <= 20; i++)
		one(NOW + age + i * S, NOW + i * S + 2001 * MS + 200 * US,
		    NOW + i * S + (i > 10 ? 2001 : 2000) * MS + 200 * US);
	/* Stopped for 50 ms: that is too little to be sure of at once. */
	for (int i = 1; i <= 10; i++)
		one(NOW + age + 20 * S + i * 100 * MS,
		    NOW + 22051 * MS + i * 100 * MS + 200 * US,
		    NOW + 22001 * MS + i * 100 * MS + 200 * US +
		    (i >= 8 ? 50 * MS : 0));
	/* The clock was set back by an hour. */
	one(NOW + age + 21 * S, NOW - 3600 * S, NOW - 3600 * S);
}

/* A late reader finds many at once: the last one of them is in time. */
static void
backlog(void **state)
{
	(void)state;
	begin();
	one(NOW, NOW + 100 * US, NOW + 100 * US);
	for (int i = 1; i <= 10; i++)
		packet(DUMP_FROM_VM, NOW + i * 50 * MS, "x");
	dry(DUMP_FROM_VM);
	dry(DUMP_TO_VM);
	assert_int_equal(run(NOW + 500 * MS + 100 * US), 10);
	for (int i = 1; i <= 10; i++)
		assert_int_equal(times[i], NOW + i * 50 * MS + 100 * US);
}

/* The first packet was late, the third was not. */
static void
settling(void **state)
{
	static const int64_t stamps[] = { 0, 1 * MS, 6 * MS };
	static const int64_t arrivals[] = { 4 * MS, 5 * MS, 6 * MS };

	(void)state;
	dumpmerge_free(m);
	m = dumpmerge_new(20 * MS);
	begin();
	for (int i = 0; i < 3; i++) {
		packet(DUMP_FROM_VM, NOW + stamps[i], "x");
		dry(DUMP_FROM_VM);
		dry(DUMP_TO_VM);
		assert_int_equal(run(NOW + arrivals[i]), 0);
		assert_true(dumpmerge_waits(m));
	}
	assert_int_equal(run(NOW + 23 * MS), 0);
	assert_int_equal(run(NOW + 24 * MS), 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(times[i], NOW + stamps[i]);
	one(NOW + 30 * MS, NOW + 30 * MS, NOW + 30 * MS);
}

/* The second filter was made in the next second. */
static void
second_apart(void **state)
{
	(void)state;
	begin();
	one(NOW, NOW + 100 * US, NOW + 100 * US);
	packet(DUMP_TO_VM, NOW + 1 * S + 50 * US, "reply");
	packet(DUMP_FROM_VM, NOW + 70 * US, "again");
	dry(DUMP_FROM_VM);
	dry(DUMP_TO_VM);
	dry(DUMP_FROM_VM);
	assert_int_equal(run(NOW + 200 * US), 2);
	assert_string_equal(told, "<x >reply <again");
	assert_int_equal(times[1], NOW + 150 * US);
	assert_int_equal(times[2], NOW + 170 * US);
}

static void
swapped(void **state)
{
	/* As one of the other byte order writes it; little-endian here. */
	static const uint8_t big[] =
	    "\xa1\xb2\xc3\xd4\0\2\0\4\0\0\0\0\0\0\0\0"
	    "\0\1\0\0\0\0\0\1"
	    "\0\0\0\7\0\0\0\2\0\0\0\3\0\0\0\7" "abc";

	(void)state;
	feed(DUMP_FROM_VM, big, sizeof(big) - 1);
	dry(DUMP_TO_VM);
	assert_int_equal(run(NOW), 1);
	assert_string_equal(told, "<abc");
}

static void
wrong(const char *what, const uint32_t *words, size_t n, const char *text)
{
	struct qerr e;

	dumpmerge_free(m);
	m = dumpmerge_new(0);
	feed(DUMP_TO_VM, words, n * sizeof(*words));
	assert_int_equal(dumpmerge_run(m, NOW, tell, NULL, &e), -1);
	if (strstr(e.msg, text) == NULL)
		fail_msg("%s: %s", what, e.msg);
}

static void
no_pcap(void **state)
{
#define H(link)	0xa1b2c3d4, 0x00040002, 0, 0, 65536, link
	(void)state;
	wrong("magic", (uint32_t[]){ 0xa1b23c4d, 2, 0, 0, 65536, 1 }, 6,
	    "magic 0xa1b23c4d");
	wrong("link", (uint32_t[]){ H(113) }, 6, "link type 113");
	wrong("large", (uint32_t[]){ H(1), 1, 1, 262145, 262145 }, 10,
	    "262145 bytes");
	wrong("more than all", (uint32_t[]){ H(1), 1, 1, 60, 59 }, 10,
	    "59 bytes, 60 kept");
	wrong("fraction", (uint32_t[]){ H(1), 1, 1000000, 60, 60 }, 10,
	    "microsecond 1000000");
#undef H
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(order),
		TEST(pieces),
		TEST(anchored),
		TEST(backlog),
		TEST(settling),
		TEST(second_apart),
		TEST(swapped),
		TEST(no_pcap),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
