/* SPDX-License-Identifier: ISC */
/* logfeed.c - log records from files, descriptors and programs, by time */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logfeed.h"
#include "proc.h"

#define CHUNK	65536
#define ERRS_MAX 4096

struct logfeed {
	char *name, *lab;
	int fd;			/* -1: none open */
	struct logread *reader;	/* of what fd gives */
	bool ended;		/* logread_end() was called */
	int64_t boot_us;
	struct strv paths;	/* to be read, */
	size_t at;		/* from this one on */
	bool follow;
	pid_t pid;
	FILE *errs;		/* a program's standard error */
	char buf[CHUNK];
};

static struct logfeed *
new_feed(int fd, const char *name)
{
	struct logfeed *f = xcalloc(1, sizeof(*f));

	f->fd = fd;
	f->name = xstrdup(name);
	return f;
}

static void
start_reading(struct logfeed *f)
{
	struct logread_conf conf = { .boot_us = f->boot_us };
	struct stat st;

	/* What has no year was written in the file's last one. */
	if (!f->follow && fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode))
		conf.ref_us = (int64_t)st.st_mtime * 1000000;
	logread_free(f->reader);
	if (f->boot_us != 0)
		conf.format = LOGREAD_KMSG;
	f->reader = logread_new(&conf);
	f->ended = false;
}

struct logfeed *
logfeed_fd(int fd, const char *name, int64_t boot_us, bool follow)
{
	struct logfeed *f = new_feed(fd, name);

	f->boot_us = boot_us;
	f->follow = follow;
	start_reading(f);
	return f;
}

struct logfeed *
logfeed_files(const struct strv *paths, const char *lab, bool follow)
{
	struct logfeed *f = new_feed(-1, paths->v[paths->n - 1]);

	for (size_t i = 0; i < paths->n; i++)
		strv_add(&f->paths, paths->v[i]);
	f->lab = lab != NULL ? xstrdup(lab) : NULL;
	f->follow = follow;
	return f;
}

/* In the child: ends of ours become its own. */
static void
child_exec(const char *file, char *const argv[], int out, int errs)
{
	int null = open("/dev/null", O_RDONLY);

	if (dup2(null, 0) == -1 || dup2(out, 1) == -1 || dup2(errs, 2) == -1)
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	execv(file, argv);
	_exit(127);
}

struct logfeed *
logfeed_run(const struct strv *argv, struct qerr *e)
{
	char *file = proc_find(argv->v[0]);
	struct logfeed *f = NULL;
	FILE *errs = tmpfile();
	int p[2] = { -1, -1 };
	pid_t pid = -1;

	if (file == NULL)
		qerr_set(e, QERR_FAIL, "no program '%s'%s", argv->v[0],
		    strchr(argv->v[0], '/') == NULL ? " in PATH" : "");
	else if (errs == NULL || pipe(p) == -1)
		qerr_sys(e, "cannot make a pipe");
	else {
		fcntl(p[0], F_SETFD, FD_CLOEXEC);
		pid = fork();
		if (pid == 0)
			child_exec(file, argv->v, p[1], fileno(errs));
		if (pid == -1)
			qerr_sys(e, "cannot start '%s'", argv->v[0]);
	}
	if (p[1] != -1)
		close(p[1]);
	free(file);
	if (pid == -1) {
		if (errs != NULL)
			fclose(errs);
		if (p[0] != -1)
			close(p[0]);
		return NULL;
	}
	f = logfeed_fd(p[0], argv->v[0], 0, false);
	f->pid = pid;
	f->errs = errs;
	return f;
}

const char *
logfeed_name(const struct logfeed *f)
{
	return f->name;
}

int
logfeed_pollfd(const struct logfeed *f)
{
	return f->paths.n > 0 && f->follow ? -1 : f->fd;
}

void
logfeed_idle(struct logfeed *f)
{
	if (f->reader != NULL)
		logread_idle(f->reader);
}

/* The next file that is there; false when there is none. */
static bool
open_next(struct logfeed *f)
{
	while (f->fd == -1 && f->at < f->paths.n) {
		f->fd = open(f->paths.v[f->at], O_RDONLY | O_CLOEXEC);
		/* One that is followed may come yet. */
		if (f->fd == -1 && f->follow && f->at + 1 == f->paths.n)
			return false;
		if (f->fd != -1)
			start_reading(f);
		f->at++;
	}
	return f->fd != -1;
}

/* Is there another file of that name by now? */
static bool
turned_over(const struct logfeed *f)
{
	struct stat a, b;

	return fstat(f->fd, &a) == 0 &&
	    stat(f->paths.v[f->paths.n - 1], &b) == 0 &&
	    (a.st_ino != b.st_ino || a.st_dev != b.st_dev);
}

/* End of what fd gives: 1 when it is to be waited for. */
static int
at_end(struct logfeed *f)
{
	if (f->follow && f->paths.n > 0 && f->at == f->paths.n) {
		if (!turned_over(f))
			return 1;
		f->at--;
	}
	f->ended = true;
	if (f->pid == 0 || f->paths.n > 0) {
		if (f->fd > 0)
			close(f->fd);
		f->fd = -1;
	}
	logread_end(f->reader);
	return 0;
}

