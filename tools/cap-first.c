/* SPDX-License-Identifier: ISC */
/* cap-first.c - the first process of qlab-cap, once it captures */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "cap.h"
#include "capmirror.h"
#include "capqmp.h"
#include "fdmsg.h"
#include "holder.h"
#include "loop.h"
#include "qemuargv.h"
#include "state.h"
#include "vnet.h"

/* How often we look whether points have come. */
#define LOOK_MS		500
/* How often the packet process is woken while it should come to an end. */
#define POKE_MS		200
/* What the command did may still be on its way when it has ended. */
#define SETTLE_MS	100

struct known {
	struct cappoint p;
	bool found;		/* when we looked last */
	bool there;		/* a source has it */
	bool said;		/* why it cannot be had */
	struct capqmp_hold *hold;
};

/* The source that has all interfaces of one namespace. */
struct ring {
	struct proc_id ns;
	uint32_t src;
};

struct first {
	struct cap_conf *o;
	struct known *points;	/* the packet process numbers them alike */
	size_t n;
	struct ring *rings;
	size_t nrings;
	uint32_t nsrcs;
	struct capsrc_if *ifs;	/* to be told, and of which ring */
	uint32_t *ifs_src;
	size_t nifs;
	pid_t mover;
	int ctl, files;		/* to it */
	bool ending;
	struct loop *loop;
	struct loop_io *ctl_io, *files_io;
	uint64_t stamp;		/* of the registry when it was read */
	bool dirty;		/* look again, whatever it says */
	int status;		/* the packet process' */
};

int
cap_join(const struct cappoint *p, struct qerr *e)
{
	if (p->ns.pid != 0 && vnet_join(&p->ns, e) == -1)
		return qerr_prefix(e, "cannot enter the lab of %s", p->name);
	return 0;
}

int
cap_find(const struct cap_conf *o, struct cappoints *points, struct qerr *e)
{
	struct map map;
	struct state st;
	int rc = 0;

	if (state_load_clean(&st, e) == -1)
		return -1;
	ifmap_build(&map, &st);
	if (o->all || o->list)
		cappoint_all(points, &map, o->via, o->list);
	for (size_t i = 0; rc == 0 && i < o->words.n; i++) {
		rc = cappoint_find(points, &map, &st, o->words.v[i], o->via, e);
		if (rc == -1 && o->follow && e->kind == QERR_NOTFOUND)
			rc = 0;
	}
	ifmap_free(&map);
	state_free(&st);
	return rc;
}

/* ---- opening ---- */

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
	if (e.kind == QERR_PERM && p->ns.pid == 0)
		qerr_prefix(&e, "%s (outside of your own labs, capturing takes "
		    "root: 'sudo qlab-cap %s')", p->name, p->name);
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

/* e->sys is EPIPE when it has gone; it has said why. */
static int
send_to_mover(struct first *f, enum cap_msg type, const void *buf, size_t len,
    int fd, struct qerr *e)
{
	int rc = fdmsg_send(f->ctl, type, buf, len, &fd, fd != -1, e);

	/* It may sit in a write that takes long. */
	if (f->mover != 0)
		kill(f->mover, SIGALRM);
	return rc;
}

static int
tell_point(struct first *f, size_t n, struct qerr *e)
{
	const struct cappoint *p = &f->points[n].p;
	struct cap_point m = { .number = (uint32_t)n, .has_mac = p->has_mac,
		.is_if = *p->ifname != '\0' };
	char *text = cappoint_describe(p);

	memcpy(m.mac, p->mac, sizeof(m.mac));
	snprintf(m.name, sizeof(m.name), "%s", p->name);
	snprintf(m.description, sizeof(m.description), "%s", text);
	free(text);
	return send_to_mover(f, CAP_POINT, &m, sizeof(m), -1, e);
}

