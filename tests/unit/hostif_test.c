/* SPDX-License-Identifier: ISC */
/* hostif_test.c - rtnetlink's bytes become a snapshot of interfaces */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hostif.h"
#include "rtnl.h"

/* A datagram under construction; numbers are the kernel's. */
struct dgram {
	uint8_t b[8192];
	size_t len, msg;	/* msg: where the current message starts */
};

static void
put(struct dgram *d, const void *p, size_t n)
{
	assert_true(d->len + n + 4 <= sizeof(d->b));
	memcpy(d->b + d->len, p, n);
	d->len += n;
	while (d->len % 4 != 0)
		d->b[d->len++] = 0;
	if (d->len >= d->msg + 4) {
		uint32_t size = (uint32_t)(d->len - d->msg);

		memcpy(d->b + d->msg, &size, 4);
	}
}

static void
begin(struct dgram *d, uint16_t type, uint16_t flags)
{
	const uint16_t h[8] = { 0, 0, type, flags, 0, 0, 0, 0 };

	d->msg = d->len;
	put(d, h, sizeof(h));
}

static void
attr(struct dgram *d, uint16_t type, const void *p, size_t n)
{
	const uint16_t h[2] = { (uint16_t)(n + 4), type };
	uint8_t both[512];

	assert_true(n + 4 <= sizeof(both));
	memcpy(both, h, 4);
	memcpy(both + 4, p, n);
	put(d, both, n + 4);
}

static void
attr32(struct dgram *d, uint16_t type, uint32_t v)
{
	attr(d, type, &v, sizeof(v));
}

static void
link_begin(struct dgram *d, uint32_t index, uint32_t flags)
{
	const uint32_t ifi[4] = { 0, index, flags, 0 };

	begin(d, 16, 2);
	put(d, ifi, sizeof(ifi));
}

static void
done(struct dgram *d, uint16_t flags)
{
	const uint32_t zero = 0;

	begin(d, 3, flags);
	put(d, &zero, 4);
}

static void
link_tap(struct dgram *d)
{
	static const uint8_t mac[] = { 2, 0, 0, 0xab, 0xcd, 0xef };
	static const char alias[] = "qlab:lab/router/lan";
	const uint64_t stats[24] = { 11, 22, 1100, 2200, 0, 0, 3, 4 };
	/* IFLA_INFO_KIND "tun" nested in IFLA_LINKINFO */
	const uint8_t info[] = { 8, 0, 1, 0, 't', 'u', 'n', 0 };

	link_begin(d, 7, 1 | 0x40);
	attr(d, 3, "tap3", 5);
	attr32(d, 4, 1500);
	attr32(d, 10, 5);
	attr(d, 1, mac, 6);
	attr(d, 20, alias, sizeof(alias));
	attr(d, 18 | 0x8000, info, sizeof(info));
	attr(d, 23, stats, sizeof(stats));
	attr(d, 999, "unknown", 7);
}

static void
test_link(void **state)
{
	static const uint8_t mac[] = { 2, 0, 0, 0xab, 0xcd, 0xef };
	struct hostifs h = { 0 };
	struct rtnl_dump r = { .into = &h };
	struct dgram d = { .len = 0 };
	struct qerr e;

	(void)state;
	link_tap(&d);
	link_begin(&d, 5, 1);
	attr(&d, 3, "lan", 4);
	done(&d, 2);
	assert_int_equal(rtnl_take(&r, d.b, d.len, &e), 0);
	assert_true(r.done);
	assert_false(r.torn);
	assert_int_equal(h.nifs, 2);
	assert_string_equal(h.ifs[0].name, "tap3");
	assert_string_equal(h.ifs[0].kind, "tun");
	assert_string_equal(h.ifs[0].alias, "qlab:lab/router/lan");
	assert_memory_equal(h.ifs[0].mac, mac, 6);
	assert_int_equal(h.ifs[0].index, 7);
	assert_int_equal(h.ifs[0].master, 5);
	assert_int_equal(h.ifs[0].mtu, 1500);
	assert_true(h.ifs[0].up);
	assert_true(h.ifs[0].running);
	assert_int_equal(h.ifs[0].rx_packets, 11);
	assert_int_equal(h.ifs[0].tx_packets, 22);
	assert_int_equal(h.ifs[0].rx_bytes, 1100);
	assert_int_equal(h.ifs[0].tx_bytes, 2200);
	assert_int_equal(h.ifs[0].rx_dropped, 3);
	assert_int_equal(h.ifs[0].tx_dropped, 4);
	assert_false(h.ifs[1].running);
	assert_ptr_equal(hostif_by_name(&h, "lan"), &h.ifs[1]);
	assert_ptr_equal(hostif_by_index(&h, 7), &h.ifs[0]);
	assert_null(hostif_by_name(&h, "tap"));
	assert_null(hostif_by_index(&h, 0));
	hostifs_free(&h);
}

