/* SPDX-License-Identifier: ISC */
/* capmux_test.c - lib/capmux: the order of packets of several sources */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#include <cmocka.h>

#include "capmux.h"
#include "mirror.h"

#define MS	UINT64_C(1000000)

static uint64_t clock_ns;

static uint64_t
fake_now(void)
{
	return clock_ns;
}

static void
init(struct capmux *m, uint64_t now)
{
	capmux_init(m, 10);
	m->now_ns = fake_now;
	clock_ns = now;
}

/* Sources are streams as the holder writes them. */
static int
add(struct capmux *m, unsigned point)
{
	const struct capsrc_opts o = { .snaplen = 100 };
	struct capany any;
	int sv[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	assert_int_equal(capany_open_mirror(&any, sv[0], point, &o, NULL), 0);
	capmux_add(m, &any);
	return sv[1];
}

static void
put(int fd, uint64_t time_ns, char mark)
{
	uint8_t rec[MIRROR_HDRLEN + 1];
	struct mirror_hdr h = { .time_ns = time_ns, .caplen = 1, .len = 1 };

	mirror_encode(&h, rec);
	rec[MIRROR_HDRLEN] = (uint8_t)mark;
	assert_int_equal(write(fd, rec, sizeof(rec)), sizeof(rec));
}

static char seen[64];

static int
see(void *arg, const struct capsrc_packet *p)
{
	size_t n = strlen(seen);

	(void)arg;
	seen[n] = (char)p->data[0];
	seen[n + 1] = '\0';
	return 0;
}

static const char *
read_all(struct capmux *m)
{
	*seen = '\0';
	while (capmux_read(m, see, NULL, NULL) > 0)
		;
	return seen;
}

static void
test_order(void **state)
{
	struct capmux m;
	unsigned src, point;
	int a, b;

	(void)state;
	init(&m, 1000 * MS);
	a = add(&m, 0);
	b = add(&m, 1);
	put(a, 900 * MS, 'a');
	put(a, 902 * MS, 'c');
	put(b, 901 * MS, 'b');
	put(b, 995 * MS, 'e');
	/* The last one is too new: something older may still come. */
	assert_string_equal(read_all(&m), "abc");
	assert_in_range(capmux_due(&m), 1, 20);
	put(a, 994 * MS, 'd');
	assert_string_equal(read_all(&m), "");
	clock_ns += 30 * MS;
	assert_int_equal(capmux_due(&m), 0);
	assert_string_equal(read_all(&m), "de");
	/* A source that ends: first what it said, then that it is gone. */
	put(a, 1029 * MS, 'f');
	close(a);
	read_all(&m);
	assert_false(capmux_gone(&m, &src, &point));
	clock_ns += 30 * MS;
	assert_string_equal(read_all(&m), "f");
	assert_true(capmux_gone(&m, &src, &point));
	assert_int_equal(src, 0);
	assert_int_equal(point, 0);
	assert_false(capmux_gone(&m, &src, &point));
	/* At the end nothing waits. */
	put(b, 1059 * MS, 'g');
	assert_int_equal(capmux_stop(&m, NULL), 0);
	assert_string_equal(read_all(&m), "g");
	close(b);
	capmux_release(&m);
}

static void
test_single(void **state)
{
	struct capmux m;
	int a;

	(void)state;
	capmux_init(&m, 10);
	m.now_ns = fake_now;
	a = add(&m, 0);
	put(a, clock_ns + 999 * MS, 'x');
	assert_string_equal(read_all(&m), "x");
	close(a);
	capmux_release(&m);
}

/* A clock that was set back must not keep packets for ever. */
static void
test_clock(void **state)
{
	struct capmux m;
	int a, b;

	(void)state;
	init(&m, 5000 * MS);
	a = add(&m, 0);
	b = add(&m, 1);
	put(a, 900000 * MS, 'a');
	put(b, 4000 * MS, 'b');
	assert_string_equal(read_all(&m), "ba");
	close(a);
	close(b);
	capmux_release(&m);
}

/* One of them is ended: what it had is told, and then it is closed. */
static void
test_end_of_one(void **state)
{
	struct capsrc_stats st = { 0 };
	struct capmux m;
	int a, b;

	(void)state;
	init(&m, 1000 * MS);
	a = add(&m, 0);
	b = add(&m, 1);
	put(a, 900 * MS, 'a');
	put(b, 901 * MS, 'b');
	capmux_end(&m, 0);
	assert_string_equal(read_all(&m), "ab");
	assert_null(m.srcs[0]->any.src);
	assert_int_equal(capmux_stats(&m, 0, &st, NULL), 0);
	assert_int_equal(st.received, 1);
	put(b, 902 * MS, 'c');
	assert_string_equal(read_all(&m), "c");
	/* The only one that is left. */
	put(b, 903 * MS, 'd');
	capmux_end(&m, 1);
	capmux_end(&m, 0);
	assert_string_equal(read_all(&m), "d");
	assert_null(m.srcs[1]->any.src);
	close(a);
	close(b);
	capmux_release(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_end_of_one),
		cmocka_unit_test(test_single),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
