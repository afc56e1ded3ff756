/* SPDX-License-Identifier: ISC */
/* capout_test.c - bytes of pcap and pcapng, and which file they go into */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>
#include <pcap/pcap.h>

#include "capfiles.h"
#include "capout.h"

#define SEC	UINT64_C(1000000000)
/* 2023-11-14 22:13:20 UTC */
#define T0	(UINT64_C(1700000000) * SEC)

static char dir[64];
static const struct pcapng_if ethernet = { .linktype = LINKTYPE_ETHERNET };

static int
setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC0", 1);
	snprintf(dir, sizeof(dir), "/tmp/capout_test.XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) == -1;
}

static int
teardown(void **state)
{
	(void)state;
	unlink("x");
	/* Fails when a test left something else behind. */
	return chdir("/") == -1 || rmdir(dir) == -1;
}

static struct capsrc_packet
packet(const uint8_t *data, uint32_t caplen, uint64_t ns)
{
	return (struct capsrc_packet){ .time_ns = ns, .caplen = caplen,
		.len = caplen, .data = data };
}

static int
create(void)
{
	int fd = open("x", O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	return fd;
}

static void
counts(void *arg, unsigned point, struct capout_stats *s)
{
	(void)arg;
	assert_int_equal(point, 0);
	*s = (struct capout_stats){ .received = UINT64_MAX, .accepted = 7,
		.dropped = 6 };
}

/* Every block of pcapng, word by word, in this machine's order. */
static void
test_pcapng_bytes(void **state)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 1, 2, 3 };
	const struct {
		uint32_t shb, shb_len, magic;
		uint16_t major, minor;
		uint64_t unknown;
		uint16_t comment, comment_len;
		char comment_text[8];
		uint16_t appl, appl_len;
		char appl_text[4];
		uint32_t shb_end, shb_len2;

		uint32_t idb, idb_len;
		uint16_t link, zero;
		uint32_t snaplen;
		uint16_t name, name_len;
		char name_text[4];
		uint16_t desc, desc_len;
		char desc_text[4];
		uint16_t mac, mac_len;
		uint8_t mac_bytes[8];
		uint16_t res, res_len;
		uint8_t res_bytes[4];
		uint16_t filter, filter_len;
		char filter_text[4];
		uint32_t idb_end, idb_len2;

		uint32_t epb, epb_len, ifnum, high, low, caplen, len;
		uint8_t data[4];
		uint16_t flags, flags_len;
		uint32_t inbound, epb_end, epb_len2;
	} want = {
		0x0a0d0d0a, 52, 0x1a2b3c4d, 1, 0, UINT64_MAX,
		1, 6, "lab: x", 4, 2, "me", 0, 52,
		1, 68, 1, 0, 65535, 2, 3, "r/l", 3, 1, "d",
		6, 6, { 0x52, 0x54, 0, 1, 2, 3 }, 9, 1, { 9 },
		11, 4, "\0arp", 0, 68,
		6, 48, 0, (T0 + 5) >> 32, (uint32_t)(T0 + 5), 3, 60,
		{ 1, 2, 3 }, 2, 4, 1, 0, 48,
	};
	const struct {
		uint16_t code, len;
		uint32_t low, high;
	} isb_counts[] = { { 6, 8, 7, 0 }, { 7, 8, 6, 0 }, { 8, 8, 1, 0 } };
	const struct pcapng_if i = { .name = "r/l", .description = "d",
		.mac = mac, .filter = "arp",
		.linktype = LINKTYPE_ETHERNET };
	const struct capout_opts o = { .pcapng = true, .snaplen = 65535,
		.linktype = LINKTYPE_ETHERNET,
		.section = { .comment = "lab: x", .application = "me" },
		.stats = counts };
	struct capsrc_packet p = packet((const uint8_t *)"\1\2\3\4", 3,
	    T0 + 5);
	uint8_t got[1024];
	struct capout w;
	int fd = create();

	(void)state;
	p.to_vm = true;
	p.len = 60;
	capout_init(&w, &o, fd);
	assert_int_equal(capout_point_add(&w, &i, NULL), 0);
	assert_int_equal(capout_add(&w, 0, &p, NULL), 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), 0);
	assert_int_equal(capout_flush(&w, NULL), 0);
	assert_int_equal(w.packets, 1);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(want));
	assert_memory_equal(got, &want, sizeof(want));
	assert_int_equal(capout_written(&w), sizeof(want));
	assert_int_equal(capout_finish(&w, NULL), 0);
	assert_int_equal(pread(fd, got, sizeof(got), sizeof(want)), 64);
	assert_memory_equal(got, ((uint32_t[]){ 5, 64, 0 }), 12);
	assert_memory_equal(got + 20, isb_counts, sizeof(isb_counts));
	assert_memory_equal(got + 56, ((uint32_t[]){ 0, 64 }), 8);
	capout_release(&w);
	close(fd);
}

