/* SPDX-License-Identifier: ISC */
/* holder.c - ask the process that keeps a lab's networks alive */
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdmsg.h"
#include "holder.h"
#include "labjson.h"
#include "loop.h"
#include "procs.h"
#include "state.h"
#include "wire.h"

/* It answers at once, except that nft and dnsmasq may have to be started. */
#define ANSWER_MS	15000

void
holder_close(struct holder_conn *c)
{
	if (c->fd != -1)
		close(c->fd);
	if (c->passed != -1)
		close(c->passed);
	c->fd = c->passed = -1;
	c->len = 0;
}

/* Read once; a descriptor that comes along waits in c->passed. */
static ssize_t
receive(struct holder_conn *c, int flags)
{
	int fd;
	ssize_t n = fdmsg_read(c->fd, c->buf + c->len,
	    sizeof(c->buf) - 1 - c->len, &fd, 1, flags);

	if (n > 0)
		c->len += (size_t)n;
	if (fd != -1) {
		if (c->passed != -1)
			close(c->passed);
		c->passed = fd;
	}
	return n;
}

/* The next whole line as JSON, or NULL. */
static json_t *
next_line(struct holder_conn *c)
{
	char *nl = memchr(c->buf, '\n', c->len);
	json_t *j;

	if (nl == NULL)
		return NULL;
	j = json_loadb(c->buf, (size_t)(nl - c->buf), 0, NULL);
	c->len -= (size_t)(nl + 1 - c->buf);
	memmove(c->buf, nl + 1, c->len);
	return j != NULL ? j : json_object();
}

/* Was it a note?  Then it is in *notes, and released. */
static bool
take_note(json_t *j, struct strv *notes)
{
	const char *note = json_string_value(json_object_get(j, "note"));

	if (note == NULL)
		return false;
	if (notes != NULL)
		strv_add(notes, note);
	json_decref(j);
	return true;
}

static int
gone(struct qerr *e)
{
	return qerr_set(e, QERR_FAIL, "the lab's holder ended unexpectedly");
}

/* Somebody stopped it: networks go on without it, commands do not. */
static void
silent(const struct holder_conn *c, struct qerr *e)
{
	pid_t pid = procs_peer_pid(c->fd);

	/* One that we have just started is on the end of our own pair. */
	if (pid <= 1 || pid == getpid())
		qerr_set(e, QERR_TIMEOUT, "the lab's holder does not answer");
	else
		qerr_set(e, QERR_TIMEOUT, "the lab's holder, process %d, does "
		    "not answer ('kill -CONT %d' if it was stopped, 'kill -9 "
		    "%d' to end the lab)", (int)pid, (int)pid, (int)pid);
}

/* Wait for the answer to the request that was sent. */
static json_t *
answer(struct holder_conn *c, struct strv *notes, struct qerr *e)
{
	int64_t until = loop_now_ms() + (c->wait_ms != 0 ? c->wait_ms :
	    ANSWER_MS);

	for (;;) {
		struct pollfd p = { .fd = c->fd, .events = POLLIN };
		json_t *j = next_line(c);
		const char *error;
		int64_t left = until - loop_now_ms();

		if (j != NULL && take_note(j, notes))
			continue;
		if (j != NULL) {
			error = json_string_value(json_object_get(j, "error"));
			if (error == NULL)
				return j;
			qerr_set(e, (enum qerr_kind)json_integer_value(
			    json_object_get(j, "kind")), "%s", error);
			json_decref(j);
			return NULL;
		}
		if (left <= 0) {
			silent(c, e);
			return NULL;
		}
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		if (receive(c, 0) <= 0) {
			gone(e);
			return NULL;
		}
	}
}

static json_t *
request(struct holder_conn *c, json_t *req, struct strv *notes,
    struct qerr *e)
{
	char *text = json_dumps(req, JSON_COMPACT), *line;
	size_t len, done = 0;

