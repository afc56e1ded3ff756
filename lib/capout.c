/* SPDX-License-Identifier: ISC */
/* capout.c - packets of one or several points into pcap or pcapng files */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capout.h"
#include "strv.h"

/*
 * Classic pcap is a 24-byte header (magic 0xa1b23c4d for nanoseconds, version
 * 2.4, two zero words, snap length, link type), then for each packet a 16-byte
 * one (seconds, nanoseconds, kept and full length) and its bytes, all in the
 * writer's byte order.  Source: draft-ietf-opsawg-pcap.
 */
#define MAGIC_NSEC	0xa1b23c4du
#define PCAP_HDRLEN	24u
#define PCAP_RECLEN	16u

#define NSEC		UINT64_C(1000000000)
/* So late may a packet still be told of. */
#define GRACE_NS	(NSEC / 5)

/* A copy of what was told of a point, for the files to come. */
struct capout_point {
	char *name, *description, *filter;
	uint8_t mac[6];
	bool has_mac;
	uint32_t linktype;
	uint32_t ifnum;			/* in this file */
	uint64_t delivered;
};

static void
point_free(struct capout_point *p)
{
	free(p->name);
	free(p->description);
	free(p->filter);
}

static char *
copy(const char *s)
{
	return s != NULL ? xstrdup(s) : NULL;
}

/* ---- one file ---- */

static int
put_pcap_header(struct capout *w, struct qerr *e)
{
	const uint32_t header[] = { MAGIC_NSEC, 0, 0, 0, w->o.snaplen,
		w->o.linktype };
	const uint16_t version[] = { 2, 4 };
	uint8_t *p = recbuf_room(&w->buf, PCAP_HDRLEN, e);

	if (p == NULL)
		return -1;
	memcpy(p, header, sizeof(header));
	memcpy(p + sizeof(header[0]), version, sizeof(version));
	recbuf_put(&w->buf, PCAP_HDRLEN);
	return 0;
}

static int
put_section(struct capout *w, struct qerr *e)
{
	uint8_t *p = recbuf_room(&w->buf, PCAPNG_SHB_MAX, e);

	if (p == NULL)
		return -1;
	recbuf_put(&w->buf, pcapng_shb(p, &w->o.section));
	return 0;
}

static int
put_interface(struct capout *w, struct capout_point *pt, struct qerr *e)
{
	const struct pcapng_if i = { .name = pt->name,
		.description = pt->description, .filter = pt->filter,
		.mac = pt->has_mac ? pt->mac : NULL,
		.linktype = pt->linktype };
	uint8_t *p = recbuf_room(&w->buf, PCAPNG_IDB_MAX, e);

	if (p == NULL)
		return -1;
	recbuf_put(&w->buf, pcapng_idb(p, &i, w->o.snaplen));
	pt->ifnum = w->file_ifs++;
	return 0;
}

static int
put_counts(struct capout *w, unsigned n, struct qerr *e)
{
	struct capout_stats s = { UINT64_MAX, UINT64_MAX, UINT64_MAX, NULL };
	struct pcapng_counts c;
	struct timespec now;
	uint8_t *p;

	if (w->o.stats == NULL)
		return 0;
	w->o.stats(w->o.arg, n, &s);
	if ((p = recbuf_room(&w->buf, PCAPNG_ISB_MAX, e)) == NULL)
		return -1;
	clock_gettime(CLOCK_REALTIME, &now);
	c = (struct pcapng_counts){ s.received, s.accepted, s.dropped,
		w->points[n].delivered, s.comment };
	recbuf_put(&w->buf, pcapng_isb(p, w->points[n].ifnum,
	    (uint64_t)now.tv_sec * NSEC + (uint64_t)now.tv_nsec, &c));
	return 0;
}

/* What every file begins with. */
static int
begin(struct capout *w, struct qerr *e)
{
	w->file_ifs = 0;
	w->file_packets = 0;
	w->began = true;
	if (!w->o.pcapng)
		return put_pcap_header(w, e);
	if (put_section(w, e) == -1)
		return -1;
	for (unsigned i = 0; i < w->npoints; i++)
		if (put_interface(w, &w->points[i], e) == -1)
			return -1;
	return 0;
}

