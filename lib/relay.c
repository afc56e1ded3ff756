/* SPDX-License-Identifier: ISC */
/* relay.c - one VM's QMP and console, fanned out to any number of clients */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "listener.h"
#include "peer.h"
#include "procs.h"
#include "qmpframe.h"
#include "relay.h"
#include "relaycon.h"
#include "relaypend.h"
#include "state.h"
#include "strv.h"

#define CLIENT_MESSAGE	(1 << 20)	/* bytes one request may have */
#define QEMU_MESSAGE	(64 << 20)	/* and one of QEMU's messages */
#define CLIENT_LIMIT	(4 << 20)
#define INFLIGHT_LIMIT	64
#define QEMU_BACKLOG	(1 << 20)
#define DRAIN_MS	200

struct client {
	struct peer p;		/* first: the list is one of peers */
	struct relay *r;
	struct qmp_framer in;
	unsigned inflight;
	bool negotiated;
	bool eof;		/* sends no more; may wait for replies */
};

struct relay {
	struct loop *l;
	struct relay_conf conf;
	struct listener *qemu_listener, *listener;
	struct relaycon *console;
	struct peer qemu;
	pid_t pid;
	struct qmp_framer in;
	char *greeting;
	bool oob, negotiated, up;
	struct peer *clients;
	struct pendings pending;
	int busy;		/* callbacks under way: free nothing */
	bool closed;
};

static void	client_pump(struct client *c);

static void
free_clients(struct relay *r, bool all)
{
	for (struct peer **p = &r->clients; *p != NULL;) {
		struct client *c = (struct client *)*p;

		if (all)
			peer_drop(&c->p);
		if (c->p.fd == -1) {
			*p = c->p.next;
			pendings_forget(&r->pending, c);
			qmp_framer_free(&c->in);
			free(c);
		} else
			p = &c->p.next;
	}
}

static void
relay_free(struct relay *r)
{
	free_clients(r, true);
	qmp_framer_free(&r->in);
	free(r->greeting);
	free(r);
}

/* What runs between these may drop clients and close the relay. */
static void
enter(struct relay *r)
{
	r->busy++;
}

static void
leave(struct relay *r)
{
	if (--r->busy > 0)
		return;
	if (r->closed)
		relay_free(r);
	else
		free_clients(r, false);
}

/* Send msg (stolen) with id, the JSON text of one or NULL. */
static void
send_json(struct peer *p, json_t *msg, const char *id)
{
	char *text = json_dumps(msg, JSON_ENSURE_ASCII), *out;
	size_t len;

	json_decref(msg);
	out = qmp_id_set(text, strlen(text), id, id != NULL ? strlen(id) : 0,
	    &len);
	out[len++] = '\n';	/* in place of the NUL */
	peer_send(p, out, len);
	free(out);
	free(text);
}

static void
send_error(struct client *c, const char *id, const char *class,
    const char *desc)
{
	send_json(&c->p, json_pack("{s:{s:s, s:s}}", "error", "class", class,
	    "desc", desc), id);
}

static void
to_qemu(struct relay *r, const char *text, size_t size, json_int_t id)
{
	char number[32], *out;
	size_t len;

	snprintf(number, sizeof(number), "%lld", (long long)id);
	out = qmp_id_set(text, size, number, strlen(number), &len);
	out[len++] = '\n';
	peer_send(&r->qemu, out, len);
	free(out);
}

/* The local answer to qmp_capabilities. */
static void
negotiate(struct client *c, const json_t *request, const char *id)
{
	const json_t *enable = json_object_get(json_object_get(request,
	    "arguments"), "enable");
	const json_t *word;
	size_t i;

	json_array_foreach(enable, i, word) {
		const char *s = json_string_value(word);

		if (s == NULL || strcmp(s, "oob") != 0 || !c->r->oob) {
			send_error(c, id, "GenericError",
			    "this capability is not available");
			return;
		}
	}
	c->negotiated = true;
	send_json(&c->p, json_pack("{s:{}}", "return"), id);
}

