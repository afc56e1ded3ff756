/* SPDX-License-Identifier: ISC */
/* bridgewire_test.c - the bytes of Darwin's bridge ioctls and sysctls */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridgewire.h"

/* At an odd address, and with what lies behind it poisoned by ASan. */
static uint8_t *
put(const void *bytes, size_t len, uint8_t **base)
{
	*base = malloc(len + 1);
	assert_non_null(*base);
	memcpy(*base + 1, bytes, len);
	return *base + 1;
}

/* xnu: struct ifbreq, 80 bytes: vmenet0 flags=3, en0 flags=8003. */
static void
members(void **state)
{
	uint8_t raw[3 * 80] = "vmenet0", *base, *buf;
	struct bridge_member m;
	size_t off = 0;

	(void)state;
	raw[16] = 3;
	memcpy(raw + 80, "en0", 3);
	raw[80 + 16] = 3;
	raw[80 + 17] = 0x80;
	/* A name that fills its field is cut to what a name may have. */
	memcpy(raw + 160, "abcdefghijklmnopqrst", 16);
	buf = put(raw, sizeof(raw), &base);
	assert_true(bridgewire_next_member(buf, sizeof(raw), &off, &m));
	assert_string_equal(m.name, "vmenet0");
	assert_false(m.macnat);
	assert_true(bridgewire_next_member(buf, sizeof(raw), &off, &m));
	assert_string_equal(m.name, "en0");
	assert_true(m.macnat);
	assert_true(bridgewire_next_member(buf, sizeof(raw), &off, &m));
	assert_string_equal(m.name, "abcdefghijklmno");
	assert_false(bridgewire_next_member(buf, sizeof(raw), &off, &m));
	/* Half an element, and none. */
	off = 0;
	assert_true(bridgewire_next_member(buf, 159, &off, &m));
	assert_false(bridgewire_next_member(buf, 159, &off, &m));
	off = 0;
	assert_false(bridgewire_next_member(buf, 79, &off, &m));
	assert_false(bridgewire_next_member(buf, 0, &off, &m));
	off = SIZE_MAX;
	assert_false(bridgewire_next_member(buf, sizeof(raw), &off, &m));
	free(base);
}

/* xnu: struct ifbareq64, 36 bytes; the first one has no name. */
static void
forwarding(void **state)
{
	static const uint8_t raw[2 * 36] = {
		[16] = 9,
		[36] = 'v', 'm', 'e', 'n', 'e', 't', '1', 0,
		[52] = 0xb0, 0x04, 0, 0, 0, 0, 0, 0,	/* 1200 s */
		[60] = 0,				/* flags */
		[61] = 0x52, 0x54, 0x00, 0x12, 0x34, 0x56,
		[68] = 1, 0,				/* VLAN */
	};
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	struct bridge_fdb f;
	size_t off = 0;

	(void)state;
	assert_true(bridgewire_next_fdb(raw, sizeof(raw), &off, &f));
	assert_string_equal(f.name, "vmenet1");
	assert_memory_equal(f.mac, mac, 6);
	assert_int_equal(f.expire, 1200);
	assert_false(bridgewire_next_fdb(raw, sizeof(raw), &off, &f));
}

static void
argument(void **state)
{
	static const uint8_t said[BRIDGEWIRE_ARGSZ] = { 0, 0, 1, 0 };
	uint8_t arg[BRIDGEWIRE_ARGSZ];

	(void)state;
	bridgewire_put_arg(arg, (const void *)(uintptr_t)0x11223344, 0x2000);
	assert_memory_equal(arg, "\0\x20\0\0\x44\x33\x22\x11\0\0\0\0", 12);
	assert_int_equal(bridgewire_arg_len(arg, 8192), 8192);
	/* 64 KiB in a buffer of 100 bytes? */
	assert_int_equal(bridgewire_arg_len(said, 100), 100);
}

/* struct if_data64 at p: MTU 1500, 1 and 2 packets, 5 GiB in, 7 out, 4 lost */
static void
put_data64(uint8_t *p, uint8_t type)
{
	p[0] = type;
	p[8] = 0xdc;
	p[9] = 5;
	p[24] = 1;
	p[40] = 2;
	p[64 + 3] = 0x40;
	p[64 + 4] = 1;
	p[72] = 7;
	p[96] = 4;
}

static void
check_data64(const struct hostif *i)
{
	assert_int_equal(i->mtu, 1500);
	assert_int_equal(i->rx_packets, 1);
	assert_int_equal(i->tx_packets, 2);
	assert_int_equal(i->rx_bytes, 5368709120);
	assert_int_equal(i->tx_bytes, 7);
	assert_int_equal(i->rx_dropped, 4);
}

