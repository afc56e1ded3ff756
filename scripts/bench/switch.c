/* SPDX-License-Identifier: ISC */
/* switch.c - two peers and a switch between them: how many packets, what CPU */
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "segment.h"

/*
 * usage: switch qlab|vde SIZE SECONDS [RATE]
 *
 * Prints packets sent and received, the seconds, and the switch's CPU time in
 * microseconds.  The sender makes one system call a packet, as QEMU does for
 * either switch; the receiver is a process of its own.
 */
#define HDR	4
#define BURST	16

static struct peer {
	int fd, hold;
	bool stream;
} peers[2];

static const uint8_t macs[2][6] = { { 2, 0, 0, 0, 0, 1 },
	{ 2, 0, 0, 0, 0, 2 } };

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the switches ---- */

static pid_t
start_qlab(void)
{
	struct qerr e;
	struct loop *l;
	struct segment *s;
	pid_t pid;
	int fd[2];

	signal(SIGPIPE, SIG_IGN);
	l = loop_new(&e);
	if (l == NULL)
		die("loop");
	s = segment_new(l, "bench", false, false, NULL, NULL);
	if (segment_plug(s, "a", "n", &fd[0], &e) == -1 ||
	    segment_plug(s, "b", "n", &fd[1], &e) == -1)
		die("plug");
	pid = fork();
	if (pid == 0)
		_exit(loop_run(l));
	for (int i = 0; i < 2; i++)
		peers[i] = (struct peer){ fd[i], -1, true };
	return pid;
}

/* vde_switch's own protocol: say hello on its socket, get an address. */
static void
vde_plug(struct peer *p, const char *dir, int n)
{
	struct {
		uint32_t magic, version, type;
		struct sockaddr_un sock;
		char description[32];
	} __attribute__((packed)) req = { 0xfeedface, 3, 0,
		{ .sun_family = AF_UNIX }, "bench" };
	struct sockaddr_un ctl = { .sun_family = AF_UNIX }, to;

	snprintf(ctl.sun_path, sizeof(ctl.sun_path), "%s/ctl", dir);
	snprintf(req.sock.sun_path, sizeof(req.sock.sun_path), "%s.peer%d",
	    dir, n);
	p->hold = socket(AF_UNIX, SOCK_STREAM, 0);
	p->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (bind(p->fd, (void *)&req.sock, sizeof(req.sock)) == -1)
		die(req.sock.sun_path);
	for (int tries = 0; connect(p->hold, (void *)&ctl, sizeof(ctl)) == -1;
	    tries++) {
		if (tries == 500)
			die(ctl.sun_path);
		poll(NULL, 0, 10);
	}
	if (write(p->hold, &req, sizeof(req)) != sizeof(req) ||
	    read(p->hold, &to, sizeof(to)) != sizeof(to) ||
	    connect(p->fd, (void *)&to, sizeof(to)) == -1)
		die("vde_switch");
}

static pid_t
start_vde(const char *dir)
{
	int in[2];
	pid_t pid;

	/* It ends when its standard input does. */
	if (pipe(in) == -1)
		die("pipe");
	pid = fork();
	if (pid == 0) {
		dup2(in[0], STDIN_FILENO);
		execlp("vde_switch", "vde_switch", "-s", dir, (char *)NULL);
		die("vde_switch");
	}
	for (int i = 0; i < 2; i++)
		vde_plug(&peers[i], dir, i);
	return pid;
}

/* ---- the peers ---- */

static size_t
make_frame(const struct peer *p, uint8_t *buf, int from, size_t size)
{
	uint8_t *f = buf + (p->stream ? HDR : 0);

	memset(buf, 0, size + HDR);
	if (p->stream) {
		buf[2] = (uint8_t)(size >> 8);
		buf[3] = (uint8_t)size;
	}
	memcpy(f, macs[!from], 6);
	memcpy(f + 6, macs[from], 6);
	f[12] = 0x88;
	f[13] = 0xb5;
	return size + (size_t)(f - buf);
}

/* Count until nothing has come for half a second after the end. */
static unsigned long
receive(const struct peer *p, size_t size, double until)
{
	static uint8_t buf[262144];
	unsigned long long bytes = 0;
	unsigned long n = 0;
	struct pollfd pfd = { .fd = p->fd, .events = POLLIN };

	while (poll(&pfd, 1, 500) > 0 || now() < until) {
		ssize_t got = recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (got > 0) {
			bytes += (unsigned long long)got;
			n++;
		}
	}
	return p->stream ? (unsigned long)(bytes / (size + HDR)) : n;
}

static unsigned long
send_all(const struct peer *p, size_t size, double secs, double rate)
{
	static uint8_t buf[HDR + 65536];
	size_t len = make_frame(p, buf, 0, size);
	double start = now();
	unsigned long n = 0;

	for (;;) {
		double t = now() - start;

		if (t >= secs)
			return n;
		if (rate > 0 && (double)n > t * rate) {
			struct timespec ts = { 0, 20000 };

			nanosleep(&ts, NULL);
			continue;
		}
		for (int i = 0; i < BURST; i++)
			if (send(p->fd, buf, len, 0) == (ssize_t)len)
				n++;
			else if (errno != ENOBUFS && errno != EAGAIN)
				die("send");
	}
}

int
main(int argc, char *argv[])
{
	char dir[] = "/tmp/qlab-bench.XXXXXX", *sw;
	static uint8_t buf[HDR + 65536];
	unsigned long sent, got = 0;
	struct rusage before, after;
	pid_t pid, reader;
	double secs;
	size_t size;
	int p[2];

	if (argc < 4 || mkdtemp(dir) == NULL || pipe(p) == -1)
		return 2;
	size = strtoul(argv[2], NULL, 10);
	secs = atof(argv[3]);
	if (asprintf(&sw, "%s/sw", dir) == -1)
		die("asprintf");
	pid = strcmp(argv[1], "vde") == 0 ? start_vde(sw) : start_qlab();
	/* The switch learns where the receiver is. */
	if (send(peers[1].fd, buf, make_frame(&peers[1], buf, 1, size), 0) < 0)
		die("send");
	reader = fork();
	if (reader == 0) {
		got = receive(&peers[1], size, now() + secs);
		_exit(write(p[1], &got, sizeof(got)) != sizeof(got));
	}
	sent = send_all(&peers[0], size, secs, argc > 4 ? atof(argv[4]) : 0);
	if (read(p[0], &got, sizeof(got)) != sizeof(got))
		die("receiver");
	waitpid(reader, NULL, 0);
	getrusage(RUSAGE_CHILDREN, &before);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	getrusage(RUSAGE_CHILDREN, &after);
	printf("%lu %lu %g %ld\n", sent, got, secs,
	    (long)(after.ru_utime.tv_sec - before.ru_utime.tv_sec +
	    after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 +
	    (after.ru_utime.tv_usec - before.ru_utime.tv_usec +
	    after.ru_stime.tv_usec - before.ru_stime.tv_usec));
	for (int i = 0; i < 2; i++) {
		char *path;

		if (asprintf(&path, "%s.peer%d", sw, i) != -1)
			unlink(path);
	}
	/* vde_switch removes its own. */
	rmdir(sw);
	rmdir(dir);
	return 0;
}
