/* SPDX-License-Identifier: ISC */
/* cap-first.c - the first process of qlab-cap, once it captures */
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/wait.h>

#include "cap-first.h"
#include "cap-signals.h"
#include "fdmsg.h"
#include "state.h"

/* How often we look whether points have come that we did not hear of. */
#define LOOK_MS		500
/* Looks take at most this part of the time, whatever we hear, and so much. */
#define LOOK_PART	5
#define LOOK_CREDIT_MS	500
/* Every so manieth time for QEMUs that nobody tells us of. */
#define LOOK_AROUND	4
/* How often the packet process is woken while it should come to an end. */
#define POKE_MS		200
/* What the command did may still be on its way when it has ended. */
#define SETTLE_MS	100

int
cap_find(struct cap_conf *o, struct cappoints *points, struct qerr *e)
{
	struct map map;
	struct state st;
	int rc = 0;

	if (state_load_clean(&st, e) == -1)
		return -1;
	ifmap_build(&map, &st);
	if (o->watch != NULL)
		ifwatch_spaces(o->watch, map.facts.spaces, map.facts.nspaces);
	o->missing = false;
	if (o->all || o->list)
		cappoint_all(points, &map, o->via, o->list);
	for (size_t i = 0; rc == 0 && i < o->words.n; i++) {
		rc = cappoint_find(points, &map, &st, o->words.v[i], o->via, e);
		if (rc == -1 && o->follow && e->kind == QERR_NOTFOUND) {
			o->missing = true;
			rc = 0;
		}
	}
	ifmap_free(&map);
	state_free(&st);
	return rc;
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
		return cap_first_tell_point(f, f->n - 1, e);
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
		return cap_first_tell_point(f, (size_t)(k - f->points), e);
	}
	return 0;
}

static void
look(struct first *f)
{
	struct cappoints found = { 0 };
	int64_t began = loop_now_ms();
	struct qerr e = { 0 };

	f->dirty = false;
	f->owed_ms -= (began - f->looked_ms) / LOOK_PART;
	if (f->owed_ms < 0)
		f->owed_ms = 0;
	if (f->o->watch != NULL)
		ifwatch_registry(f->o->watch);
	f->stamp = state_stamp();
	for (size_t i = 0; i < f->n; i++)
		f->points[i].found = false;
	if (cap_find(f->o, &found, &e) == 0 || found.n > 0) {
		for (size_t i = 0; i < found.n; i++)
			if (found.p[i].via != VIA_AUTO)
				know(f, &found.p[i], NULL);
		e.kind = QERR_NONE;
		cap_first_open(f, &e);
	}
	cappoint_release(&found);
	f->looked_ms = loop_now_ms();
	f->owed_ms += f->looked_ms - began;
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

/*
 * Nor does a QEMU that was started by hand.  To look at all processes takes a
 * while, so it is done only when one of them could be what we wait for.
 */
static bool
may_be_by_hand(const struct first *f)
{
	if (f->o->missing || f->o->all)
		return true;
	for (size_t i = 0; i < f->n; i++)
		if (!f->points[i].there && f->points[i].p.lab == NULL)
			return true;
	return false;
}

static void
on_time(void *arg)
{
	struct first *f = arg;

	for (size_t i = 0; i < f->n; i++)
		capqmp_look_after(f->points[i].hold);
	cap_first_end_rings(f);
	if (f->mover != 0)
		loop_timer_add(f->loop, LOOK_MS, on_time, f);
	if (f->ending)
		return;
	if (state_stamp() != f->stamp || f->dirty ||
	    (f->o->follow && (if_came(f) ||
	    (++f->looks % LOOK_AROUND == 0 && may_be_by_hand(f)))))
		look(f);
}

static void
on_due(void *arg)
{
	struct first *f = arg;

	f->due = NULL;
	if (!f->ending)
		look(f);
}

/* Something is new, maybe a point: look at once, but not all the time. */
static void
on_change(void *arg)
{
	struct first *f = arg;
	int64_t left = f->looked_ms - loop_now_ms() +
	    (f->owed_ms - LOOK_CREDIT_MS) * LOOK_PART;

	if (f->due == NULL)
		f->due = loop_timer_add(f->loop, left > 0 ? left : 0, on_due,
		    f);
}

/* Hear of what comes later, from before the first look on. */
static void
listen_for_more(struct first *f)
{
	if (!f->o->src.grows)
		return;
	f->o->watch = ifwatch_new(f->loop, on_change, f);
	look(f);
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
gone(struct first *f, const struct fdmsg *msg)
{
	struct cap_gone m;

	memcpy(&m, msg->buf, sizeof(m));
	if (m.number >= f->n || f->points[m.number].opening != m.opening)
		return;
	f->points[m.number].there = false;
	f->dirty = true;
	on_change(f);
}

static void
on_mover(void *arg, int fd, short revents)
{
	struct first *f = arg;
	struct fdmsg msg;
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
	if (msg.type == CAP_GONE && msg.len == sizeof(struct cap_gone))
		gone(f, &msg);
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
		cap_first_tell(f, CAP_TIME_UP, NULL, 0, -1, NULL);
	end(f);
	cap_command_kill(&f->o->command);
	check_over(f);
}

static void
on_suspend(void *arg, int sig)
{
	struct first *f = arg;

	(void)sig;
	cap_command_suspend(&f->o->command);
}

static void
on_counts(void *arg, int sig)
{
	struct first *f = arg;

	(void)sig;
	if (!f->ending)
		cap_first_tell(f, CAP_COUNTS, NULL, 0, -1, NULL);
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
	    loop_signal(f->loop, SIGCHLD, on_child, f, e) == -1 ||
	    (f->o->command.argv != NULL &&
	    loop_signal(f->loop, SIGTSTP, on_suspend, f, e) == -1))
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
		cap_first_tell_point(f, i, &e);
	there = e.kind == QERR_NONE ? cap_first_open(f, &e) : 0;
	if (e.sys == EPIPE)
		return 0;
	/* What is not permitted will not be later. */
	if (e.kind == QERR_INPUT || (there == 0 && (!f->o->follow ||
	    (e.kind == QERR_PERM && !f->o->missing))))
		return e.kind != QERR_NONE ? (int)e.kind : QERR_FAIL;
	cap_first_tell(f, CAP_START, NULL, 0, -1, NULL);
	f->started = true;
	listen_for_more(f);
	loop_timer_add(f->loop, LOOK_MS, on_time, f);
	if (f->o->dest.timeout_ms > 0)
		loop_timer_add(f->loop, f->o->dest.timeout_ms, on_timeout, f);
	return 0;
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
	cap_signals_block(SIG_BLOCK);
	if (fork_mover(&f, sink, fd, &e) == -1 ||
	    (f.loop = loop_new(&e)) == NULL || watch(&f, &e) == -1) {
		tool_say_err(&e);
		return (int)e.kind;
	}
	status = begin(&f);
	cap_signals_block(SIG_UNBLOCK);
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
	ifwatch_free(o->watch);
	o->watch = NULL;
	loop_free(f.loop);
	return status;
}