static void
client_request(struct client *c, const json_t *request)
{
	struct relay *r = c->r;
	const char *command, *text, *own;
	size_t size, own_len = 0;
	char *id = NULL;

	text = qmp_framer_text(&c->in, &size);
	own = qmp_id_find(text, size, &own_len);
	if (own != NULL) {
		id = xcalloc(1, own_len + 1);
		memcpy(id, own, own_len);
	}
	command = json_string_value(json_object_get(request, "execute"));
	if (own == NULL && json_object_get(request, "id") != NULL) {
		send_error(c, NULL, "GenericError",
		    "the key \"id\" must be spelt without escapes");
	} else if (!c->negotiated && command != NULL &&
	    strcmp(command, "qmp_capabilities") == 0) {
		negotiate(c, request, id);
	} else if (!c->negotiated) {
		send_error(c, id, "CommandNotFound", "Expecting capabilities "
		    "negotiation with 'qmp_capabilities'");
	} else {
		struct pending *w = pendings_add(&r->pending, c, id);

		c->inflight++;
		to_qemu(r, text, size, w->id);
		if (r->conf.on_request != NULL)
			r->conf.on_request(r->conf.arg, request);
		return;		/* id is the pending command's */
	}
	free(id);
}

/* Serve what the client has sent, as far as there is room for it. */
static void
client_pump(struct client *c)
{
	struct relay *r = c->r;
	bool room;

	for (;;) {
		struct qerr e;
		json_t *j;

		room = r->up && c->inflight < INFLIGHT_LIMIT &&
		    outq_size(&r->qemu.out) < QEMU_BACKLOG;
		if (!room || c->p.fd == -1 || c->p.last)
			break;
		j = qmp_framer_next(&c->in, &e);
		if (j != NULL)
			client_request(c, j);
		else if (e.kind != QERR_NONE)
			send_error(c, NULL, "GenericError", e.msg);
		else
			break;
		json_decref(j);		/* NULL is fine */
	}
	if (c->eof && c->inflight == 0)
		peer_finish(&c->p);
	else
		peer_want(&c->p, room && !c->eof);
}

static void
on_client(void *arg, int fd, short revents)
{
	struct client *c = arg;
	struct relay *r = c->r;
	char buf[65536];
	ssize_t n;

	enter(r);
	if (revents & POLLOUT)
		peer_flush(&c->p);
	if (c->p.fd != -1 && (revents & POLLIN)) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0) {
			qmp_framer_feed(&c->in, buf, (size_t)n);
			client_pump(c);
		} else if (n == 0) {
			c->eof = true;
			client_pump(c);
		} else if (errno != EAGAIN && errno != EINTR)
			peer_drop(&c->p);
	} else if (revents & (POLLHUP | POLLERR))
		peer_drop(&c->p);
	leave(r);
}

static void
on_new_client(void *arg, int fd)
{
	struct relay *r = arg;
	struct client *c = xcalloc(1, sizeof(*c));

	enter(r);
	c->r = r;
	c->in.max = CLIENT_MESSAGE;
	peer_init(&c->p, r->l, fd, CLIENT_LIMIT, on_client, c);
	c->p.next = r->clients;
	r->clients = &c->p;
	if (r->up)
		peer_send(&c->p, r->greeting, strlen(r->greeting));
	client_pump(c);
	leave(r);
}

/* Up: QEMU is there on both sockets and QMP is negotiated. */
static void
check_up(struct relay *r)
{
	if (r->up || !r->negotiated || r->closed ||
	    !relaycon_connected(r->console))
		return;
	r->up = true;
	for (struct peer *p = r->clients; p != NULL; p = p->next) {
		peer_send(p, r->greeting, strlen(r->greeting));
		client_pump((struct client *)p);
	}
	if (r->conf.on_up != NULL)
		r->conf.on_up(r->conf.arg, r->pid);
}

