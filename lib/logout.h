/* SPDX-License-Identifier: ISC */
/* logout.h - one log record as a line of text or of JSON */
#ifndef QLAB_LOGOUT_H
#define QLAB_LOGOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "logrec.h"

/* A line under way, used again for the next one; logout_release() it. */
struct logout {
	char *s;		/* the line with its "\n", NUL-terminated */
	size_t len, cap;
	/* The second that was written last, and how. */
	int64_t second;
	int16_t zone;
	char clock[24], east[8];
};

/*
 * "TIME process[pid]: message", the time as RFC 3339 with microseconds, in the
 * record's own zone or else in the local one; with verbose also level, sender,
 * [subsystem:category], and whose it is.  What is not clean (text.h) stands as
 * \xNN, so that it is one line and harmless.
 */
void	logout_text(struct logout *o, const struct logrec *r, bool verbose);
/*
 * An object as qlab-logq.1 has it, which logread() understands.  What is not
 * clean stands as \uNNNN, what is no UTF-8 as \ufffd.
 */
void	logout_json(struct logout *o, const struct logrec *r);

/* The time alone: a date, a clock time with microseconds, a zone. */
struct logout_time {
	char date[16], clock[24], zone[8];
};
void	logout_time(struct logout_time *t, int64_t us, int16_t zone);
/* A slice as logout_text() writes it, for other lines; starts anew. */
const char *logout_clean(struct logout *o, struct slice s);

void	logout_release(struct logout *o);

#endif
