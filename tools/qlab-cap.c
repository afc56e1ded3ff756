/* SPDX-License-Identifier: ISC */
/* qlab-cap.c - packets of VMs as pcap */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/time.h>
#include <sys/wait.h>

#include "capany.h"
#include "capmirror.h"
#include "holder.h"
#include "ifmap.h"
#include "outfile.h"
#include "pcapfile.h"
#include "rights.h"
#include "strv.h"
#include "tool.h"
#include "unet.h"
#include "vnet.h"

/*
 * Theory of operation
 *
 * Two processes.  The first one finds out what is meant, opens the output
 * file, handles signals and gives the finished file its name.  The second one
 * enters the lab's namespace and opens the interface (on backend userspace it
 * asks the holder for a copy of the frames), then drops all rights and moves
 * packets; a pipe from the first one tells it what to do: 'u' to say how
 * it stands, end of file to finish.
 */
static const struct tool_opt opts[] = {
	{ 'c', NULL, "N", "end after N packets", false },
	{ 'n', NULL, NULL, "accepted for tcpdump's sake, no effect", false },
	{ 's', NULL, "LEN", "keep LEN bytes of a packet (0: all)", false },
	{ 'U', NULL, NULL, "show each packet within 1 ms, not 10", false },
	{ 'w', NULL, "FILE", "write to FILE ('-': stdout)", false },
	TOOL_OPT_END
};

static const struct tool tool = {
	.name = "qlab-cap",
	.synopsis = "[-nU] [-c N] [-s LEN] [-w FILE] "
	    "VM | VM/NIC | net:NETWORK | if:INTERFACE\n    [filter ...]",
	.opts = opts,
};

#define LATENCY_MS	10
#define LATENCY_U_MS	1
/* How often the interface is looked after (capsrc_fd()). */
#define LOOK_MS		500
/* How often the packet process is woken while it should come to an end. */
#define POKE_US		200000
/* So long may a reader take before we end without it. */
#define PATIENCE	10	/* pokes */

/* Exit status of the packet process: what was written is whole, but not all. */
#define CUT_SHORT	100

struct options {
	uint64_t count;		/* 0: no end */
	struct capsrc_opts src;
	const char *file;	/* NULL: stdout */
};

/* Where to capture. */
struct point {
	const struct proc_id *holder;	/* NULL: this very namespace */
	char ifname[HOSTIF_NAMESZ];
	const char *dir;	/* not NULL: that lab's holder, of */
	const char *net, *vm, *nic;	/* a NIC; vm NULL: the network */
	char *name;		/* for messages */
};

/* ---- the packet process ---- */

struct mover {
	struct capany src;
	struct pcapfile out;
	uint64_t count;		/* end after so many; 0: never */
	const char *dropper;
	int ctl;
	bool stop, reader_gone;
	uint64_t written;	/* at the last poke */
	int pokes;		/* since then */
	struct qerr err;	/* of writing */
};

static void
say_counts(struct mover *m)
{
	struct capsrc_stats s = { 0 };
	struct qerr e;

	if (capany_stats(&m->src, &s, &e) == -1)
		tool_say_err(&e);
	tool_say("%" PRIu64 " packet%s captured, %" PRIu64 " dropped by %s",
	    m->out.packets, m->out.packets == 1 ? "" : "s", s.dropped,
	    m->dropper);
}

/* Read what the first process wants; ctl does not block. */
static void
obey(struct mover *m)
{
	char c;
	ssize_t n;

	while ((n = read(m->ctl, &c, 1)) == 1)
		say_counts(m);
	if (n == 0)
		m->stop = true;
}

/* A write was interrupted; non-zero gives up a reader that takes nothing. */
static int
impatient(void *arg)
{
	struct mover *m = arg;

	obey(m);
	if (!m->stop || m->out.written != m->written)
		m->pokes = 0;
	m->written = m->out.written;
	return ++m->pokes > PATIENCE;
}

static int
take(void *arg, const struct capsrc_packet *p)
{
	struct mover *m = arg;

	if (pcapfile_add(&m->out, p, &m->err) == -1)
		return 1;
	return m->count != 0 && m->out.packets >= m->count;
}

static bool
enough(const struct mover *m)
{
	return m->err.kind != QERR_NONE ||
	    (m->count != 0 && m->out.packets >= m->count);
}

/*
 * Sleep until there is something to do.  That the reader has gone is to be
 * noticed even if no packet comes.
 */
static void
idle(struct mover *m)
{
	struct pollfd p[] = {
		{ .fd = capany_fd(&m->src), .events = POLLIN },
		{ .fd = m->ctl, .events = POLLIN },
		{ .fd = m->out.fd },
	};

	if (poll(p, 3, LOOK_MS) > 0)
		m->reader_gone = p[2].revents & (POLLERR | POLLHUP);
}

