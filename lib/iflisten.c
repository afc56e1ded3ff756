/* SPDX-License-Identifier: ISC */
/* iflisten.c - hear for a while who has which address */
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "iflisten.h"
#include "loop.h"
#include "qemus.h"
#include "strv.h"
#include "wiretap.h"

/* So many frames of one space, then the others have their turn. */
#define BURST	64

static int
open_tap(struct qerr *e)
{
	return wiretap_open(NULL, e);
}

static void
hear(struct fact_space *s, int fd)
{
	uint8_t buf[WIRE_SNAP];
	ssize_t n;

	/* A flood must not keep us here. */
	for (int i = 0; i < BURST && (n = read(fd, buf, sizeof(buf))) > 0;
	    i++) {
		struct wire_fact f;

		if (!wire_read(buf, (size_t)n, &f))
			continue;
		f.at = time(NULL);
		wire_note(&s->wire, &f);
	}
}

int
iflisten(struct facts *f, int ms, struct qerr *e)
{
	struct pollfd *p = xcalloc(f->nspaces, sizeof(*p));
	int64_t end = loop_now_ms() + ms, left;
	struct qerr err;
	int failed = 0;

	for (size_t i = 0; i < f->nspaces; i++) {
		const struct fact_space *s = &f->spaces[i];

		p[i] = (struct pollfd){ -1, POLLIN, 0 };
		/* A switch's cables are no kernel's, and its holder listens. */
		if (!s->seen || (s->id != qemus_space(0) && s->who.pid == 0 &&
		    s->handle == -1))
			continue;
		p[i].fd = qemus_open_in(s, open_tap, &err);
		if (p[i].fd == -1 && failed++ == 0 && e != NULL)
			*e = err;
	}
	while ((left = end - loop_now_ms()) > 0) {
		if (poll(p, f->nspaces, (int)left) == -1)
			break;
		for (size_t i = 0; i < f->nspaces; i++)
			if (p[i].revents != 0)
				hear(&f->spaces[i], p[i].fd);
	}
	for (size_t i = 0; i < f->nspaces; i++)
		if (p[i].fd != -1)
			close(p[i].fd);
	free(p);
	return failed;
}