static void
on_capabilities(void *arg, const json_t *reply)
{
	struct relay *r = arg;

	if (json_object_get(reply, "return") != NULL) {
		r->negotiated = true;
		check_up(r);
	}
}

static void
on_greeting(struct relay *r, const json_t *msg)
{
	const json_t *word, *caps = json_object_get(json_object_get(msg, "QMP"),
	    "capabilities");
	const char *text;
	size_t i, size;

	text = qmp_framer_text(&r->in, &size);
	free(r->greeting);
	r->greeting = xasprintf("%.*s\n", (int)size, text);
	json_array_foreach(caps, i, word)
		if (json_is_string(word) &&
		    strcmp(json_string_value(word), "oob") == 0)
			r->oob = true;
	relay_execute(r, "qmp_capabilities",
	    r->oob ? json_pack("{s:[s]}", "enable", "oob") : NULL,
	    on_capabilities, r);
}

static void
on_event(struct relay *r, const json_t *event)
{
	const char *text;
	size_t size;

	text = qmp_framer_text(&r->in, &size);
	for (struct peer *p = r->clients; p != NULL; p = p->next)
		if (((struct client *)p)->negotiated) {
			peer_send(p, text, size);
			peer_send(p, "\n", 1);
		}
	if (r->conf.on_event != NULL)
		r->conf.on_event(r->conf.arg, event);
}

static void
on_reply(struct relay *r, const json_t *reply)
{
	struct pending *w;
	struct client *c;
	const char *text, *number;
	size_t size, len;
	json_int_t id;
	char *out;

	/* From the text: beside a huge number it may be parsed as a real. */
	text = qmp_framer_text(&r->in, &size);
	number = qmp_id_find(text, size, &len);
	if (number == NULL)
		return;
	id = strtoll(number, NULL, 10);
	if ((w = pendings_take(&r->pending, &id)) == NULL)
		return;
	c = w->client;
	if (c != NULL) {
		out = qmp_id_set(text, size, w->own,
		    w->own != NULL ? strlen(w->own) : 0, &len);
		out[len++] = '\n';
		peer_send(&c->p, out, len);
		free(out);
		c->inflight--;
		client_pump(c);
	} else if (w->cb != NULL)
		w->cb(w->arg, reply);
	pending_free(w);
}

static void
resume_clients(struct relay *r)
{
	for (struct peer *p = r->clients; p != NULL; p = p->next)
		client_pump((struct client *)p);
}

static void
serve_qemu(struct relay *r)
{
	struct qerr e;
	json_t *j;

	while (!r->closed) {
		j = qmp_framer_next(&r->in, &e);
		if (j == NULL && e.kind == QERR_NONE)
			break;
		if (j == NULL)
			continue;	/* garbage: the next line may be good */
		if (json_object_get(j, "QMP") != NULL)
			on_greeting(r, j);
		else if (json_object_get(j, "event") != NULL)
			on_event(r, j);
		else
			on_reply(r, j);
		json_decref(j);
	}
}

/* Nobody will answer any more: say so to all who wait. */
static void
fail_pending(struct relay *r)
{
	struct pending *w;

	while ((w = pendings_take(&r->pending, NULL)) != NULL) {
		if (w->client != NULL)
			send_error(w->client, w->own, "GenericError",
			    "QEMU has ended");
		else if (w->cb != NULL)
			w->cb(w->arg, NULL);
		pending_free(w);
	}
}

static void
qemu_down(struct relay *r)
{
	peer_drop(&r->qemu);
	listener_close(r->listener);
	r->listener = NULL;
	fail_pending(r);
	for (struct peer *p = r->clients; p != NULL; p = p->next)
		peer_finish(p);
}

static void
on_qemu(void *arg, int fd, short revents)
{
	struct relay *r = arg;
	char buf[65536];
	ssize_t n;

	enter(r);
	if (revents & POLLOUT) {
		peer_flush(&r->qemu);
		resume_clients(r);
	}
	if (revents & ~POLLOUT) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0) {
			qmp_framer_feed(&r->in, buf, (size_t)n);
			serve_qemu(r);
		} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			qemu_down(r);
			if (!r->closed && r->conf.on_down != NULL)
				r->conf.on_down(r->conf.arg);
		}
	}
	leave(r);
}