static struct ring *
ring_of(struct first *f, const struct cappoint *p, struct qerr *e)
{
	struct fdmsg kit;
	int rc;

	for (size_t i = 0; i < f->nrings; i++)
		if (f->rings[i].ns.pid == p->ns.pid &&
		    f->rings[i].ns.start == p->ns.start)
			return &f->rings[i];
	if (ask_opener(f, p, &kit, e) == -1)
		return NULL;
	rc = send_to_mover(f, CAP_RING, kit.buf, kit.len, kit.fds[0], e);
	fdmsg_release(&kit);
	if (rc == -1)
		return NULL;
	f->rings = xrealloc(f->rings, (f->nrings + 1) * sizeof(*f->rings));
	f->rings[f->nrings] = (struct ring){ p->ns, f->nsrcs++ };
	return &f->rings[f->nrings++];
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
			rc = send_to_mover(f, CAP_IFS, m, sizeof(*m) +
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
	f->ifs[f->nifs] = (struct capsrc_if){ p->index, (unsigned)n,
		p->host_view };
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
	rc = send_to_mover(f, CAP_STREAM, &number, sizeof(number), fd, e);
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
	rc = send_to_mover(f, CAP_QMP, &number, sizeof(number), fd, e);
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

/*
 * All that was found and is not there.  Returns how many are now; *e is the first error, if
 * any.
 */
static size_t
open_points(struct first *f, struct qerr *e)
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
		} else if (!k->there && e->kind == QERR_NONE)
			*e = err;
		if (err.kind != QERR_NONE && !k->said && err.sys != EPIPE) {
			k->said = true;
			tool_say_err(&err);
		}
		there += k->there;
	}
	return tell_ifs(f, e) == -1 ? 0 : there;
}

/* ---- points that come later ---- */

/* Takes what it needs out of p. */
static int
know(struct first *f, struct cappoint *p, struct qerr *e)
{
	struct known *k = NULL;

	for (size_t i = 0; k == NULL && i < f->n; i++)
		if (strcmp(f->points[i].p.key, p->key) == 0)
			k = &f->points[i];
	if (k == NULL) {
		f->points = xrealloc(f->points, (f->n + 1) *
		    sizeof(*f->points));
		k = &f->points[f->n++];
		*k = (struct known){ .p = *p, .found = true };
		*p = (struct cappoint){ 0 };
		return tell_point(f, f->n - 1, e);
	}
	k->found = true;
	/* It was started anew before the packet process saw it go. */
	if (p->via == VIA_RING && (p->index != k->p.index ||
	    p->ns.start != k->p.ns.start))
		k->there = false;
	if (!k->there) {
		struct cappoint old = k->p;

		k->p = *p;
		*p = old;
		return tell_point(f, (size_t)(k - f->points), e);
	}
	return 0;
}

static void
look(struct first *f)
{
	struct cappoints found = { 0 };
	struct qerr e = { 0 };

	for (size_t i = 0; i < f->n; i++)
		f->points[i].found = false;
	if (cap_find(f->o, &found, &e) == 0 || found.n > 0) {
		for (size_t i = 0; i < found.n; i++)
			if (found.p[i].via != VIA_AUTO)
				know(f, &found.p[i], NULL);
		e.kind = QERR_NONE;
		open_points(f, &e);
	}
	cappoint_release(&found);
}

/* An interface of our own namespace comes without a word in the registry. */
static bool
if_came(const struct first *f)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct known *k = &f->points[i];

		if (!k->there && k->p.lab == NULL && *k->p.ifname != '\0' &&
		    if_nametoindex(k->p.ifname) != 0)
			return true;
	}
	for (size_t i = 0; f->n == 0 && i < f->o->words.n; i++)
		if (strncmp(f->o->words.v[i], "if:", 3) == 0 &&
		    if_nametoindex(f->o->words.v[i] + 3) != 0)
			return true;
	return false;
}

static void
on_time(void *arg)
{
	struct first *f = arg;
	uint64_t stamp = state_stamp();

	if (f->ending)
		return;
	if (stamp != f->stamp || f->dirty || (f->o->follow && if_came(f))) {
		f->dirty = false;
		f->stamp = stamp;
		look(f);
	}
	loop_timer_add(f->loop, LOOK_MS, on_time, f);
}

/* ---- the packet process ---- */

