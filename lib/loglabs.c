/* SPDX-License-Identifier: ISC */
/* loglabs.c - what labs' own logs know: who had which interface, and when */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "addr.h"
#include "loglabs.h"
#include "logtime.h"

/* The kernel speaks of an interface before its event is written, and after. */
#define BEFORE_US	1000000
#define AFTER_US	500000

/* While the events of a lab are read. */
struct history {
	struct loglab *lab;
	struct logtime_ref ref;
	size_t nets, vms;	/* that are up */
};

static const char *
text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static void
add_name(struct strv *names, const char *name)
{
	if (lab_name_ok(name) && !strv_has(names, name))
		strv_add(names, name);
}

static void
span_open(struct history *h, const json_t *j, int64_t us)
{
	struct loglab *lab = h->lab;
	struct loglab_span *s;

	lab->spans = xgrow(lab->spans, lab->nspans, sizeof(*lab->spans));
	s = &lab->spans[lab->nspans++];
	*s = (struct loglab_span){ .from_us = us, .to_us = INT64_MAX };
	snprintf(s->vm, sizeof(s->vm), "%s", text_of(j, "vm"));
	snprintf(s->nic, sizeof(s->nic), "%s", text_of(j, "nic"));
	snprintf(s->net, sizeof(s->net), "%s", text_of(j, "net"));
	snprintf(s->ifname, sizeof(s->ifname), "%s", text_of(j, "if"));
	if (mac_parse(text_of(j, "mac"), s->mac) == -1)
		memset(s->mac, 0, sizeof(s->mac));
}

/* The last open ones of that VM (NULL: all), NIC and network. */
static void
span_close(struct history *h, const char *vm, const char *nic,
    const char *net, int64_t us)
{
	for (size_t i = h->lab->nspans; i-- > 0;) {
		struct loglab_span *s = &h->lab->spans[i];

		if (s->to_us == INT64_MAX &&
		    (vm == NULL || strcmp(s->vm, vm) == 0) &&
		    (nic == NULL || strcmp(s->nic, nic) == 0) &&
		    (net == NULL || strcmp(s->net, net) == 0))
			s->to_us = us;
	}
}

/* Counts what is up; a lab of which nothing is runs no more. */
static void
count(struct history *h, const char *event, int64_t us)
{
	struct loglab *lab = h->lab;
	bool up = strcmp(event, "network-up") == 0;
	bool vm = strcmp(event, "vm-started") == 0;

	if (!lab->running && (up || vm ||
	    strcmp(event, "interface-attached") == 0)) {
		lab->running = true;
		lab->started_us = us;
	}
	h->nets += up;
	h->vms += vm;
	if (strcmp(event, "network-down") == 0)
		h->nets -= h->nets > 0;
	else if (strcmp(event, "vm-ended") == 0 ||
	    strcmp(event, "vm-lost") == 0)
		h->vms -= h->vms > 0;
	else if (strcmp(event, "networks-down") == 0 ||
	    strcmp(event, "networks-lost") == 0)
		h->nets = h->vms = 0;
	else
		return;
	lab->running = h->nets + h->vms > 0;
}

static void
take_event(struct history *h, const json_t *j)
{
	const char *event = text_of(j, "event");
	struct slice t = slice_str(text_of(j, "time"));
	const char *vm = text_of(j, "vm"), *net = text_of(j, "net");
	int16_t zone;
	int64_t us;

	if (!logtime_iso(&t, &h->ref, &us, &zone))
		return;
	add_name(&h->lab->vms, vm);
	add_name(&h->lab->nets, net);
	count(h, event, us);
	if (strcmp(event, "network-up") == 0 ||
	    strcmp(event, "interface-attached") == 0)
		span_open(h, j, us);
	else if (strcmp(event, "interface-detached") == 0)
		span_close(h, vm, text_of(j, "nic"), NULL, us);
	else if (strcmp(event, "network-down") == 0)
		span_close(h, NULL, NULL, net, us);
	else if (strcmp(event, "vm-ended") == 0 ||
	    strcmp(event, "vm-lost") == 0)
		span_close(h, vm, NULL, NULL, us);
	else if (strcmp(event, "networks-down") == 0 ||
	    strcmp(event, "networks-lost") == 0)
		span_close(h, NULL, NULL, NULL, us);
}

static void
read_events(struct history *h, const char *file)
{
	char *path = xasprintf("%s/%s", h->lab->dir, file), *line = NULL;
	FILE *f = fopen(path, "re");
	size_t size = 0;
	ssize_t len;

	while (f != NULL && (len = getline(&line, &size, f)) > 0) {
		json_t *j = json_loadb(line, (size_t)len, 0, NULL);

		/* A line cut short by a full disk is left out. */
		if (json_is_object(j))
			take_event(h, j);
		json_decref(j);
	}
	if (f != NULL)
		fclose(f);
	free(line);
	free(path);
}