	json_decref(req);
	if (text == NULL) {
		qerr_set(e, QERR_FAIL, "cannot encode a request");
		return NULL;
	}
	line = xasprintf("%s\n", text);
	free(text);
	for (len = strlen(line); done < len;) {
		ssize_t n = send(c->fd, line + done, len - done, MSG_NOSIGNAL);

		if (n == -1 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	free(line);
	if (done < len) {
		gone(e);
		return NULL;
	}
	return answer(c, notes, e);
}

int
holder_nets(struct holder_conn *c, const struct lab_net *nets, size_t n,
    struct strv *notes, struct qerr *e)
{
	json_t *all = json_array(), *j;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(all, lab_net_to_json(&nets[i]));
	j = request(c, json_pack("{s:s,s:o}", "op", "nets", "nets", all),
	    notes, e);
	json_decref(j);
	return j != NULL ? 0 : -1;
}

int
holder_plug(struct holder_conn *c, const char *net, const char *vm,
    const char *nic, char hostif[16], int *fd, struct strv *notes,
    struct qerr *e)
{
	json_t *j = request(c, json_pack("{s:s,s:s,s:s,s:s}", "op", "plug",
	    "net", net, "vm", vm, "nic", nic), notes, e);
	const char *name = json_string_value(json_object_get(j, "if"));

	if (j == NULL)
		return -1;
	*fd = c->passed;
	c->passed = -1;
	if (name == NULL || *fd == -1) {
		json_decref(j);
		return qerr_set(e, QERR_FAIL, "the lab's holder gave no cable");
	}
	snprintf(hostif, 16, "%s", name);
	json_decref(j);
	return 0;
}

int
holder_mirror(struct holder_conn *c, const char *net, const char *vm,
    const char *nic, uint32_t snaplen, int *fd, struct qerr *e)
{
	json_t *j = request(c, json_pack("{s:s,s:s,s:s*,s:s*,s:I}", "op",
	    "mirror", "net", net, "vm", vm, "nic", nic, "snaplen",
	    (json_int_t)snaplen), NULL, e);

	if (j == NULL)
		return -1;
	json_decref(j);
	*fd = c->passed;
	c->passed = -1;
	return *fd != -1 ? 0 : qerr_set(e, QERR_FAIL, "the lab's holder gave "
	    "nothing to capture from");
}

/* They come some at a time, so that no answer is long. */
json_t *
holder_ports(struct holder_conn *c, struct qerr *e)
{
	json_t *all = json_array();

	for (;;) {
		json_t *j = request(c, json_pack("{s:s,s:I}", "op", "ports",
		    "from", (json_int_t)json_array_size(all)), NULL, e);
		json_t *some = json_object_get(j, "ports");
		size_t n = json_array_size(some);

		if (j == NULL) {
			json_decref(all);
			return NULL;
		}
		json_array_extend(all, some);
		json_decref(j);
		if (n == 0)
			return all;
	}
}

int
holder_wire(struct holder_conn *c, bool follow, struct wire_table *t,
    struct qerr *e)
{
	json_int_t at = 0;

	for (;;) {
		json_t *j = request(c, json_pack("{s:s,s:I,s:b}", "op", "wire",
		    "from", at, "follow", (int)follow), NULL, e);
		json_t *some = json_object_get(j, "facts");
		size_t n = json_array_size(some);

		if (j == NULL)
			return -1;
		wire_from_json(t, some);
		json_decref(j);
		if (n == 0)
			return 0;
		at += (json_int_t)n;
	}
}

int
holder_heard(struct holder_conn *c, struct wire_fact *f, struct qerr *e)
{
	struct wire_table t = { 0 };
	json_t *j;

	while ((j = next_line(c)) != NULL) {
		wire_from_json(&t, json_object_get(j, "wire"));
		json_decref(j);
		if (t.n > 0) {
			*f = t.v[0];
			wire_free(&t);
			return 1;
		}
	}
	for (;;) {
		ssize_t n = receive(c, MSG_DONTWAIT);

		if (n == -1 && errno == EAGAIN)
			return 0;
		if (n == 0 || (n == -1 && errno != EINTR))
			return gone(e);
		if (n > 0 && memchr(c->buf, '\n', c->len) != NULL)
			return holder_heard(c, f, e);
	}
}

int
holder_pin(struct holder_conn *c, bool pin, struct qerr *e)
{
	json_t *j = request(c, json_pack("{s:s,s:b}", "op", "pin", "pin",
	    (int)pin), NULL, e);

	json_decref(j);
	return j != NULL ? 0 : -1;
}

int
holder_notes(struct holder_conn *c, struct strv *notes, struct qerr *e)
{
	ssize_t n = receive(c, MSG_DONTWAIT);
	json_t *j;

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		return gone(e);
	while ((j = next_line(c)) != NULL)
		if (!take_note(j, notes))
			json_decref(j);
	return 0;
}

int
holder_connect(struct holder_conn *c, const char *dir, struct qerr *e)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (state_socket_path(sun.sun_path, sizeof(sun.sun_path), e,
	    "%s/holder.sock", dir) == -1)
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (fd == -1)
		return qerr_sys(e, "cannot make a socket");
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		int saved = errno;

		close(fd);
		errno = saved;
		if (saved == ENOENT || saved == ECONNREFUSED)
			return qerr_set(e, QERR_NOTFOUND, "the lab has no "
			    "networks up");
		return qerr_sys(e, "cannot reach the lab's holder");
	}
	*c = (struct holder_conn)HOLDER_CONN_INIT;
	c->fd = fd;
	return 0;
}