static void
test_pcap_bytes(void **state)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, sigfigs, snaplen, link;
		uint32_t sec, nsec, caplen, len;
		uint8_t data[4];
	} want = { 0xa1b23c4d, 2, 4, 0, 0, 4, 1, 1700000000, 999999999, 4,
		60, { 1, 2, 3, 4 } };
	const struct capout_opts o = { .snaplen = 4,
		.linktype = LINKTYPE_ETHERNET };
	struct capsrc_packet p = packet((const uint8_t *)"\1\2\3\4\5\6", 6,
	    T0 + 999999999);
	uint8_t got[128];
	struct capout w;
	int fd = create();

	(void)state;
	p.len = 60;
	capout_init(&w, &o, fd);
	assert_int_equal(capout_point_add(&w, &ethernet, NULL),
	    0);
	assert_int_equal(capout_add(&w, 0, &p, NULL), 0);
	assert_int_equal(capout_finish(&w, NULL), 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(want));
	assert_memory_equal(got, &want, sizeof(want));
	capout_release(&w);
	close(fd);
}

/* More than any buffer, in odd sizes; libpcap reads the same back. */
static void
read_back(bool pcapng)
{
	enum { N = 3000 };
	static uint8_t data[65600];
	const struct capout_opts o = { .pcapng = pcapng, .snaplen = 262144,
		.linktype = LINKTYPE_ETHERNET };
	char err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	struct capout w;
	const u_char *got;
	pcap_t *r;
	int fd = create();

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	capout_init(&w, &o, fd);
	capout_point_add(&w, &ethernet, NULL);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t len = i % 500 == 499 ? sizeof(data) : i;
		struct capsrc_packet p = packet(data, len, T0 + i);

		p.len++;
		/* One interface comes later. */
		if (i == 1000)
			assert_int_equal(capout_point_add(&w,
			    &ethernet, NULL), 1);
		assert_int_equal(capout_add(&w, i >= 1000, &p, NULL), 0);
	}
	assert_int_equal(capout_finish(&w, NULL), 0);
	capout_release(&w);
	close(fd);
	r = pcap_open_offline_with_tstamp_precision("x",
	    PCAP_TSTAMP_PRECISION_NANO, err);
	assert_non_null(r);
	assert_int_equal(pcap_datalink(r), DLT_EN10MB);
	assert_int_equal(pcap_snapshot(r), 262144);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t len = i % 500 == 499 ? sizeof(data) : i;

		assert_int_equal(pcap_next_ex(r, &h, &got), 1);
		assert_int_equal(h->caplen, len);
		assert_int_equal(h->len, len + 1);
		assert_int_equal(h->ts.tv_usec, i);
		assert_memory_equal(got, data, len);
	}
	assert_int_equal(pcap_next_ex(r, &h, &got), PCAP_ERROR_BREAK);
	pcap_close(r);
}

static void
test_read_back(void **state)
{
	(void)state;
	read_back(false);
	read_back(true);
}

/* ---- no room left ---- */

/*
 * Run out of room after n bytes, cut, and count what is left; the point is
 * there from the start.
 */
