/* SPDX-License-Identifier: ISC */
/* cap-reader.c - the process of qlab-cap -r that reads the saved capture */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "cap-reader.h"
#include "cap-rights.h"
#include "cap-signals.h"
#include "capread.h"
#include "fdmsg.h"

/* So many pokes may pass before we end without whoever reads what we write. */
#define PATIENCE	2

struct reader {
	struct cap_dest *d;
	const char *name;		/* for messages */
	int fd, life, files;
	bool timed_out, interrupted;
	uint64_t written;		/* when we were poked last */
	int pokes;			/* since then */
	struct capread *from;
	struct capsink sink;
	struct capout out;
	bool began, has_out;
	unsigned points;		/* interfaces that out knows */
	uint32_t *types;		/* link types that were met */
	size_t ntypes;
	struct qerr werr;		/* of writing */
};

/* Has the first process said that it is over? */
static bool
over(struct reader *r)
{
	struct pollfd p = { .fd = r->life, .events = POLLIN };
	char c;

	if (!r->timed_out && !r->interrupted && poll(&p, 1, 0) == 1) {
		r->timed_out = read(r->life, &c, 1) == 1;
		r->interrupted = !r->timed_out;
	}
	return r->timed_out || r->interrupted;
}

/*
 * Something to read?  Else what is read already must not wait with us; nor we,
 * when whoever reads it has gone.
 */
static int
await(struct reader *r)
{
	struct pollfd p[] = { { .fd = r->fd, .events = POLLIN },
		{ .fd = r->life, .events = POLLIN }, { .fd = -1 } };

	if (poll(p, 1, 0) == 0) {
		if (r->has_out && capout_flush(&r->out, &r->werr) == -1)
			return 0;
		if (r->has_out)
			p[2].fd = r->out.buf.fd;
		while (poll(p, 3, -1) == -1 && errno == EINTR)
			;
		if (p[2].revents & (POLLERR | POLLHUP))
			r->werr = (struct qerr){ .kind = QERR_FAIL,
				.sys = EPIPE };
	}
	return r->werr.kind == QERR_NONE && !over(r);
}

/* A write was interrupted; non-zero gives up whoever reads nothing of it. */
static int
impatient(void *arg)
{
	struct reader *r = arg;
	uint64_t written = capout_written(&r->out);

	if (!over(r) || written != r->written)
		r->pokes = 0;
	r->written = written;
	return ++r->pokes > PATIENCE;
}

static ssize_t
give(void *arg, void *buf, size_t len)
{
	struct reader *r = arg;

	return await(r) ? read(r->fd, buf, len) : 0;
}

/* ---- what the first process does for us ---- */

static int
ask(struct reader *r, uint32_t type, const void *buf, size_t len,
    struct fdmsg *answer, struct qerr *e)
{
	if (fdmsg_send(r->files, type, buf, len, NULL, 0, e) == -1 ||
	    fdmsg_recv(r->files, true, answer, e) == -1)
		return -1;
	if (answer->type == 0)
		return 0;
	if (e != NULL)
		memcpy(e, answer->buf, sizeof(*e));
	fdmsg_release(answer);
	return -1;
}

static int
turn(void *arg, enum capout_why why, uint64_t start_ns, struct qerr *e)
{
	struct reader *r = arg;
	struct fdmsg answer;
	int fd;

	if (ask(r, why, &start_ns, sizeof(start_ns), &answer, e) == -1)
		return -1;
	fd = why == CAPOUT_FINISH ? 0 : answer.fds[0];
	answer.fds[0] = -1;
	fdmsg_release(&answer);
	return fd;
}

static int
compile(void *arg, const char *text, uint32_t linktype,
    struct bpf_program *prog, struct qerr *e)
{
	size_t len = sizeof(linktype) + strlen(text) + 1;
	char *question = xcalloc(1, len);
	struct fdmsg answer;
	int rc;

	memcpy(question, &linktype, sizeof(linktype));
	memcpy(question + sizeof(linktype), text, len - sizeof(linktype));
	rc = ask(arg, CAP_ASK_FILTER, question, len, &answer, e);
	free(question);
	if (rc == -1)
		return -1;
	prog->bf_len = answer.len / sizeof(*prog->bf_insns);
	prog->bf_insns = (void *)answer.buf;
	answer.buf = NULL;
	fdmsg_release(&answer);
	return 0;
}

/* ---- input and output ---- */

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
		.wait = impatient, .arg = r };
	int fd = -1;

	if (!cap_dest_writes(r->d))
		return 0;
	cap_dest_section(r->d, false, NULL);
	cap_dest_capout(r->d, &o);
	if (cap_dest_rotates(r->d))
		o.turn = turn;
	else if ((fd = turn(r, CAPOUT_TIME, 0, e)) == -1)
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

	for (; r->has_out && r->points < capread_ifs(r->from); r->points++) {
		capread_if(r->from, r->points, &i);
		if (capout_point_add(&r->out, &i, &r->werr) == -1)
			return -1;
	}
	return 0;
}

static bool
met(const struct reader *r, uint32_t type)
{
	for (size_t i = 0; i < r->ntypes; i++)
		if (r->types[i] == type)
			return true;
	return false;
}