static int
wait_for_mover(const struct first *f)
{
	int status;

	while (waitpid(f->mover, &status, 0) == -1 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	tool_say("the packet process died of signal %d", WTERMSIG(status));
	return QERR_FAIL;
}

/* Free it from a write that nobody reads; one may come a moment too early. */
static void
poke(void *arg)
{
	struct first *f = arg;

	if (f->mover == 0)
		return;
	kill(f->mover, SIGALRM);
	loop_timer_add(f->loop, POKE_MS, poke, f);
}

static void
end(struct first *f)
{
	if (f->ending)
		return;
	f->ending = true;
	shutdown(f->ctl, SHUT_WR);
	poke(f);
}

/* ---- the command ---- */

/* Both have to have ended. */
static void
check_over(struct first *f)
{
	if (f->mover == 0 && f->o->command.pid == 0)
		loop_stop(f->loop, f->status);
}

static void
settled(void *arg)
{
	end(arg);
}

static void
on_child(void *arg, int sig)
{
	struct first *f = arg;

	(void)sig;
	if (!cap_command_reap(&f->o->command))
		return;
	if (f->ending)
		check_over(f);
	else
		loop_timer_add(f->loop, SETTLE_MS, settled, f);
}

static void
start_command(struct first *f)
{
	struct qerr e;

	if (f->o->command.argv == NULL || f->ending)
		return;
	if (cap_command_start(&f->o->command, &e) == 0)
		return;
	tool_say_err(&e);
	f->o->command.status = QERR_FAIL;
	end(f);
}

/* ---- both ---- */

/*
 * The packet process has ended.  When that says no the command need not go
 * on; else it is what we wait for.
 */
static void
mover_ended(struct first *f)
{
	f->status = wait_for_mover(f);
	f->mover = 0;
	f->ending = true;
	if (f->status != 0 && f->o->command.pid != 0) {
		cap_command_kill(&f->o->command);
		f->o->command.status = 0;
	}
	check_over(f);
}

static void
on_mover(void *arg, int fd, short revents)
{
	struct first *f = arg;
	struct fdmsg msg;
	uint32_t point;
	int rc = fdmsg_recv(fd, false, &msg, NULL);

	(void)revents;
	if (rc == -1) {
		loop_io_del(f->ctl_io);
		mover_ended(f);
	}
	if (rc != 1)
		return;
	if (msg.type == CAP_READY)
		start_command(f);
	if (msg.type == CAP_GONE && msg.len == sizeof(point)) {
		memcpy(&point, msg.buf, sizeof(point));
		if (point < f->n)
			f->points[point].there = false;
		f->dirty = true;
	}
	fdmsg_release(&msg);
}

/* The packet process wants its next file. */
static void
on_files(void *arg, int fd, short revents)
{
	struct first *f = arg;
	struct qerr e = { 0 };
	struct fdmsg msg;
	uint64_t start_ns;
	int out = -1;

	(void)revents;
	if (fdmsg_recv(fd, true, &msg, NULL) != 1) {
		loop_io_del(f->files_io);
		f->files_io = NULL;
		return;
	}
	if (msg.len != sizeof(start_ns) || msg.type > CAPOUT_TIME) {
		qerr_set(&e, QERR_FAIL, "that is no file to ask for");
	} else {
		memcpy(&start_ns, msg.buf, sizeof(start_ns));
		out = capfiles_turn(&f->o->dest.files,
		    (enum capout_why)msg.type, start_ns, &e);
	}
	if (out == -1)
		fdmsg_send(fd, 1, &e, sizeof(e), NULL, 0, NULL);
	else
		fdmsg_send(fd, 0, NULL, 0, &out, msg.type != CAPOUT_FINISH,
		    NULL);
	fdmsg_release(&msg);
}

static void
on_end(void *arg, int sig)
{
	struct first *f = arg;

	(void)sig;
	end(f);
	cap_command_kill(&f->o->command);
	check_over(f);
}

static void
on_timeout(void *arg)
{
	struct first *f = arg;

	f->o->command.timed_out = f->o->command.pid != 0;
	if (!f->ending)
		send_to_mover(f, CAP_TIME_UP, NULL, 0, -1, NULL);
	end(f);
	cap_command_kill(&f->o->command);
	check_over(f);
}

static void
on_counts(void *arg, int sig)
{
	struct first *f = arg;

	(void)sig;
	if (!f->ending)
		send_to_mover(f, CAP_COUNTS, NULL, 0, -1, NULL);
}

static int
watch(struct first *f, struct qerr *e)
{
	if (loop_signal(f->loop, SIGINT, on_end, f, e) == -1 ||
	    loop_signal(f->loop, SIGTERM, on_end, f, e) == -1 ||
	    loop_signal(f->loop, SIGHUP, on_end, f, e) == -1 ||
#ifdef SIGINFO
	    loop_signal(f->loop, SIGINFO, on_counts, f, e) == -1 ||
#endif
	    loop_signal(f->loop, SIGUSR1, on_counts, f, e) == -1 ||
	    loop_signal(f->loop, SIGCHLD, on_child, f, e) == -1)
		return -1;
	f->ctl_io = loop_io_add(f->loop, f->ctl, POLLIN, on_mover, f);
	f->files_io = loop_io_add(f->loop, f->files, POLLIN, on_files, f);
	return 0;
}

static int
fork_mover(struct first *f, struct capsink *sink, int out, struct qerr *e)
{
	struct cap_mover with = { .o = f->o, .sink = sink, .fd = out };
	int ctl[2], files[2];

	if (f->n == 1 && f->points[0].p.via == VIA_PCAP)
		with.own = &f->points[0].p;
	if (fdmsg_pair(ctl, e) == -1 || fdmsg_pair(files, e) == -1)
		return -1;
	if ((f->mover = fork()) == -1)
		return qerr_sys(e, "cannot fork");
	if (f->mover == 0) {
		close(ctl[0]);
		close(files[0]);
		with.ctl = ctl[1];
		with.files = files[1];
		_exit(cap_mover(&with));
	}
	close(ctl[1]);
	close(files[1]);
	f->ctl = ctl[0];
	f->files = files[0];
	f->nsrcs = with.own != NULL;
	return 0;
}

/* Returns an error's status, 0: it captures, or has said why it does not. */
static int
begin(struct first *f)
{
	struct qerr e = { 0 };
	size_t there;

	for (size_t i = 0; i < f->n && e.kind == QERR_NONE; i++)
		tell_point(f, i, &e);
	there = e.kind == QERR_NONE ? open_points(f, &e) : 0;
	if (e.sys == EPIPE)
		return 0;
	if (e.kind == QERR_INPUT || (there == 0 && !f->o->follow))
		return e.kind != QERR_NONE ? (int)e.kind : QERR_FAIL;
	send_to_mover(f, CAP_START, NULL, 0, -1, NULL);
	loop_timer_add(f->loop, LOOK_MS, on_time, f);
	if (f->o->dest.timeout_ms > 0)
		loop_timer_add(f->loop, f->o->dest.timeout_ms, on_timeout, f);
	return 0;
}

/* They wait until both processes are ready for them. */
static void
block_signals(int how)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1,
		SIGALRM };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(sigs) / sizeof(sigs[0]); i++)
		sigaddset(&set, sigs[i]);
	sigprocmask(how, &set, NULL);
}

