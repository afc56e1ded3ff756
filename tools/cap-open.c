/* SPDX-License-Identifier: ISC */
/* cap-open.c - how qlab-cap's first process opens capture points */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>
#include <sys/wait.h>

#include "cap-first.h"
#include "capmirror.h"
#include "fdmsg.h"
#include "holder.h"
#include "qemuargv.h"
#include "vnet.h"

int
cap_join(const struct cappoint *p, struct qerr *e)
{
	if (p->ns.pid != 0 && vnet_join(&p->ns, e) == -1)
		return qerr_prefix(e, "cannot enter the lab of %s", p->name);
	return 0;
}

int
cap_hint(const struct cappoint *p, struct qerr *e)
{
	if (e->kind != QERR_PERM || p->ns.pid != 0)
		return -1;
	return qerr_prefix(e, "%s (outside of your own labs, capturing takes "
	    "root: 'sudo qlab-cap %s')", p->name, p->name);
}

/* What the child that enters the namespace answers. */
enum { ANSWER_KIT, ANSWER_ERROR };

static int
opener(const struct first *f, const struct cappoint *p, int sock)
{
	struct capsrc_kit k;
	struct qerr e = { 0 };

	if (cap_join(p, &e) == 0 &&
	    capsrc_kit_open(&k, p->ifname, &f->o->src, &e) == 0)
		return fdmsg_send(sock, ANSWER_KIT, k.insns,
		    k.ninsns * sizeof(*k.insns), &k.fd, 1, NULL);
	cap_hint(p, &e);
	return fdmsg_send(sock, ANSWER_ERROR, &e, sizeof(e), NULL, 0, NULL);
}

static int
ask_opener(const struct first *f, const struct cappoint *p, struct fdmsg *msg,
    struct qerr *e)
{
	int sv[2], rc;
	pid_t pid;

	if (fdmsg_pair(sv, e) == -1)
		return -1;
	if ((pid = fork()) == -1) {
		qerr_sys(e, "cannot fork");
		close(sv[0]);
		close(sv[1]);
		return -1;
	}
	if (pid == 0) {
		close(sv[0]);
		_exit(opener(f, p, sv[1]) == -1);
	}
	close(sv[1]);
	rc = fdmsg_recv(sv[0], true, msg, e);
	close(sv[0]);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	if (rc == 1 && msg->type == ANSWER_ERROR) {
		memcpy(e, msg->buf, sizeof(*e));
		fdmsg_release(msg);
		rc = -1;
	}
	return rc == -1 ? -1 : 0;
}

int
cap_first_tell(struct first *f, enum cap_msg type, const void *buf, size_t len,
    int fd, struct qerr *e)
{
	int rc = fdmsg_send(f->ctl, type, buf, len, &fd, fd != -1, e);

	/* It may sit in a write that takes long. */
	if (f->mover != 0)
		kill(f->mover, SIGALRM);
	return rc;
}

int
cap_first_tell_point(struct first *f, size_t n, struct qerr *e)
{
	const struct cappoint *p = &f->points[n].p;
	struct cap_point m = { .number = (uint32_t)n,
		.opening = ++f->points[n].opening, .has_mac = p->has_mac,
		.is_if = p->via == VIA_RING || p->via == VIA_PCAP };
	char *text = cappoint_describe(p);

	memcpy(m.mac, p->mac, sizeof(m.mac));
	snprintf(m.name, sizeof(m.name), "%s", p->name);
	snprintf(m.description, sizeof(m.description), "%s", text);
	free(text);
	return cap_first_tell(f, CAP_POINT, &m, sizeof(m), -1, e);
}

static struct ring *
ring_of(struct first *f, const struct cappoint *p, struct qerr *e)
{
	struct fdmsg kit;
	int rc;

	for (size_t i = 0; i < f->nrings && !capsrc_one_each(); i++)
		if (f->rings[i].ns.pid == p->ns.pid &&
		    f->rings[i].ns.start == p->ns.start)
			return &f->rings[i];
	if (ask_opener(f, p, &kit, e) == -1)
		return NULL;
	rc = cap_first_tell(f, CAP_RING, kit.buf, kit.len, kit.fds[0], e);
	fdmsg_release(&kit);
	if (rc == -1)
		return NULL;
	f->rings = xrealloc(f->rings, (f->nrings + 1) * sizeof(*f->rings));
	/* Of QEMUs outside of labs another one may be there. */
	f->rings[f->nrings] = (struct ring){ p->ns, f->nsrcs++,
		p->ns.pid == 0 || p->lab == NULL };
	return &f->rings[f->nrings++];
}

void
cap_first_end_rings(struct first *f)
{
	for (size_t i = 0; i < f->nrings; i++) {
		struct ring *r = &f->rings[i];

		if (r->ended || proc_id_alive(&r->ns))
			continue;
		r->ended = true;
		cap_first_tell(f, CAP_ENDED, &r->src, sizeof(r->src), -1,
		    NULL);
	}
}

