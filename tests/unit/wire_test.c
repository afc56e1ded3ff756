/* SPDX-License-Identifier: ISC */
/* wire_test.c - addresses read off ARP and DHCP packets */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire.h"

static const uint8_t client[6] = { 0x02, 0, 0, 0, 0, 0x0a };

/* The request of RFC 826 from 192.168.2.133 as it stands on the wire. */
static const uint8_t arp[60] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x0a, 0x08, 0x06,
	0, 1, 0x08, 0, 6, 4, 0, 1,
	0x02, 0, 0, 0, 0, 0x0a, 192, 168, 2, 133,
	0, 0, 0, 0, 0, 0, 192, 168, 2, 1,
};

/* A DHCPACK of 192.168.2.133, without its options, in udp[42 + 240]. */
static size_t
make_ack(uint8_t *f, const uint8_t *opts, size_t nopts)
{
	static const uint8_t head[42] = {
		0x02, 0, 0, 0, 0, 0x0a, 0x02, 0, 0, 0, 0, 1, 0x08, 0,
		0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 192, 168, 2, 1,
		192, 168, 2, 133,
		0, 67, 0, 68, 0, 0, 0, 0,
	};
	static const uint8_t cookie[4] = { 99, 130, 83, 99 };
	size_t len = 20 + 8 + 240 + nopts;

	memset(f, 0, 14 + len);
	memcpy(f, head, sizeof(head));
	f[16] = (uint8_t)(len >> 8);
	f[17] = (uint8_t)len;
	f[42] = 2;		/* BOOTREPLY, Ethernet, 6 bytes */
	f[43] = 1;
	f[44] = 6;
	memcpy(f + 42 + 16, (uint8_t[]){ 192, 168, 2, 133 }, 4);
	memcpy(f + 42 + 28, client, 6);
	memcpy(f + 42 + 236, cookie, 4);
	memcpy(f + 42 + 240, opts, nopts);
	return 14 + len;
}

static const uint8_t ack_opts[] = { 0, 53, 1, 5, 54, 4, 192, 168, 2, 1, 255 };

/* The same frame with tags in it; returns its length. */
static size_t
tag(uint8_t *dst, const uint8_t *src, size_t len, int tags)
{
	memcpy(dst, src, 12);
	for (int i = 0; i < tags; i++)
		memcpy(dst + 12 + 4 * i, i == 0 && tags == 2 ?
		    (uint8_t[]){ 0x88, 0xa8, 0, 5 } :
		    (uint8_t[]){ 0x81, 0, 0, 10 }, 4);
	memcpy(dst + 12 + 4 * tags, src + 12, len - 12);
	return len + 4 * (size_t)tags;
}

static void
check(const void *frame, size_t len, enum wire_kind kind)
{
	struct wire_fact f = { .at = 77 };
	uint8_t tagged[1024];

	for (int tags = 0; tags < 3; tags++) {
		size_t n = tag(tagged, frame, len, tags);

		memset(&f, 0, sizeof(f));
		assert_true(wire_read(tagged, n, &f));
		assert_memory_equal(f.mac, client, 6);
		assert_int_equal(f.ip, 0xc0a80285);
		assert_int_equal(f.kind, kind);
	}
}

static void
test_arp(void **state)
{
	uint8_t reply[60];

	(void)state;
	check(arp, sizeof(arp), WIRE_ARP);
	memcpy(reply, arp, sizeof(arp));
	reply[21] = 2;
	check(reply, sizeof(reply), WIRE_ARP);
}