static void
full_at(bool pcapng, rlim_t n, int cut, uint64_t packets, off_t size)
{
	static const uint8_t data[84];
	const struct capout_opts o = { .pcapng = pcapng, .snaplen = 262144,
		.linktype = LINKTYPE_ETHERNET };
	struct capsrc_packet p = packet(data, sizeof(data), 0);
	struct rlimit old, lim;
	struct qerr e = { 0 };
	struct capout w;
	struct stat st;
	int fd = create();

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	lim = (struct rlimit){ n, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
	capout_init(&w, &o, fd);
	capout_point_add(&w, &ethernet, NULL);
	for (int i = 0; i < 10; i++)
		assert_int_equal(capout_add(&w, 0, &p, &e), 0);
	assert_int_equal(capout_flush(&w, &e), -1);
	assert_int_equal(e.sys, EFBIG);
	assert_int_equal(capout_cut(&w, &e), cut);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	if (cut == 0) {
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_size, size);
		assert_int_equal(w.packets, packets);
	}
	capout_release(&w);
	close(fd);
}

/* pcap: a record is 100 bytes here, the header 24. */
static void
test_cut(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	full_at(false, 10, -1, 0, 0);
	full_at(false, 24, 0, 0, 24);
	full_at(false, 123, 0, 0, 24);
	full_at(false, 124, 0, 1, 124);
	full_at(false, 125, 0, 1, 124);
	full_at(false, 1023, 0, 9, 924);
}

/* pcapng: section 32, interface 32, packets 128. */
static void
test_cut_pcapng(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	full_at(true, 31, -1, 0, 0);
	full_at(true, 32, 0, 0, 32);
	full_at(true, 63, 0, 0, 32);
	full_at(true, 191, 0, 0, 64);
	full_at(true, 192, 0, 1, 192);
	full_at(true, 1343, 0, 9, 1216);
}

/* The same when the header went out with an earlier flush. */
static void
test_cut_later(void **state)
{
	static const uint8_t data[84];
	const struct capout_opts o = { .snaplen = 262144,
		.linktype = LINKTYPE_ETHERNET };
	struct capsrc_packet p = packet(data, sizeof(data), 0);
	struct rlimit old, lim;
	struct capout w;
	struct stat st;
	int fd = create();

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	lim = (struct rlimit){ 250, old.rlim_max };
	setrlimit(RLIMIT_FSIZE, &lim);
	capout_init(&w, &o, fd);
	capout_point_add(&w, &ethernet, NULL);
	assert_int_equal(capout_flush(&w, NULL), 0);
	assert_int_equal(capout_add(&w, 0, &p, NULL), 0);
	assert_int_equal(capout_flush(&w, NULL), 0);
	assert_int_equal(capout_add(&w, 0, &p, NULL), 0);
	assert_int_equal(capout_add(&w, 0, &p, NULL), 0);
	assert_int_equal(capout_flush(&w, NULL), -1);
	assert_int_equal(capout_cut(&w, NULL), 0);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(w.packets, 2);
	fstat(fd, &st);
	assert_int_equal(st.st_size, 224);
	capout_release(&w);
	close(fd);
}

static void
test_broken_pipe(void **state)
{
	const struct capout_opts o = { .snaplen = 100 };
	struct qerr e = { 0 };
	struct capout w;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	capout_init(&w, &o, fds[1]);
	assert_int_equal(capout_flush(&w, &e), -1);
	assert_int_equal(e.sys, EPIPE);
	capout_release(&w);
	close(fds[1]);
}

/* ---- rotation ---- */

/* turn() as a tool has it, and what it was asked for. */
struct turns {
	struct capfiles files;
	char log[256];
};

static int
turn(void *arg, enum capout_why why, uint64_t start_ns, struct qerr *e)
{
	struct turns *t = arg;
	size_t n = strlen(t->log);
	char *name;
	int fd;

	if (why == CAPOUT_FINISH) {
		snprintf(t->log + n, sizeof(t->log) - n, ".");
		return capfiles_turn(&t->files, why, start_ns, e);
	}
	if ((fd = capfiles_turn(&t->files, why, start_ns, e)) == -1)
		return -1;
	name = capfiles_name(&t->files, start_ns, e);
	snprintf(t->log + n, sizeof(t->log) - n, " %s", name);
	free(name);
	return dup(fd);
}

