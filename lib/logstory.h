/* SPDX-License-Identifier: ISC */
/* logstory.h - many log records as one story: a timeline, a summary */
#ifndef QLAB_LOGSTORY_H
#define QLAB_LOGSTORY_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "logrec.h"

/*
 * A timeline: what has an event, a line each, the networks of each lab apart.
 * An event that two sources tell of within two seconds is one, as qlab itself
 * tells it, else as the first: the kernel's clock goes its own way.
 */
struct timeline {
	struct timeline_event *events;
	size_t n, seq;
};

bool	timeline_wants(const struct logrec *r);
void	timeline_add(struct timeline *t, const struct logrec *r);
void	timeline_write(struct timeline *t, FILE *f);
void	timeline_free(struct timeline *t);

/* A summary: from when to when, how many of what, what went wrong. */
struct summary {
	uint64_t n;
	int64_t first_us, last_us;	/* NOTIME: none has a time */
	int16_t first_zone, last_zone;
	struct summary_count *processes, *problems;
	size_t nprocesses, nproblems;
	uint64_t events[LOGREC_NEVENTS];
};

void	summary_init(struct summary *s);
void	summary_add(struct summary *s, const struct logrec *r);
void	summary_write(struct summary *s, FILE *f);
json_t	*summary_json(struct summary *s);	/* new reference */
void	summary_free(struct summary *s);

#endif