/* The sender is what counts, so a probe (no sender's address) says nothing. */
static void
test_arp_that_tells_nothing(void **state)
{
	struct wire_fact f;
	uint8_t b[60];

	(void)state;
	memcpy(b, arp, sizeof(b));
	memset(b + 28, 0, 4);
	assert_false(wire_read(b, sizeof(b), &f));
	memcpy(b, arp, sizeof(b));
	b[22] |= 1;		/* a group's address */
	assert_false(wire_read(b, sizeof(b), &f));
	memcpy(b, arp, sizeof(b));
	b[28] = 239;		/* multicast */
	assert_false(wire_read(b, sizeof(b), &f));
	memcpy(b, arp, sizeof(b));
	b[21] = 3;		/* reverse ARP */
	assert_false(wire_read(b, sizeof(b), &f));
	memcpy(b, arp, sizeof(b));
	b[15] = 6;		/* IEEE 802 */
	assert_false(wire_read(b, sizeof(b), &f));
}

static void
test_ack(void **state)
{
	static const uint8_t over[] = { 52, 1, 3, 255 };
	uint8_t b[1024];
	size_t len = make_ack(b, ack_opts, sizeof(ack_opts));

	(void)state;
	check(b, len, WIRE_ACK);
	/* The type in a field that is lent to options. */
	len = make_ack(b, over, sizeof(over));
	memcpy(b + 42 + 108, (uint8_t[]){ 53, 1, 5, 255 }, 4);
	check(b, len, WIRE_ACK);
	len = make_ack(b, over, sizeof(over));
	memcpy(b + 42 + 44, (uint8_t[]){ 53, 1, 5, 255 }, 4);
	check(b, len, WIRE_ACK);
}

static void
test_other_dhcp(void **state)
{
	static const uint8_t offer[] = { 53, 1, 2, 255 };
	static const uint8_t late[] = { 255, 53, 1, 5 };
	struct wire_fact f;
	uint8_t b[1024];
	size_t len;

	(void)state;
	len = make_ack(b, offer, sizeof(offer));
	assert_false(wire_read(b, len, &f));
	len = make_ack(b, late, sizeof(late));
	assert_false(wire_read(b, len, &f));
	len = make_ack(b, ack_opts, sizeof(ack_opts));
	b[35] = 69;		/* another port */
	assert_false(wire_read(b, len, &f));
	len = make_ack(b, ack_opts, sizeof(ack_opts));
	b[20] = 0x20;		/* a first fragment */
	assert_false(wire_read(b, len, &f));
	len = make_ack(b, ack_opts, sizeof(ack_opts));
	memset(b + 42 + 16, 0, 4);	/* of DHCPINFORM */
	assert_false(wire_read(b, len, &f));
	/* The packet ends before its options; what follows is padding. */
	len = make_ack(b, ack_opts, sizeof(ack_opts));
	b[16] = (20 + 8 + 240) >> 8;
	b[17] = (20 + 8 + 240) & 0xff;
	assert_false(wire_read(b, len, &f));
}

/* Whole or not at all, and never beyond the end (ASan looks). */
static void
test_cut_short(void **state)
{
	uint8_t b[1024];
	size_t len = make_ack(b, ack_opts, sizeof(ack_opts));
	struct wire_fact f;

	(void)state;
	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, b, n);
		/* All up to the option's value is needed, no more. */
		assert_int_equal(wire_read(cut, n, &f), n >= 42 + 240 + 4);
		if (n < 42)
			assert_false(wire_read(arp, n, &f));
		free(cut);
	}
}

static void
test_table(void **state)
{
	struct wire_table t = { 0 }, u = { 0 };
	struct wire_fact f = { .ip = 1, .at = 10 };
	json_t *j;

	(void)state;
	memcpy(f.mac, client, 6);
	assert_true(wire_note(&t, &f));
	f.at = 20;
	assert_false(wire_note(&t, &f));
	assert_int_equal(t.v[0].at, 20);
	/* One MAC with many addresses keeps the last ones. */
	for (uint32_t i = 2; i < 10; i++) {
		f.ip = i;
		f.at++;
		assert_true(wire_note(&t, &f));
	}
	assert_int_equal(t.n, WIRE_PER_MAC);
	for (size_t i = 0; i < t.n; i++)
		assert_true(t.v[i].ip >= 10 - WIRE_PER_MAC);
	j = wire_to_json(&t, 0, 100);
	json_array_append_new(j, json_string("no fact"));
	wire_from_json(&u, j);
	json_decref(j);
	assert_int_equal(u.n, t.n);
	for (size_t i = 0; i < t.n; i++)
		assert_int_equal(u.v[i].ip, t.v[i].ip);
	j = wire_to_json(&t, 3, 100);
	assert_int_equal(json_array_size(j), 1);
	json_decref(j);
	wire_free(&u);
	wire_free(&t);
}