/* Packets of 100 bytes with their headers, at these seconds; -1: a tick. */
static int
feed(struct capout *w, const int *at, size_t n)
{
	static const uint8_t data[84];
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		struct capsrc_packet p = packet(data, sizeof(data), 0);

		if (at[i] < 0)
			rc = capout_tick(w, T0 + (uint64_t)-at[i] * SEC, NULL);
		else {
			p.time_ns = T0 + (uint64_t)at[i] * SEC;
			rc = capout_add(w, 0, &p, NULL);
		}
	}
	return rc;
}
#define FEED(w, ...)							\
	feed(w, (const int[]){ __VA_ARGS__ },				\
	    sizeof((const int[]){ __VA_ARGS__ }) / sizeof(int))

static int
size_of(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 ? (int)st.st_size : -1;
}

static void
start(struct capout *w, struct turns *t, struct capout_opts o)
{
	t->log[0] = '\0';
	o.snaplen = 65535;
	o.turn = turn;
	o.arg = t;
	capout_init(w, &o, -1);
	assert_int_equal(capout_point_add(w, &ethernet, NULL),
	    0);
}

static void
stop(struct capout *w, struct turns *t, const char *log)
{
	assert_int_equal(capout_finish(w, NULL), 0);
	capout_release(w);
	capfiles_release(&t->files);
	assert_string_equal(t->log, log);
}

/* A file is closed once it is larger than the size, as tcpdump does it. */
static void
test_by_size(void **state)
{
	struct turns t = { .files = { .name = "c", .by_size = true } };
	struct capout w;

	(void)state;
	start(&w, &t, (struct capout_opts){ .max_bytes = 224 });
	assert_int_equal(FEED(&w, 0, 0, 0, 0, 0, 0, 0), 0);
	assert_int_equal(size_of("c"), 324);
	assert_int_equal(size_of("c1"), 324);
	assert_int_equal(size_of("c2"), -1);
	stop(&w, &t, " c. c1. c2.");
	assert_int_equal(size_of("c2"), 124);
	unlink("c");
	unlink("c1");
	unlink("c2");
}

/* A ring of two. */
static void
test_ring(void **state)
{
	struct turns t = { .files = { .name = "c", .by_size = true,
		.count = 2 } };
	struct capout w;

	(void)state;
	start(&w, &t, (struct capout_opts){ .max_bytes = 1, .max_files = 2 });
	assert_int_equal(FEED(&w, 0, 0, 0, 0, 0), 0);
	stop(&w, &t, " c0. c1. c0. c1. c0.");
	unlink("c0");
	unlink("c1");
}

/* Periods begin with the first packet; an empty one has no file. */
static void
test_by_time(void **state)
{
	struct turns t = { .files = { .name = "%H%M%S", .by_time = true } };
	struct capout w;

	(void)state;
	start(&w, &t, (struct capout_opts){ .period_ns = 10 * SEC });
	assert_int_equal(FEED(&w, 1, 5, 10, 11, 11, 60, 3, -69, -70, -71), 0);
	assert_int_equal(size_of("221321"), 324);
	stop(&w, &t, " 221321. 221331. 221411.");
	assert_int_equal(size_of("221331"), 224);
	assert_int_equal(size_of("221411"), 224);
	unlink("221321");
	unlink("221331");
	unlink("221411");
}

/* After the last period there is no more, and no empty file either. */
static void
test_periods(void **state)
{
	struct turns t = { .files = { .name = "%S", .by_time = true,
		.count = 2 } };
	struct capout w;

	(void)state;
	start(&w, &t, (struct capout_opts){ .period_ns = SEC,
		.max_files = 2 });
	assert_int_equal(FEED(&w, 0, 1, 2), 1);
	assert_int_equal(FEED(&w, 3), 1);
	assert_int_equal(w.packets, 2);
	stop(&w, &t, " 20. 21.");
	unlink("20");
	unlink("21");
	/* No packet, no file, but time passes; the end leaves one. */
	start(&w, &t, (struct capout_opts){ .period_ns = SEC,
		.max_files = 3, .start_ns = T0 });
	assert_int_equal(FEED(&w, 1, -2, -3, -4), 0);
	assert_int_equal(FEED(&w, -5), 1);
	stop(&w, &t, " 21.");
	unlink("21");
	start(&w, &t, (struct capout_opts){ .period_ns = SEC,
		.max_files = 3, .start_ns = T0 });
	assert_int_equal(FEED(&w, -5), 1);
	stop(&w, &t, " 24.");
	unlink("24");
	/* Nothing but time has to pass. */
	start(&w, &t, (struct capout_opts){ .period_ns = SEC,
		.max_files = 1 });
	assert_int_equal(FEED(&w, 5, -6), 0);
	assert_int_equal(FEED(&w, -7), 1);
	stop(&w, &t, " 25.");
	unlink("25");
}

