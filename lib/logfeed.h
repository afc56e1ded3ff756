/* SPDX-License-Identifier: ISC */
/* logfeed.h - log records from files, descriptors and programs, by time */
#ifndef QLAB_LOGFEED_H
#define QLAB_LOGFEED_H

#include <sys/types.h>

#include <stdbool.h>

#include "logread.h"
#include "qerr.h"
#include "strv.h"

/* One place where records come from. */
struct logfeed;

/*
 * A descriptor, which is the feed's from now on; name is for messages.  With
 * boot_us it is logsrc_kernel()'s, which ends where there is no more now, but
 * not with follow.
 */
struct logfeed *logfeed_fd(int fd, const char *name, int64_t boot_us,
	    bool follow);
/*
 * Files one after the other, those that are not there passed over; with follow
 * the last one goes on, also when it is turned over (state_rotate()).  lab (or
 * NULL) is whose records these are.
 */
struct logfeed *logfeed_files(const struct strv *paths, const char *lab,
	    bool follow);
/* Standard output of a program. */
struct logfeed *logfeed_run(const struct strv *argv, struct qerr *e);

enum logfeed_got {
	LOGFEED_END,
	LOGFEED_RECORD,
	LOGFEED_BAD,		/* *e: a malformed record, left out */
	LOGFEED_WAIT,		/* nothing now */
};

/* *r is valid until the next call. */
enum logfeed_got logfeed_next(struct logfeed *f, struct logrec *r,
	    struct qerr *e);
/* Nothing came for that long: logread_idle(). */
#define LOGFEED_IDLE_MS	200
void	logfeed_idle(struct logfeed *f);
const char *logfeed_name(const struct logfeed *f);
/* What to poll(2) for input; -1: nothing, ask again after a while. */
int	logfeed_pollfd(const struct logfeed *f);
/*
 * For a program: end it if it still runs; its exit status, 128+N for a signal
 * of others, 0 where there is none; what it said on standard error goes to
 * *errs (caller frees; NULL discards).
 */
int	logfeed_close(struct logfeed *f, char **errs);

/*
 * Several feeds, records by their times; one without a time belongs to the one
 * before it.  The feeds stay the caller's.
 */
struct logmerge {
	struct logfeed **feeds;
	struct loghead *heads;
	size_t n, last;		/* last: the feed of the last record */
	void (*waiting)(void);	/* called before it waits; may be NULL */
};

void	logmerge_init(struct logmerge *m, struct logfeed **feeds, size_t n);
void	logmerge_release(struct logmerge *m);
/* As logfeed_next(); feeds that must be waited for are waited for. */
enum logfeed_got logmerge_next(struct logmerge *m, struct logrec *r,
	    struct qerr *e);

#endif
