/* SPDX-License-Identifier: ISC */
/* ready.c - wait until a VM has got as far as one wants */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "clean.h"
#include "conmatch.h"
#include "loop.h"
#include "ready.h"
#include "sock.h"
#include "strv.h"
#include "tcpprobe.h"
#include "text.h"
#include "vmip.h"

/* How often to look at what cannot be waited for: leases, a process's end. */
#define TICK_MS		100
#define CONNECT_MS	1000

struct watch {
	const struct ready_cond *c;
	bool done;
	struct conmatch *match;		/* console */
	struct tcpprobe probe;		/* tcp */
};

struct waiter {
	const struct state_lab *lab;
	const struct state_vm *vm;
	struct watch *w;
	size_t n;
	int log;			/* the console log, or -1 so far */
	int wake;			/* console socket: says when to look */
};

/* The last line of a log that is not blank, fit for a message. */
static bool
last_line(const char *path, char *buf, size_t size)
{
	char text[4096], *end, *line;
	ssize_t n = -1;
	off_t len;
	int fd;

	fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd == -1)
		return false;
	len = lseek(fd, 0, SEEK_END);
	if (len > (off_t)sizeof(text) - 1)
		len = (off_t)sizeof(text) - 1;
	if (lseek(fd, -len, SEEK_END) != -1)
		n = read(fd, text, (size_t)len);
	close(fd);
	if (n <= 0)
		return false;
	for (end = text + n; end > text && (unsigned char)end[-1] <= ' '; end--)
		continue;
	for (line = end; line > text && line[-1] != '\n' && line[-1] != '\r';)
		line--;
	snprintf(buf, size, "%.*s", (int)(end - line), line);
	clean_text(buf);
	return *buf != '\0';
}

/* Say that the VM has ended, and what was heard of it last. */
static int
has_ended(const struct state_vm *vm, struct qerr *e)
{
	char line[200];

	if (last_line(vm->qemu_log, line, sizeof(line)))
		return qerr_set(e, QERR_FAIL, "%s has ended; QEMU said: %s",
		    vm->name, line);
	if (last_line(vm->console_log, line, sizeof(line)))
		return qerr_set(e, QERR_FAIL,
		    "%s has ended; last on its console: %s", vm->name, line);
	return qerr_set(e, QERR_FAIL, "%s has ended", vm->name);
}

/* Feed what the log has gained to all that look for a pattern. */
static int
read_log(struct waiter *wt, struct qerr *e)
{
	char buf[65536];
	ssize_t n;

	if (wt->log == -1) {
		wt->log = open(wt->vm->console_log, O_RDONLY | O_CLOEXEC);
		if (wt->log == -1 && errno != ENOENT)
			return qerr_sys(e, "cannot read '%s'",
			    wt->vm->console_log);
	}
	while (wt->log != -1 && (n = read(wt->log, buf, sizeof(buf))) > 0)
		for (size_t i = 0; i < wt->n; i++)
			if (wt->w[i].match != NULL)
				wt->w[i].done = conmatch_feed(wt->w[i].match,
				    buf, (size_t)n);
	return 0;
}

/* The host's own table has nothing that was not heard before: it may cost. */
static unsigned
sources_of(const struct ready_cond *c)
{
	return c->sources != 0 ? c->sources : VMIP_LEASE | VMIP_WIRE;
}

/* Only what is on a network with the host on it can be knocked at. */
static bool
can_try(const struct waiter *wt, const struct ready_cond *c,
    const struct state_nic *nic)
{
	return (c->nic == NULL || c->nic == nic) &&
	    vmip_host_is_on(wt->lab, nic);
}

static int
look_tcp(struct waiter *wt, struct watch *w, struct qerr *e)
{
	uint32_t ip = w->c->ip;
	int rc;

	for (size_t i = 0; ip == 0 && i < wt->vm->nnics; i++)
		if (can_try(wt, w->c, &wt->vm->nics[i]) &&
		    vmip_find(wt->lab, wt->vm, &wt->vm->nics[i], VMIP_LEASE |
		    VMIP_WIRE, &ip, e) == -1 && e->kind != QERR_NO)
			return -1;
	if (ip == 0)
		return 0;
	rc = tcpprobe_check(&w->probe, &wt->lab->holder, ip, w->c->port, e);
	w->done = rc == 1;
	return rc == -1 ? -1 : 0;
}