static int
open_next(struct capout *w, enum capout_why why, struct qerr *e)
{
	int fd = w->o.turn(w->o.arg, why, w->period_start, e);

	if (fd == -1)
		return -1;
	recbuf_file(&w->buf, fd);
	w->own_fd = true;
	return begin(w, e);
}

/* What every file ends with; libpcap wants an interface in any case. */
static int
end(struct capout *w, struct qerr *e)
{
	struct capout_point none = { .linktype = w->o.linktype };

	if (w->o.pcapng && w->file_ifs == 0 &&
	    put_interface(w, &none, e) == -1)
		return -1;
	for (unsigned i = 0; w->o.pcapng && i < w->npoints; i++)
		if (put_counts(w, i, e) == -1)
			return -1;
	return recbuf_flush(&w->buf, e);
}

static void
forget_file(struct capout *w)
{
	w->written += w->buf.written;
	if (w->own_fd)
		close(w->buf.fd);
	w->own_fd = false;
	recbuf_file(&w->buf, -1);
}

static int
finish_file(struct capout *w, struct qerr *e)
{
	if (end(w, e) == -1)
		return -1;
	forget_file(w);
	return w->o.turn(w->o.arg, CAPOUT_FINISH, 0, e) == -1 ? -1 : 0;
}

/* ---- one file after the other ---- */

/*
 * Is the period over?  1 when it was the last one.  Without a file none counts,
 * but when it is the time of day that tells.
 */
static int
check_period(struct capout *w, uint64_t now, bool by_clock, struct qerr *e)
{
	uint64_t period = w->o.period_ns, n;

	if (w->over)
		return 1;
	if (period == 0 || now < w->period_start ||
	    now - w->period_start < period)
		return 0;
	n = (now - w->period_start) / period;
	w->period_start += n * period;
	w->periods += by_clock ? n : w->buf.fd != -1;
	if (w->buf.fd != -1 && finish_file(w, e) == -1)
		return -1;
	/* With max_bytes, too, the files are a ring, as in tcpdump. */
	w->over = w->o.max_files > 0 && w->o.max_bytes == 0 &&
	    w->periods >= w->o.max_files;
	return w->over;
}

/* See to it that there is a file for a packet of that time. */
static int
rotate(struct capout *w, uint64_t time_ns, struct qerr *e)
{
	int rc;

	if (w->period_start == 0)
		w->period_start = time_ns - time_ns % NSEC;
	if ((rc = check_period(w, time_ns, false, e)) != 0)
		return rc;
	if (w->buf.fd == -1)
		return open_next(w, CAPOUT_TIME, e);
	if (w->o.max_bytes == 0 || w->file_packets == 0 ||
	    w->buf.written + w->buf.len <= w->o.max_bytes)
		return 0;
	if (finish_file(w, e) == -1)
		return -1;
	return open_next(w, CAPOUT_SIZE, e);
}

void
capout_init(struct capout *w, const struct capout_opts *o, int fd)
{
	*w = (struct capout){ .o = *o, .period_start = o->start_ns };
	recbuf_init(&w->buf, o->snaplen + PCAPNG_EPB_EXTRA + PCAPNG_IDB_MAX);
	w->buf.wait = o->wait;
	w->buf.arg = o->arg;
	recbuf_file(&w->buf, fd);
	w->buf.lend = o->lend;
	if (fd != -1)
		begin(w, NULL);		/* into the empty buffer */
}

int
capout_point_add(struct capout *w, const struct pcapng_if *i, struct qerr *e)
{
	struct capout_point *p;
	unsigned n = w->npoints;

	w->points = xrealloc(w->points, ++w->npoints * sizeof(*w->points));
	p = &w->points[n];
	*p = (struct capout_point){ .name = copy(i->name),
		.description = copy(i->description),
		.filter = copy(i->filter), .linktype = i->linktype,
		.has_mac = i->mac != NULL };
	if (i->mac != NULL)
		memcpy(p->mac, i->mac, sizeof(p->mac));
	if (w->o.pcapng && w->buf.fd != -1 && put_interface(w, p, e) == -1)
		return -1;
	return (int)n;
}

