/* SPDX-License-Identifier: ISC */
/* logknown.h - the messages whose meaning is known */
#ifndef QLAB_LOGKNOWN_H
#define QLAB_LOGKNOWN_H

#include "logrec.h"

struct logknown {
	enum logrec_event event;
	enum logrec_level severity;	/* DEFAULT: as things should go */
	const char *explain;		/* a sentence, no full stop; or NULL */
	/* How it is recognized: see logknown.c. */
	const char *process, *pattern;
};

/*
 * If the message is a known one: sets known and event, and those of net,
 * ifname, mac, ip, vm, lab that it tells and that the record does not have
 * yet (slices into the message).  ifname is the system's own name; which
 * network of which lab that is, the message does not know.
 */
void	logknown_apply(struct logrec *r);

#endif