static void
neigh(struct dgram *d, uint8_t family, uint32_t port, uint16_t st,
    uint32_t bridge)
{
	uint8_t nd[12] = { family };
	const uint8_t mac[] = { 0x52, 0x54, 0, 0, 0, (uint8_t)port };

	memcpy(nd + 4, &port, 4);
	memcpy(nd + 8, &st, 2);
	begin(d, 28, 2);
	put(d, nd, sizeof(nd));
	attr(d, 2, mac, 6);
	if (bridge != 0)
		attr32(d, 9, bridge);
}

static void
test_fdb_keeps_learned_ones(void **state)
{
	struct hostifs h = { 0 };
	struct rtnl_dump r = { .into = &h };
	struct dgram d = { .len = 0 };
	struct qerr e;

	(void)state;
	neigh(&d, 7, 9, 2, 5);		/* reachable: learned */
	neigh(&d, 7, 10, 4, 5);		/* stale: learned */
	neigh(&d, 7, 11, 0x80, 5);	/* permanent: the port's own */
	neigh(&d, 7, 12, 0x40, 5);	/* static: an administrator's */
	neigh(&d, 7, 13, 2, 0);		/* no bridge's */
	neigh(&d, 2, 14, 2, 5);		/* ARP, not a forwarding entry */
	done(&d, 2);
	assert_int_equal(rtnl_take(&r, d.b, d.len, &e), 0);
	assert_int_equal(h.nfdb, 2);
	assert_int_equal(h.fdb[0].port, 9);
	assert_int_equal(h.fdb[0].bridge, 5);
	assert_int_equal(h.fdb[0].mac[5], 9);
	assert_int_equal(h.fdb[1].port, 10);
	hostifs_free(&h);
}

static void
addr(struct dgram *d, uint8_t family, uint8_t plen, const char *peer,
    const char *local)
{
	const uint8_t ifa[8] = { family, plen, 0, 0, 3, 0, 0, 0 };

	begin(d, 20, 2);
	put(d, ifa, sizeof(ifa));
	if (local != NULL)
		attr(d, 2, local, 4);
	if (peer != NULL)
		attr(d, 1, peer, 4);
}

static void
test_addresses(void **state)
{
	struct hostifs h = { 0 };
	struct rtnl_dump r = { .into = &h };
	struct dgram d = { .len = 0 };
	struct qerr e;

	(void)state;
	addr(&d, 2, 24, "\x0a\x4d\x01\x01", "\x0a\x4d\x01\x01");
	addr(&d, 2, 32, "\xc0\x00\x02\x02", "\xc0\x00\x02\x01");
	addr(&d, 2, 8, "\x7f\x00\x00\x01", NULL);
	addr(&d, 10, 64, NULL, NULL);
	addr(&d, 2, 33, "\x0a\x00\x00\x01", NULL);
	done(&d, 2);
	assert_int_equal(rtnl_take(&r, d.b, d.len, &e), 0);
	assert_int_equal(h.naddrs, 3);
	assert_int_equal(h.addrs[0].ip, 0x0a4d0101);
	assert_int_equal(h.addrs[0].plen, 24);
	assert_int_equal(h.addrs[1].ip, 0xc0000201);
	assert_int_equal(h.addrs[2].ip, 0x7f000001);
	hostifs_free(&h);
}

/* struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type */
static void
route(struct dgram *d, uint8_t plen, uint8_t table, uint8_t type,
    const char *dst)
{
	const uint8_t rtm[12] = { 2, plen, 0, 0, table, 3, 0, type };

	begin(d, 24, 2);
	put(d, rtm, sizeof(rtm));
	if (dst != NULL)
		attr(d, 1, dst, 4);
}

