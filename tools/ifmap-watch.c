/* SPDX-License-Identifier: ISC */
/* ifmap-watch.c - qlab-ifmap: changes as they happen, and rates */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "holder.h"
#include "ifmap-tool.h"
#include "ifmapdiff.h"
#include "ifwatch.h"
#include "loop.h"
#include "qemus.h"
#include "strv.h"
#include "timetext.h"
#include "tool.h"
#include "wire.h"

/* Changes come in swarms: one look is for all within this time. */
#define SETTLE_MS	30
/* Whatever nobody tells of: a QEMU without a tap, the machine's sleep. */
#define TICK_MS		5000

/* A holder that tells what it hears. */
struct listener {
	struct watch *w;
	struct listener *next;
	struct proc_id holder;
	struct holder_conn c;
	struct loop_io *io;
};

struct watch {
	struct loop *l;
	struct ifwatch *os;
	struct listener *listeners;
	struct loop_timer *settle;
	char **names;		/* what the command line restricts to */
	long interval_ms;	/* 0: no rates */
	int64_t last_ms;
	struct asleep asleep;
	bool strict;
	size_t nqemus;
};

static void
put(json_t *j)
{
	struct timeval tv;
	char when[TIME_RFC3339SZ];

	gettimeofday(&tv, NULL);
	time_rfc3339((int64_t)tv.tv_sec * 1000000 + tv.tv_usec, when);
	json_object_set_new(j, "time", json_string(when));
	json_dumpf(j, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
	json_decref(j);
}

/* Nobody reads any more, or nothing can be written: the end. */
static void
flush(struct watch *w)
{
	if (fflush(stdout) == EOF)
		loop_stop(w->l, 0);
}

static void	wake(void *arg);

/* ---- what to listen to ---- */

static void
listener_free(struct listener *li)
{
	loop_io_del(li->io);
	holder_close(&li->c);
	free(li);
}

static void
listener_drop(struct listener *li)
{
	for (struct listener **p = &li->w->listeners; *p != NULL;
	    p = &(*p)->next)
		if (*p == li) {
			*p = li->next;
			break;
		}
	listener_free(li);
}

static void
on_holder(void *arg, int fd, short revents)
{
	struct listener *li = arg;
	struct watch *w = li->w;
	struct wire_fact f;
	int rc;

	(void)fd;
	(void)revents;
	while ((rc = holder_heard(&li->c, &f, NULL)) == 1)
		continue;
	if (rc == -1)
		listener_drop(li);
	wake(w);
}

static void
listen_to(struct watch *w, const struct state_lab *lab)
{
	struct wire_table known = { 0 };
	struct listener *li;

	for (li = w->listeners; li != NULL; li = li->next)
		if (li->holder.pid == lab->holder.pid &&
		    li->holder.start == lab->holder.start)
			return;
	li = xcalloc(1, sizeof(*li));
	li->w = w;
	li->holder = lab->holder;
	li->c = (struct holder_conn)HOLDER_CONN_INIT;
	li->c.wait_ms = 1000;
	li->next = w->listeners;
	w->listeners = li;
	if (holder_connect(&li->c, lab->dir, NULL) == -1 ||
	    holder_wire(&li->c, true, &known, NULL) == -1)
		listener_drop(li);
	else
		li->io = loop_io_add(w->l, li->c.fd, POLLIN, on_holder, li);
	wire_free(&known);
}

static void
watch_all(struct watch *w)
{
	ifwatch_spaces(w->os, map.facts.spaces, map.facts.nspaces);
	for (size_t i = 0; i < map.nlabs; i++) {
		const struct state_lab *lab = map.labs[i].lab;

		for (size_t k = 0; k < lab->nvms; k++)
			if (lab->vms[k].alive)
				ifwatch_proc(w->os, lab->vms[k].qemu.pid);
		if (i < map.nreal && lab->holder_alive)
			listen_to(w, lab);
	}
	w->nqemus = map.facts.nprocs;
}

/* ---- looking again ---- */

/* What is named may come and go: a name that is nobody's picks nothing. */
static void
pick(char **names)
{
	struct map_target t;

	for (char **name = names; *name != NULL; name++)
		if (ifmap_resolve(&map, &st, *name, &t, NULL) == 0)
			ifmap_pick(&map, &t);
	for (size_t i = 0; *names == NULL && i < map.nnics; i++)
		map.nics[i].picked = true;
}

static json_t *
rate(uint64_t now, uint64_t before, int64_t ms)
{
	return json_integer(now < before || ms <= 0 ? 0 :
	    (json_int_t)((now - before) * 1000 / (uint64_t)ms));
}

/* The cable's ends are crossed: what the host gets, the VM has sent. */
static void
put_rates(const struct map *old, int64_t ms)
{
	for (size_t i = 0; i < map.nnics; i++) {
		const struct map_nic *n = &map.nics[i];
		const struct map_nic *o = n->picked && n->hostif != NULL ?
		    ifmap_same_nic(old, n) : NULL;
		const struct hostif *a = o != NULL ? o->hostif : NULL,
		    *b = n->hostif;

		if (a == NULL)
			continue;
		put(json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:o}",
		    "event", "rate", "lab", *n->lab->name != '\0' ?
		    json_string(n->lab->name) : json_null(), "vm",
		    n->vm->name, "nic", n->nic->id,
		    "rx_bytes_per_s", rate(b->tx_bytes, a->tx_bytes, ms),
		    "tx_bytes_per_s", rate(b->rx_bytes, a->rx_bytes, ms),
		    "rx_packets_per_s", rate(b->tx_packets, a->tx_packets, ms),
		    "tx_packets_per_s", rate(b->rx_packets, a->rx_packets,
		    ms)));
	}
}

