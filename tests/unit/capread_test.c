/* SPDX-License-Identifier: ISC */
/* capread_test.c - saved captures of any make, and broken ones */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capread.h"

/* A file in memory, given out in pieces. */
struct memory {
	const uint8_t *p;
	size_t len, piece;
};

static ssize_t
give(void *arg, void *buf, size_t len)
{
	struct memory *m = arg;

	if (len > m->piece)
		len = m->piece;
	if (len > m->len)
		len = m->len;
	memcpy(buf, m->p, len);
	m->p += len;
	m->len -= len;
	return (ssize_t)len;
}

static struct capread *
start(struct memory *m, const void *p, size_t len, size_t piece,
    struct qerr *e)
{
	*m = (struct memory){ p, len, piece };
	return capread_open(give, m, e);
}

static const uint8_t le_usec[] = {
	0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 4, 0, 1, 0, 0, 0,
	1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 60, 0, 0, 0, 'a', 'b', 'c',
	2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

static const uint8_t be_nsec[] = {
	0xa1, 0xb2, 0x3c, 0x4d, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 4, 0, 0, 0, 0, 0, 101,
	0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 60, 'a', 'b', 'c',
	0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0,
};

static void
check_pcap(const uint8_t *file, size_t len, size_t piece, uint64_t unit,
    uint32_t linktype)
{
	struct capsrc_packet p;
	struct pcapng_if i;
	struct memory m;
	struct capread *r = start(&m, file, len, piece, NULL);
	unsigned n;

	assert_non_null(r);
	assert_false(capread_is_pcapng(r));
	assert_int_equal(capread_ifs(r), 1);
	capread_if(r, 0, &i);
	assert_int_equal(i.linktype, linktype);
	assert_null(i.name);
	assert_int_equal(capread_next(r, &p, &n, NULL), 1);
	assert_int_equal(p.time_ns, 1000000000 + 2 * unit);
	assert_int_equal(p.caplen, 3);
	assert_int_equal(p.len, 60);
	assert_memory_equal(p.data, "abc", 3);
	assert_true(p.no_way);
	assert_int_equal(capread_next(r, &p, &n, NULL), 1);
	assert_int_equal(p.time_ns, 2000000000 + 3 * unit);
	assert_int_equal(p.caplen, 0);
	assert_int_equal(capread_next(r, &p, &n, NULL), 0);
	assert_int_equal(capread_next(r, &p, &n, NULL), 0);
	capread_close(r);
}

static void
test_pcap(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 80; piece += 13) {
		check_pcap(le_usec, sizeof(le_usec), piece, 1000, 1);
		check_pcap(be_nsec, sizeof(be_nsec), piece, 1, 101);
	}
}

/*
 * Two sections, the second in the other byte order; interfaces with units of
 * 1 us, 2^-10 s, 1 ns and an offset; all kinds of packet blocks, and a block
 * that nobody knows.
 */
static const uint8_t sections[] = {
	/* 0 */
	0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0, 0x4d, 0x3c, 0x2b, 0x1a,
	1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 28, 0, 0, 0,
	/* 28 */
	1, 0, 0, 0, 32, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	2, 0, 3, 0, 'r', '/', 'l', 0, 0, 0, 0, 0, 32, 0, 0, 0,
	/* 60 */
	1, 0, 0, 0, 60, 0, 0, 0, 101, 0, 0, 0, 2, 0, 0, 0,
	3, 0, 1, 0, 'd', 0, 0, 0, 6, 0, 6, 0, 2, 0, 0, 0, 0, 1, 0, 0,
	9, 0, 1, 0, 0x8a, 0, 0, 0, 11, 0, 4, 0, 0, 'a', 'r', 'p',
	0, 0, 0, 0, 60, 0, 0, 0,
	/* 120: an unknown one */
	0xaa, 0xbb, 0, 0, 16, 0, 0, 0, 1, 2, 3, 4, 16, 0, 0, 0,
	/* 136: EPB, out */
	6, 0, 0, 0, 48, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0,
	1, 0, 0, 0, 9, 0, 0, 0, 'x', 0, 0, 0,
	2, 0, 4, 0, 2, 0, 0, 0, 0, 0, 0, 0, 48, 0, 0, 0,
	/* 184: PB */
	2, 0, 0, 0, 36, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 5, 0, 0, 0,
	4, 0, 0, 0, 4, 0, 0, 0, 'p', 'q', 'r', 's', 36, 0, 0, 0,
	/* 220: SPB */
	3, 0, 0, 0, 20, 0, 0, 0, 2, 0, 0, 0, 's', 't', 0, 0, 20, 0, 0, 0,
	/* 240 */
	0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 28, 0x1a, 0x2b, 0x3c, 0x4d,
	0, 1, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 28,
	/* 268 */
	0, 0, 0, 1, 0, 0, 0, 44, 0, 1, 0, 0, 0, 0, 0, 0,
	0, 9, 0, 1, 9, 0, 0, 0, 0, 14, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1,
	0, 0, 0, 0, 0, 0, 0, 44,
	/* 312 */
	0, 0, 0, 6, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9,
	0, 0, 0, 0, 0, 0, 0, 60, 0, 0, 0, 32,
	/* 344 */
};

