/* SPDX-License-Identifier: ISC */
/* cap-read.c - qlab-cap -r: a saved capture instead of a wire */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cap-dest.h"
#include "capread.h"

struct reader {
	struct cap_dest *d;
	const char *name;		/* for messages */
	int fd;
	int64_t deadline_ms;		/* 0: none */
	bool timed_out;
	struct capread *from;
	struct capsink sink;
	struct capout out;
	bool has_sink, has_out;
	unsigned points;		/* interfaces that out knows */
	struct qerr werr;		/* of writing */
};

static volatile sig_atomic_t interrupted;

static void
interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Something to read?  Else what is read already must not wait with us. */
static int
await(struct reader *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	int64_t left = -1;

	if (poll(&p, 1, 0) == 1)
		return 1;
	if (r->has_out && capout_flush(&r->out, &r->werr) == -1)
		return 0;
	if (r->deadline_ms != 0 && (left = r->deadline_ms - now_ms()) < 0)
		left = 0;
	if (poll(&p, 1, (int)left) == 0)
		r->timed_out = true;
	return !r->timed_out && !interrupted;
}

static ssize_t
give(void *arg, void *buf, size_t len)
{
	struct reader *r = arg;

	return await(r) ? read(r->fd, buf, len) : 0;
}

static int
turn(void *arg, enum capout_why why, uint64_t start_ns, struct qerr *e)
{
	struct reader *r = arg;
	int fd = why == CAPOUT_TIME ? cap_dest_open(r->d, start_ns, e) :
	    capfiles_turn(&r->d->files, why, start_ns, e);

	if (why == CAPOUT_FINISH || fd == -1)
		return fd;
	/* capout closes what it got. */
	if ((fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)) == -1)
		return qerr_sys(e, "cannot write");
	return fd;
}

static int
open_input(struct reader *r, const char *file, struct qerr *e)
{
	if (strcmp(file, "-") == 0) {
		if (isatty(STDIN_FILENO))
			tool_usage("-r -: standard input is a terminal");
		r->name = "standard input";
		r->fd = STDIN_FILENO;
	} else {
		r->name = file;
		if ((r->fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
			return qerr_sys(e, "cannot open '%s'", file);
	}
	if ((r->from = capread_open(give, r, e)) == NULL)
		return qerr_prefix(e, "%s", r->name);
	if (r->d->sink.way != CAPSINK_INOUT && !capread_is_pcapng(r->from))
		return qerr_set(e, QERR_INPUT, "-Q: %s is pcap, which does not "
		    "tell directions", r->name);
	return 0;
}

static uint32_t
linktype(const struct reader *r, unsigned n)
{
	struct pcapng_if i;

	if (n >= capread_ifs(r->from))
		return LINKTYPE_ETHERNET;
	capread_if(r->from, n, &i);
	return i.linktype;
}

/* What is read says how it is written. */
static int
open_output(struct reader *r, struct qerr *e)
{
	struct capout_opts o = { .pcapng = r->d->pcapng ||
		capread_is_pcapng(r->from), .linktype = linktype(r, 0),
		.arg = r };
	int fd = -1;

	if (!cap_dest_writes(r->d))
		return 0;
	cap_dest_section(r->d, false, NULL);
	cap_dest_capout(r->d, &o);
	if (cap_dest_rotates(r->d))
		o.turn = turn;
	else if ((fd = cap_dest_open(r->d, 0, e)) == -1)
		return -1;
	capout_init(&r->out, &o, fd);
	r->has_out = true;
	return 0;
}

/* The interfaces that are new. */
static int
tell_points(struct reader *r)
{
	struct pcapng_if i;

	for (; r->points < capread_ifs(r->from); r->points++) {
		capread_if(r->from, r->points, &i);
		if (r->has_out &&
		    capout_point_add(&r->out, &i, &r->werr) == -1)
			return -1;
	}
	return 0;
}

/* The link type of the first packet is what the filters are made for. */
static int
begin(struct reader *r, uint32_t type, struct qerr *e)
{
	if (capsink_init(&r->sink, &r->d->sink, type, NULL, e) == -1)
		return -1;
	r->has_sink = true;
	if (open_output(r, e) == -1)
		return -1;
	if (r->has_out)
		r->sink.out = &r->out;
	return 0;
}

static int
take(struct reader *r, unsigned n, const struct capsrc_packet *p)
{
	struct pcapng_if i;

	if (tell_points(r) == -1)
		return -1;
	capread_if(r->from, n, &i);
	return capsink_take(&r->sink, n, i.name != NULL ? i.name : "",
	    i.linktype, p, &r->werr);
}

/* Returns 0; -1 on an error of reading, or r->werr. */
static int
read_all(struct reader *r, struct qerr *e)
{
	struct capsrc_packet p;
	unsigned n;
	int rc;

	while ((rc = capread_next(r->from, &p, &n, e)) == 1) {
		if (!r->has_sink && begin(r, linktype(r, n), e) == -1)
			return -1;
		if (take(r, n, &p) != 0 || interrupted)
			break;
	}
	if (r->timed_out || interrupted || r->werr.kind != QERR_NONE)
		rc = 0;
	if (!r->has_sink && begin(r, linktype(r, 0), e) == -1)
		return -1;
	if (rc == -1)
		qerr_prefix(e, "%s", r->name);
	return rc == -1 ? -1 : 0;
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = interrupt };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGXFSZ, SIG_IGN);
}

/* The last bytes, and what becomes of the file. */
static int
finish(struct reader *r, int status)
{
	enum cap_ended how = CAP_DONE;
	struct qerr e;

	if (r->werr.kind == QERR_NONE && r->has_out && tell_points(r) == 0)
		capout_finish(&r->out, &r->werr);
	if (r->werr.kind != QERR_NONE && r->werr.sys != EPIPE) {
		tool_say_err(&r->werr);
		status = (int)r->werr.kind;
		how = r->has_out && capout_cut(&r->out, &e) == 0 ? CAP_CUT :
		    CAP_FAILED;
	}
	return cap_dest_finish(r->d, how, status);
}

static int
verdict(struct reader *r, int status)
{
	int rc = r->has_sink ? cap_dest_verdict(&r->sink) : 0;

	if (rc == QERR_NO && r->timed_out && r->sink.end != CAPSINK_NEVER)
		rc = QERR_TIMEOUT;
	if (r->has_sink && r->werr.sys != EPIPE)
		tool_say("%" PRIu64 " packet%s read, %" PRIu64 " %s",
		    r->sink.seen, r->sink.seen == 1 ? "" : "s",
		    r->has_out ? r->out.packets : r->sink.taken,
		    r->has_out ? "written" : "looked at");
	return status != 0 ? status : rc;
}

int
cap_read(struct cap_dest *d, const char *file)
{
	struct reader r = { .d = d, .fd = -1 };
	struct qerr e = { 0 };
	int status = 0;

	catch_signals();
	if (d->timeout_ms > 0)
		r.deadline_ms = now_ms() + d->timeout_ms;
	if (open_input(&r, file, &e) == -1 || read_all(&r, &e) == -1) {
		tool_say_err(&e);
		status = (int)e.kind;
	}
	if (r.has_sink)
		status = verdict(&r, finish(&r, status));
	if (r.has_sink)
		capsink_release(&r.sink);
	if (r.has_out)
		capout_release(&r.out);
	capread_close(r.from);
	if (r.fd > STDIN_FILENO)
		close(r.fd);
	return status;
}
