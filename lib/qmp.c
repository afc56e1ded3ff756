/* SPDX-License-Identifier: ISC */
/* qmp.c - speak QMP, QEMU's machine protocol, over a Unix socket */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clean.h"
#include "loop.h"
#include "outq.h"
#include "procs.h"
#include "qmp.h"
#include "sock.h"
#include "strv.h"

#define MAX_MESSAGE	(64 << 20)
#define MAX_EVENTS	1000

struct qmp {
	int fd;
	struct qmp_framer in;
	struct outq out;
	json_t *events;		/* array, oldest first */
	unsigned long long id;	/* of the last request */
};

static int
lost(struct qerr *e)
{
	qerr_set(e, QERR_FAIL, "QEMU closed the QMP connection");
	e->sys = EPIPE;
	return -1;
}

/* Move bytes both ways once, waiting until end at most. */
static int
pump(struct qmp *q, int64_t end, struct qerr *e)
{
	struct pollfd p = { .fd = q->fd, .events = POLLIN };
	int64_t left = end - loop_now_ms();
	char buf[65536];
	ssize_t n;
	int rc;

	if (outq_size(&q->out) > 0)
		p.events |= POLLOUT;
	/* Messages that are not ours do not stretch the time. */
	rc = left < 0 ? 0 : poll(&p, 1, (int)left);
	if (rc == -1 && errno != EINTR)
		return qerr_sys(e, "cannot wait for QEMU");
	if (rc == 0)
		return qerr_set(e, QERR_TIMEOUT, "no answer from QEMU");
	if (outq_flush(&q->out, q->fd) == -1)
		return lost(e);
	n = read(q->fd, buf, sizeof(buf));
	if (n > 0)
		qmp_framer_feed(&q->in, buf, (size_t)n);
	else if (n == 0)
		return lost(e);
	else if (errno == ECONNRESET)
		return lost(e);
	else if (errno != EAGAIN && errno != EINTR)
		return qerr_sys(e, "cannot read from QEMU");
	return 0;
}

static json_t *
next_message(struct qmp *q, int64_t end, struct qerr *e)
{
	for (;;) {
		json_t *j = qmp_framer_next(&q->in, e);

		if (j != NULL)
			return j;
		if (e->kind != QERR_NONE) {
			e->kind = QERR_FAIL;
			qerr_prefix(e, "unexpected answer from QEMU");
			return NULL;
		}
		if (pump(q, end, e) == -1)
			return NULL;
	}
}

static bool
keep_event(struct qmp *q, json_t *j)
{
	if (json_object_get(j, "event") == NULL)
		return false;
	if (json_array_size(q->events) >= MAX_EVENTS)
		json_array_remove(q->events, 0);
	json_array_append(q->events, j);
	return true;
}

/*
 * The reply to request id.  One without an id can only be QEMU's complaint
 * about a request that it could not parse, and only ours is under way.
 */
static bool
is_reply(const json_t *j, const char *id)
{
	const char *s = json_string_value(json_object_get(j, "id"));

	if (json_object_get(j, "id") == NULL)
		return json_object_get(j, "error") != NULL;
	return s != NULL && strcmp(s, id) == 0;
}

char *
qmp_request_text(struct qmp *q, const char *request, size_t size,
    int timeout_ms, size_t *len, json_t **reply, struct qerr *e)
{
	int64_t end = loop_now_ms() + timeout_ms;
	const char *own, *text;
	struct qerr local;
	char quoted[40], id[32], *out;
	size_t own_len = 0, n;
	json_t *j;

	if (e == NULL)
		e = &local;
	snprintf(id, sizeof(id), "qlab-%llu", ++q->id);
	snprintf(quoted, sizeof(quoted), "\"%s\"", id);
	own = qmp_id_find(request, size, &own_len);
	out = qmp_id_set(request, size, quoted, strlen(quoted), &n);
	outq_add(&q->out, out, n);
	outq_add(&q->out, "\n", 1);
	free(out);
	if (outq_flush(&q->out, q->fd) == -1) {
		lost(e);
		return NULL;
	}
	while ((j = next_message(q, end, e)) != NULL) {
		if (!keep_event(q, j) && is_reply(j, id)) {
			text = qmp_framer_text(&q->in, &n);
			out = qmp_id_set(text, n, own, own_len, len);
			if (reply != NULL)
				*reply = json_incref(j);
			json_decref(j);
			return out;
		}
		json_decref(j);
	}
	return NULL;
}

