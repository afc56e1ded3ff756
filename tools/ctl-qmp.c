/* SPDX-License-Identifier: ISC */
/* ctl-qmp.c - qlab-ctl qmp: requests to QEMU, and its events */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "ctl-qmp.h"
#include "qmp.h"
#include "strv.h"
#include "tool.h"

#define OPEN_MS		5000
#define MAX_REQUEST	(1 << 20)

static bool
stdout_gone(void)
{
	struct pollfd p = { .fd = STDOUT_FILENO };

	return ferror(stdout) ||
	    (poll(&p, 1, 0) > 0 && (p.revents & POLLERR) != 0);
}

/* Run all whole requests in f; the worst status. */
static int
run_requests(struct qmp *q, struct qmp_framer *f, const char *vm, int ms)
{
	int rc = 0;

	for (;;) {
		json_t *request, *reply = NULL;
		const char *text;
		struct qerr e;
		size_t size, len;
		char *out;

		request = qmp_framer_next(f, &e);
		if (request == NULL && e.kind == QERR_NONE)
			return rc;
		if (request == NULL) {
			tool_say_err(&e);
			rc = rc > (int)e.kind ? rc : (int)e.kind;
			continue;
		}
		json_decref(request);
		text = qmp_framer_text(f, &size);
		out = qmp_request_text(q, text, size, ms, &len, &reply, &e);
		if (out == NULL) {
			qerr_prefix(&e, "%s", vm);
			tool_die(&e);
		}
		printf("%s\n", out);
		fflush(stdout);
		if (qmp_reply_error(reply, &e)) {
			tool_say("%s: %s", vm, e.msg);
			rc = QERR_FAIL;
		}
		json_decref(reply);
		free(out);
	}
}

static int
requests_from_stdin(struct qmp *q, struct qmp_framer *f, const char *vm,
    int ms)
{
	char buf[65536];
	int rc = 0, one;
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0 &&
	    !stdout_gone()) {
		qmp_framer_feed(f, buf, (size_t)n);
		one = run_requests(q, f, vm, ms);
		rc = one > rc ? one : rc;
	}
	if (f->len > f->pos)
		tool_usage("standard input ends in the middle of a request");
	return rc;
}

static int
follow_events(struct qmp *q, const char *vm)
{
	struct qerr e;
	json_t *j;

	while (!stdout_gone()) {
		j = qmp_event(q, NULL, 1000, &e);
		if (j != NULL) {
			json_dumpf(j, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
			printf("\n");
			fflush(stdout);
			json_decref(j);
		} else if (e.sys == EPIPE) {
			return 0;	/* the VM's end */
		} else if (e.kind != QERR_TIMEOUT) {
			qerr_prefix(&e, "%s", vm);
			tool_die(&e);
		}
	}
	return 0;
}

static bool
is_word(const char *s)
{
	return *s >= 'a' && *s <= 'z' &&
	    s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

/* One request on the command line, checked before anything is opened. */
static void
request_from_word(struct qmp_framer *f, const char *word)
{
	char *wrapped = is_word(word) ?
	    xasprintf("{\"execute\": \"%s\"}", word) : xstrdup(word);
	struct qmp_framer check = { .max = MAX_REQUEST };
	struct qerr e;
	json_t *j;

	qmp_framer_feed(&check, wrapped, strlen(wrapped));
	j = qmp_framer_next(&check, &e);
	if (j == NULL)
		tool_usage("'%s' is no QMP request: %s", word,
		    e.kind == QERR_NONE ? "it ends too early" : e.msg);
	json_decref(j);
	if (strspn(check.buf + check.pos, " \t\r\n") < check.len - check.pos)
		tool_usage("more than one QMP request: write them to standard "
		    "input");
	qmp_framer_free(&check);
	qmp_framer_feed(f, wrapped, strlen(wrapped));
	free(wrapped);
}

int
ctl_qmp(const struct state_vm *vm, const char *word, bool follow, int ms)
{
	struct qmp_framer f = { .max = MAX_REQUEST };
	struct qmp *q;
	struct qerr e;
	int rc = 0;

	if (word != NULL && strcmp(word, "-") != 0)
		request_from_word(&f, word);
	q = qmp_open(vm->qmp, OPEN_MS, &e);
	if (q == NULL) {
		qerr_prefix(&e, "%s", vm->name);
		tool_die(&e);
	}
	if (f.len > 0)
		rc = run_requests(q, &f, vm->name, ms);
	else if (word != NULL || !follow)
		rc = requests_from_stdin(q, &f, vm->name, ms);
	if (follow && rc == 0)
		rc = follow_events(q, vm->name);
	qmp_close(q);
	qmp_framer_free(&f);
	return rc;
}