/* More bytes for the reader: 0, 1 when there are none now, -1 and *e. */
static int
fill(struct logfeed *f, struct qerr *e)
{
	struct pollfd p = { .fd = f->fd, .events = POLLIN };
	ssize_t n;

	/* The kernel's records are all there are now. */
	if (poll(&p, 1, 0) == 0 && (f->boot_us == 0 || f->follow))
		return 1;
	do
		n = read(f->fd, f->buf, sizeof(f->buf));
	while (n == -1 && (errno == EINTR || errno == EPIPE));
	if (n > 0) {
		logread_feed(f->reader, f->buf, (size_t)n);
		return 0;
	}
	if (n == -1 && errno == EAGAIN && f->boot_us == 0)
		return 1;
	if (n == -1 && errno != EAGAIN) {
		qerr_sys(e, "%s", f->name);
		at_end(f);
		return -1;
	}
	return at_end(f);
}

enum logfeed_got
logfeed_next(struct logfeed *f, struct logrec *r, struct qerr *e)
{
	for (;;) {
		int got;

		if (f->reader == NULL && !open_next(f))
			return f->follow ? LOGFEED_WAIT : LOGFEED_END;
		got = logread_next(f->reader, r, e);
		if (got == 1) {
			if (r->lab.s == NULL && f->lab != NULL)
				r->lab = slice_str(f->lab);
			return LOGFEED_RECORD;
		}
		if (got == -1) {
			qerr_prefix(e, "%s", f->name);
			return LOGFEED_BAD;
		}
		if (f->ended) {
			if (f->at == f->paths.n &&
			    (!f->follow || f->paths.n == 0))
				return LOGFEED_END;
			logread_free(f->reader);
			f->reader = NULL;
			continue;
		}
		got = fill(f, e);
		if (got == -1) {
			qerr_prefix(e, "%s", f->name);
			return LOGFEED_BAD;
		}
		if (got == 1)
			return LOGFEED_WAIT;
	}
}

static int
reap(pid_t pid, bool ended)
{
	int status = 0;

	if (!ended)
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 0;
	if (!ended)
		return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static char *
said(FILE *errs)
{
	char *text = xcalloc(1, ERRS_MAX);

	rewind(errs);
	text[fread(text, 1, ERRS_MAX - 1, errs)] = '\0';
	fclose(errs);
	return text;
}

int
logfeed_close(struct logfeed *f, char **errs)
{
	int status = 0;

	if (errs != NULL)
		*errs = NULL;
	if (f == NULL)
		return 0;
	if (f->fd > 0)
		close(f->fd);
	if (f->pid > 0) {
		char *text;

		status = reap(f->pid, f->ended);
		text = said(f->errs);
		if (errs != NULL)
			*errs = text;
		else
			free(text);
	}
	logread_free(f->reader);
	strv_free(&f->paths);
	free(f->lab);
	free(f->name);
	free(f);
	return status;
}

/* ---- by time ---- */

struct loghead {
	struct logrec rec;
	int64_t us;		/* its time, or that of the one before it */
	bool have, ended;
};

void
logmerge_init(struct logmerge *m, struct logfeed **feeds, size_t n)
{
	*m = (struct logmerge){ .feeds = feeds, .n = n };
	m->heads = xcalloc(n, sizeof(*m->heads));
	for (size_t i = 0; i < n; i++)
		m->heads[i].us = LOGREC_NOTIME;
}

void
logmerge_release(struct logmerge *m)
{
	free(m->heads);
	*m = (struct logmerge){ 0 };
}

static void
wait_for(struct logmerge *m, struct logfeed *f)
{
	struct pollfd p = { .fd = logfeed_pollfd(f), .events = POLLIN };

	if (m->waiting != NULL)
		m->waiting();
	if (poll(&p, 1, LOGFEED_IDLE_MS) == 0)
		logfeed_idle(f);
}

enum logfeed_got
logmerge_next(struct logmerge *m, struct logrec *r, struct qerr *e)
{
	struct loghead *first = NULL;

	for (size_t i = 0; i < m->n; i++) {
		struct loghead *h = &m->heads[i];
		enum logfeed_got got;

		if (!h->have && !h->ended) {
			while ((got = logfeed_next(m->feeds[i], &h->rec, e)) ==
			    LOGFEED_WAIT)
				wait_for(m, m->feeds[i]);
			m->last = i;
			if (got == LOGFEED_BAD)
				return got;
			h->have = got == LOGFEED_RECORD;
			h->ended = !h->have;
			if (h->have && h->rec.us != LOGREC_NOTIME)
				h->us = h->rec.us;
		}
		if (h->have && (first == NULL || h->us < first->us))
			first = h;
	}
	if (first == NULL)
		return LOGFEED_END;
	m->last = (size_t)(first - m->heads);
	first->have = false;
	*r = first->rec;
	return LOGFEED_RECORD;
}
