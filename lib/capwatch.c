/* SPDX-License-Identifier: ISC */
/* capwatch.c - no capture of a running VM may ever hold it up */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capobj.h"
#include "capwatch.h"
#include "strv.h"

#define LOOK_MS		400
#define MAX_FILTERS	256	/* more are not ours */

struct filter {
	struct filter *next;
	char name[CAPOBJ_SZ];
	struct proc_id reader;
};

struct capwatch {
	struct loop *l;
	void (*remove)(void *arg, const char *name);
	void *arg;
	struct filter *filters;
	size_t n;
	struct loop_timer *timer;
};

static void	on_time(void *arg);

struct capwatch *
capwatch_new(struct loop *l, void (*remove)(void *arg, const char *name),
    void *arg)
{
	struct capwatch *w = xcalloc(1, sizeof(*w));

	*w = (struct capwatch){ .l = l, .remove = remove, .arg = arg };
	return w;
}

static void
add(struct capwatch *w, const char *name)
{
	struct filter *f;
	struct proc_id reader;

	if (w->n >= MAX_FILTERS || !capobj_parse(name, &reader))
		return;
	f = xcalloc(1, sizeof(*f));
	*f = (struct filter){ .next = w->filters, .reader = reader };
	snprintf(f->name, sizeof(f->name), "%s", name);
	w->filters = f;
	w->n++;
	if (w->timer == NULL)
		w->timer = loop_timer_add(w->l, LOOK_MS, on_time, w);
}

static void
unlink_filter(struct capwatch *w, struct filter **p)
{
	struct filter *f = *p;

	*p = f->next;
	free(f);
	w->n--;
}

/* Somebody removes it himself. */
static void
forget(struct capwatch *w, const char *name)
{
	for (struct filter **p = &w->filters; *p != NULL; p = &(*p)->next)
		if (strcmp((*p)->name, name) == 0) {
			unlink_filter(w, p);
			return;
		}
}

void
capwatch_request(struct capwatch *w, const json_t *request)
{
	const char *command = json_string_value(json_object_get(request,
	    "execute"));
	const char *name = json_string_value(json_object_get(
	    json_object_get(request, "arguments"), "id"));

	if (command == NULL || name == NULL)
		return;
	if (strcmp(command, "object-add") == 0)
		add(w, name);
	else if (strcmp(command, "object-del") == 0)
		forget(w, name);
}

static void
on_time(void *arg)
{
	struct capwatch *w = arg;

	w->timer = NULL;
	for (struct filter **p = &w->filters; *p != NULL;) {
		switch (capobj_state(&(*p)->reader)) {
		case CAPOBJ_STOPPED:
			kill((*p)->reader.pid, SIGKILL);
			/* FALLTHROUGH */
		case CAPOBJ_DEAD:
			w->remove(w->arg, (*p)->name);
			unlink_filter(w, p);
			break;
		case CAPOBJ_READ:
			p = &(*p)->next;
		}
	}
	if (w->filters != NULL)
		w->timer = loop_timer_add(w->l, LOOK_MS, on_time, w);
}

void
capwatch_free(struct capwatch *w)
{
	if (w == NULL)
		return;
	while (w->filters != NULL)
		unlink_filter(w, &w->filters);
	loop_timer_del(w->timer);
	free(w);
}
