/* SPDX-License-Identifier: ISC */
/* pcapfile_test.c - pcap bytes, and output files that are whole or not there */
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

#include "outfile.h"
#include "pcapfile.h"

static char dir[64];

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/pcapfile_test.XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) == -1;
}

static int
teardown(void **state)
{
	static const char *const names[] = { "x", "x.part", "real", "link",
		"fifo" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unlink(names[i]);
	/* Fails when a test left something else behind. */
	return chdir("/") == -1 || rmdir(dir) == -1;
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static struct capsrc_packet
packet(const uint8_t *data, uint32_t caplen, uint32_t len, uint64_t ns)
{
	return (struct capsrc_packet){ .time_ns = ns, .caplen = caplen,
		.len = len, .data = data };
}

/* The format of the pcap draft, byte by byte, in this machine's order. */
static void
test_bytes(void **state)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, sigfigs, snaplen, link;
		uint32_t sec, nsec, caplen, len;
		uint8_t data[4];
	} want = { 0xa1b23c4d, 2, 4, 0, 0, 4, 1, 1700000000, 999999999, 4,
		60, { 1, 2, 3, 4 } };
	struct capsrc_packet p = packet(want.data, 4, 60,
	    UINT64_C(1700000000999999999));
	uint8_t got[128];
	struct pcapfile w;
	int fd;

	(void)state;
	fd = open("x", O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_not_equal(fd, -1);
	pcapfile_init(&w, fd, 4);
	assert_int_equal(pcapfile_add(&w, &p, NULL), 0);
	assert_int_equal(pread(fd, got, sizeof(got), 0), 0);
	assert_int_equal(pcapfile_flush(&w, NULL), 0);
	assert_int_equal(w.packets, 1);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(want));
	assert_memory_equal(got, &want, sizeof(want));
	pcapfile_release(&w);
	close(fd);
}