static int
by_name(const void *a, const void *b)
{
	const struct loglab *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int
loglabs_load(struct loglabs *l, const char *root, struct qerr *e)
{
	DIR *d = opendir(root);
	struct dirent *de;

	*l = (struct loglabs){ 0 };
	if (d == NULL)
		return errno == ENOENT ? 0 :
		    qerr_sys(e, "cannot read '%s'", root);
	while ((de = readdir(d)) != NULL) {
		struct history h = { 0 };

		if (!lab_name_ok(de->d_name))
			continue;
		l->labs = xrealloc(l->labs, (l->n + 1) * sizeof(*l->labs));
		h.lab = &l->labs[l->n++];
		*h.lab = (struct loglab){ .dir = xasprintf("%s/%s", root,
		    de->d_name) };
		snprintf(h.lab->name, sizeof(h.lab->name), "%.31s",
		    de->d_name);
		logtime_ref_init(&h.ref, 0);
		read_events(&h, "events.ndjson.1");
		read_events(&h, "events.ndjson");
	}
	closedir(d);
	if (l->n > 1)
		qsort(l->labs, l->n, sizeof(*l->labs), by_name);
	return 0;
}

void
loglabs_free(struct loglabs *l)
{
	for (size_t i = 0; i < l->n; i++) {
		strv_free(&l->labs[i].vms);
		strv_free(&l->labs[i].nets);
		free(l->labs[i].spans);
		free(l->labs[i].dir);
	}
	free(l->labs);
	*l = (struct loglabs){ 0 };
}

const struct loglab *
loglabs_find(const struct loglabs *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->labs[i].name, name) == 0)
			return &l->labs[i];
	return NULL;
}

/* ---- whose record is it? ---- */

/* What a record tells of where it belongs. */
struct clue {
	struct slice ifname, port, net;	/* port: "wan" of "wan: port 1(tap0)" */
	uint8_t mac[6];
	bool has_mac;
	int64_t us;
};

static void
take_clues(struct clue *c, const struct logrec *r)
{
	const char *colon = r->message.len > 0 ?
	    memchr(r->message.s, ':', r->message.len) : NULL;
	char mac[20];

	*c = (struct clue){ .ifname = r->ifname, .net = r->net, .us = r->us };
	if (colon != NULL && slice_is(r->process, "kernel") &&
	    slice_starts((struct slice){ colon, (size_t)(r->message.s +
	    r->message.len - colon) }, ": port "))
		c->port = (struct slice){ r->message.s,
		    (size_t)(colon - r->message.s) };
	if (r->mac.len == 0 || r->mac.len >= sizeof(mac))
		return;
	memcpy(mac, r->mac.s, r->mac.len);
	mac[r->mac.len] = '\0';
	c->has_mac = mac_parse(mac, c->mac) == 0;
}

static bool
fits(const struct loglab_span *s, const struct clue *c)
{
	if (c->us == LOGREC_NOTIME || c->us < s->from_us - BEFORE_US ||
	    (s->to_us != INT64_MAX && c->us > s->to_us + AFTER_US))
		return false;
	if (c->port.len > 0 && !slice_is(c->port, s->net))
		return false;
	if (*s->vm == '\0')	/* a bridge is called as its network is */
		return !c->has_mac && (slice_is(c->ifname, s->net) ||
		    slice_is(c->port, s->net) || slice_is(c->net, s->net));
	return c->has_mac ? memcmp(c->mac, s->mac, 6) == 0 :
	    c->ifname.len > 0 && slice_is(c->ifname, s->ifname);
}

static const struct loglab_span *
best_span(const struct loglab *lab, const struct clue *c)
{
	const struct loglab_span *best = NULL;

	for (size_t i = 0; i < lab->nspans; i++) {
		const struct loglab_span *s = &lab->spans[i];

		/* Later ones, and NICs rather than networks. */
		if (fits(s, c) && (best == NULL || *s->vm != '\0' ||
		    *best->vm == '\0'))
			best = s;
	}
	return best;
}

void
loglabs_apply(const struct loglabs *l, struct logrec *r)
{
	const struct loglab *of = NULL;
	const struct loglab_span *span = NULL;
	struct clue c;

	if (l->n == 0 || r->vm.len > 0 ||
	    (r->ifname.len == 0 && r->mac.len == 0 && r->net.len == 0))
		return;
	take_clues(&c, r);
	for (size_t i = 0; i < l->n; i++) {
		const struct loglab_span *s;

		if (r->lab.len > 0 && !slice_is(r->lab, l->labs[i].name))
			continue;
		s = best_span(&l->labs[i], &c);
		if (s == NULL)
			continue;
		if (of != NULL)
			return;
		of = &l->labs[i];
		span = s;
	}
	if (span == NULL)
		return;
	if (r->lab.len == 0)
		r->lab = slice_str(of->name);
	if (*span->vm != '\0')
		r->vm = slice_str(span->vm);
	if (r->net.len == 0)
		r->net = slice_str(span->net);
}
