/* SPDX-License-Identifier: ISC */
/* l2switch_test.c - which frame goes where */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "l2switch.h"

#define NPORTS 3
#define BROADCAST "ff:ff:ff:ff:ff:ff"
#define A "02:00:00:00:00:0a"
#define B "02:00:00:00:00:0b"
#define C "02:00:00:00:00:0c"

/* A switch with three ports, and what has come out of each. */
struct world {
	struct l2switch *sw;
	struct l2port *port[NPORTS];
	struct out {
		uint8_t buf[1 << 20];
		size_t len, runs;
	} out[NPORTS];
};

static void
take(struct l2port *p, const uint8_t *run, size_t len)
{
	struct out *o = p->owner;

	assert_true(o->len + len <= sizeof(o->buf));
	memcpy(o->buf + o->len, run, len);
	o->len += len;
	o->runs++;
}

static void
make(struct world *w, bool isolated, bool transparent)
{
	w->sw = l2switch_new(isolated, transparent, take);
	for (int i = 0; i < NPORTS; i++)
		w->port[i] = l2switch_port_add(w->sw, &w->out[i]);
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	make(w, false, false);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	l2switch_free(w->sw);
	free(w);
	return 0;
}

static void
put_mac(uint8_t *b, const char *text)
{
	unsigned m[6];

	assert_int_equal(sscanf(text, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2],
	    &m[3], &m[4], &m[5]), 6);
	for (int i = 0; i < 6; i++)
		b[i] = (uint8_t)m[i];
}

/* A frame of len bytes in buf, its length before it; returns len + 4. */
static size_t
frame(uint8_t *buf, const char *to, const char *from, size_t len)
{
	buf[0] = buf[1] = 0;
	buf[2] = (uint8_t)(len >> 8);
	buf[3] = (uint8_t)len;
	memset(buf + 4, 0x5a, len);
	put_mac(buf + 4, to);
	put_mac(buf + 10, from);
	return len + 4;
}

static void
forget(struct world *w)
{
	for (int i = 0; i < NPORTS; i++)
		w->out[i].len = w->out[i].runs = 0;
}

/* Send one frame of 60 bytes; which ports got exactly it, as "1 2 "? */
static const char *
send_at(struct world *w, int port, const char *to, const char *from,
    int64_t now_ms)
{
	static char got[16];
	uint8_t buf[64];
	uint32_t bad;

	forget(w);
	assert_int_equal(frame(buf, to, from, 60), 64);
	assert_int_equal(l2switch_input(w->port[port], buf, 64, now_ms, &bad),
	    64);
	*got = '\0';
	for (int i = 0; i < NPORTS; i++) {
		if (w->out[i].len == 0)
			continue;
		assert_int_equal(w->out[i].len, 64);
		assert_memory_equal(w->out[i].buf, buf, 64);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%d ",
		    i);
	}
	return got;
}

static const char *
send1(struct world *w, int port, const char *to, const char *from)
{
	return send_at(w, port, to, from, 1000);
}

static void
floods(void **state)
{
	struct world *w = *state;

	assert_string_equal(send1(w, 0, BROADCAST, A), "1 2 ");
	assert_string_equal(send1(w, 1, "01:00:5e:00:00:01", B), "0 2 ");
	assert_string_equal(send1(w, 2, "33:33:00:00:00:01", C), "0 1 ");
	/* Nobody knows where that is. */
	assert_string_equal(send1(w, 0, "02:00:00:00:00:99", A), "1 2 ");
}

static void
learns(void **state)
{
	struct world *w = *state;

	assert_string_equal(send1(w, 0, B, A), "1 2 ");
	assert_string_equal(send1(w, 1, A, B), "0 ");
	assert_string_equal(send1(w, 0, B, A), "1 ");
	assert_string_equal(send1(w, 2, A, C), "0 ");
	/* To itself: it has it already. */
	assert_string_equal(send1(w, 0, A, A), "");
}

static void
moves(void **state)
{
	struct world *w = *state;

	send1(w, 0, BROADCAST, A);
	assert_string_equal(send1(w, 1, A, B), "0 ");
	send1(w, 2, BROADCAST, A);
	assert_string_equal(send1(w, 1, A, B), "2 ");
}

static void
ages(void **state)
{
	struct world *w = *state;

	send_at(w, 0, BROADCAST, A, 1000);
	assert_string_equal(send_at(w, 1, A, B, 1000 + L2_AGE_MS - 1), "0 ");
	assert_string_equal(send_at(w, 1, A, B, 1000 + L2_AGE_MS), "0 2 ");
	/* Heard again, known again. */
	send_at(w, 0, BROADCAST, A, 1000 + L2_AGE_MS);
	assert_string_equal(send_at(w, 1, A, B, 1000 + L2_AGE_MS), "0 ");
}

static void
never_learns_groups(void **state)
{
	struct world *w = *state;

	send1(w, 0, BROADCAST, "01:00:5e:00:00:01");
	send1(w, 0, BROADCAST, "00:00:00:00:00:00");
	assert_string_equal(send1(w, 1, "00:00:00:00:00:00", B), "0 2 ");
}

