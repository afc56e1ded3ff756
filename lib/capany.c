/* SPDX-License-Identifier: ISC */
/* capany.c - packets from a source of any kind */
#include <stdlib.h>

#include "capany.h"
#include "capmirror.h"
#include "cappcap.h"
#include "capqmp.h"
#include "strv.h"

typedef int packet_fn(void *arg, const struct capsrc_packet *p);

struct capany_ops {
	int (*fd)(const void *src);
	int (*due)(const void *src);
	int (*read)(void *src, packet_fn *fn, void *arg, struct qerr *e);
	bool (*gone)(void *src, unsigned *point);
	int (*stop)(void *src, struct qerr *e);
	int (*stats)(void *src, struct capsrc_stats *s, struct qerr *e);
	void (*close)(void *src);
};

/* Functions are called by pointers of their own type only: hence these. */
#define OPS(kind)							\
static int								\
kind##_any_fd(const void *src)						\
{									\
	return kind##_fd(src);						\
}									\
static int								\
kind##_any_due(const void *src)						\
{									\
	return kind##_due(src);						\
}									\
static int								\
kind##_any_read(void *src, packet_fn *fn, void *arg, struct qerr *e)	\
{									\
	return kind##_read(src, fn, arg, e);				\
}									\
static bool								\
kind##_any_gone(void *src, unsigned *point)				\
{									\
	return kind##_gone(src, point);					\
}									\
static int								\
kind##_any_stop(void *src, struct qerr *e)				\
{									\
	return kind##_stop(src, e);					\
}									\
static int								\
kind##_any_stats(void *src, struct capsrc_stats *s, struct qerr *e)	\
{									\
	return kind##_stats(src, s, e);					\
}									\
static void								\
kind##_any_close(void *src)						\
{									\
	kind##_close(src);						\
}									\
static const struct capany_ops kind##_ops = {				\
	kind##_any_fd, kind##_any_due, kind##_any_read,			\
	kind##_any_gone, kind##_any_stop, kind##_any_stats,		\
	kind##_any_close						\
}

/* ---- of QEMU: it knows of no points, and one side of directions ---- */

struct qmpsrc {
	struct capqmp *q;		/* NULL: it is told that it is gone */
	unsigned point;
	enum capsrc_dir dir;
	bool gone, told;
	uint64_t turned_away;
	struct capsrc_stats stats;	/* from when it was gone */
	packet_fn *fn;		/* during a read */
	void *arg;
};

static int
qmpsrc_fd(const struct qmpsrc *s)
{
	return s->gone ? -1 : capqmp_fd(s->q);
}

static int
qmpsrc_due(const struct qmpsrc *s)
{
	return s->gone && !s->told ? 0 : -1;
}

static int
qmpsrc_take(void *arg, const struct capsrc_packet *p)
{
	struct qmpsrc *s = arg;
	struct capsrc_packet own = *p;

	if (s->dir != CAPSRC_BOTH && (s->dir == CAPSRC_IN) != p->to_vm) {
		s->turned_away++;
		return 0;
	}
	own.point = s->point;
	return s->fn(s->arg, &own);
}

static int
qmpsrc_read(struct qmpsrc *s, packet_fn *fn, void *arg, struct qerr *e)
{
	struct qerr err = { 0 };
	int n;

	if (s->gone)
		return 0;
	s->fn = fn;
	s->arg = arg;
	n = capqmp_read(s->q, qmpsrc_take, s, &err);
	if (n != -1)
		return n;
	s->gone = err.kind == QERR_NO;
	if (e != NULL)
		*e = err;
	return s->gone ? 0 : -1;
}

static bool
qmpsrc_gone(struct qmpsrc *s, unsigned *point)
{
	if (!s->gone || s->told)
		return false;
	s->told = true;
	*point = s->point;
	/* A VM may come and go many times, and the ring is large. */
	capqmp_stats(s->q, &s->stats, NULL);
	capqmp_close(s->q);
	s->q = NULL;
	return true;
}

static int
qmpsrc_stop(struct qmpsrc *s, struct qerr *e)
{
	return s->q != NULL ? capqmp_stop(s->q, e) : 0;
}

static int
qmpsrc_stats(struct qmpsrc *s, struct capsrc_stats *st, struct qerr *e)
{
	int rc = 0;

	if (s->q != NULL)
		rc = capqmp_stats(s->q, st, e);
	else
		*st = s->stats;
	if (st->filtered != UINT64_MAX)
		st->filtered += s->turned_away;
	st->received -= s->turned_away;
	return rc;
}

static void
qmpsrc_close(struct qmpsrc *s)
{
	capqmp_close(s->q);
	free(s);
}

OPS(capsrc);
OPS(cappcap);
OPS(capmirror);
OPS(qmpsrc);

int
capany_open_ring(struct capany *c, struct capsrc_kit *k,
    const struct capsrc_opts *o, struct qerr *e)
{
	*c = (struct capany){ &capsrc_ops, capsrc_open(k, o, e) };
	return c->src != NULL ? 0 : -1;
}

int
capany_open_pcap(struct capany *c, const struct capsrc_if *i,
    const char *ifname, const struct capsrc_opts *o, struct qerr *e)
{
	*c = (struct capany){ &cappcap_ops,
		cappcap_open(i, ifname, o, e) };
	return c->src != NULL ? 0 : -1;
}

int
capany_open_mirror(struct capany *c, int fd, unsigned point,
    const struct capsrc_opts *o, struct qerr *e)
{
	*c = (struct capany){ &capmirror_ops,
		capmirror_open(fd, point, o, e) };
	return c->src != NULL ? 0 : -1;
}

int
capany_open_qmp(struct capany *c, int fd, unsigned point,
    const struct capsrc_opts *o, struct qerr *e)
{
	struct capqmp *q = capqmp_open(fd, o, e);
	struct qmpsrc *s;

	*c = (struct capany){ 0 };
	if (q == NULL)
		return -1;
	s = xcalloc(1, sizeof(*s));
	*s = (struct qmpsrc){ .q = q, .point = point, .dir = o->dir };
	*c = (struct capany){ &qmpsrc_ops, s };
	return 0;
}

int
capany_fd(const struct capany *c)
{
	return c->ops->fd(c->src);
}

int
capany_due(const struct capany *c)
{
	return c->ops->due(c->src);
}

unsigned
capany_nap(const struct capany *c)
{
	return c->ops == &capsrc_ops ? capsrc_nap(c->src) : 0;
}

int
capany_read(struct capany *c, packet_fn *fn, void *arg, struct qerr *e)
{
	return c->ops->read(c->src, fn, arg, e);
}

int
capany_late(const struct capany *c)
{
	return c->ops == &qmpsrc_ops ? CAPQMP_LATE_MS : 0;
}

bool
capany_gone(struct capany *c, unsigned *point)
{
	return c->ops->gone(c->src, point);
}

int
capany_stop(struct capany *c, struct qerr *e)
{
	return c->ops->stop(c->src, e);
}

int
capany_stats(struct capany *c, struct capsrc_stats *s, struct qerr *e)
{
	return c->ops->stats(c->src, s, e);
}

void
capany_close(struct capany *c)
{
	if (c->src != NULL)
		c->ops->close(c->src);
	c->src = NULL;
}
