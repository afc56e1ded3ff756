/* SPDX-License-Identifier: ISC */
/* bpfread_test.c - packets out of the buffers of BSD's packet filter */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "bpfread.h"
#include "capway.h"

static const uint8_t vm[6] = { 0x52, 0x54, 0, 1, 2, 3 };
static const struct capsrc_if cable = { .point = 7, .has_mac = true,
	.mac = { 0x52, 0x54, 0, 1, 2, 3 } };

/* What the device hands out, one read(2) after the other. */
static struct {
	uint8_t buf[512];
	size_t len;
	int err;		/* then, after that; 0: there is nothing now */
} reads[20];
static unsigned nreads, at;

static ssize_t
device(int fd, void *buf, size_t n)
{
	assert_int_equal(fd, 3);
	assert_int_equal(n, sizeof(reads[0].buf));
	if (at == nreads || reads[at].len == 0) {
		errno = at == nreads ? EAGAIN : reads[at++].err;
		return -1;
	}
	memcpy(buf, reads[at].buf, reads[at].len);
	return (ssize_t)reads[at++].len;
}

/* A record as a 64-bit kernel writes it: 18 bytes, and what aligns it. */
static void
record(unsigned r, uint32_t sec, const uint8_t *src, uint32_t caplen,
    uint32_t len)
{
	const uint32_t words[] = { sec, 999999, caplen, len };
	const uint16_t hdrlen = 18;
	uint8_t *p = reads[r].buf + reads[r].len;

	memcpy(p, words, sizeof(words));
	memcpy(p + 16, &hdrlen, sizeof(hdrlen));
	memset(p + 18, 0xee, caplen);
	if (caplen >= 12)
		memcpy(p + 18 + 6, src, 6);
	reads[r].len += (18 + caplen + 3) / 4 * 4;
}

static struct capsrc_packet got[16];
static int ngot, enough;

static int
take(void *arg, const struct capsrc_packet *p)
{
	assert_ptr_equal(arg, &ngot);
	assert_true(ngot < 16);
	got[ngot++] = *p;
	return ngot == enough;
}

static struct bpfread
opened(enum capsrc_dir dir)
{
	static uint8_t buf[512];

	ngot = enough = 0;
	at = 0;
	return (struct bpfread){ .fd = 3, .buf = buf, .size = sizeof(buf),
		.hears = &cable, .dir = dir, .read = device };
}

static const uint8_t other[6] = { 0xa, 0, 0, 0, 0, 1 };

static void
fill(void)
{
	memset(reads, 0, sizeof(reads));
	record(0, 100, vm, 61, 61);	/* three bytes of padding */
	record(0, 101, other, 14, 1514);
	record(1, 4000000000u, vm, 5, 60);	/* no MACs: no way */
	nreads = 2;
}

static void
test_records(void **state)
{
	struct bpfread b = opened(CAPSRC_BOTH);
	struct qerr e;

	(void)state;
	fill();
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 3);
	assert_int_equal(ngot, 3);
	assert_int_equal(got[0].time_ns, UINT64_C(100999999000));
	assert_int_equal(got[0].caplen, 61);
	assert_int_equal(got[0].point, 7);
	assert_false(got[0].to_vm);
	assert_int_equal(got[1].caplen, 14);
	assert_int_equal(got[1].len, 1514);
	assert_true(got[1].to_vm);
	assert_int_equal(got[2].time_ns, UINT64_C(4000000000999999000));
	assert_true(got[2].no_way);
	assert_int_equal(b.handed, 3);
	assert_false(b.gone);
	/* There is nothing now. */
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 0);
}

/* It goes on where it was stopped, within a buffer. */
static void
test_stopped(void **state)
{
	struct bpfread b = opened(CAPSRC_BOTH);
	struct qerr e;

	(void)state;
	fill();
	enough = 1;
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 1);
	assert_int_equal(at, 1);
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 2);
	assert_int_equal(got[1].len, 1514);
}

static void
test_way(void **state)
{
	struct bpfread b = opened(CAPSRC_OUT);
	struct qerr e;

	(void)state;
	fill();
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 2);
	assert_int_equal(got[0].caplen, 61);
	assert_true(got[1].no_way);
	assert_int_equal(b.turned_away, 1);
	b = opened(CAPSRC_IN);
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 2);
	assert_int_equal(got[0].len, 1514);
	/* An interface that is no VM's cable. */
	got[0].data = reads[0].buf + 18;
	got[0].caplen = 61;
	assert_true(capway_tell(&got[0], NULL, CAPSRC_IN));
	assert_true(got[0].no_way);
}

/* Nobody has said what it hears: nothing is lost meanwhile. */
static void
test_not_yet(void **state)
{
	struct bpfread b = opened(CAPSRC_BOTH);
	struct qerr e;

	(void)state;
	fill();
	b.hears = NULL;
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 0);
	assert_int_equal(at, 0);
}

static void
test_goes(void **state)
{
	struct bpfread b = opened(CAPSRC_BOTH);
	struct qerr e;

	(void)state;
	fill();
	reads[2].err = ENETDOWN;
	reads[3].err = ENXIO;
	nreads = 4;
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 3);
	assert_false(b.gone);
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 0);
	assert_true(b.gone);
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 0);
	assert_int_equal(at, 4);
	b = opened(CAPSRC_BOTH);
	memset(reads, 0, sizeof(reads));
	reads[0].err = EIO;
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), -1);
	assert_int_equal(e.sys, EIO);
}

/* A flood: others have their turn, too. */
static void
test_flood(void **state)
{
	struct bpfread b = opened(CAPSRC_BOTH);
	struct qerr e;

	(void)state;
	memset(reads, 0, sizeof(reads));
	for (nreads = 0; nreads < 20; nreads++)
		record(nreads, nreads, vm, 20, 20);
	enough = -1;
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 15);
	ngot = 0;
	assert_int_equal(bpfread_read(&b, take, &ngot, &e), 5);
}

static void
test_nonsense(void **state)
{
	static const struct {
		size_t len;
		uint16_t hdrlen;
		uint32_t caplen, size;
	} bad[] = {
		{ 17, 18, 0, 0 },		/* no whole header */
		{ 40, 17, 20, 20 },		/* a shorter one */
		{ 40, 41, 0, 0 },		/* past the end */
		{ 40, 18, 23, 23 },		/* frame past the end */
		{ 40, 18, 0xffffffff, 0xffffffff },
		{ 40, 18, 20, 19 },		/* kept more than there was */
	};
	struct capsrc_packet p;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint8_t buf[64] = { 0 };
		size_t pos = 0;

		memcpy(buf + 8, &bad[i].caplen, 4);
		memcpy(buf + 12, &bad[i].size, 4);
		memcpy(buf + 16, &bad[i].hdrlen, 2);
		assert_int_equal(bpfread_record(buf, bad[i].len, &pos, &p),
		    -1);
		assert_int_equal(pos, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_way),
		cmocka_unit_test(test_not_yet),
		cmocka_unit_test(test_goes),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
