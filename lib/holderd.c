/* SPDX-License-Identifier: ISC */
/* holderd.c - the process that keeps a lab's networks alive */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "fdmsg.h"
#include "holder.h"
#include "holdwire.h"
#include "labjson.h"
#include "loop.h"
#include "sock.h"
#include "state.h"
#include "unet.h"
#include "vnet.h"

/* A client that does not read is dropped. */
#define REQUEST_MAX	(1 << 20)
/* So many cables' counters fit into one answer. */
#define PORTS_AT_ONCE	128
#define FACTS_AT_ONCE	256
/* How long services wait for QEMU to have started. */
#define SERVE_MS	100
/* How often to try for the lab's lock when nobody needs the lab any more. */
#define LEAVE_MS	20

struct client {
	struct holderd *h;
	struct client *next;
	int fd;
	struct loop_io *io;
	char *in;
	size_t len, cap;
	bool follows;		/* wants to hear what is heard */
};

struct holderd {
	const char *lab, *dir;
	struct loop *l;
	struct vnet *v;			/* one of the two, */
	struct unet *u;			/* by backend */
	struct holdwire *wire;
	bool host_net;
	struct client *clients;
	struct strv up;			/* the networks' names */
	struct loop_io *log_io;
	struct loop_timer *leaving, *serving;
	int listener;
	bool pinned;
};

static void	maybe_leave(void *arg);

static void
client_drop(struct client *c)
{
	struct holderd *h = c->h;

	for (struct client **p = &h->clients; *p != NULL; p = &(*p)->next)
		if (*p == c) {
			*p = c->next;
			break;
		}
	loop_io_del(c->io);
	close(c->fd);
	free(c->in);
	free(c);
	if (h->clients == NULL && !h->pinned && h->leaving == NULL)
		h->leaving = loop_timer_add(h->l, 0, maybe_leave, h);
}

/* Answers are short: one that does not fit means a client that never reads. */
static int
client_send(struct client *c, json_t *j, int fd)
{
	char *text = json_dumps(j, JSON_COMPACT), *line;
	size_t len;
	ssize_t n;

	json_decref(j);
	line = xasprintf("%s\n", text);
	free(text);
	len = strlen(line);
	n = fdmsg_write(c->fd, line, len, &fd, fd != -1, MSG_DONTWAIT);
	free(line);
	return n == (ssize_t)len ? 0 : -1;
}

static void
tell_all(struct holderd *h, const char *note)
{
	for (struct client *c = h->clients; c != NULL; c = c->next)
		client_send(c, json_pack("{s:s}", "note", note), -1);
	state_event(h->lab, "note", json_pack("{s:s}", "text", note));
}

static void
say(void *arg, const char *text)
{
	tell_all(arg, text);
}

static void
on_log(void *arg, int fd, short revents)
{
	struct holderd *h = arg;

	(void)fd;
	(void)revents;
	vnet_log(h->v);
}

static void
on_news(void *arg, const struct wire_fact *f)
{
	struct holderd *h = arg;
	struct wire_table one = { .v = (struct wire_fact *)(uintptr_t)f,
		.n = 1 };

	for (struct client *c = h->clients; c != NULL; c = c->next)
		if (c->follows)
			client_send(c, json_pack("{s:o}", "wire",
			    wire_to_json(&one, 0, 1)), -1);
}

static void
serve_networks(void *arg)
{
	struct holderd *h = arg;
	struct strv notes = { 0 };

	h->serving = NULL;
	vnet_serve(h->v, &notes);
	for (size_t i = 0; i < notes.n; i++)
		tell_all(h, notes.v[i]);
	strv_free(&notes);
}