static void
counters(void **state)
{
	struct hostif i = { .name = "vmenet0" }, other = { .name = "vmenet" };
	uint8_t raw[180] = "vmenet0";

	(void)state;
	raw[32] = 6;
	put_data64(raw + 52, 6);
	assert_int_equal(bridgewire_ifmib(&i, raw, sizeof(raw)), 0);
	check_data64(&i);
	assert_int_equal(i.tx_dropped, 6);
	assert_int_equal(bridgewire_ifmib(&other, raw, sizeof(raw)), -1);
	assert_int_equal(bridgewire_ifmib(&i, raw, 179), -1);
}

/* RTM_IFINFO2 of bridge100, index 24, and RTM_NEWADDR 192.168.64.1/24. */
#define INFOLEN	188
#define ADDRLEN	44
static void
put_list(uint8_t raw[INFOLEN + ADDRLEN])
{
	static const uint8_t sdl[28] = { 25, 18, 24, 0, 0xd1, 9, 6, 0,
		'b', 'r', 'i', 'd', 'g', 'e', '1', '0', '0',
		0x9e, 1, 2, 3, 4, 0x64 };
	static const uint8_t addr[ADDRLEN] = { ADDRLEN, 0, 5, 0xc,
		0x24, 0, 0, 0,  0, 0, 0, 0,  24, 0, 0, 0,  0, 0, 0, 0,
		/* A mask ends with its last byte that is not 0. */
		7, 0, 0, 0, 0xff, 0xff, 0xff, 0,
		16, 2, 0, 0, 192, 168, 64, 1 };

	memset(raw, 0, INFOLEN);
	raw[0] = INFOLEN;
	raw[2] = 5;
	raw[3] = 0x12;
	raw[4] = 0x10;
	raw[8] = 0x41;
	raw[12] = 24;
	put_data64(raw + 32, 0xd1);
	memcpy(raw + 160, sdl, sizeof(sdl));
	memcpy(raw + INFOLEN, addr, sizeof(addr));
}

static void
interfaces(void **state)
{
	static const uint8_t mac[6] = { 0x9e, 1, 2, 3, 4, 0x64 };
	uint8_t raw[INFOLEN + ADDRLEN], *base, *buf;
	struct hostifs h = { 0 };
	struct qerr e;

	(void)state;
	put_list(raw);
	buf = put(raw, sizeof(raw), &base);
	assert_int_equal(bridgewire_iflist2(&h, buf, sizeof(raw), &e), 0);
	assert_int_equal(h.nifs, 1);
	assert_string_equal(h.ifs[0].name, "bridge100");
	assert_string_equal(h.ifs[0].kind, "bridge");
	assert_int_equal(h.ifs[0].index, 24);
	assert_memory_equal(h.ifs[0].mac, mac, 6);
	assert_true(h.ifs[0].up);
	assert_true(h.ifs[0].running);
	check_data64(&h.ifs[0]);
	assert_int_equal(h.naddrs, 1);
	assert_int_equal(h.addrs[0].index, 24);
	assert_int_equal(h.addrs[0].ip, 0xc0a84001);
	assert_int_equal(h.addrs[0].plen, 24);
	hostifs_free(&h);
	free(base);
}

/* Any single byte may lie, and the end may come at any of them. */
static void
contradictions(void **state)
{
	uint8_t raw[INFOLEN + ADDRLEN];
	struct hostifs h = { 0 };
	struct qerr e;

	(void)state;
	for (size_t i = 0; i < sizeof(raw); i++)
		for (int v = 0; v < 256; v += 15) {
			uint8_t *base, *buf;

			put_list(raw);
			raw[i] = (uint8_t)v;
			buf = put(raw, sizeof(raw), &base);
			bridgewire_iflist2(&h, buf, sizeof(raw), &e);
			hostifs_free(&h);
			free(base);
		}
	put_list(raw);
	for (size_t len = 1; len < sizeof(raw); len++)
		if (len != INFOLEN) {
			assert_int_equal(bridgewire_iflist2(&h, raw, len, &e),
			    -1);
			assert_int_equal(e.kind, QERR_FAIL);
			hostifs_free(&h);
		}
	/* A message that is too short for what it should hold. */
	memset(raw, 0, sizeof(raw));
	raw[0] = 4;
	raw[3] = 0x12;
	assert_int_equal(bridgewire_iflist2(&h, raw, 4, &e), 0);
	assert_int_equal(h.nifs, 0);
	raw[0] = 3;
	assert_int_equal(bridgewire_iflist2(&h, raw, 4, &e), -1);
	/* A name longer than its address. */
	put_list(raw);
	raw[160 + 5] = 200;
	assert_int_equal(bridgewire_iflist2(&h, raw, INFOLEN, &e), 0);
	assert_int_equal(h.nifs, 0);
}

