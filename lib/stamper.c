/* SPDX-License-Identifier: ISC */
/* stamper.c - what a service prints, with the time, into its log */
#include <sys/time.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stamper.h"
#include "strv.h"
#include "timetext.h"

int
stamper_open(struct stamper *s, const char *path, struct qerr *e)
{
	int p[2];

	*s = (struct stamper){ .in = -1, .out = -1 };
	s->log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (s->log == -1)
		return qerr_sys(e, "cannot open '%s'", path);
	if (pipe(p) == -1)
		return qerr_sys(e, "cannot make a pipe");
	s->out = p[0];
	s->in = p[1];
	fcntl(s->out, F_SETFD, FD_CLOEXEC);
	fcntl(s->in, F_SETFD, FD_CLOEXEC);
	fcntl(s->out, F_SETFL, O_NONBLOCK);
	return 0;
}

static void
put_line(const struct stamper *s, const char *line, int len)
{
	char when[TIME_RFC3339SZ], *text;
	struct timeval now;

	gettimeofday(&now, NULL);
	time_rfc3339((int64_t)now.tv_sec * 1000000 + now.tv_usec, when);
	text = xasprintf("%s %.*s\n", when, len, line);
	/* One write a line. */
	if (write(s->log, text, strlen(text)) == -1) {
		/* A full disk loses lines, never a lab. */
	}
	free(text);
}

void
stamper_run(struct stamper *s)
{
	ssize_t n;

	while ((n = read(s->out, s->buf + s->len, sizeof(s->buf) -
	    s->len)) > 0) {
		size_t done = 0, have = s->len + (size_t)n;
		char *nl;

		while ((nl = memchr(s->buf + done, '\n', have - done)) !=
		    NULL) {
			put_line(s, s->buf + done,
			    (int)(nl - s->buf) - (int)done);
			done = (size_t)(nl - s->buf) + 1;
		}
		if (done == 0 && have == sizeof(s->buf)) {
			put_line(s, s->buf, (int)have);
			done = have;
		}
		s->len = have - done;
		memmove(s->buf, s->buf + done, s->len);
	}
}

void
stamper_close(struct stamper *s)
{
	int fds[] = { s->in, s->out, s->log };

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] > 0)
			close(fds[i]);
	*s = (struct stamper){ .in = -1, .out = -1, .log = -1 };
}
