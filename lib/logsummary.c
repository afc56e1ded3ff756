/* SPDX-License-Identifier: ISC */
/* logsummary.c - many log records as one story: a summary */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "logknown.h"
#include "logout.h"
#include "logstory.h"
#include "strv.h"
#include "table.h"
#include "timetext.h"

#define MAX_NAMES	256	/* the rest is counted together */
#define MAX_WORDS	200	/* messages that begin alike are one problem */

/* A process, or a problem: a known message, or what is known of none. */
struct summary_count {
	char *name;
	const struct logknown *known;
	uint64_t n;
	int64_t last_us;
	int16_t zone;
};

void
summary_init(struct summary *s)
{
	*s = (struct summary){ .first_us = LOGREC_NOTIME,
	    .last_us = LOGREC_NOTIME };
}

static struct summary_count *
add_count(struct summary_count **all, size_t *n, struct slice name,
    const struct logknown *known)
{
	*all = xrealloc(*all, (*n + 1) * sizeof(**all));
	(*all)[*n] = (struct summary_count){ .known = known,
	    .last_us = LOGREC_NOTIME,
	    .name = xasprintf("%.*s", (int)name.len, name.s != NULL ? name.s :
	    "") };
	return &(*all)[(*n)++];
}

static void
count_process(struct summary *s, const struct logrec *r)
{
	struct slice name = r->process.len > 0 ? r->process : SLICE("-");
	size_t i = 0;

	while (i < s->nprocesses && !slice_is(name, s->processes[i].name))
		i++;
	if (i == s->nprocesses && i == MAX_NAMES)
		i--;
	else if (i == s->nprocesses)
		add_count(&s->processes, &s->nprocesses, i == MAX_NAMES - 1 ?
		    SLICE("(others)") : name, NULL);
	s->processes[i].n++;
}

static bool
is_problem(const struct logrec *r)
{
	return r->event == LOGREC_CONFLICT || r->event == LOGREC_ERROR_EVENT ||
	    r->event == LOGREC_LEASE_REFUSED || r->level >= LOGREC_ERROR ||
	    (r->known != NULL && r->known->severity >= LOGREC_WARNING);
}

/* Known ones by what they mean, others by their words. */
static void
count_problem(struct summary *s, const struct logrec *r)
{
	struct summary_count *c = NULL;
	struct slice words = r->message;

	if (words.len > MAX_WORDS)
		words.len = MAX_WORDS;
	for (size_t i = 0; i < s->nproblems && c == NULL; i++) {
		struct summary_count *p = &s->problems[i];

		if (r->known != NULL ? p->known == r->known : p->known ==
		    NULL && slice_is(words, p->name))
			c = p;
	}
	if (c == NULL && s->nproblems == MAX_NAMES)
		c = &s->problems[MAX_NAMES - 1];
	else if (c == NULL)
		c = add_count(&s->problems, &s->nproblems, words, r->known);
	c->n++;
	c->last_us = r->us;
	c->zone = r->zone;
}

void
summary_add(struct summary *s, const struct logrec *r)
{
	s->n++;
	s->events[r->event]++;
	count_process(s, r);
	if (is_problem(r))
		count_problem(s, r);
	if (r->us == LOGREC_NOTIME)
		return;
	if (s->first_us == LOGREC_NOTIME || r->us < s->first_us) {
		s->first_us = r->us;
		s->first_zone = r->zone;
	}
	if (s->last_us == LOGREC_NOTIME || r->us >= s->last_us) {
		s->last_us = r->us;
		s->last_zone = r->zone;
	}
}

static int
by_count(const void *a, const void *b)
{
	const struct summary_count *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n) - (x->n > y->n) :
	    strcmp(x->name, y->name);
}

static char *
when(int64_t us, int16_t zone)
{
	struct logout_time t;

	if (us == LOGREC_NOTIME)
		return xstrdup("-");
	logout_time(&t, us, zone);
	return xasprintf("%sT%s%s", t.date, t.clock, t.zone);
}

static void
write_times(const struct summary *s, FILE *f)
{
	char *first = when(s->first_us, s->first_zone);
	char *last = when(s->last_us, s->last_zone), span[TIME_SPANSZ];

	fprintf(f, "%" PRIu64 " record%s", s->n, s->n == 1 ? "" : "s");
	if (s->first_us != LOGREC_NOTIME)
		fprintf(f, " from %s\n%*s to %s (%s)", first, (int)(strlen(
		    " records") + (s->n != 1)), "", last, time_span(
		    (s->last_us - s->first_us) / 1000000, span));
	fputc('\n', f);
	free(first);
	free(last);
}