static void
test_pcapng(void **state)
{
	struct capsrc_packet p;
	struct pcapng_if i;
	struct memory m;
	struct capread *r = start(&m, sections, sizeof(sections), 7, NULL);
	unsigned n;

	(void)state;
	assert_non_null(r);
	assert_true(capread_is_pcapng(r));
	assert_int_equal(capread_ifs(r), 0);
	assert_int_equal(capread_next(r, &p, &n, NULL), 1);
	assert_int_equal(capread_ifs(r), 2);
	capread_if(r, 0, &i);
	assert_string_equal(i.name, "r/l");
	capread_if(r, 1, &i);
	assert_null(i.name);
	assert_string_equal(i.description, "d");
	assert_string_equal(i.filter, "arp");
	assert_memory_equal(i.mac, "\2\0\0\0\0\1", 6);
	assert_int_equal(i.linktype, 101);
	/* 0x600 of 2^-10 s */
	assert_int_equal(n, 1);
	assert_int_equal(p.time_ns, 1500000000);
	assert_int_equal(p.caplen, 1);
	assert_int_equal(p.len, 9);
	assert_false(p.to_vm);
	assert_false(p.no_way);
	assert_int_equal(*p.data, 'x');
	assert_int_equal(capread_next(r, &p, &n, NULL), 1);
	assert_int_equal(n, 0);
	assert_int_equal(p.time_ns, 5000);
	assert_memory_equal(p.data, "pqrs", 4);
	assert_true(p.no_way);
	assert_int_equal(capread_next(r, &p, &n, NULL), 1);
	assert_int_equal(p.caplen, 2);
	assert_memory_equal(p.data, "st", 2);
	/* The next section's interface 0 is another one. */
	assert_int_equal(capread_next(r, &p, &n, NULL), 1);
	assert_int_equal(n, 2);
	assert_int_equal(p.time_ns, 1000000009);
	assert_int_equal(p.len, 60);
	assert_int_equal(capread_next(r, &p, &n, NULL), 0);
	capread_close(r);
}

/* Cut at every byte: never a packet too many, and the offset is told. */
static void
cut_everywhere(const uint8_t *file, size_t len, const size_t *ends,
    size_t nends)
{
	for (size_t cut = 1; cut < len; cut++) {
		struct qerr e = { 0 };
		struct memory m;
		struct capread *r = start(&m, file, cut, 1000, &e);
		struct capsrc_packet p;
		size_t from = 0, k = 0;
		unsigned n;
		int rc = -1;

		for (; k < nends && ends[k] <= cut; k++)
			from = ends[k];
		while (r != NULL && (rc = capread_next(r, &p, &n, &e)) == 1)
			;
		if (from == cut && r != NULL)
			assert_int_equal(rc, 0);
		else {
			assert_int_equal(rc, -1);
			assert_int_equal(e.kind, QERR_INPUT);
		}
		if (r != NULL && rc == -1) {
			char want[32];

			snprintf(want, sizeof(want), "byte %zu ", from);
			assert_non_null(strstr(e.msg, want));
		}
		capread_close(r);
	}
}

static void
test_cut(void **state)
{
	static const size_t pcap_ends[] = { 24, 43 };
	static const size_t pcapng_ends[] = { 28, 60, 120, 136, 184, 220, 240,
		268, 312 };

	(void)state;
	cut_everywhere(le_usec, sizeof(le_usec), pcap_ends, 2);
	/* The unknown block is skipped as it comes, in one piece here. */
	cut_everywhere(sections, sizeof(sections), pcapng_ends, 9);
}

/* One byte of a good file changed, and what is said. */
static void
spoiled(const uint8_t *file, size_t len, size_t at, uint8_t to,
    const char *want)
{
	uint8_t *copy = malloc(len);
	struct qerr e = { 0 };
	struct capsrc_packet p;
	struct capread *r;
	struct memory m;
	unsigned n;

	assert_non_null(copy);
	memcpy(copy, file, len);
	copy[at] = to;
	r = start(&m, copy, len, 1000, &e);
	while (r != NULL && capread_next(r, &p, &n, &e) == 1)
		;
	capread_close(r);
	free(copy);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_string_equal(e.msg, want);
}

static void
test_broken(void **state)
{
	(void)state;
	spoiled(le_usec, sizeof(le_usec), 0, 0,
	    "it is neither pcap nor pcapng");
	spoiled(le_usec, sizeof(le_usec), 4, 9,
	    "pcap of version 9.4 is not known");
	spoiled(le_usec, sizeof(le_usec), 35, 0x80,
	    "impossible packet length at byte 24");
	spoiled(sections, sizeof(sections), 8, 0,
	    "section of an unknown byte order at byte 0");
	spoiled(sections, sizeof(sections), 12, 2,
	    "section of an unknown version at byte 0");
	spoiled(sections, sizeof(sections), 64, 63,
	    "impossible block length at byte 60");
	spoiled(sections, sizeof(sections), 116, 64,
	    "block with two lengths at byte 60");
	spoiled(sections, sizeof(sections), 144, 2,
	    "packet of an unknown interface at byte 136");
	spoiled(sections, sizeof(sections), 156, 200,
	    "impossible packet length at byte 136");
	spoiled(sections, sizeof(sections), 67, 2,
	    "block too large at byte 60");
	spoiled((const uint8_t *)"\x1f\x8b\x08\x00", 4, 3, 0,
	    "it is compressed: zcat it into '-r -'");
}

static ssize_t
refuse(void *arg, void *buf, size_t len)
{
	(void)arg;
	(void)buf;
	(void)len;
	errno = EISDIR;
	return -1;
}

static void
test_no_file(void **state)
{
	struct qerr e = { 0 };
	struct memory m;

	(void)state;
	assert_null(start(&m, "", 0, 1, &e));
	assert_int_equal(e.kind, QERR_INPUT);
	assert_string_equal(e.msg, "it is empty");
	assert_null(capread_open(refuse, NULL, &e));
	assert_int_equal(e.kind, QERR_FAIL);
	assert_string_equal(e.msg, "cannot read: Is a directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap),
		cmocka_unit_test(test_pcapng),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_no_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