/* More than any buffer, in odd sizes; libpcap reads the same back. */
static void
test_read_back(void **state)
{
	enum { N = 3000 };
	static uint8_t data[65600];
	char err[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *h;
	struct pcapfile w;
	const u_char *got;
	pcap_t *r;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	fd = open("x", O_RDWR | O_CREAT | O_TRUNC, 0600);
	pcapfile_init(&w, fd, 262144);
	for (uint32_t i = 0; i < N; i++) {
		uint32_t len = i % 500 == 499 ? sizeof(data) : i;
		struct capsrc_packet p = packet(data, len, len + 1, i);

		assert_int_equal(pcapfile_add(&w, &p, NULL), 0);
	}
	assert_int_equal(pcapfile_flush(&w, NULL), 0);
	pcapfile_release(&w);
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

/* Run out of room after n bytes, cut, and count what is left. */
static void
full_at(rlim_t n, int cut, uint64_t packets, off_t size)
{
	const uint8_t data[84] = { 0 };
	struct capsrc_packet p = packet(data, sizeof(data), 84, 0);
	struct rlimit old, lim;
	struct qerr e = { 0 };
	struct pcapfile w;
	struct stat st;
	int fd;

	fd = open("x", O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	lim = (struct rlimit){ n, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &lim), 0);
	pcapfile_init(&w, fd, 262144);
	for (int i = 0; i < 10; i++)
		assert_int_equal(pcapfile_add(&w, &p, &e), 0);
	assert_int_equal(pcapfile_flush(&w, &e), -1);
	assert_int_equal(e.sys, EFBIG);
	assert_int_equal(pcapfile_cut(&w, &e), cut);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	if (cut == 0) {
		assert_int_equal(fstat(fd, &st), 0);
		assert_int_equal(st.st_size, size);
		assert_int_equal(w.packets, packets);
	}
	pcapfile_release(&w);
	close(fd);
}

/* A record is 100 bytes here, the header 24. */
static void
test_cut(void **state)
{
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	full_at(10, -1, 0, 0);
	full_at(24, 0, 0, 24);
	full_at(123, 0, 0, 24);
	full_at(124, 0, 1, 124);
	full_at(125, 0, 1, 124);
	full_at(1023, 0, 9, 924);
}

/* The same when the header went out with an earlier flush. */
static void
test_cut_later(void **state)
{
	const uint8_t data[84] = { 0 };
	struct capsrc_packet p = packet(data, sizeof(data), 84, 0);
	struct rlimit old, lim;
	struct pcapfile w;
	struct stat st;
	int fd;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	fd = open("x", O_RDWR | O_CREAT | O_TRUNC, 0600);
	getrlimit(RLIMIT_FSIZE, &old);
	lim = (struct rlimit){ 250, old.rlim_max };
	setrlimit(RLIMIT_FSIZE, &lim);
	pcapfile_init(&w, fd, 262144);
	assert_int_equal(pcapfile_flush(&w, NULL), 0);
	assert_int_equal(pcapfile_add(&w, &p, NULL), 0);
	assert_int_equal(pcapfile_flush(&w, NULL), 0);
	assert_int_equal(pcapfile_add(&w, &p, NULL), 0);
	assert_int_equal(pcapfile_add(&w, &p, NULL), 0);
	assert_int_equal(pcapfile_flush(&w, NULL), -1);
	assert_int_equal(pcapfile_cut(&w, NULL), 0);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(w.packets, 2);
	fstat(fd, &st);
	assert_int_equal(st.st_size, 224);
	pcapfile_release(&w);
	close(fd);
}

static void
test_broken_pipe(void **state)
{
	struct qerr e = { 0 };
	struct pcapfile w;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	pcapfile_init(&w, fds[1], 100);
	assert_int_equal(pcapfile_flush(&w, &e), -1);
	assert_int_equal(e.sys, EPIPE);
	pcapfile_release(&w);
	close(fds[1]);
}

static void
test_outfile(void **state)
{
	struct outfile o;
	struct stat st;
	mode_t mask;

	(void)state;
	unlink("x");
	mask = umask(027);
	assert_int_equal(outfile_open(&o, "x", NULL), 0);
	assert_false(exists("x"));
	assert_int_equal(write(o.fd, "1", 1), 1);
	assert_int_equal(outfile_commit(&o, NULL), 0);
	outfile_discard(&o);
	umask(mask);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(st.st_mode & 0777, 0640);

	/* What was there stays until the new one is whole. */
	assert_int_equal(outfile_open(&o, "x", NULL), 0);
	assert_int_equal(write(o.fd, "22", 2), 2);
	outfile_discard(&o);
	outfile_discard(&o);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_size, 1);

	assert_int_equal(outfile_open(&o, "x", NULL), 0);
	assert_int_equal(write(o.fd, "333", 3), 3);
	assert_int_equal(outfile_keep_part(&o, NULL), 0);
	outfile_discard(&o);
	assert_int_equal(stat("x.part", &st), 0);
	assert_int_equal(st.st_size, 3);
	assert_int_equal(stat("x", &st), 0);
	assert_int_equal(st.st_size, 1);
}

static void
test_outfile_special(void **state)
{
	struct outfile o;
	struct stat st;
	struct qerr e = { 0 };
	int reader;

	(void)state;
	/* A link is followed, not replaced. */
	close(open("real", O_WRONLY | O_CREAT, 0600));
	assert_int_equal(symlink("real", "link"), 0);
	assert_int_equal(outfile_open(&o, "link", NULL), 0);
	assert_int_equal(write(o.fd, "1", 1), 1);
	assert_int_equal(outfile_commit(&o, NULL), 0);
	outfile_discard(&o);
	assert_int_equal(lstat("link", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat("real", &st), 0);
	assert_int_equal(st.st_size, 1);
	/* A FIFO is written to. */
	assert_int_equal(mkfifo("fifo", 0600), 0);
	reader = open("fifo", O_RDONLY | O_NONBLOCK);
	assert_int_equal(outfile_open(&o, "fifo", NULL), 0);
	assert_null(o.temp);
	assert_int_equal(outfile_commit(&o, NULL), 0);
	outfile_discard(&o);
	close(reader);
	assert_int_equal(lstat("fifo", &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	/* No such directory; a directory. */
	assert_int_equal(outfile_open(&o, "none/x", &e), -1);
	assert_string_equal(e.msg,
	    "cannot create 'none/x': No such file or directory");
	assert_int_equal(outfile_open(&o, ".", &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_later),
		cmocka_unit_test(test_broken_pipe),
		cmocka_unit_test(test_outfile),
		cmocka_unit_test(test_outfile_special),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
