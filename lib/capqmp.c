/* SPDX-License-Identifier: ISC */
/* capqmp.c - packets of a NIC that QEMU itself hands out (QMP: filter-dump) */
#include <unistd.h>

#include "capqmp.h"

struct capqmp_hold *
capqmp_attach(const struct capqmp_conf *conf, const struct capsrc_opts *o,
    int *stream, struct qerr *e)
{
	(void)o;
	*stream = -1;
	qerr_set(e, QERR_FAIL, "%s: not yet", conf->qmp);
	return NULL;
}

void
capqmp_release(struct capqmp_hold *h)
{
	(void)h;
}

struct capqmp *
capqmp_open(int fd, const struct capsrc_opts *o, struct qerr *e)
{
	(void)o;
	close(fd);
	qerr_set(e, QERR_FAIL, "not yet");
	return NULL;
}

int
capqmp_fd(const struct capqmp *c)
{
	(void)c;
	return -1;
}

int
capqmp_read(struct capqmp *c,
    int (*fn)(void *arg, const struct capsrc_packet *p), void *arg,
    struct qerr *e)
{
	(void)c;
	(void)fn;
	(void)arg;
	return qerr_set(e, QERR_FAIL, "not yet");
}

int
capqmp_stop(struct capqmp *c, struct qerr *e)
{
	(void)c;
	(void)e;
	return 0;
}

int
capqmp_stats(struct capqmp *c, struct capsrc_stats *s, struct qerr *e)
{
	(void)c;
	(void)e;
	*s = (struct capsrc_stats){ 0 };
	return 0;
}

void
capqmp_close(struct capqmp *c)
{
	(void)c;
}
