/* SPDX-License-Identifier: ISC */
/* cap.c - traffic for capture programs, and what they do with it */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BATCH	64
#define SETTLE_US	1200000		/* until a capture program listens */
#define DRAIN_US	700000

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
open_if(const char *name)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0), size = 4 << 20;

	if (fd == -1 || a.sll_ifindex == 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		err(1, "%s", name);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return fd;
}

/* An UDP datagram to port 9, without checksums. */
static void
make_frame(uint8_t *f, size_t size)
{
	static const uint8_t head[] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1,
		8, 0, 0x45 };
	uint16_t ip = htons((uint16_t)(size - 14));
	uint16_t udp = htons((uint16_t)(size - 34));

	memset(f, 0, size);
	memcpy(f, head, sizeof(head));
	memcpy(f + 16, &ip, 2);
	f[22] = 64;
	f[23] = 17;
	memcpy(f + 26, "\x0a\x63\0\1\x0a\x63\0\2", 8);
	f[35] = 1;
	f[37] = 9;
	memcpy(f + 38, &udp, 2);
}

/* Send at that rate, 0: as fast as it goes.  Returns the number of frames. */
static uint64_t
blast(const char *ifname, size_t size, double rate, double secs)
{
	static uint8_t frames[BATCH][2048];
	struct mmsghdr mm[BATCH] = { 0 };
	struct iovec iov[BATCH];
	int fd = open_if(ifname), one = 1;
	double begin = now(), t;
	uint64_t n = 0;

	setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one));
	for (int i = 0; i < BATCH; i++) {
		make_frame(frames[i], size);
		iov[i] = (struct iovec){ frames[i], size };
		mm[i].msg_hdr.msg_iov = &iov[i];
		mm[i].msg_hdr.msg_iovlen = 1;
	}
	while ((t = now() - begin) < secs) {
		unsigned k = BATCH;
		int sent;

		if (rate > 0) {
			double due = t * rate - (double)n;

			if (due < 1) {
				usleep(50);
				continue;
			}
			k = due < BATCH ? (unsigned)due : BATCH;
		}
		if ((sent = sendmmsg(fd, mm, k, 0)) > 0)
			n += (uint64_t)sent;
	}
	close(fd);
	return n;
}

/* Start a program with its output in a pipe, or in file. */
static pid_t
start(char **argv, const char *file, int *out)
{
	int p[2] = { -1, -1 };
	pid_t pid;

	if (file != NULL)
		p[1] = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	else if (pipe2(p, O_CLOEXEC) == -1)
		err(1, "pipe");
	if ((pid = fork()) == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(p[1], 1);
		dup2(null, 2);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(p[1]);
	*out = p[0];
	return pid;
}

/* In a process of its own: swallow everything, tell how much it was. */
static void
sink(int fd, uint64_t *bytes)
{
	static char buf[1 << 20];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		*bytes += (uint64_t)n;
}

/* Nanoseconds that a process has run. */
static double
ran(pid_t pid)
{
	char path[64];
	double ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
	if ((f = fopen(path, "r")) == NULL || fscanf(f, "%lf", &ns) != 1)
		ns = 0;
	if (f != NULL)
		fclose(f);
	return ns;
}

static double
ran_all(pid_t pid)
{
	char path[64];
	double ns = ran(pid);
	FILE *f;
	int child;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
	    (int)pid);
	if ((f = fopen(path, "r")) == NULL)
		return ns;
	while (fscanf(f, "%d", &child) == 1)
		ns += ran(child);
	fclose(f);
	return ns;
}

/*
 * load FILE|- SIZE RATE SECS RECORD IF[,IF] PROGRAM...: what it captures,
 * RECORD bytes a packet, and the CPU time that it takes once it listens.
 * Prints sent, captured, CPU in us a packet.
 */
static int
load(char **v)
{
	const char *file = strcmp(v[0], "-") == 0 ? NULL : v[0];
	size_t size = (size_t)atol(v[1]), record = (size_t)atol(v[4]);
	double rate = atof(v[2]), secs = atof(v[3]), ns;
	uint64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0), sent = 0, got;
	pid_t pid, sinker = -1, blasters[8];
	int fd, n = 0;

	pid = start(v + 6, file, &fd);
	if (file == NULL && (sinker = fork()) == 0) {
		sink(fd, &shared[0]);
		_exit(0);
	}
	if (fd != -1)
		close(fd);
	usleep(SETTLE_US);
	ns = ran_all(pid);
	for (char *s = strtok(v[5], ","); s != NULL && n < 8;
	    s = strtok(NULL, ","), n++)
		if ((blasters[n] = fork()) == 0) {
			shared[n + 1] = blast(s, size, rate, secs);
			_exit(0);
		}
	for (int i = 0; i < n; i++) {
		waitpid(blasters[i], NULL, 0);
		sent += shared[i + 1];
	}
	usleep(DRAIN_US);
	ns = ran_all(pid) - ns;
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
	if (file == NULL)
		waitpid(sinker, NULL, 0);
	else {
		fd = open(file, O_RDONLY);
		shared[0] = (uint64_t)lseek(fd, 0, SEEK_END);
		close(fd);
	}
	got = shared[0] / record;
	printf("%" PRIu64 " %" PRIu64 " %.4f\n", sent, got < sent ? got : sent,
	    got > 0 ? ns / 1e3 / (double)got : 0);
	return 0;
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* latency IF COUNT PROGRAM...: the median, ms; 999: it did not come in time. */
static int
latency(char **v)
{
	int n = atoi(v[1]), fd, out;
	double *ms = calloc((size_t)n, sizeof(*ms));
	static char buf[1 << 16];
	pid_t pid = start(v + 2, NULL, &out);
	uint8_t frame[128];

	usleep(SETTLE_US);
	fd = open_if(v[0]);
	fcntl(out, F_SETFL, O_NONBLOCK);
	while (read(out, buf, sizeof(buf)) > 0)
		;
	for (int i = 0; i < n; i++) {
		struct pollfd p = { .fd = out, .events = POLLIN };
		double t;

		make_frame(frame, sizeof(frame));
		t = now();
		if (send(fd, frame, sizeof(frame), 0) == -1)
			err(1, "send");
		ms[i] = poll(&p, 1, 150) == 1 ? (now() - t) * 1e3 : 999;
		usleep((useconds_t)(60000 + i % 7 * 3000));
		while (read(out, buf, sizeof(buf)) > 0)
			;
	}
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
	qsort(ms, (size_t)n, sizeof(*ms), by_value);
	printf("%.2f\n", ms[n / 2]);
	free(ms);
	return 0;
}

