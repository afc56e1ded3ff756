/* SPDX-License-Identifier: ISC */
/* capany.c - packets from a source of any kind */
#include "capany.h"
#include "capmirror.h"
#include "capqmp.h"

typedef int packet_fn(void *arg, const struct capsrc_packet *p);

struct capany_ops {
	int (*fd)(const void *src);
	int (*read)(void *src, packet_fn *fn, void *arg, struct qerr *e);
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
kind##_any_read(void *src, packet_fn *fn, void *arg, struct qerr *e)	\
{									\
	return kind##_read(src, fn, arg, e);				\
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
	kind##_any_fd, kind##_any_read, kind##_any_stop,		\
	kind##_any_stats, kind##_any_close				\
}

OPS(capsrc);
OPS(capmirror);
OPS(capqmp);

int
capany_open_if(struct capany *c, const char *ifname,
    const struct capsrc_opts *o, struct qerr *e)
{
	*c = (struct capany){ &capsrc_ops, capsrc_open(ifname, o, e) };
	return c->src != NULL ? 0 : -1;
}

int
capany_open_mirror(struct capany *c, int fd, const struct capsrc_opts *o,
    struct qerr *e)
{
	*c = (struct capany){ &capmirror_ops, capmirror_open(fd, o, e) };
	return c->src != NULL ? 0 : -1;
}

int
capany_open_qmp(struct capany *c, int fd, const struct capsrc_opts *o,
    struct qerr *e)
{
	*c = (struct capany){ &capqmp_ops, capqmp_open(fd, o, e) };
	return c->src != NULL ? 0 : -1;
}

int
capany_fd(const struct capany *c)
{
	return c->ops->fd(c->src);
}

int
capany_read(struct capany *c, packet_fn *fn, void *arg, struct qerr *e)
{
	return c->ops->read(c->src, fn, arg, e);
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
