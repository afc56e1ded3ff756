/* SPDX-License-Identifier: ISC */
/* logq.h - the parts of qlab-logq */
#ifndef QLAB_LOGQ_H
#define QLAB_LOGQ_H

#include <stdbool.h>
#include <stdint.h>

#include "logfeed.h"
#include "loglabs.h"
#include "logwant.h"
#include "predicate.h"
#include "strv.h"

enum logq_output { LOGQ_TEXT, LOGQ_TIMELINE, LOGQ_SUMMARY };

/* What is asked for. */
struct logq {
	bool follow, json, verbose, print_predicate;
	enum logq_output output;
	struct strv files;		/* -r */
	const char *presets;		/* NULL: what suits the source */
	const char *predicate;		/* the user's own, or NULL */
	const char *since, *until;	/* as given, or NULL */
	int64_t since_us, until_us;	/* 0: no limit */
	struct logwant want;

	const char *program;		/* log(1), or NULL */
	char *unified;			/* what it is asked */
	struct predicate *filter;	/* for all others; NULL: everything */
	bool no_filter;			/* there is none: leave others out */

	struct loglabs labs;
	struct strv notes;		/* why there may be less than all */
};

enum logq_kind {
	LOGQ_UNIFIED,		/* log(1): it has chosen, predicate and time */
	LOGQ_JOURNAL,
	LOGQ_KERNEL,
	LOGQ_LAB,		/* a lab's own files */
	LOGQ_FILE,		/* -r */
};

struct logq_source {
	struct logfeed *feed;
	enum logq_kind kind;
};

struct logq_sources {
	struct logq_source *v;
	size_t n;
};

/* Open everything that q asks for; exits when that fails. */
void	logq_open(struct logq *q, struct logq_sources *s);
/* While following: open what labs have started since.  True: some have. */
bool	logq_open_labs(struct logq *q, struct logq_sources *s);
/*
 * Close all; the exit status that programs' failures ask for, which are said;
 * not when it was us who ended them.
 */
int	logq_close(struct logq_sources *s, bool ended_by_us);

/* qlab-logq collect; the exit status. */
int	logq_collect(const struct logq *q, const char *dir);

/* Microseconds since the epoch. */
int64_t	logq_now(void);

#endif
