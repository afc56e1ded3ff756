/* SPDX-License-Identifier: ISC */
/* rotate.c - packets through rotating files: time each, memory, beside libpcap */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>

#include <pcap/pcap.h>

#include "capfiles.h"
#include "capout.h"

#define SIZE	60u
/* What a file of this size may hold, in all: a ring of four. */
#define FILE_BYTES	(100u << 20)
#define FILES	4u

static double
cpu_seconds(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long
peak_kib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static int
turn(void *arg, enum capout_why why, uint64_t start_ns, struct qerr *e)
{
	int fd = capfiles_turn(arg, why, start_ns, e);

	return why == CAPOUT_FINISH || fd == -1 ? fd : dup(fd);
}

static void
must(int rc, const struct qerr *e)
{
	if (rc != -1)
		return;
	fprintf(stderr, "rotate: %s\n", e->msg);
	exit(5);
}

/* Returns seconds; *early: memory after a tenth. */
static double
ours(uint64_t n, bool pcapng, long *early)
{
	static const uint8_t data[SIZE] = { 1 };
	struct capfiles files = CAPFILES_INIT;
	const struct capout_opts o = { .pcapng = pcapng, .snaplen = 262144,
		.linktype = LINKTYPE_ETHERNET, .max_bytes = FILE_BYTES,
		.turn = turn, .arg = &files };
	const struct pcapng_if i = { .name = "router/lan",
		.linktype = LINKTYPE_ETHERNET };
	struct capsrc_packet p = { .caplen = SIZE, .len = SIZE, .data = data };
	double start = cpu_seconds();
	struct capout w;
	struct qerr e;

	files.name = pcapng ? "ours.pcapng" : "ours.pcap";
	files.by_size = true;
	files.count = FILES;
	capout_init(&w, &o, -1);
	must(capout_point_add(&w, &i, &e), &e);
	for (uint64_t k = 0; k < n; k++) {
		p.time_ns = UINT64_C(1700000000000000000) + k * 1000;
		must(capout_add(&w, 0, &p, &e), &e);
		if (k == n / 10)
			*early = peak_kib();
	}
	must(capout_finish(&w, &e), &e);
	capout_release(&w);
	capfiles_release(&files);
	return cpu_seconds() - start;
}

/* As tcpdump -C does it, with stdio's buffer. */
static double
theirs(uint64_t n)
{
	static const uint8_t data[SIZE] = { 1 };
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 262144);
	pcap_dumper_t *d = NULL;
	double start = cpu_seconds();
	unsigned file = 0;

	for (uint64_t k = 0; k < n; k++) {
		struct pcap_pkthdr h = { .caplen = SIZE, .len = SIZE };
		char name[32];

		if (d != NULL && pcap_dump_ftell(d) > (long)FILE_BYTES) {
			pcap_dump_close(d);
			d = NULL;
		}
		if (d == NULL) {
			snprintf(name, sizeof(name), "theirs%u",
			    file++ % FILES);
			if ((d = pcap_dump_open(p, name)) == NULL)
				exit(5);
		}
		h.ts.tv_sec = (time_t)(k / 1000000);
		pcap_dump((u_char *)d, &h, data);
	}
	pcap_dump_close(d);
	pcap_close(p);
	return cpu_seconds() - start;
}

int
main(int argc, char *argv[])
{
	uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 50000000;
	double us[2], libpcap;
	long early[2] = { 0 }, late[2];

	for (int k = 0; k < 2; k++) {
		us[k] = ours(n, k, &early[k]);
		late[k] = peak_kib();
	}
	libpcap = theirs(n);
	for (int k = 0; k < 2; k++)
		printf("%-7s %5.1f ns a packet, %.2f of libpcap's, peak "
		    "memory %ld KiB after a tenth, %ld at the end\n",
		    k ? "pcapng" : "pcap", us[k] / (double)n * 1e9,
		    us[k] / libpcap, early[k], late[k]);
	return late[1] > early[0] + 2048;
}
