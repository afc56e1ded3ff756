/* SPDX-License-Identifier: ISC */
/* logline.h - one line of a text log */
#ifndef QLAB_LOGLINE_H
#define QLAB_LOGLINE_H

#include "logparse.h"

/*
 * The line, without its end, as the first of a record of that format.  False
 * when it does not look like one; a record without a time has no format.
 */
bool	logline_record(struct logparse *p, enum logread_format f,
	    struct slice line, struct logrec *r);
/* The same question without the record: cheap, and may say yes too often. */
bool	logline_starts(enum logread_format f, struct slice line);
/* May the message go on in the next line? */
bool	logline_goes_on(enum logread_format f, const struct logrec *r);

#endif
