/* SPDX-License-Identifier: ISC */
/* logknown.h - the messages whose meaning is known */
#ifndef QLAB_LOGKNOWN_H
#define QLAB_LOGKNOWN_H

#include "logrec.h"

struct logknown {
	enum logrec_event event;	/* may be none */
	enum logrec_level severity;	/* DEFAULT: as things should go */
	/* How it is recognized: see logknown.c. */
	const char *process, *pattern;
	const char *explain;		/* a sentence, no full stop; or NULL */
};

/*
 * If the message is a known one: sets known, and event, ifname, mac and ip
 * where the record does not have them yet and the message tells (slices into
 * it).  ifname is the system's own name, mac as written: which VM of which lab
 * that is, the message does not know.
 */
void	logknown_apply(struct logrec *r);

#endif
