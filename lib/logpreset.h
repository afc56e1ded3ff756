/* SPDX-License-Identifier: ISC */
/* logpreset.h - the questions that are asked of logs most, as predicates */
#ifndef QLAB_LOGPRESET_H
#define QLAB_LOGPRESET_H

#include <stdbool.h>

#include "qerr.h"
#include "strv.h"

struct logpreset {
	const char *name, *help;
	/* What to ask macOS' log(1) for; "": everything. */
	const char *unified;
	/* The same story where it is told by others: added to it there. */
	const char *others;
	/* Matches of journalctl(1), a superset of others; "": everything. */
	const char *journal;
};

extern const struct logpreset logpresets[];
extern const int logpresets_n;

/*
 * Presets by their names, with commas between, as a predicate (predicate.h) for
 * log(1) itself, or for records of any origin.  NULL and QERR_INPUT when there
 * is no such preset.  Caller frees; "" is everything.
 */
char	*logpreset_predicate(const char *names, bool unified, struct qerr *e);
/* Their matches for journalctl(1), added to *argv. */
void	logpreset_journal(const char *names, struct strv *argv);

#endif