/* Look at everything once; 1: all holds. */
static int
look(struct waiter *wt, struct qerr *e)
{
	bool all = true;

	if (read_log(wt, e) == -1)
		return -1;
	for (size_t i = 0; i < wt->n; i++) {
		struct watch *w = &wt->w[i];
		uint32_t ip;

		if (w->done)
			continue;
		if (w->c->kind == READY_TCP) {
			if (look_tcp(wt, w, e) == -1)
				return -1;
		} else if (w->c->kind == READY_LEASE) {
			if (vmip_find(wt->lab, wt->vm, w->c->nic,
			    sources_of(w->c), &ip, e) == 0)
				w->done = true;
			else if (e->kind != QERR_NO)
				return -1;
		}
		all &= w->done;
	}
	return all;
}

static int
timed_out(const struct waiter *wt, int timeout_ms, struct qerr *e)
{
	const struct ready_cond *c = NULL;
	const struct state_nic *nic;
	char what[320], ip[IP4_STRSZ];

	for (size_t i = 0; i < wt->n && c == NULL; i++)
		if (!wt->w[i].done)
			c = wt->w[i].c;
	nic = c != NULL ? c->nic : NULL;
	if (c == NULL || c->kind == READY_LEASE)
		snprintf(what, sizeof(what), "no address is known");
	else if (c->kind == READY_CONSOLE)
		snprintf(what, sizeof(what), "no '%s' on its console",
		    c->pattern);
	else
		snprintf(what, sizeof(what), "nothing accepts TCP port %u%s%s",
		    c->port, c->ip != 0 ? " of " : "",
		    c->ip != 0 ? ip4_format(c->ip, ip) : "");
	clean_text(what);
	return qerr_set(e, QERR_TIMEOUT, "%s%s%s: %s after %g s", wt->vm->name,
	    nic != NULL ? "/" : "", nic != NULL ? nic->id : "", what,
	    timeout_ms / 1000.0);
}

/* Until something may have changed. */
static void
sleep_on(struct waiter *wt, int64_t left)
{
	struct pollfd p = { .fd = wt->wake, .events = POLLIN };
	char buf[65536];

	poll(&p, 1, left < TICK_MS ? (int)left : TICK_MS);
	if (wt->wake != -1 && p.revents != 0 &&
	    read(wt->wake, buf, sizeof(buf)) == 0) {
		close(wt->wake);
		wt->wake = -1;
	}
}

static int
wait_all(struct waiter *wt, int timeout_ms, struct qerr *e)
{
	int64_t end = loop_now_ms() + timeout_ms;

	for (;;) {
		bool alive = proc_id_alive(&wt->vm->qemu);
		int64_t left = end - loop_now_ms();
		int rc = look(wt, e);

		if (rc == -1)
			return -1;
		if (!alive)
			return has_ended(wt->vm, e);
		if (rc == 1)
			return 0;
		if (left <= 0)
			return timed_out(wt, timeout_ms, e);
		sleep_on(wt, left);
	}
}

static bool
can_try_any(const struct waiter *wt, const struct ready_cond *c)
{
	for (size_t i = 0; i < wt->vm->nnics; i++)
		if (can_try(wt, c, &wt->vm->nics[i]))
			return true;
	return false;
}

