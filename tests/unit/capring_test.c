/* SPDX-License-Identifier: ISC */
/* capring_test.c - the ring of packets that two processes share */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include <poll.h>
#include <unistd.h>

#include "capring.h"

#define SMALL	1024u

static uint8_t bytes[CAPSRC_SNAPLEN_MAX];

static void *
shared(size_t n)
{
	void *m = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON,
	    -1, 0);

	assert_ptr_not_equal(m, MAP_FAILED);
	return m;
}

static bool
put(struct capring *r, uint64_t time, uint32_t caplen)
{
	struct capsrc_packet p = { .time_ns = time, .caplen = caplen,
		.len = caplen + 1, .to_vm = time % 2 == 1, .data = bytes };

	memset(bytes, (int)(time & 0xff), caplen);
	return capring_put(r, &p);
}

static void
take(struct capring *r, uint64_t time, uint32_t caplen)
{
	struct capsrc_packet p;

	memset(&p, 0xff, sizeof(p));
	assert_int_equal(capring_take(r, &p, NULL), 1);
	assert_false(p.no_way);
	assert_int_equal(p.time_ns, time);
	assert_int_equal(p.caplen, caplen);
	assert_int_equal(p.len, caplen + 1);
	assert_int_equal(p.to_vm, time % 2 == 1);
	for (uint32_t i = 0; i < caplen; i++)
		assert_int_equal(p.data[i], time & 0xff);
}

static void
in_order_and_full(void **state)
{
	size_t n = capring_bytes(SMALL);
	void *m = shared(n);
	struct capring w, r;
	struct capsrc_packet p;
	struct capsrc_stats s;

	(void)state;
	assert_int_equal(capring_init(&w, m, n, NULL), 0);
	assert_int_equal(capring_init(&r, m, n, NULL), 0);
	assert_int_equal(capring_take(&r, &p, NULL), 0);
	/* Header and data take 128 bytes: eight of them fill it. */
	for (uint64_t i = 0; i < 8; i++)
		assert_true(put(&w, i, 104));
	assert_false(put(&w, 8, 104));
	assert_false(put(&w, 9, 0));
	capring_stats(&r, &s);
	assert_int_equal(s.received, 10);
	assert_int_equal(s.dropped, 2);
	take(&r, 0, 104);
	/* What was handed out may still be looked at: no room yet. */
	assert_false(put(&w, 10, 104));
	take(&r, 1, 104);
	assert_true(put(&w, 11, 104));
	for (uint64_t i = 2; i < 8; i++)
		take(&r, i, 104);
	take(&r, 11, 104);
	assert_int_equal(capring_take(&r, &p, NULL), 0);
	/* Larger than the ring: dropped, however empty it is. */
	assert_false(put(&w, 12, SMALL));
	munmap(m, n);
}

static void
wraps_at_any_place(void **state)
{
	size_t n = capring_bytes(SMALL);
	void *m = shared(n);
	struct capring w, r;

	(void)state;
	capring_init(&w, m, n, NULL);
	capring_init(&r, m, n, NULL);
	for (uint64_t i = 0; i < 5000; i++) {
		uint32_t a = (uint32_t)(i * 7 % 300), b = (uint32_t)(i % 31);

		assert_true(put(&w, 2 * i, a));
		assert_true(put(&w, 2 * i + 1, b));
		take(&r, 2 * i, a);
		take(&r, 2 * i + 1, b);
	}
	munmap(m, n);
}

static void
waking(void **state)
{
	size_t n = capring_bytes(SMALL);
	void *m = shared(n);
	struct capring w, r;
	struct capsrc_packet p;

	(void)state;
	capring_init(&w, m, n, NULL);
	capring_init(&r, m, n, NULL);
	put(&w, 1, 10);
	assert_false(capring_wants_waking(&w));
	assert_false(capring_sleep(&r));
	take(&r, 1, 10);
	assert_int_equal(capring_take(&r, &p, NULL), 0);
	assert_true(capring_sleep(&r));
	assert_true(capring_wants_waking(&w));
	assert_false(capring_wants_waking(&w));
	assert_int_equal(capring_ended(&r), 0);
	capring_end(&w, 3);
	capring_end(&w, 4);
	assert_int_equal(capring_ended(&r), 3);
	munmap(m, n);
}

/* The reader survives a writer gone mad: no crash, an error at some time. */
static void
garbage(void **state)
{
	size_t n = capring_bytes(SMALL);
	uint8_t *m = shared(n);

	(void)state;
	srandom(1);
	for (int round = 0; round < 2000; round++) {
		struct capring w, r;
		struct capsrc_packet p;
		volatile uint8_t sum = 0;
		int rc = 1;

		memset(m, 0, n);
		capring_init(&w, m, n, NULL);
		capring_init(&r, m, n, NULL);
		for (uint64_t i = 0; i < 10; i++)
			put(&w, i, (uint32_t)random() % 100);
		for (int i = 0; i < 8; i++)
			w.data[random() % SMALL] = (uint8_t)random();
		if (round % 2 == 0)
			m[random() % 8] = (uint8_t)random();	/* head */
		for (int i = 0; i < 1000 && rc == 1; i++) {
			rc = capring_take(&r, &p, NULL);
			for (uint32_t b = 0; rc == 1 && b < p.caplen; b++)
				sum = (uint8_t)(sum + p.data[b]);
		}
	}
	assert_int_equal(capring_init(&(struct capring){ 0 }, m, 70, NULL), -1);
	munmap(m, n);
}

/* Two processes, as fast as they can; what is not counted as dropped comes. */
static void
two_processes(void **state)
{
	const uint64_t count = 300000;
	size_t n = capring_bytes(1 << 16);
	void *m = shared(n);
	struct capring r;
	struct capsrc_packet p;
	struct capsrc_stats s;
	uint64_t seen = 0, last = 0;
	int wake[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(wake), 0);
	capring_init(&r, m, n, NULL);
	pid = fork();
	if (pid == 0) {
		struct capring w;

		capring_init(&w, m, n, NULL);
		for (uint64_t i = 1; i <= count; i++) {
			put(&w, i, (uint32_t)(i % 200));
			if (capring_wants_waking(&w) &&
			    write(wake[1], "", 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	close(wake[1]);
	for (bool more = true; more;) {
		struct pollfd f = { .fd = wake[0], .events = POLLIN };
		char c[16];

		while (capring_take(&r, &p, NULL) == 1) {
			assert_true(p.time_ns > last);
			last = p.time_ns;
			assert_int_equal(p.caplen, last % 200);
			for (uint32_t i = 0; i < p.caplen; i++)
				if (p.data[i] != (last & 0xff))
					fail_msg("byte %u of %u", i, p.caplen);
			seen++;
		}
		if (!capring_sleep(&r))
			continue;
		/* A wake-up that was lost would end here. */
		assert_int_equal(poll(&f, 1, 20000), 1);
		more = read(wake[0], c, sizeof(c)) > 0;
	}
	while (capring_take(&r, &p, NULL) == 1)
		seen++;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	capring_stats(&r, &s);
	assert_int_equal(s.received, count);
	assert_int_equal(s.dropped + seen, count);
	assert_true(seen > 0);
	close(wake[0]);
	munmap(m, n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_order_and_full),
		cmocka_unit_test(wraps_at_any_place),
		cmocka_unit_test(waking),
		cmocka_unit_test(garbage),
		cmocka_unit_test(two_processes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