static void
log_net_up(struct holderd *h, const struct lab_net *net)
{
	char subnet[CIDR_STRSZ] = "";

	if (strv_has(&h->up, net->name))
		return;
	strv_add(&h->up, net->name);
	if (net->plen >= 0)
		cidr4_format(net->subnet, net->plen, subnet);
	state_event(h->lab, "network-up", json_pack("{s:s,s:s,s:s,s:s,s:o}",
	    "net", net->name, "mode", net_mode_name(net->mode), "subnet",
	    subnet, "backend", h->u != NULL ? "userspace" : "bridge",
	    "text", json_sprintf("network %s is up: %s%s%s", net->name,
	    net_mode_name(net->mode), *subnet != '\0' ? ", " : "", subnet)));
}

static void
log_nets_down(struct holderd *h)
{
	for (size_t i = 0; i < h->up.n; i++)
		state_event(h->lab, "network-down", json_pack("{s:s,s:o}",
		    "net", h->up.v[i], "text", json_sprintf("network %s is "
		    "down", h->up.v[i])));
	state_event(h->lab, "networks-down", json_pack("{s:s}", "text",
	    "the lab's networks are down"));
	strv_free(&h->up);
}

static json_t *
do_nets(struct holderd *h, const json_t *req, struct qerr *e)
{
	const json_t *all = json_object_get(req, "nets");
	size_t n = json_array_size(all);
	struct lab_net *nets = xcalloc(n, sizeof(*nets));
	size_t have = 0;
	int rc = 0;

	while (rc == 0 && have < n) {
		rc = lab_net_from_json(&nets[have], json_array_get(all, have),
		    e);
		if (rc == 0)
			have++;
	}
	if (rc == 0)
		rc = h->u != NULL ? unet_up(h->u, nets, n, e) :
		    vnet_up(h->v, nets, n, e);
	for (size_t i = 0; i < have; i++) {
		if (rc == 0)
			log_net_up(h, &nets[i]);
		lab_net_release(&nets[i]);
	}
	free(nets);
	if (rc == 0 && h->u == NULL && h->serving == NULL)
		h->serving = loop_timer_add(h->l, SERVE_MS, serve_networks, h);
	return rc == 0 ? json_pack("{s:b}", "ok", 1) : NULL;
}

static json_t *
do_plug(struct holderd *h, const json_t *req, int *fd, struct qerr *e)
{
	const char *net, *vm, *nic;
	char hostif[16] = "";
	int rc;

	if (json_unpack((json_t *)req, "{s:s,s:s,s:s}", "net", &net, "vm", &vm,
	    "nic", &nic) == -1) {
		qerr_set(e, QERR_INPUT, "bad request");
		return NULL;
	}
	rc = h->u != NULL ? unet_plug(h->u, net, vm, nic, fd, e) :
	    vnet_plug(h->v, net, vm, nic, hostif, fd, e);
	/* In the host's own network the others are not ours to hear. */
	if (rc == 0 && h->host_net)
		holdwire_listen(h->wire, hostif, NULL);
	return rc == -1 ? NULL :
	    json_pack("{s:b,s:s}", "ok", 1, "if", hostif);
}

static json_t *
do_mirror(struct holderd *h, const json_t *req, int *fd, struct qerr *e)
{
	const char *net, *vm = NULL, *nic = "";
	json_int_t snaplen;

	if (json_unpack((json_t *)req, "{s:s,s?s,s?s,s:I}", "net", &net, "vm",
	    &vm, "nic", &nic, "snaplen", &snaplen) == -1 || snaplen < 1 ||
	    snaplen > UINT32_MAX) {
		qerr_set(e, QERR_INPUT, "bad request");
		return NULL;
	}
	if (h->u == NULL) {
		qerr_set(e, QERR_INPUT, "networks of this backend are "
		    "captured on their interfaces");
		return NULL;
	}
	return unet_mirror(h->u, net, vm, nic, (uint32_t)snaplen, fd, e) ==
	    -1 ? NULL : json_pack("{s:b}", "ok", 1);
}

static json_t *
do_ports(const struct holderd *h, const json_t *req)
{
	json_int_t from = json_integer_value(json_object_get(req, "from"));

	return json_pack("{s:b,s:o}", "ok", 1, "ports", h->u != NULL &&
	    from >= 0 ? unet_ports(h->u, (size_t)from, PORTS_AT_ONCE) :
	    json_array());
}

