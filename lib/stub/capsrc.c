/* SPDX-License-Identifier: ISC */
/* capsrc.c - packets, where this system's interfaces are not known */
#include "capsrc.h"

static int
unsupported(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL,
	    "capturing is not supported on this system");
}

int
capsrc_may(struct qerr *e)
{
	return unsupported(e);
}

bool
capsrc_one_each(void)
{
	return false;
}

int
capsrc_kit_open(struct capsrc_kit *k, const char *ifname,
    const struct capsrc_opts *o, struct qerr *e)
{
	(void)ifname;
	(void)o;
	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
	return unsupported(e);
}

void
capsrc_kit_release(struct capsrc_kit *k)
{
	*k = (struct capsrc_kit)CAPSRC_KIT_INIT;
}

struct capsrc *
capsrc_open(struct capsrc_kit *k, const struct capsrc_opts *o, struct qerr *e)
{
	(void)k;
	(void)o;
	unsupported(e);
	return NULL;
}

int
capsrc_add(struct capsrc *c, const struct capsrc_if *ifs, size_t n,
    struct qerr *e)
{
	(void)c;
	(void)ifs;
	(void)n;
	return unsupported(e);
}

int
capsrc_fd(const struct capsrc *c)
{
	(void)c;
	return -1;
}

int
capsrc_due(const struct capsrc *c)
{
	(void)c;
	return -1;
}

unsigned
capsrc_nap(const struct capsrc *c)
{
	(void)c;
	return 0;
}

bool
capsrc_gone(struct capsrc *c, unsigned *point)
{
	(void)c;
	(void)point;
	return false;
}

int
capsrc_read(struct capsrc *c,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	(void)c;
	(void)fn;
	(void)arg;
	return unsupported(e);
}

int
capsrc_stop(struct capsrc *c, struct qerr *e)
{
	(void)c;
	return unsupported(e);
}

int
capsrc_stats(struct capsrc *c, struct capsrc_stats *s, struct qerr *e)
{
	(void)c;
	(void)s;
	return unsupported(e);
}

void
capsrc_close(struct capsrc *c)
{
	(void)c;
}