/* Beside our own program, as installed beside it, or where make put it. */
static char *
find_program(void)
{
	char *own = procs_self_dir(), *path;

	path = xasprintf("%s/qlab-holder", own != NULL ? own : ".");
	if (own != NULL && access(path, X_OK) == 0)
		goto out;
	free(path);
	path = xasprintf("%s/../libexec/qlab/qlab-holder",
	    own != NULL ? own : ".");
	if (own != NULL && access(path, X_OK) == 0)
		goto out;
	free(path);
	path = xstrdup(LIBEXECDIR "/qlab-holder");
out:
	free(own);
	return path;
}

/* In the child: a session of its own, no descriptor but the connection. */
static void
run_program(const char *file, const char *lab, const char *dir,
    enum net_backend backend, bool host_net, int fd)
{
	int null = open("/dev/null", O_RDWR);

	setsid();
	if (dup2(fd, HOLDER_FD) == -1)
		_exit(127);
	fcntl(HOLDER_FD, F_SETFD, 0);
	for (int i = 0; i < 3; i++)
		dup2(null, i);
	for (int i = HOLDER_FD + 1; i < 256; i++)
		close(i);
	if (chdir("/") == -1)
		_exit(127);
	execl(file, "qlab-holder", lab, dir, net_backend_name(backend),
	    host_net ? HOLDER_HOST_NET : (char *)NULL, (char *)NULL);
	_exit(127);
}

static int
start(struct holder_conn *c, const char *lab, const char *dir,
    enum net_backend backend, bool host_net, struct qerr *e)
{
	char *file = find_program();
	int sv[2], rc = -1;
	pid_t child;
	json_t *j;

	if (access(file, X_OK) == -1) {
		qerr_sys(e, "cannot run '%s'", file);
		goto out;
	}
	if (fdmsg_pair(sv, e) == -1)
		goto out;
	/* Not our child, so that nobody has to wait for it. */
	child = fork();
	if (child == 0) {
		if (fork() == 0)
			run_program(file, lab, dir, backend, host_net, sv[1]);
		_exit(0);
	}
	close(sv[1]);
	if (child == -1) {
		qerr_sys(e, "cannot fork");
		close(sv[0]);
		goto out;
	}
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		continue;
	*c = (struct holder_conn)HOLDER_CONN_INIT;
	c->fd = sv[0];
	j = answer(c, NULL, e);
	if (j == NULL)
		holder_close(c);
	else
		rc = 0;
	json_decref(j);
out:
	free(file);
	return rc;
}

int
holder_join(struct holder_conn *c, const char *lab, const char *dir,
    enum net_backend backend, bool host_net, struct qerr *e)
{
	struct qerr err;

	if (holder_connect(c, dir, &err) == 0)
		return 0;
	if (err.kind != QERR_NOTFOUND) {
		if (e != NULL)
			*e = err;
		return -1;
	}
	return start(c, lab, dir, backend, host_net, e);
}