static json_t *
do_wire(struct client *c, const json_t *req)
{
	json_int_t from = json_integer_value(json_object_get(req, "from"));

	if (json_is_true(json_object_get(req, "follow")))
		c->follows = true;
	return json_pack("{s:b,s:o}", "ok", 1, "facts", from < 0 ?
	    json_array() : holdwire_facts(c->h->wire, (size_t)from,
	    FACTS_AT_ONCE));
}

static void
serve_line(struct client *c, const char *line, size_t len)
{
	struct holderd *h = c->h;
	json_t *req = json_loadb(line, len, 0, NULL), *reply = NULL;
	const char *op = json_string_value(json_object_get(req, "op"));
	struct qerr err = { .kind = QERR_INPUT, .msg = "bad request" };
	int fd = -1;

	if (op != NULL && strcmp(op, "nets") == 0)
		reply = do_nets(h, req, &err);
	else if (op != NULL && strcmp(op, "plug") == 0)
		reply = do_plug(h, req, &fd, &err);
	else if (op != NULL && strcmp(op, "mirror") == 0)
		reply = do_mirror(h, req, &fd, &err);
	else if (op != NULL && strcmp(op, "ports") == 0)
		reply = do_ports(h, req);
	else if (op != NULL && strcmp(op, "wire") == 0)
		reply = do_wire(c, req);
	else if (op != NULL && strcmp(op, "pin") == 0) {
		h->pinned = json_is_true(json_object_get(req, "pin"));
		reply = json_pack("{s:b}", "ok", 1);
	}
	json_decref(req);
	if (reply == NULL)
		reply = json_pack("{s:s,s:i}", "error", err.msg, "kind",
		    (int)err.kind);
	client_send(c, reply, fd);
	if (fd != -1)
		close(fd);
}

static void
on_client(void *arg, int fd, short revents)
{
	struct client *c = arg;
	char *nl;
	ssize_t n;

	(void)revents;
	if (c->len == c->cap) {
		c->cap = c->cap ? 2 * c->cap : 4096;
		c->in = xrealloc(c->in, c->cap);
	}
	n = recv(fd, c->in + c->len, c->cap - c->len, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || c->cap > REQUEST_MAX) {
		client_drop(c);
		return;
	}
	c->len += (size_t)n;
	while ((nl = memchr(c->in, '\n', c->len)) != NULL) {
		size_t used = (size_t)(nl + 1 - c->in);

		serve_line(c, c->in, used - 1);
		c->len -= used;
		memmove(c->in, c->in + used, c->len);
	}
}

static struct client *
client_add(struct holderd *h, int fd)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->h = h;
	c->fd = fd;
	c->next = h->clients;
	h->clients = c;
	c->io = loop_io_add(h->l, fd, POLLIN, on_client, c);
	loop_timer_del(h->leaving);
	h->leaving = NULL;
	return c;
}

static void
on_listener(void *arg, int fd, short revents)
{
	struct holderd *h = arg;
	int peer = sock_accept(fd);

	(void)revents;
	if (peer != -1)
		client_add(h, peer);
}

/*
 * Nobody needs the lab.  Only with its lock may we go, so that nobody connects
 * to a holder that is leaving; who has the lock may be about to connect.
 */
static void
maybe_leave(void *arg)
{
	struct holderd *h = arg;
	struct pollfd p = { .fd = h->listener, .events = POLLIN };
	char *dir;
	int lock;

	h->leaving = NULL;
	if (h->clients != NULL || h->pinned)
		return;
	lock = state_lock(h->lab, 0, &dir, NULL);
	if (lock == -1 || poll(&p, 1, 0) > 0) {
		if (lock != -1) {
			close(lock);
			free(dir);
		}
		h->leaving = loop_timer_add(h->l, LEAVE_MS, maybe_leave, h);
		return;
	}
	free(dir);
	loop_stop(h->l, lock);
}