static void
on_new_qemu(void *arg, int fd)
{
	struct relay *r = arg;

	listener_close(r->qemu_listener);
	r->qemu_listener = NULL;
	r->pid = procs_peer_pid(fd);
	peer_init(&r->qemu, r->l, fd, 0, on_qemu, r);
}

static void
on_console_connect(void *arg)
{
	struct relay *r = arg;

	enter(r);
	check_up(r);
	leave(r);
}

static void
on_console_data(void *arg, const void *data, size_t len)
{
	struct relay *r = arg;

	if (r->conf.on_console != NULL)
		r->conf.on_console(r->conf.arg, data, len);
}

struct relay *
relay_open(struct loop *l, const struct relay_conf *conf, struct qerr *e)
{
	struct relay *r = xcalloc(1, sizeof(*r));
	char con[256], qmp[256], qemu_con[256], qemu_qmp[256];
	struct relaycon_conf cc = { .qemu_path = qemu_con, .path = con,
	    .log = conf->console_log, .arg = r,
	    .on_connect = on_console_connect, .on_data = on_console_data };

	*r = (struct relay){ .l = l, .conf = *conf, .qemu.fd = -1,
	    .in.max = QEMU_MESSAGE };
	pendings_init(&r->pending);
	if (state_socket_path(qemu_qmp, sizeof(qemu_qmp), e,
	    "%s/qemu-qmp.sock", conf->dir) == -1 ||
	    state_socket_path(qemu_con, sizeof(qemu_con), e,
	    "%s/qemu-con.sock", conf->dir) == -1 ||
	    state_socket_path(con, sizeof(con), e, "%s/console.sock",
	    conf->dir) == -1 ||
	    state_socket_path(qmp, sizeof(qmp), e, "%s/qmp.sock",
	    conf->dir) == -1)
		goto fail;
	r->console = relaycon_open(l, &cc, e);
	if (r->console == NULL)
		goto fail;
	r->listener = listener_open(l, qmp, on_new_client, r, e);
	if (r->listener == NULL)
		goto fail;
	r->qemu_listener = listener_open(l, qemu_qmp, on_new_qemu, r, e);
	if (r->qemu_listener == NULL)
		goto fail;
	return r;
fail:
	relay_close(r);
	return NULL;
}

void
relay_execute(struct relay *r, const char *command, json_t *args,
    void (*cb)(void *arg, const json_t *reply), void *arg)
{
	json_t *request;
	struct pending *w;
	char *text;

	if (r->qemu.fd == -1) {
		json_decref(args);
		if (cb != NULL)
			cb(arg, NULL);
		return;
	}
	request = json_pack("{s:s}", "execute", command);
	if (args != NULL)
		json_object_set_new(request, "arguments", args);
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	w = pendings_add(&r->pending, NULL, NULL);
	w->cb = cb;
	w->arg = arg;
	to_qemu(r, text, strlen(text), w->id);
	free(text);
}

void
relay_type(struct relay *r, const void *data, size_t len)
{
	relaycon_type(r->console, data, len);
}

uint64_t
relay_log_lost(const struct relay *r)
{
	return relaycon_log_lost(r->console);
}

int
relay_qmp_fd(const struct relay *r)
{
	return r->qemu.fd;
}

pid_t
relay_qemu_pid(const struct relay *r)
{
	return relay_qmp_fd(r) != -1 ? r->pid : -1;
}

void
relay_close(struct relay *r)
{
	if (r == NULL || r->closed)
		return;
	r->closed = true;
	enter(r);
	listener_close(r->qemu_listener);
	r->qemu_listener = NULL;
	qemu_down(r);
	peers_drain(r->clients, DRAIN_MS);
	relaycon_close(r->console);
	r->console = NULL;
	leave(r);
}