/* A route by hand: flags, destination, length of the mask's bytes, mask. */
static size_t
put_route(uint8_t *p, uint32_t flags, uint32_t dst, uint8_t n, uint32_t mask)
{
	const uint8_t head[] = { n > 0 ? 116 : 112, 0, 5, 4, 9, 0, 0, 0,
		(uint8_t)flags, (uint8_t)(flags >> 8), (uint8_t)(flags >> 16),
		0, 5 };

	memset(p, 0, 116);
	memcpy(p, head, sizeof(head));
	p[92] = 16;
	p[93] = 2;
	p[108] = n;
	for (int i = 0; i < 4; i++) {
		p[96 + i] = (uint8_t)(dst >> (24 - 8 * i));
		if (4 + i < n)
			p[112 + i] = (uint8_t)(mask >> (24 - 8 * i));
	}
	return head[0];
}

static void
routes(void **state)
{
	uint8_t raw[6 * 116];
	struct hostifs h = { 0 };
	struct qerr e = { 0 };
	size_t n = 0;

	(void)state;
	n += put_route(raw + n, 0x3, 0, 0, 0);			/* default */
	n += put_route(raw + n, 0x101, 0xac100000, 6, 0xfff00000);
	n += put_route(raw + n, 0x20405, 0xc0a80102, 8, 0xffffffff); /* ARP */
	n += put_route(raw + n, 0x800101, 0xe0000000, 5, 0xf0000000);
	n += put_route(raw + n, 0x5, 0x0a000001, 8, 0xffffff00); /* a host */
	assert_int_equal(bridgewire_routes(&h, raw, n, &e), 0);
	assert_int_equal(h.nroutes, 3);
	assert_int_equal(h.routes[0].plen, 0);
	assert_int_equal(h.routes[1].ip, 0xac100000);
	assert_int_equal(h.routes[1].plen, 12);
	assert_int_equal(h.routes[1].index, 9);
	assert_int_equal(h.routes[2].ip, 0x0a000001);
	assert_int_equal(h.routes[2].plen, 32);
	assert_int_equal(bridgewire_routes(&h, raw, n - 1, &e), -1);
	assert_int_equal(e.kind, QERR_FAIL);
	hostifs_free(&h);
}

static void
vmnet_type(void **state)
{
	uint8_t raw[32] = "en5";

	(void)state;
	raw[16] = 6;
	raw[20] = 2;
	raw[24] = 9;
	assert_true(bridgewire_is_vmnet(raw, 32));
	assert_false(bridgewire_is_vmnet(raw, 31));
	raw[24] = 0;
	assert_false(bridgewire_is_vmnet(raw, 32));
}

static void
arguments(void **state)
{
	static const char raw[] = "\3\0\0\0/opt/bin/qemu-system-i386\0\0\0\0"
	    "qemu-system-i386\0-name\0\0PATH=/bin\0";
	struct strv argv = { 0 };

	(void)state;
	assert_int_equal(bridgewire_procargs(&argv, raw, sizeof(raw)), 0);
	assert_int_equal(argv.n, 3);
	assert_string_equal(argv.v[0], "qemu-system-i386");
	assert_string_equal(argv.v[1], "-name");
	assert_string_equal(argv.v[2], "");
	strv_free(&argv);
	/* All the arguments or none. */
	for (size_t len = 0; len < 57; len++) {
		assert_int_equal(bridgewire_procargs(&argv, raw, len), -1);
		assert_int_equal(argv.n, 0);
	}
	assert_int_equal(bridgewire_procargs(&argv, raw, 57), 0);
	strv_free(&argv);
	assert_int_equal(bridgewire_procargs(&argv, "\0\0\0\0a\0b\0", 8), -1);
	assert_int_equal(bridgewire_procargs(&argv, "\xff\xff\xff\xff""a\0b",
	    8), -1);
	assert_int_equal(bridgewire_procargs(&argv, "\1\0\0\0a\0\0\0", 8), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members),
		cmocka_unit_test(forwarding),
		cmocka_unit_test(argument),
		cmocka_unit_test(counters),
		cmocka_unit_test(interfaces),
		cmocka_unit_test(contradictions),
		cmocka_unit_test(routes),
		cmocka_unit_test(vmnet_type),
		cmocka_unit_test(arguments),
	};

	return cmocka_run_group_tests_name("bridgewire", tests, NULL, NULL);
}