/*
 * Until told to stop, enough, or the interface gone.  Each batch is written at
 * once, so nothing is held back when the network falls silent.
 */
static int
move(struct mover *m, struct qerr *e)
{
	int n = 0;

	pcapfile_flush(&m->out, &m->err);
	while (n != -1 && !m->stop && !m->reader_gone && !enough(m)) {
		n = capany_read(&m->src, take, m, e);
		if (n > 0 && m->err.kind == QERR_NONE)
			pcapfile_flush(&m->out, &m->err);
		else if (n == 0)
			idle(m);
		obey(m);
	}
	/* Stopped by hand: what had come in until then still counts. */
	if (m->stop && n != -1 && capany_stop(&m->src, e) == 0)
		while (!enough(m) && capany_read(&m->src, take, m, e) > 0)
			;
	if (m->err.kind == QERR_NONE && !m->reader_gone)
		pcapfile_flush(&m->out, &m->err);
	m->reader_gone |= m->err.sys == EPIPE;
	return n == -1 ? -1 : 0;
}

/* Exit status from how it went; e: capturing's error, m->err: writing's. */
static int
verdict(struct mover *m, const struct point *at, int rc, struct qerr *e)
{
	int status = 0;

	if (m->reader_gone)
		return 0;
	if (rc == -1) {
		tool_say("%s: %s", at->name, e->msg);
		status = e->kind == QERR_NO ? 0 : QERR_FAIL;
	}
	if (m->err.kind != QERR_NONE) {
		tool_say_err(&m->err);
		status = pcapfile_cut(&m->out, e) == 0 ? CUT_SHORT : QERR_FAIL;
	}
	say_counts(m);
	return status;
}

static void
nothing(int sig)
{
	(void)sig;
}

/* An interrupted system call is all that a poke is for. */
static void
child_signals(void)
{
	struct sigaction poke = { .sa_handler = nothing };
	sigset_t none;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigaction(SIGALRM, &poke, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static int
open_if(const struct point *at, const struct options *o, struct capany *src,
    struct qerr *e)
{
	if (at->holder != NULL && vnet_join(at->holder, e) == -1)
		return qerr_prefix(e, "cannot enter the lab of %s", at->name);
	if (capany_open_if(src, at->ifname, &o->src, e) == 0)
		return 0;
	if (e->kind == QERR_PERM)
		qerr_prefix(e, "%s (outside of your own labs, capturing takes "
		    "root)", at->name);
	return -1;
}

/* The connection must not stay: it would keep the lab up. */
static int
open_mirror(const struct point *at, const struct options *o,
    struct capany *src, struct qerr *e)
{
	struct holder_conn c = HOLDER_CONN_INIT;
	int fd, rc;

	if (holder_connect(&c, at->dir, e) == -1)
		return -1;
	rc = holder_mirror(&c, at->net, at->vm, at->nic,
	    capmirror_snaplen(&o->src), &fd, e);
	holder_close(&c);
	return rc == -1 ? -1 : capany_open_mirror(src, fd, &o->src, e);
}

static int
open_source(const struct point *at, const struct options *o,
    struct capany *src, struct qerr *e)
{
	if ((at->dir != NULL ? open_mirror(at, o, src, e) :
	    open_if(at, o, src, e)) == -1)
		return -1;
	if (rights_drop(e) == -1) {
		capany_close(src);
		return -1;
	}
	return 0;
}

static int
child_main(const struct point *at, const struct options *o, int ctl, int fd)
{
	struct mover m = { .ctl = ctl, .count = o->count,
		.dropper = at->dir != NULL ? "the lab's holder" : "kernel" };
	struct qerr e = { 0 };
	bool said;
	int rc;

	child_signals();
	if (open_source(at, o, &m.src, &e) == -1) {
		tool_say_err(&e);
		return (int)e.kind;
	}
	said = at->dir != NULL || strncmp(at->name, "if:", 3) == 0;
	tool_say("listening on %s%s%s, snap length %u", at->name,
	    said ? "" : ", interface ", said ? "" : at->ifname,
	    o->src.snaplen);
	pcapfile_init(&m.out, fd, o->src.snaplen);
	m.out.wait = impatient;
	m.out.arg = &m;
	rc = verdict(&m, at, move(&m, &e), &e);
	pcapfile_release(&m.out);
	capany_close(&m.src);
	return rc;
}

/* ---- the first process ---- */

static void
watched(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGUSR1);
#ifdef SIGINFO
	sigaddset(set, SIGINFO);
#endif
	sigaddset(set, SIGALRM);
	sigaddset(set, SIGCHLD);
}

/*
 * Pass on what signals say until the child has ended.  A poke frees it from a
 * write that nobody reads; repeated, since one may come a moment too early.
 */
static int
attend(pid_t child, int ctl, const sigset_t *set)
{
	const struct itimerval often = { { 0, POKE_US }, { 0, POKE_US } };
	int sig, status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (sigwait(set, &sig) != 0 || sig == SIGCHLD)
			continue;
		if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP) {
			if (ctl != -1)
				close(ctl);
			ctl = -1;
			setitimer(ITIMER_REAL, &often, NULL);
			continue;
		}
		if (sig != SIGALRM && ctl != -1 && write(ctl, "u", 1) == -1)
			tool_say("the capturing process does not listen");
		kill(child, SIGALRM);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	tool_say("the capturing process died of signal %d", WTERMSIG(status));
	return QERR_FAIL;
}