static int
put_pcap(struct capout *w, const struct capsrc_packet *p, uint32_t caplen,
    struct qerr *e)
{
	const uint32_t head[] = { (uint32_t)(p->time_ns / NSEC),
		(uint32_t)(p->time_ns % NSEC), caplen, p->len };
	bool lend = p->lent != NULL && w->buf.lend != NULL;
	uint8_t *rec = lend ? recbuf_lend(&w->buf, sizeof(head), p->lent,
	    caplen, p->room, e) :
	    recbuf_room(&w->buf, sizeof(head) + caplen, e);

	if (rec == NULL)
		return -1;
	memcpy(rec, head, sizeof(head));
	if (lend)
		return 0;
	memcpy(rec + sizeof(head), p->data, caplen);
	recbuf_put(&w->buf, sizeof(head) + caplen);
	return 0;
}

static int
put_pcapng(struct capout *w, uint32_t ifnum, const struct capsrc_packet *p,
    uint32_t caplen, struct qerr *e)
{
	uint8_t *rec = recbuf_room(&w->buf, caplen + PCAPNG_EPB_EXTRA, e);

	if (rec == NULL)
		return -1;
	recbuf_put(&w->buf, pcapng_epb(rec, ifnum, p, caplen));
	return 0;
}

int
capout_add(struct capout *w, unsigned point, const struct capsrc_packet *p,
    struct qerr *e)
{
	uint32_t caplen = p->caplen < w->o.snaplen ? p->caplen : w->o.snaplen;
	struct capout_point *pt = &w->points[point];
	int rc;

	if (w->o.turn != NULL && (rc = rotate(w, p->time_ns, e)) != 0)
		return rc;
	rc = w->o.pcapng ? put_pcapng(w, pt->ifnum, p, caplen, e) :
	    put_pcap(w, p, caplen, e);
	if (rc == -1)
		return -1;
	pt->delivered++;
	w->file_packets++;
	w->packets++;
	return 0;
}

int
capout_tick(struct capout *w, uint64_t now_ns, struct qerr *e)
{
	if (w->o.turn == NULL || w->period_start == 0 || now_ns < GRACE_NS)
		return 0;
	return check_period(w, now_ns - GRACE_NS, true, e);
}

int
capout_flush(struct capout *w, struct qerr *e)
{
	return recbuf_flush(&w->buf, e);
}

int
capout_finish(struct capout *w, struct qerr *e)
{
	if (w->o.turn == NULL)
		return end(w, e);
	if (w->buf.fd == -1 && w->began)
		return 0;
	if (w->buf.fd == -1 && open_next(w, CAPOUT_TIME, e) == -1)
		return -1;
	return finish_file(w, e);
}

uint64_t
capout_written(const struct capout *w)
{
	return w->written + w->buf.written;
}

/* The length of the record at p; a lost packet is taken off. */
static size_t
record(void *arg, const uint8_t *p, bool first, bool lost)
{
	struct capout *w = arg;
	uint32_t word[3];

	if (!w->o.pcapng && first)
		return PCAP_HDRLEN;
	memcpy(word, p, sizeof(word));
	if (lost && (!w->o.pcapng || word[0] == PCAPNG_EPB)) {
		w->packets--;
		w->file_packets--;
	}
	return w->o.pcapng ? word[1] : PCAP_RECLEN + word[2];
}

int
capout_cut(struct capout *w, struct qerr *e)
{
	return recbuf_cut(&w->buf, record, w, e);
}

void
capout_release(struct capout *w)
{
	for (unsigned i = 0; i < w->npoints; i++)
		point_free(&w->points[i]);
	free(w->points);
	if (w->own_fd)
		close(w->buf.fd);
	recbuf_release(&w->buf);
	*w = (struct capout){ .buf.fd = -1 };
}