static void
write_problems(const struct summary *s, FILE *f)
{
	fputs(s->nproblems > 0 ? "\nPROBLEMS\n" : "\nno problems\n", f);
	for (size_t i = 0; i < s->nproblems; i++) {
		const struct summary_count *p = &s->problems[i];
		char *name = table_clean(p->name);
		char *last = when(p->last_us, p->zone);

		fprintf(f, "%" PRIu64 " x %s\n", p->n, name);
		if (p->known != NULL && p->known->explain != NULL)
			fprintf(f, "    %s\n", p->known->explain);
		if (p->last_us != LOGREC_NOTIME)
			fprintf(f, "    %s %s\n", p->n > 1 ? "last" : "at",
			    last);
		free(last);
		free(name);
	}
}

void
summary_write(struct summary *s, FILE *f)
{
	static const char *const heads[][2] = { { "PROCESS", "RECORDS" },
		{ "EVENT", "TIMES" } };
	struct table t;
	char num[24];

	write_times(s, f);
	qsort(s->processes, s->nprocesses, sizeof(*s->processes), by_count);
	fputc('\n', f);
	table_init(&t, 2, heads[0]);
	for (size_t i = 0; i < s->nprocesses; i++) {
		snprintf(num, sizeof(num), "%" PRIu64, s->processes[i].n);
		table_cell(&t, s->processes[i].name);
		table_cell(&t, num);
	}
	table_write(&t, f, true);
	table_free(&t);
	table_init(&t, 2, heads[1]);
	for (int i = 1; i < LOGREC_NEVENTS; i++) {
		if (s->events[i] == 0)
			continue;
		snprintf(num, sizeof(num), "%" PRIu64, s->events[i]);
		table_cell(&t, logrec_event_name((enum logrec_event)i));
		table_cell(&t, num);
	}
	if (t.n > 2) {
		fputc('\n', f);
		table_write(&t, f, true);
	}
	table_free(&t);
	write_problems(s, f);
}

static json_t *
text_json(const char *s)
{
	struct logout o = { 0 };
	json_t *j = json_string(logout_clean(&o, slice_str(s)));

	logout_release(&o);
	return j;
}

static json_t *
when_json(int64_t us, int16_t zone)
{
	char *s = when(us, zone);
	json_t *j = us == LOGREC_NOTIME ? json_null() : json_string(s);

	free(s);
	return j;
}

json_t *
summary_json(struct summary *s)
{
	json_t *j = json_pack("{s:i,s:I,s:o,s:o}", "schema", 1, "records",
	    (json_int_t)s->n, "first", when_json(s->first_us, s->first_zone),
	    "last", when_json(s->last_us, s->last_zone));
	json_t *processes = json_object(), *events = json_object();
	json_t *problems = json_array();

	for (size_t i = 0; i < s->nprocesses; i++) {
		json_t *key = text_json(s->processes[i].name);

		json_object_set_new(processes, json_string_value(key),
		    json_integer((json_int_t)s->processes[i].n));
		json_decref(key);
	}
	for (int i = 1; i < LOGREC_NEVENTS; i++)
		if (s->events[i] > 0)
			json_object_set_new(events,
			    logrec_event_name((enum logrec_event)i),
			    json_integer((json_int_t)s->events[i]));
	for (size_t i = 0; i < s->nproblems; i++) {
		const struct summary_count *p = &s->problems[i];

		json_array_append_new(problems, json_pack(
		    "{s:o,s:I,s:o,s:s?}", "message", text_json(p->name),
		    "times", (json_int_t)p->n, "last", when_json(p->last_us,
		    p->zone), "means", p->known != NULL ? p->known->explain :
		    NULL));
	}
	json_object_set_new(j, "processes", processes);
	json_object_set_new(j, "events", events);
	json_object_set_new(j, "problems", problems);
	return j;
}

void
summary_free(struct summary *s)
{
	for (size_t i = 0; i < s->nprocesses; i++)
		free(s->processes[i].name);
	for (size_t i = 0; i < s->nproblems; i++)
		free(s->problems[i].name);
	free(s->processes);
	free(s->problems);
}
