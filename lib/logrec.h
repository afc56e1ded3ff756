/* SPDX-License-Identifier: ISC */
/* logrec.h - one log record, whatever log it comes from */
#ifndef QLAB_LOGREC_H
#define QLAB_LOGREC_H

#include <stdint.h>

#include "slice.h"

/*
 * macOS' names, most harmless first.  Syslog's priorities 0 to 7 are fault,
 * fault, fault, error, warning, default (notice), info, debug.
 */
enum logrec_level {
	LOGREC_NOLEVEL,		/* activities, lines without one */
	LOGREC_DEBUG,
	LOGREC_INFO,
	LOGREC_DEFAULT,
	LOGREC_WARNING,
	LOGREC_ERROR,
	LOGREC_FAULT,
};

enum logrec_event {
	LOGREC_NOEVENT,
	LOGREC_NET_CREATED,	/* network-created */
	LOGREC_NET_REMOVED,	/* network-removed */
	LOGREC_IF_ATTACHED,	/* interface-attached */
	LOGREC_IF_DETACHED,	/* interface-detached */
	LOGREC_LEASE_GIVEN,	/* lease-given */
	LOGREC_LEASE_REFUSED,	/* lease-refused */
	LOGREC_NAT_CHANGED,	/* nat-changed */
	LOGREC_CONFLICT,	/* conflict */
	LOGREC_ERROR_EVENT,	/* error */
	LOGREC_VM_STARTED,	/* vm-started, vm-ended: qlab's own */
	LOGREC_VM_ENDED,
	LOGREC_NEVENTS,
};

#define LOGREC_NOTIME	INT64_MIN
#define LOGREC_NOZONE	INT16_MIN

struct logknown;		/* logknown.h */

/*
 * The slices are valid until the reader is asked for its next record; numbers
 * are 0 where the log has none.
 */
struct logrec {
	int64_t us;		/* since the epoch, or LOGREC_NOTIME */
	int16_t zone;		/* the text's own, minutes east, or NOZONE */
	enum logrec_level level;
	struct slice type;	/* logEvent, activityCreateEvent, ... */
	struct slice source;	/* see logread.h */
	struct slice process;	/* last component of its path */
	struct slice sender;	/* the same of the library that logged */
	struct slice subsystem;	/* journal: the systemd unit */
	struct slice category;	/* journal: the transport */
	struct slice message;	/* may have many lines; <private> stays */
	uint64_t pid, thread, activity;
	uint64_t trace, mach;	/* traceID, machTimestamp */

	/* Where the log or the message tells: see logknown_apply(). */
	struct slice lab, vm, net, ifname, mac, ip;
	enum logrec_event event;
	const struct logknown *known;	/* what the message means, or NULL */
};

void	logrec_clear(struct logrec *r);		/* nothing known, NOTIME */

/* "debug" ... "fault", "lease-given" ...; "" for none. */
const char *logrec_level_name(enum logrec_level level);
const char *logrec_event_name(enum logrec_event event);
/* The other way round, upper or lower case, also warn, notice, err, crit... */
enum logrec_level logrec_level_find(struct slice name);
enum logrec_event logrec_event_find(struct slice name);
/* Of a syslog priority; its facility in the upper bits does not matter. */
enum logrec_level logrec_level_syslog(unsigned int priority);

#endif