/*
 * A packet of this link type comes.  When no others can come all filters must
 * mean something there; else until one does there is nothing to write.
 */
static int
meet(struct reader *r, uint32_t type, struct qerr *e)
{
	int rc;

	if (met(r, type))
		return 0;
	r->types = xgrow(r->types, r->ntypes, sizeof(*r->types));
	r->types[r->ntypes++] = type;
	rc = capsink_meet(&r->sink, type, e);
	if (rc == -1 || (rc == 1 && !capread_is_pcapng(r->from)))
		return -1;
	if (rc == 1)
		tool_say("%s: %s; none of its packets match", r->name, e->msg);
	if (r->began || !capsink_means(&r->sink))
		return 0;
	if (open_output(r, e) == -1)
		return -1;
	r->began = true;
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

/* No packet, or none whose link type the filters have to do with? */
static int
check_met(struct reader *r, struct qerr *e)
{
	const char *text;

	if (r->ntypes == 0 && meet(r, linktype(r, 0), e) == -1)
		return -1;
	text = capsink_meaningless(&r->sink);
	if (text == NULL || r->sink.end != CAPSINK_GOING)
		return 0;
	return qerr_set(e, QERR_INPUT, "%s: no packet has a link type that "
	    "filter '%s' is for", r->name, text);
}

/* Returns 0; -1 on an error of reading, or r->werr. */
static int
read_all(struct reader *r, struct qerr *e)
{
	struct capsrc_packet p;
	struct qerr other;
	unsigned n;
	int rc;

	while ((rc = capread_next(r->from, &p, &n, e)) == 1) {
		if (meet(r, linktype(r, n), e) == -1)
			return -1;
		if (take(r, n, &p) != 0)
			break;
	}
	if (r->timed_out || r->interrupted || r->werr.kind != QERR_NONE)
		rc = 0;
	if (rc != -1)
		return check_met(r, e);
	if (r->ntypes == 0)
		meet(r, linktype(r, 0), &other);
	return qerr_prefix(e, "%s", r->name);
}

/* The last bytes. */
static int
finish(struct reader *r, int status)
{
	struct qerr e;

	if (r->werr.kind == QERR_NONE && r->has_out && tell_points(r) == 0)
		capout_finish(&r->out, &r->werr);
	if (r->werr.kind == QERR_NONE || r->werr.sys == EPIPE)
		return status;
	tool_say_err(&r->werr);
	return r->has_out && capout_cut(&r->out, &e) == 0 ? CAP_CUT_SHORT :
	    CAP_LOST;
}

static int
verdict(struct reader *r, int status)
{
	int rc = cap_dest_verdict(&r->sink);

	if (rc == QERR_NO && r->timed_out && r->sink.end != CAPSINK_NEVER)
		rc = QERR_TIMEOUT;
	if (r->werr.sys != EPIPE)
		tool_say("%" PRIu64 " packet%s read, %" PRIu64 " %s",
		    r->sink.seen, r->sink.seen == 1 ? "" : "s",
		    r->has_out ? r->out.packets : r->sink.taken,
		    r->has_out ? "written" : "looked at");
	return status != 0 ? status : rc;
}

static int
open_input(struct reader *r, struct qerr *e)
{
	if ((r->from = capread_open(give, r, e)) == NULL)
		return qerr_prefix(e, "%s", r->name);
	if (r->d->sink.way != CAPSINK_INOUT && !capread_is_pcapng(r->from))
		return qerr_set(e, QERR_INPUT, "-Q: %s is pcap, which does not "
		    "tell directions", r->name);
	return 0;
}

/* For the first packet's link type. */
static int
dump_filter(struct reader *r, struct qerr *e)
{
	struct capsrc_packet p;
	struct capfilter *f;
	unsigned n;
	char *text;

	if (capread_next(r->from, &p, &n, e) == -1)
		return qerr_prefix(e, "%s", r->name);
	f = capfilter_new(r->d->sink.filter, linktype(r, n), e);
	if (f == NULL)
		return -1;
	text = capfilter_dump(f);
	puts(text);
	free(text);
	capfilter_free(f);
	return 0;
}

int
cap_reader(const struct cap_reader *with)
{
	struct reader r = { .d = with->d, .name = with->name, .fd = with->fd,
		.life = with->life, .files = with->files };
	struct qerr e = { 0 };
	int status = 0;

	cap_signals_leave();
	capfilter_compile_by(compile, &r);
	capsink_init(&r.sink, &r.d->sink, NULL);
	if (cap_rights_give_up(&e) == -1 || open_input(&r, &e) == -1 ||
	    (with->dump ? dump_filter(&r, &e) : read_all(&r, &e)) == -1) {
		/* The first process has ended, and said why. */
		if (e.sys != EPIPE)
			tool_say_err(&e);
		status = (int)e.kind;
	}
	if (r.began)
		status = verdict(&r, finish(&r, status));
	if (with->dump)
		status = tool_finish(status);
	capsink_release(&r.sink);
	free(r.types);
	if (r.has_out)
		capout_release(&r.out);
	capread_close(r.from);
	return status;
}
