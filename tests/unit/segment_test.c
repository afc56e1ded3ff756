/* SPDX-License-Identifier: ISC */
/* segment_test.c - cables and captures of a userspace network, with sockets */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "capmirror.h"
#include "segment.h"

#define WIRE	64		/* a frame of 60 bytes and its length */

struct world {
	struct loop *l;
	struct segment *s;
	int fd[3];		/* what QEMU would have */
	char said[256];
	bool (*done)(struct world *w);
	size_t want;
};

static void
say(void *arg, const char *text)
{
	struct world *w = arg;

	snprintf(w->said, sizeof(w->said), "%s", text);
}

static int
setup(void **state)
{
	static const char *const vms[] = { "a", "b", "c" };
	struct world *w = calloc(1, sizeof(*w));
	struct qerr e;

	signal(SIGPIPE, SIG_IGN);
	w->l = loop_new(&e);
	w->s = segment_new(w->l, "lan", false, false, say, w);
	for (int i = 0; i < 3; i++)
		assert_int_equal(segment_plug(w->s, vms[i], "lan", &w->fd[i],
		    &e), 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	segment_free(w->s);
	loop_free(w->l);
	for (int i = 0; i < 3; i++)
		if (w->fd[i] != -1)
			close(w->fd[i]);
	free(w);
	return 0;
}

/* ---- running the switch until something has happened ---- */

static void
look(void *arg)
{
	struct world *w = arg;

	if (w->done(w))
		loop_stop(w->l, 1);
	else
		loop_timer_add(w->l, 1, look, w);
}

static void
give_up(void *arg)
{
	loop_stop(arg, 0);
}

static void
spin(struct world *w, bool (*done)(struct world *w))
{
	struct loop_timer *end = loop_timer_add(w->l, 10000, give_up, w->l);

	w->done = done;
	loop_timer_add(w->l, 0, look, w);
	assert_int_equal(loop_run(w->l), 1);
	loop_timer_del(end);
}

/* A cable's counter, or -1 when there is no such cable. */
static long
count(const struct world *w, const char *vm, const char *key)
{
	json_t *all = json_array(), *j;
	size_t skip = 0, i;
	long n = -1;

	segment_ports(w->s, all, &skip, 100);
	json_array_foreach(all, i, j)
		if (strcmp(json_string_value(json_object_get(j, "vm")),
		    vm) == 0)
			n = (long)json_integer_value(json_object_get(j, key));
	json_decref(all);
	return n;
}

/* ---- frames ---- */

/* From VM number f (0 to 2) to number t, or to all (t = 9), number seq. */
static void
make(uint8_t buf[WIRE], int t, int f, unsigned seq)
{
	memset(buf, 0, WIRE);
	buf[3] = WIRE - 4;
	memset(buf + 4, 0xff, 6);
	if (t != 9)
		memcpy(buf + 4, (uint8_t[]){ 2, 0, 0, 0, 0, (uint8_t)t }, 6);
	memcpy(buf + 10, (uint8_t[]){ 2, 0, 0, 0, 0, (uint8_t)f }, 6);
	buf[16] = 0x88;
	buf[17] = 0xb5;
	memcpy(buf + 18, &seq, sizeof(seq));
}

static void
put(struct world *w, int t, int f, unsigned seq)
{
	uint8_t buf[WIRE];

	make(buf, t, f, seq);
	assert_int_equal(write(w->fd[f], buf, WIRE), WIRE);
}

/* The next frame that VM number i got is that one. */
static void
expect(struct world *w, int i, int t, int f, unsigned seq)
{
	uint8_t buf[WIRE], want[WIRE];

	make(want, t, f, seq);
	assert_int_equal(recv(w->fd[i], buf, WIRE, MSG_DONTWAIT), WIRE);
	assert_memory_equal(buf, want, WIRE);
}

static void
expect_nothing(struct world *w, int i)
{
	char c;

	assert_int_equal(recv(w->fd[i], &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static bool
three_sent(struct world *w)
{
	return count(w, "a", "rx_packets") + count(w, "b", "rx_packets") +
	    count(w, "c", "rx_packets") == 3;
}

static void
three_talk(void **state)
{
	struct world *w = *state;

	put(w, 9, 0, 1);
	put(w, 9, 1, 2);
	put(w, 9, 2, 3);
	spin(w, three_sent);
	/* Each got the other two's, in whatever order they were read. */
	for (int i = 0; i < 3; i++) {
		char buf[3 * WIRE];

		assert_int_equal(recv(w->fd[i], buf, sizeof(buf),
		    MSG_DONTWAIT), 2 * WIRE);
	}
	assert_int_equal(count(w, "a", "rx_bytes"), WIRE - 4);
	assert_int_equal(count(w, "a", "tx_packets"), 2);
	assert_int_equal(count(w, "a", "tx_bytes"), 2 * (WIRE - 4));
}

static bool
first_sent(struct world *w)
{
	return count(w, "a", "rx_packets") == 1;
}

/* A frame may come byte by byte. */
static void
in_pieces(void **state)
{
	struct world *w = *state;
	uint8_t buf[WIRE];

	make(buf, 9, 0, 7);
	for (int i = 0; i < WIRE; i += 16) {
		assert_int_equal(write(w->fd[0], buf + i, 16), 16);
		if (i < WIRE - 16) {
			/* Let the switch read what there is. */
			loop_timer_add(w->l, 1, give_up, w->l);
			loop_run(w->l);
		}
	}
	spin(w, first_sent);
	expect(w, 1, 9, 0, 7);
	expect_nothing(w, 1);
}

static bool
c_dropped(struct world *w)
{
	char buf[65536];

	/* b reads; c does not. */
	while (recv(w->fd[1], buf, sizeof(buf), MSG_DONTWAIT) > 0)
		continue;
	for (unsigned i = 0; i < 100; i++) {
		uint8_t f[WIRE];

		make(f, 9, 0, i);
		if (send(w->fd[0], f, WIRE, MSG_DONTWAIT) != WIRE)
			break;
	}
	return count(w, "c", "tx_dropped") > 1000;
}

static bool
b_answered(struct world *w)
{
	return count(w, "b", "rx_packets") == 1 &&
	    count(w, "a", "tx_packets") == 1;
}

/* One that never reads costs itself its frames, and others nothing. */
static void
never_reads(void **state)
{
	struct world *w = *state;

	spin(w, c_dropped);
	assert_int_equal(count(w, "b", "tx_dropped"), 0);
	put(w, 0, 1, 5);
	spin(w, b_answered);
	expect(w, 0, 0, 1, 5);
	/* What c has missed are whole frames. */
	for (long n = count(w, "c", "tx_packets"); n > 0; n--) {
		uint8_t buf[WIRE];
		ssize_t got;

		for (size_t have = 0; have < WIRE; have += (size_t)got) {
			got = recv(w->fd[2], buf + have, WIRE - have,
			    MSG_DONTWAIT);
			if (got == -1) {
				loop_timer_add(w->l, 1, give_up, w->l);
				loop_run(w->l);
				got = 0;
			}
		}
		assert_int_equal(buf[3], WIRE - 4);
		assert_int_equal(buf[16] << 8 | buf[17], 0x88b5);
	}
}

static bool
a_gone(struct world *w)
{
	return count(w, "a", "rx_packets") == -1;
}

static bool
second_sent(struct world *w)
{
	return count(w, "b", "rx_packets") == 1;
}

static void
cable_out(void **state)
{
	struct world *w = *state;

	put(w, 9, 0, 1);
	close(w->fd[0]);
	w->fd[0] = -1;
	spin(w, a_gone);
	/* Its last words were heard. */
	expect(w, 1, 9, 0, 1);
	assert_string_equal(w->said, "");
	put(w, 0, 1, 2);
	spin(w, second_sent);
	expect(w, 2, 9, 0, 1);
	expect(w, 2, 0, 1, 2);
}

static void
cut(void **state)
{
	struct world *w = *state;
	char c;

	assert_int_equal(write(w->fd[0], "\x7f\xff\xff\xff", 4), 4);
	spin(w, a_gone);
	assert_string_equal(w->said, "network 'lan': the cable of a/lan was "
	    "cut: QEMU sent a frame of 2147483647 bytes");
	assert_int_equal(recv(w->fd[0], &c, 1, MSG_DONTWAIT), 0);
	assert_int_equal(count(w, "b", "rx_packets"), 0);
}

/* ---- captures ---- */

struct seen {
	int n, to_vm;
	unsigned seq[8];
	uint32_t caplen, len;
};

static int
see(void *arg, const struct capsrc_packet *p)
{
	struct seen *s = arg;

	memcpy(&s->seq[s->n], p->data + 14, sizeof(s->seq[0]));
	s->n++;
	s->to_vm += p->to_vm;
	s->caplen = p->caplen;
	s->len = p->len;
	return s->n == 8;
}

static void
captures(void **state)
{
	struct world *w = *state;
	struct capsrc_opts o = { .snaplen = 20 }, all = { .snaplen = 262144,
		.filter = "ether src 02:00:00:00:00:01" };
	struct seen nic = { .n = 0 }, net = { .n = 0 };
	struct capmirror *cnic, *cnet;
	unsigned point;
	struct capsrc_stats st;
	struct qerr e;
	int fd;

	assert_int_equal(segment_mirror(w->s, "nobody", "lan", 20, &fd, &e),
	    -1);
	assert_int_equal(e.kind, QERR_NOTFOUND);
	assert_int_equal(segment_mirror(w->s, "a", "lan",
	    capmirror_snaplen(&o), &fd, &e), 0);
	cnic = capmirror_open(fd, 0, &o, &e);
	assert_int_equal(segment_mirror(w->s, NULL, NULL,
	    capmirror_snaplen(&all), &fd, &e), 0);
	cnet = capmirror_open(fd, 0, &all, &e);
	assert_int_equal(capmirror_read(cnic, see, &nic, &e), 0);
	put(w, 9, 0, 1);
	put(w, 9, 1, 2);
	put(w, 1, 2, 3);	/* known by now or not: never sent to a alone */
	spin(w, three_sent);
	while (capmirror_read(cnic, see, &nic, &e) > 0)
		continue;
	while (capmirror_read(cnet, see, &net, &e) > 0)
		continue;
	assert_true(nic.n >= 2 && nic.to_vm == nic.n - 1);
	assert_true(nic.caplen == 20 && nic.len == WIRE - 4);
	/* Once each, where they enter; the filter has left one. */
	assert_int_equal(net.n, 1);
	assert_int_equal(net.to_vm, 0);
	assert_int_equal(net.seq[0], 2);
	assert_int_equal(net.caplen, WIRE - 4);
	capmirror_stats(cnet, &st, &e);
	assert_int_equal(st.received, 1);
	assert_int_equal(st.dropped, 0);
	/* The NIC goes, and its capture with it; the network's stays. */
	close(w->fd[0]);
	w->fd[0] = -1;
	spin(w, a_gone);
	assert_int_equal(capmirror_read(cnic, see, &nic, &e), 0);
	assert_true(capmirror_gone(cnic, &point));
	assert_false(capmirror_gone(cnic, &point));
	assert_int_equal(capmirror_read(cnet, see, &net, &e), 0);
	assert_int_equal(capmirror_stop(cnet, &e), 0);
	assert_int_equal(capmirror_read(cnet, see, &net, &e), 0);
	capmirror_close(cnic);
	capmirror_close(cnet);
}

static bool
sent_many(struct world *w)
{
	char buf[65536];

	while (recv(w->fd[1], buf, sizeof(buf), MSG_DONTWAIT) > 0 ||
	    recv(w->fd[2], buf, sizeof(buf), MSG_DONTWAIT) > 0)
		continue;
	for (unsigned i = 0; i < 500; i++) {
		uint8_t f[WIRE];

		make(f, 9, 0, i);
		if (send(w->fd[0], f, WIRE, MSG_DONTWAIT) != WIRE)
			break;
	}
	return (size_t)count(w, "a", "rx_packets") > w->want;
}

static int
ignore(void *arg, const struct capsrc_packet *p)
{
	(void)arg;
	(void)p;
	return 0;
}

static struct capmirror *slow;

static bool
all_told(struct world *w)
{
	struct capsrc_stats st;
	struct qerr e;

	capmirror_read(slow, ignore, NULL, &e);
	capmirror_stats(slow, &st, &e);
	return (long)st.received == count(w, "a", "rx_packets");
}

/* A capture that is not read loses frames, and knows exactly how many. */
static void
slow_capture(void **state)
{
	struct world *w = *state;
	struct capsrc_opts o = { .snaplen = 262144 };
	struct capsrc_stats st;
	struct qerr e;
	int fd;

	assert_int_equal(segment_mirror(w->s, "a", "lan", o.snaplen, &fd, &e),
	    0);
	slow = capmirror_open(fd, 0, &o, &e);
	w->want = 100000;	/* of 84 bytes: twice what can wait */
	spin(w, sent_many);
	assert_int_equal(count(w, "b", "tx_dropped"), 0);
	spin(w, all_told);
	capmirror_stats(slow, &st, &e);
	assert_true(st.dropped_slow > 10000);
	capmirror_close(slow);
}

/* An own tag is part of the frame: a filter that knows no interface works. */
static void
vlan_filter(void **state)
{
	struct world *w = *state;
	struct capsrc_opts o = { .snaplen = 262144, .filter = "vlan 10" };
	struct seen seen = { .n = 0 };
	struct capmirror *c;
	uint8_t buf[WIRE];
	struct qerr e;
	int fd;

	assert_int_equal(segment_mirror(w->s, NULL, NULL,
	    capmirror_snaplen(&o), &fd, &e), 0);
	c = capmirror_open(fd, 0, &o, &e);
	assert_non_null(c);
	put(w, 9, 0, 1);
	put(w, 9, 0, 2);
	make(buf, 9, 0, 0);
	memcpy(buf + 16, "\x81\x00\x00\x0a\x08\x00", 6);
	assert_int_equal(write(w->fd[0], buf, WIRE), WIRE);
	spin(w, three_sent);
	while (capmirror_read(c, see, &seen, &e) > 0)
		continue;
	assert_int_equal(seen.n, 1);
	capmirror_close(c);

	o.filter = "no such thing";
	assert_null(capmirror_open(dup(w->fd[0]), 0, &o, &e));
	assert_int_equal(e.kind, QERR_INPUT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(three_talk), T(in_pieces), T(never_reads), T(cable_out),
		T(cut), T(captures), T(slow_capture), T(vlan_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