static void
look(struct watch *w, bool rates)
{
	struct map old = map;
	struct state old_st = st;
	int64_t now;
	json_t *list;

	ifwatch_registry(w->os);
	if (state_load(&st, NULL) == -1)
		st = (struct state){ 0 };
	now = loop_now_ms();
	ifmap_build_since(&map, &st, &old);
	if (w->strict)
		ifmap_strict(&map, NULL);
	pick(w->names);
	watch_all(w);
	list = ifmap_diff(&old, &map, *w->names == NULL);
	for (size_t i = 0; i < json_array_size(list); i++)
		put(json_incref(json_array_get(list, i)));
	json_decref(list);
	if (rates)
		put_rates(&old, now - w->last_ms);
	if (rates || w->interval_ms == 0)
		w->last_ms = now;
	flush(w);
	ifmap_free(&old);
	state_free(&old_st);
}

static void
settled(void *arg)
{
	struct watch *w = arg;

	w->settle = NULL;
	look(w, false);
}

static void
wake(void *arg)
{
	struct watch *w = arg;

	if (w->settle == NULL)
		w->settle = loop_timer_add(w->l, SETTLE_MS, settled, w);
}

/* ---- time ---- */

static void
check_sleep(struct watch *w)
{
	struct asleep_clocks now;
	int64_t slept = ifwatch_clocks(&now) ? asleep_since(&w->asleep, &now) :
	    0;

	if (slept > 0) {
		put(json_pack("{s:s, s:I}", "event", "slept", "seconds",
		    (json_int_t)slept));
		flush(w);
		wake(w);
	}
}

/* Only counted: a look at everything costs more. */
static void
on_tick(void *arg)
{
	struct watch *w = arg;
	struct facts f = { 0 };

	loop_timer_add(w->l, TICK_MS, on_tick, w);
	check_sleep(w);
	if (qemus_list(&f, NULL) == 0 && f.nprocs != w->nqemus)
		wake(w);
	facts_free(&f);
}

static void
on_interval(void *arg)
{
	struct watch *w = arg;

	loop_timer_add(w->l, w->interval_ms, on_interval, w);
	check_sleep(w);
	look(w, true);
}

static void
on_end(void *arg, int sig)
{
	struct watch *w = arg;

	(void)sig;
	loop_stop(w->l, 0);
}

static void
say_start(void)
{
	size_t n = 0;

	for (size_t i = 0; i < map.nnics; i++)
		n += map.nics[i].picked;
	tool_say("watching %zu NIC%s", n, n == 1 ? "" : "s");
}

int
ifmap_watch(char **names, long interval_ms, bool strict)
{
	struct watch w = { .names = names, .interval_ms = interval_ms,
		.strict = strict };
	struct qerr e;

	signal(SIGPIPE, SIG_IGN);
	w.l = loop_new(&e);
	if (w.l == NULL || loop_signal(w.l, SIGINT, on_end, &w, &e) == -1 ||
	    loop_signal(w.l, SIGTERM, on_end, &w, &e) == -1)
		tool_die(&e);
	w.os = ifwatch_new(w.l, wake, &w);
	check_sleep(&w);
	w.last_ms = loop_now_ms();
	ifwatch_registry(w.os);
	watch_all(&w);
	/* What changed before we listened. */
	wake(&w);
	loop_timer_add(w.l, TICK_MS, on_tick, &w);
	if (interval_ms > 0)
		loop_timer_add(w.l, interval_ms, on_interval, &w);
	say_start();
	loop_run(w.l);
	for (struct listener *next, *l = w.listeners; l != NULL; l = next) {
		next = l->next;
		listener_free(l);
	}
	ifwatch_free(w.os);
	loop_free(w.l);
	return 0;
}

/* ---- one interval ---- */

void
ifmap_measure(char **names, long interval_ms, struct map *before,
    struct state *before_st)
{
	*before = map;
	*before_st = st;
	while (poll(NULL, 0, (int)interval_ms) == -1 && errno == EINTR)
		continue;
	if (state_load(&st, NULL) == -1)
		st = (struct state){ 0 };
	ifmap_build_since(&map, &st, before);
	pick(names);
}