int
cap_first(struct cap_conf *o, struct cappoints *points, struct capsink *sink,
    int fd)
{
	struct first f = { .o = o, .n = points->n, .stamp = state_stamp() };
	struct qerr e = { 0 };
	int status = QERR_FAIL;

	f.points = xcalloc(points->n + 1, sizeof(*f.points));
	for (size_t i = 0; i < points->n; i++)
		f.points[i] = (struct known){ .p = points->p[i],
			.found = true };
	points->n = 0;
	block_signals(SIG_BLOCK);
	if (fork_mover(&f, sink, fd, &e) == -1 ||
	    (f.loop = loop_new(&e)) == NULL || watch(&f, &e) == -1) {
		tool_say_err(&e);
		return (int)e.kind;
	}
	status = begin(&f);
	block_signals(SIG_UNBLOCK);
	if (status == 0)
		status = loop_run(f.loop);
	else {
		close(f.ctl);
		waitpid(f.mover, NULL, 0);
	}
	/* The caller's again. */
	points->p = xrealloc(points->p, (f.n + 1) * sizeof(*points->p));
	for (points->n = 0; points->n < f.n; points->n++) {
		points->p[points->n] = f.points[points->n].p;
		capqmp_release(f.points[points->n].hold);
	}
	free(f.points);
	free(f.rings);
	free(f.ifs);
	free(f.ifs_src);
	loop_free(f.loop);
	return status;
}