/* A flood of MACs ends at a limit, the oldest going first. */
static void
test_flood(void **state)
{
	struct wire_table t = { 0 };
	struct wire_fact f = { .ip = 1 };

	(void)state;
	for (uint32_t i = 0; i < WIRE_FACTS + 10; i++) {
		f.mac[4] = (uint8_t)(i >> 8);
		f.mac[5] = (uint8_t)i;
		f.at = i;
		wire_note(&t, &f);
	}
	assert_int_equal(t.n, WIRE_FACTS);
	for (size_t i = 0; i < t.n; i++)
		assert_true(t.v[i].at >= 10);
	wire_free(&t);
}

/* The kernel's filter, run here: does it let pass what is read? */
static uint32_t
run_filter(const uint8_t *p, size_t len)
{
	uint32_t a = 0, x = 0;

	for (size_t i = 0; i < wire_filter_len; i++) {
		const struct wire_insn *n = &wire_filter[i];
		size_t at = n->k + (n->code == 0x48 ? x : 0);

		switch (n->code) {
		case 0x28:	/* ldh [k] */
		case 0x48:	/* ldh [x + k] */
			if (at + 2 > len)
				return 0;
			a = (uint32_t)p[at] << 8 | p[at + 1];
			break;
		case 0x30:	/* ldb [k] */
			if (at + 1 > len)
				return 0;
			a = p[at];
			break;
		case 0xb1:	/* ldx 4 * ([k] & 0xf) */
			if (at + 1 > len)
				return 0;
			x = 4 * (p[at] & 15u);
			break;
		case 0x15:	/* jeq */
			i += a == n->k ? n->jt : n->jf;
			break;
		case 0x45:	/* jset */
			i += a & n->k ? n->jt : n->jf;
			break;
		case 0x06:	/* ret */
			return n->k;
		default:
			fail_msg("code %#x", n->code);
		}
	}
	fail_msg("ran over the end");
	return 0;
}

static void
test_filter(void **state)
{
	uint8_t b[1024], tagged[1024];
	size_t len = make_ack(b, ack_opts, sizeof(ack_opts));

	(void)state;
	assert_int_equal(run_filter(arp, sizeof(arp)), WIRE_SNAP);
	assert_int_equal(run_filter(b, len), WIRE_SNAP);
	for (int tags = 1; tags < 3; tags++) {
		assert_int_equal(run_filter(tagged, tag(tagged, arp,
		    sizeof(arp), tags)), WIRE_SNAP);
		assert_int_equal(run_filter(tagged, tag(tagged, b, len, tags)),
		    WIRE_SNAP);
	}
	b[35] = 53;
	assert_int_equal(run_filter(b, len), 0);
	b[35] = 67;
	b[37] = 67;
	assert_int_equal(run_filter(b, len), 0);
	b[37] = 68;
	b[23] = 6;		/* TCP */
	assert_int_equal(run_filter(b, len), 0);
	b[23] = 17;
	b[21] = 1;		/* a later fragment */
	assert_int_equal(run_filter(b, len), 0);
	b[12] = 0x86;		/* IPv6 */
	b[13] = 0xdd;
	assert_int_equal(run_filter(b, len), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arp),
		cmocka_unit_test(test_arp_that_tells_nothing),
		cmocka_unit_test(test_ack),
		cmocka_unit_test(test_other_dhcp),
		cmocka_unit_test(test_cut_short),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