/* idle SECS PROGRAM...: percent of a processor. */
static int
idle(char **v)
{
	double secs = atof(v[0]), ns;
	int out;
	pid_t pid = start(v + 1, NULL, &out);

	usleep(SETTLE_US);
	ns = ran_all(pid);
	usleep((useconds_t)(secs * 1e6));
	printf("%.4f\n", (ran_all(pid) - ns) / secs / 1e7);
	kill(pid, SIGINT);
	waitpid(pid, NULL, 0);
	return 0;
}

/* order FILE: packets of a pcapng, how many are late, and the worst, in ms. */
static int
order(char **v)
{
	uint64_t n = 0, late = 0, last = 0, worst = 0;
	static uint8_t block[1 << 20];
	FILE *f = fopen(v[0], "r");
	uint32_t head[2];

	if (f == NULL)
		err(1, "%s", v[0]);
	while (fread(head, sizeof(head), 1, f) == 1 &&
	    head[1] >= 12 && head[1] - 8 <= sizeof(block) &&
	    fread(block, head[1] - 8, 1, f) == 1) {
		uint32_t ts[2];
		uint64_t t;

		if (head[0] != 6)
			continue;
		memcpy(ts, block + 4, sizeof(ts));
		t = (uint64_t)ts[0] << 32 | ts[1];
		n++;
		if (t < last) {
			late++;
			if (last - t > worst)
				worst = last - t;
		} else
			last = t;
	}
	fclose(f);
	printf("%" PRIu64 " %" PRIu64 " %.3f\n", n, late, (double)worst / 1e6);
	return 0;
}

static volatile sig_atomic_t stopped;

static void
stop(int sig)
{
	(void)sig;
	stopped = 1;
}

/*
 * bare IF SIZE: write as many bytes as the packets would make, from the ring
 * as it is, without a look at one of them: what the way out alone costs.
 */
static int
bare(char **v)
{
	struct tpacket_req3 r = { .tp_block_size = 1 << 18, .tp_block_nr = 256,
		.tp_frame_size = 2048, .tp_frame_nr = 128 * 256,
		.tp_retire_blk_tov = 10 };
	int version = TPACKET_V3, fd;
	size_t record = 16 + (size_t)atol(v[1]);
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(v[0]) };
	uint8_t *ring;

	sigaction(SIGINT, &(struct sigaction){ .sa_handler = stop }, NULL);
	fcntl(1, F_SETPIPE_SZ, 1 << 20);
	if ((fd = socket(AF_PACKET, SOCK_RAW, 0)) == -1 ||
	    setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version,
	    sizeof(version)) == -1 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &r, sizeof(r)) == -1 ||
	    (ring = mmap(NULL, (size_t)r.tp_block_size * r.tp_block_nr,
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0)) ==
	    MAP_FAILED || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1)
		err(1, "%s", v[0]);
	for (unsigned i = 0; !stopped; ) {
		uint8_t *at = ring + (size_t)i * r.tp_block_size;
		struct tpacket_hdr_v1 *b =
		    &((struct tpacket_block_desc *)(void *)at)->hdr.bh1;
		struct pollfd p = { .fd = fd, .events = POLLIN };
		size_t len, n;

		if (!(__atomic_load_n(&b->block_status, __ATOMIC_ACQUIRE) &
		    TP_STATUS_USER)) {
			poll(&p, 1, 500);
			continue;
		}
		for (len = b->num_pkts * record; len > 0; len -= n) {
			n = len < r.tp_block_size ? len : r.tp_block_size;
			if (write(1, at, n) != (ssize_t)n)
				err(1, "write");
		}
		__atomic_store_n(&b->block_status, TP_STATUS_KERNEL,
		    __ATOMIC_RELEASE);
		i = (i + 1) % r.tp_block_nr;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int min, (*fn)(char **);
	} verbs[] = { { "load", 7, load }, { "latency", 3, latency },
		{ "idle", 2, idle }, { "order", 1, order },
		{ "bare", 2, bare } };

	for (size_t i = 0; argc > 1 && i < 5; i++)
		if (strcmp(argv[1], verbs[i].name) == 0 &&
		    argc - 2 >= verbs[i].min)
			return verbs[i].fn(argv + 2);
	return 2;
}
