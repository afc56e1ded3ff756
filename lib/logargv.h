/* SPDX-License-Identifier: ISC */
/* logargv.h - how macOS' log(1) and journalctl(1) are asked, and answer */
#ifndef QLAB_LOGARGV_H
#define QLAB_LOGARGV_H

#include <stdbool.h>
#include <stdint.h>

#include "qerr.h"
#include "strv.h"

struct logquery {
	const char *predicate;	/* for log(1); NULL or "": everything */
	const char *presets;	/* for the journal: logpreset_journal() */
	const char *process;	/* only this one's, or NULL */
	const char *place;	/* archive, file, directory; NULL: live */
	int64_t since_us, until_us;	/* 0: no limit */
	const char *last;	/* "3m": since_us, as it was given */
	bool follow;
};

/*
 * log show, or log stream to follow; all levels, ndjson.  program is the first
 * word: never a bare "log", which is a builtin of zsh.
 */
void	logargv_log(const struct logquery *q, const char *program,
	    struct strv *argv);
/* log collect into a directory or a new archive. */
void	logargv_collect(const struct logquery *q, const char *program,
	    const char *dir, struct strv *argv);
/* journalctl -o export. */
void	logargv_journal(const struct logquery *q, struct strv *argv);

/*
 * log(1) has ended with status (not 0) after it said errs: *e gets the kind and
 * a line that says what it means; always -1.
 */
int	logargv_explain(int status, const char *errs, const char *archive,
	    struct qerr *e);

#endif