static void
test_routes(void **state)
{
	struct hostifs h = { 0 };
	struct rtnl_dump rd = { .into = &h };
	struct dgram d = { 0 };
	struct qerr e;

	(void)state;
	route(&d, 24, 254, 1, "\xc0\x00\x02\x00");
	attr32(&d, 4, 7);		/* out of interface 7 */
	route(&d, 0, 254, 1, NULL);
	route(&d, 8, 255, 2, "\x7f\x00\x00\x00");	/* table local */
	route(&d, 16, 254, 7, "\x0a\x01\x00\x00");	/* unreachable */
	route(&d, 33, 254, 1, "\x0a\x01\x00\x00");
	done(&d, 0);
	assert_int_equal(rtnl_take(&rd, d.b, d.len, &e), 0);
	assert_int_equal(h.nroutes, 2);
	assert_int_equal(h.routes[0].ip, 0xc0000200);
	assert_int_equal(h.routes[0].plen, 24);
	assert_int_equal(h.routes[0].index, 7);
	assert_int_equal(h.routes[1].index, 0);
	assert_int_equal(h.routes[1].ip, 0);
	assert_int_equal(h.routes[1].plen, 0);
	hostifs_free(&h);
}

static void
test_torn_and_errors(void **state)
{
	const int32_t eperm = -EPERM;
	struct hostifs h = { 0 };
	struct rtnl_dump r = { .into = &h };
	struct dgram d = { .len = 0 };
	struct qerr e = { 0 };

	(void)state;
	done(&d, 2 | 0x10);
	assert_int_equal(rtnl_take(&r, d.b, d.len, &e), 0);
	assert_true(r.torn);

	r = (struct rtnl_dump){ .into = &h };
	d.len = 0;
	begin(&d, 2, 0);
	put(&d, &eperm, 4);
	assert_int_equal(rtnl_take(&r, d.b, d.len, &e), -1);
	assert_int_equal(e.sys, EPERM);
	assert_int_equal(e.kind, QERR_PERM);
	hostifs_free(&h);
}

/* Every way to cut a good datagram short: an error or less, never a crash. */
static void
test_cut_short(void **state)
{
	struct dgram d = { .len = 0 };

	(void)state;
	link_tap(&d);
	neigh(&d, 7, 9, 2, 5);
	addr(&d, 2, 24, "\x0a\x4d\x01\x01", "\x0a\x4d\x01\x01");
	for (size_t n = 0; n < d.len; n++) {
		uint8_t *copy = malloc(n ? n : 1);
		struct hostifs h = { 0 };
		struct rtnl_dump r = { .into = &h };

		assert_non_null(copy);
		memcpy(copy, d.b, n);
		rtnl_take(&r, copy, n, NULL);
		assert_false(r.done);
		assert_true(h.nifs <= 1 && h.nfdb <= 1 && h.naddrs == 0);
		hostifs_free(&h);
		free(copy);
	}
}

static void
test_malformed(void **state)
{
	struct hostifs h = { 0 };
	struct rtnl_dump r = { .into = &h };
	struct dgram d = { .len = 0 };
	struct qerr e = { 0 };
	uint16_t bad = 3;

	(void)state;
	/* A message shorter than its own header. */
	begin(&d, 16, 0);
	d.b[0] = 15;
	assert_int_equal(rtnl_take(&r, d.b, d.len, &e), -1);
	assert_int_equal(e.kind, QERR_FAIL);
	/* An attribute shorter than its own header. */
	d.len = 0;
	link_begin(&d, 1, 0);
	attr(&d, 3, "lo", 3);
	memcpy(d.b + 32, &bad, 2);
	assert_int_equal(rtnl_take(&r, d.b, d.len, &e), -1);
	assert_int_equal(h.nifs, 0);
	hostifs_free(&h);
}

/* Names and aliases without an end, or too long, are cut. */
static void
test_long_text(void **state)
{
	struct hostifs h = { 0 };
	struct rtnl_dump r = { .into = &h };
	struct dgram d = { .len = 0 };
	char alias[256];

	(void)state;
	memset(alias, 'x', sizeof(alias));
	link_begin(&d, 1, 0);
	attr(&d, 3, "abcdefghijklmnopqrstuvwxyz", 26);
	attr(&d, 20, alias, sizeof(alias));
	assert_int_equal(rtnl_take(&r, d.b, d.len, NULL), 0);
	assert_string_equal(h.ifs[0].name, "abcdefghijklmno");
	assert_int_equal(strlen(h.ifs[0].alias), sizeof(h.ifs[0].alias) - 1);
	hostifs_free(&h);
}

/* This very namespace has a loopback interface, whatever else it has. */
static void
test_live(void **state)
{
	struct hostifs h = { 0 };
	struct qerr e = { 0 };

	(void)state;
	if (hostifs_get(&h, &e) == -1 && strstr(e.msg, "not supported"))
		skip();
	assert_int_equal(e.kind, QERR_NONE);
	assert_non_null(hostif_by_name(&h, "lo"));
	hostifs_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_fdb_keeps_learned_ones),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_torn_and_errors),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_long_text),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
