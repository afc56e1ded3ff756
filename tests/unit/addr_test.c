/* SPDX-License-Identifier: ISC */
/* addr_test.c - MAC and IPv4 addresses and prefixes as text */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"

static void
macs_read(void **state)
{
	static const struct {
		const char *text;
		uint8_t mac[6];
	} good[] = {
		{ "02:00:00:00:00:01", { 2, 0, 0, 0, 0, 1 } },
		{ "FA:D6:51:95:04:9B", { 0xfa, 0xd6, 0x51, 0x95, 4, 0x9b } },
		/* ifconfig and arp of macOS */
		{ "fa:d6:51:95:4:9b", { 0xfa, 0xd6, 0x51, 0x95, 4, 0x9b } },
		{ "2-2e-d0-c-b0-88", { 2, 0x2e, 0xd0, 0xc, 0xb0, 0x88 } },
	};
	uint8_t mac[6];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(mac_parse(good[i].text, mac), 0);
		assert_memory_equal(mac, good[i].mac, 6);
	}
}

static void
macs_refused(void **state)
{
	static const char *const bad[] = { "", ":", "02:00:00:00:00",
		"02:00:00:00:00:", "02:00:00:00:00:01:", "02:00:00:00:00:01:02",
		"02:00:00:00:00:001", "02:00:00:00:00:0g", "020000000001",
		" 02:00:00:00:00:01", "02:00:00:00:00:01 ", "02:00-00:00-00:01",
		"0200.0000.0001", "02::00:00:00:01", "-2:00:00:00:00:01",
		"0x2:00:00:00:00:1" };
	uint8_t mac[6] = { 9, 9, 9, 9, 9, 9 };
	static const uint8_t before[6] = { 9, 9, 9, 9, 9, 9 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (mac_parse(bad[i], mac) != -1)
			fail_msg("'%s' taken", bad[i]);
		assert_memory_equal(mac, before, 6);
	}
}

static void
macs_written(void **state)
{
	static const uint8_t mac[6] = { 0xfa, 0xd6, 0x51, 0x95, 4, 0x9b };
	char buf[MAC_STRSZ];

	(void)state;
	assert_string_equal(mac_format(mac, buf), "fa:d6:51:95:04:9b");
}

static void
addresses_read(void **state)
{
	static const struct {
		const char *text;
		uint32_t ip;
	} good[] = {
		{ "0.0.0.0", 0 },
		{ "255.255.255.255", 0xffffffff },
		{ "192.168.2.1", 0xc0a80201 },
		{ "10.0.200.99", 0x0a00c863 },
	};
	char buf[IP4_STRSZ];
	uint32_t ip;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(ip4_parse(good[i].text, &ip), 0);
		assert_int_equal(ip, good[i].ip);
		assert_string_equal(ip4_format(ip, buf), good[i].text);
	}
}

static void
addresses_refused(void **state)
{
	static const char *const bad[] = { "", "1", "1.2.3", "1.2.3.",
		"1.2.3.4.", "1.2.3.4.5", "256.1.1.1", "1.2.3.256", "1.2.3.1000",
		"01.2.3.4", "1.2.3.00", "1.2.3.4 ", " 1.2.3.4", "1..3.4",
		"1.2.3.-4", "0x1.2.3.4", "a.b.c.d", "1.2.3.4/24", "::1",
		"4294967297.1.1.1" };
	uint32_t ip;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (ip4_parse(bad[i], &ip) != -1)
			fail_msg("'%s' taken", bad[i]);
}

static void
prefixes(void **state)
{
	static const char *const bad[] = { "", "/", "/24", "10.0.0.0",
		"10.0.0.0/", "10.0.0.0/33", "10.0.0.0/024", "10.0.0.0/-1",
		"10.0.0.0/24 ", "10.0.0/24", "10.0.0.0/8/8", "10.0.0.0//8",
		"10.0.0.0/255.0.0.0", "1000.1000.1000.1000/8",
		"111.111.111.1111/8" };
	char buf[CIDR_STRSZ];
	uint32_t ip;
	int plen;

	(void)state;
	assert_int_equal(cidr4_parse("172.16.0.5/12", &ip, &plen), 0);
	assert_int_equal(ip, 0xac100005);
	assert_int_equal(plen, 12);
	assert_string_equal(cidr4_format(ip, plen, buf), "172.16.0.5/12");
	assert_int_equal(cidr4_parse("255.255.255.255/32", &ip, &plen), 0);
	assert_string_equal(cidr4_format(ip, plen, buf), "255.255.255.255/32");
	assert_int_equal(cidr4_parse("0.0.0.0/0", &ip, &plen), 0);
	assert_int_equal(plen, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (cidr4_parse(bad[i], &ip, &plen) != -1)
			fail_msg("'%s' taken", bad[i]);
}

static void
masks(void **state)
{
	(void)state;
	assert_int_equal(ip4_mask(0), 0);
	assert_int_equal(ip4_mask(1), 0x80000000);
	assert_int_equal(ip4_mask(12), 0xfff00000);
	assert_int_equal(ip4_mask(24), 0xffffff00);
	assert_int_equal(ip4_mask(31), 0xfffffffe);
	assert_int_equal(ip4_mask(32), 0xffffffff);
}

static void
overlaps(void **state)
{
	static const struct {
		const char *a, *b;
		bool overlap;
	} cases[] = {
		{ "10.0.0.0/8", "10.200.0.0/16", true },
		{ "10.200.0.0/16", "10.0.0.0/8", true },
		{ "10.0.0.0/24", "10.0.1.0/24", false },
		{ "10.0.0.0/23", "10.0.1.0/24", true },
		{ "10.0.0.77/24", "10.0.0.200/25", true },
		{ "10.0.0.0/25", "10.0.0.128/25", false },
		{ "0.0.0.0/0", "192.168.1.0/24", true },
		{ "1.2.3.4/32", "1.2.3.4/32", true },
		{ "1.2.3.4/32", "1.2.3.5/32", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t a, b;
		int alen, blen;

		assert_int_equal(cidr4_parse(cases[i].a, &a, &alen), 0);
		assert_int_equal(cidr4_parse(cases[i].b, &b, &blen), 0);
		if (cidr4_overlap(a, alen, b, blen) != cases[i].overlap)
			fail_msg("%s and %s", cases[i].a, cases[i].b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macs_read),
		cmocka_unit_test(macs_refused),
		cmocka_unit_test(macs_written),
		cmocka_unit_test(addresses_read),
		cmocka_unit_test(addresses_refused),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(masks),
		cmocka_unit_test(overlaps),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