/* Both: numbers begin anew with each period. */
static void
test_by_both(void **state)
{
	struct turns t = { .files = { .name = "%S", .by_size = true,
		.by_time = true } };
	struct capout w;

	(void)state;
	start(&w, &t, (struct capout_opts){ .pcapng = true, .max_bytes = 1,
		.period_ns = SEC });
	assert_int_equal(FEED(&w, 0, 0, 1, 1), 0);
	stop(&w, &t, " 20. 201. 21. 211.");
	/* Each is a file of its own: section, interface, packet. */
	assert_int_equal(size_of("20"), 192);
	assert_int_equal(size_of("211"), 192);
	unlink("20");
	unlink("201");
	unlink("21");
	unlink("211");
}

/* Nothing came: there is an empty file all the same. */
static void
test_nothing(void **state)
{
	struct turns t = { .files = { .name = "empty", .by_size = true } };
	struct capout w;

	(void)state;
	start(&w, &t, (struct capout_opts){ .max_bytes = 1 });
	stop(&w, &t, " empty.");
	assert_int_equal(size_of("empty"), 24);
	unlink("empty");
}

static void
check_name(const char *want, struct capfiles f)
{
	char *name = capfiles_name(&f, T0, NULL);

	assert_string_equal(name, want);
	free(name);
}

static void
test_names(void **state)
{
	struct qerr e;

	(void)state;
	check_name("a%S", (struct capfiles){ .name = "a%S" });
	check_name("a%S1", (struct capfiles){ .name = "a%S", .by_size = true,
		.number = 1 });
	check_name("20231114", (struct capfiles){ .name = "%Y%m%d",
		.by_time = true });
	check_name("a", (struct capfiles){ .name = "a", .by_size = true,
		.count = 1 });
	check_name("a0", (struct capfiles){ .name = "a", .by_size = true,
		.count = 10 });
	check_name("a00", (struct capfiles){ .name = "a", .by_size = true,
		.count = 11 });
	check_name("a0099", (struct capfiles){ .name = "a", .by_size = true,
		.count = 1001, .number = 99 });
	/* Alone, a number of periods makes no numbers. */
	check_name("a20", (struct capfiles){ .name = "a%S", .by_time = true,
		.count = 11 });
	assert_null(capfiles_name(&(struct capfiles){ .name = "",
		.by_time = true }, T0, &e));
	assert_int_equal(e.kind, QERR_INPUT);
}

static void
test_sizes(void **state)
{
	static const char *const bad[] = { "", "0", "-1", "x", "1x", "1kk",
		"1.5", " 1", "+1", "99999999999999999999", "9999999999999G" };
	static const struct {
		const char *s;
		uint64_t want;
	} good[] = { { "1", 1000000 }, { "10k", 10240 }, { "1K", 1024 },
		{ "2M", 2097152 }, { "3G", UINT64_C(3221225472) } };
	uint64_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(capfiles_parse_size(bad[i], &n), -1);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(capfiles_parse_size(good[i].s, &n), 0);
		assert_int_equal(n, good[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcap_bytes),
		cmocka_unit_test(test_pcapng_bytes),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_pcapng),
		cmocka_unit_test(test_cut_later),
		cmocka_unit_test(test_broken_pipe),
		cmocka_unit_test(test_by_size),
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_by_time),
		cmocka_unit_test(test_periods),
		cmocka_unit_test(test_by_both),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
