/* SPDX-License-Identifier: ISC */
/* holdwire.c - what the holder hears on its lab's networks */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "holdwire.h"
#include "strv.h"
#include "wiretap.h"

/* A guest that floods us with ARP costs no more than this many at a time, */
#define BURST		64
/* after which we do not listen for so long. */
#define PAUSE_MS	50

struct tap {
	struct holdwire *w;
	struct tap *next;
	int fd;
	struct loop_io *io;
	struct loop_timer *pause;
};

struct holdwire {
	struct loop *l;
	struct tap *taps;
	struct wire_table t;
	void (*news)(void *arg, const struct wire_fact *f);
	void *arg;
};

struct holdwire *
holdwire_new(struct loop *l, void (*news)(void *arg,
    const struct wire_fact *f), void *arg)
{
	struct holdwire *w = xcalloc(1, sizeof(*w));

	w->l = l;
	w->news = news;
	w->arg = arg;
	return w;
}

static void
tap_free(struct tap *t)
{
	for (struct tap **p = &t->w->taps; *p != NULL; p = &(*p)->next)
		if (*p == t) {
			*p = t->next;
			break;
		}
	loop_timer_del(t->pause);
	loop_io_del(t->io);
	close(t->fd);
	free(t);
}

void
holdwire_free(struct holdwire *w)
{
	if (w == NULL)
		return;
	while (w->taps != NULL)
		tap_free(w->taps);
	wire_free(&w->t);
	free(w);
}

void
holdwire_frame(void *arg, const void *frame, size_t len)
{
	struct holdwire *w = arg;
	struct wire_fact f;

	if (!wire_read(frame, len, &f))
		return;
	f.at = time(NULL);
	if (wire_note(&w->t, &f) && w->news != NULL)
		w->news(w->arg, &f);
}

static void
go_on(void *arg)
{
	struct tap *t = arg;

	t->pause = NULL;
	loop_io_events(t->io, POLLIN);
}

static void
on_tap(void *arg, int fd, short revents)
{
	struct tap *t = arg;
	uint8_t buf[WIRE_SNAP];

	(void)revents;
	for (int i = 0; i < BURST; i++) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		/* Interfaces go down and up again; ENODEV is for good. */
		if (n == -1 && errno != ENETDOWN) {
			tap_free(t);
			return;
		}
		if (n > 0)
			holdwire_frame(t->w, buf, (size_t)n);
	}
	loop_io_events(t->io, 0);
	if (t->pause == NULL)
		t->pause = loop_timer_add(t->w->l, PAUSE_MS, go_on, t);
}

int
holdwire_listen(struct holdwire *w, const char *ifname, struct qerr *e)
{
	int fd = wiretap_open(ifname, e);
	struct tap *t;

	if (fd == -1)
		return -1;
	t = xcalloc(1, sizeof(*t));
	t->w = w;
	t->fd = fd;
	t->next = w->taps;
	w->taps = t;
	t->io = loop_io_add(w->l, fd, POLLIN, on_tap, t);
	return 0;
}

json_t *
holdwire_facts(const struct holdwire *w, size_t from, size_t max)
{
	return wire_to_json(&w->t, from, max);
}