static int
capture(const struct point *at, const struct options *o, int fd)
{
	int ctl[2];
	sigset_t set;
	pid_t child;

	watched(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (pipe(ctl) == -1 || fcntl(ctl[0], F_SETFL, O_NONBLOCK) == -1 ||
	    (child = fork()) == -1) {
		tool_say("cannot start capturing: %s", strerror(errno));
		return QERR_FAIL;
	}
	if (child == 0) {
		close(ctl[1]);
		_exit(child_main(at, o, ctl[0], fd));
	}
	close(ctl[0]);
	return attend(child, ctl[1], &set);
}

/* ---- what the command line means ---- */

/* On backend userspace; net is NULL for an own user network. */
static int
point_switch(struct point *at, const struct state_lab *lab,
    const struct lab_net *net, struct qerr *e)
{
	if (net == NULL || !unet_has_cable(net->mode))
		return qerr_set(e, QERR_FAIL, "%s is on QEMU's own NAT "
		    "(backend userspace): there is no cable to capture on",
		    at->name);
	at->dir = lab->dir;
	at->net = net->name;
	at->holder = NULL;
	return 0;
}

static int
point_nic(struct point *at, const struct map_nic *n, struct qerr *e)
{
	const char *ifname = map_value(n, MAP_IF);

	at->name = xasprintf("%s/%s", n->vm->name, n->nic->id);
	if (n->lab->backend == BACKEND_USERSPACE) {
		at->vm = n->vm->name;
		at->nic = n->nic->id;
		return point_switch(at, n->lab, n->net, e);
	}
	if (!map_sure(n, MAP_IF)) {
		char *why = map_dispute(n, MAP_IF);

		qerr_set(e, QERR_FAIL, "%s: the interface is in doubt: %s "
		    "(if:INTERFACE captures on one of them)", at->name, why);
		free(why);
		return -1;
	}
	if (*ifname == '\0')
		return qerr_set(e, QERR_FAIL, "%s has no host interface to "
		    "capture on (mode %s)", at->name, n->nic->mode);
	snprintf(at->ifname, sizeof(at->ifname), "%s", ifname);
	at->holder = ifmap_where(n);
	return 0;
}

static int
point_vm(struct point *at, const struct map *map, const struct state_vm *vm,
    struct qerr *e)
{
	struct strv names = { 0 };
	char *all;

	if (vm->nnics == 1)
		return point_nic(at, ifmap_nic(map, &vm->nics[0]), e);
	for (size_t i = 0; i < vm->nnics; i++)
		strv_addf(&names, "%s/%s", vm->name, vm->nics[i].id);
	all = strv_join(&names, " ", 16);
	qerr_set(e, QERR_NOTFOUND, vm->nnics == 0 ? "%s has no NIC" :
	    "%s has several NICs: %s", vm->name, all);
	free(all);
	strv_free(&names);
	return -1;
}

static int
point_net(struct point *at, const struct map_lab *ml,
    const struct lab_net *net, struct qerr *e)
{
	const struct hostif *bridge = ifmap_bridge(ml, net);

	at->name = xasprintf("net:%s", net->name);
	if (ml->lab->backend == BACKEND_USERSPACE)
		return point_switch(at, ml->lab, net, e);
	if (bridge == NULL && ml->err.kind != QERR_NONE) {
		*e = ml->err;
		return -1;
	}
	if (bridge == NULL)
		return qerr_set(e, QERR_FAIL, "%s has no bridge to capture on "
		    "(mode %s)", at->name, net_mode_name(net->mode));
	snprintf(at->ifname, sizeof(at->ifname), "%s", bridge->name);
	return 0;
}

/* An interface that no lab has may be one of our own namespace. */
static int
point_if(struct point *at, const char *ifname, struct qerr *e)
{
	if (strlen(ifname) >= sizeof(at->ifname))
		return qerr_set(e, QERR_NOTFOUND, "no interface is called so: "
		    "the name is over %zu bytes", sizeof(at->ifname) - 1);
	snprintf(at->ifname, sizeof(at->ifname), "%s", ifname);
	at->name = xasprintf("if:%s", ifname);
	return 0;
}

static int
resolve(struct point *at, const struct map *map, const struct state *st,
    const char *word, struct qerr *e)
{
	struct map_target t;

	*at = (struct point){ 0 };
	if (ifmap_resolve(map, st, word, &t, e) == -1) {
		if (e->kind != QERR_NOTFOUND || t.t.lab != NULL ||
		    t.ifname == NULL || strncmp(word, "if:", 3) != 0 ||
		    if_nametoindex(t.ifname) == 0)
			return -1;
		return point_if(at, t.ifname, e);
	}
	if (t.t.lab->holder_alive)
		at->holder = &t.t.lab->holder;
	if (t.ifname != NULL)
		return point_if(at, t.ifname, e);
	if (t.t.net != NULL)
		return point_net(at, ifmap_lab(map, t.t.lab), t.t.net, e);
	if (t.t.nic != NULL)
		return point_nic(at, ifmap_nic(map, t.t.nic), e);
	if (t.t.vm != NULL)
		return point_vm(at, map, t.t.vm, e);
	return qerr_set(e, QERR_INPUT, "'%s' is a whole lab; name a NIC, a "
	    "network or an interface of it", word);
}

static void
parse_options(struct options *o, int argc, char *argv[])
{
	struct strv words = { 0 };
	int c;

	o->src = (struct capsrc_opts){ .snaplen = CAPSRC_SNAPLEN_MAX,
		.latency_ms = LATENCY_MS };
	while ((c = tool_getopt(&tool, argc, argv)) != -1)
		switch (c) {
		case 'c':
			o->count = (uint64_t)tool_number("-c", optarg, 1,
			    LONG_MAX);
			break;
		case 's':
			o->src.snaplen = (uint32_t)tool_number("-s", optarg, 0,
			    CAPSRC_SNAPLEN_MAX);
			if (o->src.snaplen == 0)
				o->src.snaplen = CAPSRC_SNAPLEN_MAX;
			break;
		case 'U':
			o->src.latency_ms = LATENCY_U_MS;
			break;
		case 'w':
			o->file = strcmp(optarg, "-") == 0 ? NULL : optarg;
			break;
		}
	if (optind == argc)
		tool_usage("what to capture? (qlab-ifmap lists all NICs)");
	for (int i = optind + 1; i < argc; i++)
		strv_add(&words, argv[i]);
	if (words.n > 0)
		o->src.filter = strv_join(&words, " ", words.n);
	strv_free(&words);
}

static void
refuse_terminal(int fd)
{
	if (isatty(fd))
		tool_usage("will not write packets to a terminal; append "
		    "'| tcpdump -nr -' or give -w FILE");
}

/* The finished file gets its name; an unfinished one never does. */
static int
finish_file(struct outfile *out, int status)
{
	struct qerr e;
	int rc = 0;

	if (status == CUT_SHORT) {
		status = QERR_FAIL;
		if (out->temp != NULL &&
		    (rc = outfile_keep_part(out, &e)) == 0)
			tool_say("what was written before is in '%s.part'",
			    out->path);
	} else if (status == 0)
		rc = outfile_commit(out, &e);
	if (rc == -1) {
		tool_say_err(&e);
		status = QERR_FAIL;
	}
	outfile_discard(out);
	return status;
}

int
main(int argc, char *argv[])
{
	struct outfile out = OUTFILE_INIT;
	struct options o = { 0 };
	struct map map;
	struct point at;
	struct state st;
	struct qerr e = { 0 };
	int status;

	parse_options(&o, argc, argv);
	if (o.file == NULL)
		refuse_terminal(STDOUT_FILENO);
	if (state_load_clean(&st, &e) == -1)
		tool_die(&e);
	ifmap_build(&map, &st);
	if (resolve(&at, &map, &st, argv[optind], &e) == -1)
		tool_die(&e);
	if (o.file != NULL && outfile_open(&out, o.file, &e) == -1)
		tool_die(&e);
	if (o.file != NULL)
		refuse_terminal(out.fd);
	status = capture(&at, &o, o.file != NULL ? out.fd : STDOUT_FILENO);
	if (o.file != NULL)
		status = finish_file(&out, status);
	else if (status == CUT_SHORT)
		status = QERR_FAIL;
	free((char *)o.src.filter);
	free(at.name);
	ifmap_free(&map);
	state_free(&st);
	return status;
}