static void
on_child(void *arg, int sig)
{
	struct holderd *h = arg;
	int status;
	pid_t pid;

	(void)sig;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		char *note;

		if (h->v == NULL)
			continue;
		vnet_child(h->v, pid, status, &note);
		if (note != NULL)
			tell_all(h, note);
		free(note);
	}
}

static void
on_term(void *arg, int sig)
{
	struct holderd *h = arg;

	(void)sig;
	loop_stop(h->l, -1);
}

static int
listen_on(const char *dir, struct qerr *e)
{
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];

	if (state_socket_path(path, sizeof(path), e, "%s/holder.sock",
	    dir) == -1)
		return -1;
	return sock_listen(path, e);
}

/* Remove what names us; with the lock held. */
static void
leave(struct holderd *h)
{
	static const char *const files[] = { "holder.sock", "holder.json",
	    "leases" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char *path = xasprintf("%s/%s", h->dir, files[i]);

		unlink(path);
		free(path);
	}
	log_nets_down(h);
	state_sweep(h->dir, NULL);
}

static int
set_up(struct holderd *h, enum net_backend backend, bool host_net,
    const char *logdir, struct qerr *e)
{
	struct proc_id self;

	h->l = loop_new(e);
	if (h->l == NULL)
		return -1;
	h->host_net = host_net;
	h->wire = holdwire_new(h->l, on_news, h);
	if (backend == BACKEND_USERSPACE)
		h->u = unet_new(h->l, say, h);
	else
		h->v = vnet_open(h->lab, h->dir, logdir, host_net, e);
	if (h->u == NULL && h->v == NULL)
		return -1;
	/* Nice to have: addresses that no lease tells. */
	if (h->u != NULL)
		unet_listen(h->u, holdwire_frame, h->wire);
	else if (!host_net)
		holdwire_listen(h->wire, NULL, NULL);
	h->listener = listen_on(h->dir, e);
	if (h->listener == -1 || proc_id_get(0, &self, e) == -1 ||
	    state_write_holder(h->dir, &self, host_net, e) == -1)
		return -1;
	loop_io_add(h->l, h->listener, POLLIN, on_listener, h);
	if (h->v != NULL)
		h->log_io = loop_io_add(h->l, vnet_log_fd(h->v), POLLIN, on_log,
		    h);
	if (loop_signal(h->l, SIGCHLD, on_child, h, e) == -1 ||
	    loop_signal(h->l, SIGTERM, on_term, h, e) == -1 ||
	    loop_signal(h->l, SIGINT, on_term, h, e) == -1)
		return -1;
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

int
holder_serve(const char *lab, const char *dir, enum net_backend backend,
    bool host_net, int first, struct qerr *e)
{
	struct holderd h = { .lab = lab, .dir = dir, .listener = -1 };
	char *logdir = state_log_dir(lab, e), *again = NULL;
	struct client *c;
	int lock = -1;

	if (logdir == NULL || set_up(&h, backend, host_net, logdir, e) == -1) {
		struct client only = { .fd = first };

		client_send(&only, json_pack("{s:s,s:i}", "error", e->msg,
		    "kind", (int)e->kind), -1);
		goto out;
	}
	fcntl(first, F_SETFD, FD_CLOEXEC);
	c = client_add(&h, first);
	client_send(c, json_pack("{s:b}", "ok", 1), -1);
	lock = loop_run(h.l);
	loop_signal(h.l, SIGCHLD, on_child, &h, NULL);
	for (struct client *gone; (gone = h.clients) != NULL;) {
		h.clients = gone->next;
		client_drop(gone);
	}
	if (lock == -1)		/* told to end by a signal */
		lock = state_lock(lab, 2000, &again, NULL);
	loop_io_del(h.log_io);
	vnet_close(h.v);
	h.v = NULL;
	unet_free(h.u);
	h.u = NULL;
	leave(&h);
	if (lock != -1)
		close(lock);
out:
	free(again);
	vnet_close(h.v);
	unet_free(h.u);
	holdwire_free(h.wire);
	loop_free(h.l);
	free(logdir);
	return lock != -1 ? 0 : -1;
}