/* A VM that makes addresses up takes no memory, and ends nothing. */
static void
many_addresses(void **state)
{
	struct world *w = *state;
	char from[32];

	for (unsigned i = 0; i < 100000; i++) {
		snprintf(from, sizeof(from), "02:00:01:%02x:%02x:%02x",
		    i >> 16, i >> 8 & 0xff, i & 0xff);
		send_at(w, 0, BROADCAST, from, 1000 + i);
	}
	send_at(w, 1, BROADCAST, B, 101000);
	assert_string_equal(send_at(w, 0, B, A, 101000), "1 ");
}

static void
isolated(void **state)
{
	struct world *w = *state;

	l2switch_free(w->sw);
	make(w, true, false);
	assert_string_equal(send1(w, 0, BROADCAST, A), "");
	assert_string_equal(send1(w, 1, A, B), "");
	assert_int_equal(w->port[0]->rx_frames, 1);
}

static void
link_local(void **state)
{
	struct world *w = *state;

	assert_string_equal(send1(w, 0, "01:80:c2:00:00:0e", A), "");
	assert_string_equal(send1(w, 0, "01:80:c2:00:00:10", A), "1 2 ");
	l2switch_free(w->sw);
	make(w, false, true);
	assert_string_equal(send1(w, 0, "01:80:c2:00:00:0e", A), "1 2 ");
}

static void
port_goes(void **state)
{
	struct world *w = *state;

	send1(w, 0, BROADCAST, A);
	l2switch_port_del(w->port[0]);
	assert_string_equal(send1(w, 1, A, B), "2 ");
	w->port[0] = l2switch_port_add(w->sw, &w->out[0]);
	assert_string_equal(send1(w, 1, A, B), "0 2 ");
}

/* Frames for one place that stand side by side leave as one run. */
static void
runs(void **state)
{
	struct world *w = *state;
	uint8_t buf[1024];
	size_t len = 0;
	uint32_t bad;

	send1(w, 1, BROADCAST, B);
	send1(w, 2, BROADCAST, C);
	forget(w);
	len += frame(buf + len, B, A, 60);
	len += frame(buf + len, B, A, 14);
	len += frame(buf + len, C, A, 60);
	len += frame(buf + len, B, A, 99);
	assert_int_equal(l2switch_input(w->port[0], buf, len, 1000, &bad),
	    len);
	assert_int_equal(w->out[1].runs, 2);
	assert_int_equal(w->out[1].len, 64 + 18 + 103);
	assert_memory_equal(w->out[1].buf, buf, 64 + 18);
	assert_memory_equal(w->out[1].buf + 82, buf + 146, 103);
	assert_int_equal(w->out[2].runs, 1);
	assert_memory_equal(w->out[2].buf, buf + 82, 64);
	assert_int_equal(w->out[0].runs, 0);
	assert_int_equal(w->port[0]->rx_frames, 4);
	assert_int_equal(w->port[0]->rx_bytes, 60 + 14 + 60 + 99);
}

static void
parts(void **state)
{
	struct world *w = *state;
	uint8_t buf[128];
	size_t len = frame(buf, BROADCAST, A, 60);
	uint32_t bad;

	assert_int_equal(frame(buf + len, BROADCAST, A, 60), 64);
	for (size_t n = 0; n < 64; n++) {
		assert_int_equal(l2switch_input(w->port[0], buf, n, 1000,
		    &bad), 0);
		assert_int_equal(w->out[1].len, 0);
	}
	for (size_t n = 64; n < 128; n++) {
		forget(w);
		assert_int_equal(l2switch_input(w->port[0], buf, n, 1000,
		    &bad), 64);
		assert_int_equal(w->out[1].len, 64);
	}
}

static void
short_frames(void **state)
{
	struct world *w = *state;
	uint8_t buf[64] = { 0, 0, 0, 0, 0, 0, 0, 13 };
	size_t len = 4 + 4 + 13;
	uint32_t bad;

	len += frame(buf + len, BROADCAST, A, 14);
	assert_int_equal(l2switch_input(w->port[0], buf, len, 1000, &bad),
	    len);
	assert_int_equal(w->out[1].len, 18);
	assert_memory_equal(w->out[1].buf, buf + 21, 18);
	assert_int_equal(w->port[0]->rx_dropped, 2);
}

static void
wrong_length(void **state)
{
	struct world *w = *state;
	static uint8_t buf[L2_FRAME_MAX + 128];
	size_t len = frame(buf, BROADCAST, A, 60);
	uint32_t bad = 0;

	/* 0x00011001: one more than there can be */
	memcpy(buf + len, "\0\1\x10\1", 4);
	assert_int_equal(l2switch_input(w->port[0], buf, len + 4, 1000, &bad),
	    -1);
	assert_int_equal(bad, 69633);
	/* What came before it was good. */
	assert_int_equal(w->out[1].len, 64);
	memcpy(buf, "\xff\xff\xff\xff", 4);
	assert_int_equal(l2switch_input(w->port[0], buf, 4, 1000, &bad), -1);
	assert_int_equal(bad, 0xffffffff);
	/* The longest there is. */
	forget(w);
	memcpy(buf, "\0\1\x10\0", 4);
	put_mac(buf + 4, BROADCAST);
	assert_int_equal(l2switch_input(w->port[0], buf, 4 + 69632, 1000,
	    &bad), 4 + 69632);
	assert_int_equal(w->out[1].len, 4 + 69632);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(floods), T(learns), T(moves), T(ages),
		T(never_learns_groups), T(many_addresses), T(isolated),
		T(link_local), T(port_goes), T(runs), T(parts),
		T(short_frames), T(wrong_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