/* The whole request as given; new reference to the whole reply. */
static json_t *
ask(struct qmp *q, const json_t *request, int timeout_ms,
    struct qerr *e)
{
	char *text = json_dumps(request, JSON_COMPACT), *out;
	json_t *reply = NULL;
	size_t len;

	if (text == NULL) {
		qerr_set(e, QERR_INPUT, "not a JSON object");
		return NULL;
	}
	out = qmp_request_text(q, text, strlen(text), timeout_ms, &len, &reply,
	    e);
	free(out);
	free(text);
	return reply;
}

bool
qmp_reply_error(const json_t *reply, struct qerr *e)
{
	const json_t *error = json_object_get(reply, "error");
	const char *class, *desc;

	if (error == NULL)
		return false;
	class = json_string_value(json_object_get(error, "class"));
	desc = json_string_value(json_object_get(error, "desc"));
	qerr_set(e, QERR_FAIL, "%s: %s", class != NULL ? class : "error",
	    desc != NULL ? desc : "no description");
	if (e != NULL)
		clean_text(e->msg);
	return true;
}

json_t *
qmp_execute(struct qmp *q, const char *command, json_t *args, int timeout_ms,
    struct qerr *e)
{
	json_t *request = json_pack("{s:s}", "execute", command), *reply, *ret;

	if (args != NULL)
		json_object_set_new(request, "arguments", args);
	reply = ask(q, request, timeout_ms, e);
	json_decref(request);
	if (reply == NULL)
		return NULL;
	ret = json_incref(json_object_get(reply, "return"));
	if (ret == NULL && !qmp_reply_error(reply, e))
		qerr_set(e, QERR_FAIL, "QEMU's answer has no result");
	json_decref(reply);
	return ret;
}

json_t *
qmp_event(struct qmp *q, const char *name, int timeout_ms, struct qerr *e)
{
	int64_t end = loop_now_ms() + timeout_ms;
	struct qerr local;
	json_t *j;
	size_t i;

	if (e == NULL)
		e = &local;
	for (;;) {
		json_array_foreach(q->events, i, j) {
			const char *s = json_string_value(
			    json_object_get(j, "event"));

			if (name == NULL ||
			    (s != NULL && strcmp(s, name) == 0)) {
				json_incref(j);
				json_array_remove(q->events, i);
				return j;
			}
		}
		if ((j = next_message(q, end, e)) == NULL)
			return NULL;
		keep_event(q, j);
		json_decref(j);
	}
}

struct qmp *
qmp_open(const char *path, int timeout_ms, struct qerr *e)
{
	int64_t end = loop_now_ms() + timeout_ms;
	struct qerr local;
	struct qmp *q;
	json_t *j;
	int fd;

	if (e == NULL)
		e = &local;
	if ((fd = sock_connect(path, timeout_ms, e)) == -1)
		return NULL;
	q = xcalloc(1, sizeof(*q));
	q->fd = fd;
	q->in.max = MAX_MESSAGE;
	q->events = json_array();
	if ((j = next_message(q, end, e)) == NULL)
		goto fail;
	if (json_object_get(j, "QMP") == NULL) {
		json_decref(j);
		qerr_set(e, QERR_FAIL, "'%s' does not speak QMP", path);
		goto fail;
	}
	json_decref(j);
	j = qmp_execute(q, "qmp_capabilities", NULL,
	    (int)(end - loop_now_ms()), e);
	if (j == NULL)
		goto fail;
	json_decref(j);
	return q;
fail:
	qmp_close(q);
	return NULL;
}

uid_t
qmp_peer_uid(const struct qmp *q)
{
	return procs_peer_uid(q->fd);
}

void
qmp_close(struct qmp *q)
{
	if (q == NULL)
		return;
	close(q->fd);
	qmp_framer_free(&q->in);
	outq_free(&q->out);
	json_decref(q->events);
	free(q);
}