static int
start(struct waiter *wt, const struct ready_cond *conds, struct qerr *e)
{
	bool console = false;

	for (size_t i = 0; i < wt->n; i++) {
		const struct ready_cond *c = &conds[i];
		struct watch *w = &wt->w[i];

		w->c = c;
		if (c->kind == READY_CONSOLE) {
			console = true;
			w->match = xcalloc(1, sizeof(*w->match));
			if (conmatch_init(w->match, c->pattern, e) == -1) {
				free(w->match);
				w->match = NULL;
				return -1;
			}
		} else if (c->kind == READY_TCP &&
		    wt->lab->backend == BACKEND_USERSPACE)
			return qerr_set(e, QERR_INPUT, "%s: the host is not on "
			    "its networks (backend userspace), so no TCP port "
			    "can be tried", wt->vm->name);
		else if (c->kind == READY_TCP && c->ip == 0 &&
		    !can_try_any(wt, c))
			return qerr_set(e, QERR_INPUT, "%s: the host has no "
			    "address on %s, so no TCP port can be tried",
			    wt->vm->name, c->nic != NULL ? c->nic->net :
			    "its networks");
		else if (c->ip == 0 &&
		    vmip_possible(wt->lab, wt->vm, c->nic, sources_of(c),
		    e) == -1)
			return -1;
	}
	/*
	 * The log is written before readers hear of it, so connecting first
	 * misses nothing; without the socket the tick must do.
	 */
	if (console)
		wt->wake = sock_connect(wt->vm->console, CONNECT_MS, NULL);
	return 0;
}

static void
finish(struct waiter *wt)
{
	for (size_t i = 0; i < wt->n; i++) {
		if (wt->w[i].match != NULL) {
			conmatch_release(wt->w[i].match);
			free(wt->w[i].match);
		}
		tcpprobe_stop(&wt->w[i].probe);
	}
	if (wt->wake != -1)
		close(wt->wake);
	if (wt->log != -1)
		close(wt->log);
	free(wt->w);
}

int
ready_wait_for(const struct state_lab *lab, const struct state_vm *vm,
    const struct ready_cond *conds, size_t n, int timeout_ms, struct qerr *e)
{
	struct waiter wt = { .lab = lab, .vm = vm, .n = n, .log = -1,
	    .wake = -1 };
	struct qerr local;
	int rc;

	if (e == NULL)
		e = &local;
	wt.w = xcalloc(n, sizeof(*wt.w));
	for (size_t i = 0; i < n; i++)
		wt.w[i].probe = (struct tcpprobe)TCPPROBE_INIT;
	rc = start(&wt, conds, e);
	if (rc == 0)
		rc = wait_all(&wt, timeout_ms, e);
	finish(&wt);
	return rc;
}

int
ready_wait(const struct state_lab *lab, const struct state_vm *vm,
    const struct lab_ready *r, size_t n, int timeout_ms, struct qerr *e)
{
	struct ready_cond *conds = xcalloc(n, sizeof(*conds));
	int rc;

	for (size_t i = 0; i < n; i++)
		conds[i] = (struct ready_cond){ .kind = r[i].kind,
		    .pattern = r[i].pattern, .port = r[i].port,
		    .sources = VMIP_LEASE };
	rc = ready_wait_for(lab, vm, conds, n, timeout_ms, e);
	free(conds);
	return rc;
}

static bool
parse_tcp(const char *s, struct ready_cond *c)
{
	const char *colon = strrchr(s, ':');
	char ip[IP4_STRSZ], *end;
	unsigned long port;

	if (colon != NULL) {
		if ((size_t)(colon - s) >= sizeof(ip))
			return false;
		snprintf(ip, sizeof(ip), "%.*s", (int)(colon - s), s);
		if (ip4_parse(ip, &c->ip) == -1 || c->ip == 0)
			return false;
		s = colon + 1;
	}
	if (*s < '0' || *s > '9')
		return false;
	port = strtoul(s, &end, 10);
	c->port = (uint16_t)port;
	return *end == '\0' && port >= 1 && port <= 65535;
}

int
ready_parse(const char *word, struct ready_cond *c, struct qerr *e)
{
	char shown[TEXT_SHOWSZ];

	*c = (struct ready_cond){ .kind = READY_LEASE };
	if (strcmp(word, "ip") == 0)
		return 0;
	if (strcmp(word, "login") == 0) {
		c->kind = READY_CONSOLE;
		c->pattern = READY_LOGIN;
		return 0;
	}
	c->kind = READY_TCP;
	if (strncmp(word, "tcp:", 4) == 0 && parse_tcp(word + 4, c))
		return 0;
	return qerr_set(e, QERR_INPUT, "cannot wait for %s: login, ready, ip, "
	    "tcp:PORT or tcp:ADDR:PORT", text_show(word, shown));
}