/* Interfaces are told together, so that one bind(2) does for several. */
static int
tell_ifs(struct first *f, struct qerr *e)
{
	size_t size = sizeof(struct cap_ifs) + f->nifs * sizeof(*f->ifs);
	struct cap_ifs *m = xcalloc(1, size);
	int rc = 0;

	for (size_t r = 0; rc == 0 && r < f->nrings; r++) {
		size_t n = 0;

		m->src = f->rings[r].src;
		for (size_t i = 0; i < f->nifs; i++)
			if (f->ifs_src[i] == m->src)
				m->ifs[n++] = f->ifs[i];
		if (n > 0)
			rc = cap_first_tell(f, CAP_IFS, m, sizeof(*m) +
			    n * sizeof(*f->ifs), -1, e);
	}
	free(m);
	f->nifs = 0;
	return rc;
}

static int
open_ring(struct first *f, size_t n, struct qerr *e)
{
	const struct cappoint *p = &f->points[n].p;
	struct ring *r = ring_of(f, p, e);

	if (r == NULL)
		return -1;
	f->ifs = xrealloc(f->ifs, (f->nifs + 1) * sizeof(*f->ifs));
	f->ifs_src = xrealloc(f->ifs_src, (f->nifs + 1) *
	    sizeof(*f->ifs_src));
	f->ifs[f->nifs] = (struct capsrc_if){ .index = p->index,
		.point = (unsigned)n, .host_view = p->host_view,
		.loopback = strcmp(p->ifname, "lo") == 0,
		.has_mac = p->has_mac };
	memcpy(f->ifs[f->nifs].mac, p->mac, sizeof(p->mac));
	f->ifs_src[f->nifs++] = r->src;
	return 0;
}

/* The connection must not stay: it would keep the lab up. */
static int
open_switch(struct first *f, size_t n, struct qerr *e)
{
	const struct cappoint *p = &f->points[n].p;
	struct holder_conn c = HOLDER_CONN_INIT;
	uint32_t number = (uint32_t)n;
	int fd, rc;

	if (holder_connect(&c, p->dir, e) == -1)
		return -1;
	rc = holder_mirror(&c, p->net, p->vm, p->nic,
	    capmirror_snaplen(&f->o->src), &fd, e);
	holder_close(&c);
	if (rc == -1)
		return -1;
	rc = cap_first_tell(f, CAP_STREAM, &number, sizeof(number), fd, e);
	close(fd);
	f->nsrcs++;
	return rc;
}

static int
open_qmp(struct first *f, size_t n, struct qerr *e)
{
	struct known *k = &f->points[n];
	char id[QEMU_IDSZ];
	/* A lab's NIC has a netdev of our naming. */
	const struct capqmp_conf conf = { .qmp = k->p.qmp, .dir = k->p.dir,
		.netdev = k->p.lab != NULL ? qemu_netdev_id(k->p.nic, id) :
		k->p.nic, .mac = k->p.mac, .buffer = f->o->src.buffer };
	uint32_t number = (uint32_t)n;
	int fd, rc;

	capqmp_release(k->hold);
	k->hold = capqmp_attach(&conf, &f->o->src, &fd, e);
	if (k->hold == NULL)
		return qerr_prefix(e, "%s", k->p.name);
	rc = cap_first_tell(f, CAP_QMP, &number, sizeof(number), fd, e);
	close(fd);
	f->nsrcs++;
	return rc;
}

static int
open_point(struct first *f, size_t n, struct qerr *e)
{
	switch (f->points[n].p.via) {
	case VIA_RING:
		return open_ring(f, n, e);
	case VIA_SWITCH:
		return open_switch(f, n, e);
	case VIA_QMP:
		return open_qmp(f, n, e);
	case VIA_PCAP:		/* opens itself */
		return 0;
	case VIA_AUTO:
		break;
	}
	*e = f->points[n].p.why;
	return -1;
}

/* Worth a word?  A VM that starts or stops while we look is not. */
static bool
tells(const struct first *f, const struct known *k, const struct qerr *e)
{
	if (e->kind == QERR_NONE || k->said || e->sys == EPIPE)
		return false;
	return !f->started || k->p.lab == NULL ||
	    (e->sys != ENOENT && e->sys != ECONNREFUSED);
}

/* Once: QEMU is asked because a better way is not allowed. */
static void
say_second_best(struct first *f, const struct cappoint *p)
{
	if (p->via != VIA_QMP || p->why.kind == QERR_NONE ||
	    f->said_second_best || f->o->quiet)
		return;
	f->said_second_best = true;
	tool_say("%s; so QEMU hands out the packets", p->why.msg);
}

size_t
cap_first_open(struct first *f, struct qerr *e)
{
	size_t there = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct known *k = &f->points[i];
		struct qerr err = { 0 };

		if (!k->found)
			continue;
		if (!k->there && open_point(f, i, &err) == 0) {
			k->there = true;
			k->said = false;
			say_second_best(f, &k->p);
		} else if (!k->there && e->kind == QERR_NONE)
			*e = err;
		if (tells(f, k, &err)) {
			k->said = true;
			tool_say_err(&err);
		}
		there += k->there;
	}
	return tell_ifs(f, e) == -1 ? 0 : there;
}
