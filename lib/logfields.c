/* SPDX-License-Identifier: ISC */
/* logfields.c - from the named fields of a log to a record */
#include <string.h>

#include "logparse.h"

#define X(id, name)	name,
static const char *const names[LF_N] = { LOGFIELD_NAMES(X) };
#undef X

/* In a row, so that memchr() finds the few that need a closer look. */
#define X(id, name)	sizeof(name) - 1,
static const unsigned char lengths[LF_N] = { LOGFIELD_NAMES(X) };
#undef X

enum logfield
logfield_find(const char *name, size_t len)
{
	const unsigned char *p = lengths, *end = lengths + LF_N;

	while (len > 0 && len < 256 &&
	    (p = memchr(p, (int)len, (size_t)(end - p))) != NULL) {
		size_t i = (size_t)(p - lengths);

		if (*names[i] == *name && memcmp(names[i], name, len) == 0)
			return (enum logfield)i;
		if (++p == end)
			break;
	}
	return LF_N;
}

static uint64_t
number(struct slice s)
{
	uint64_t n;

	return slice_u64(&s, &n) && s.len == 0 ? n : 0;
}

static struct slice
first(struct slice a, struct slice b)
{
	return a.len > 0 ? a : b.len > 0 ? b : a.s != NULL ? a : b;
}

static void
unified(const struct slice *v, struct logparse *p, struct logrec *r)
{
	struct slice t = v[LF_TIMESTAMP];

	r->source = SLICE("unified");
	if (!logtime_iso(&t, &p->ref, &r->us, &r->zone))
		r->us = LOGREC_NOTIME;
	/* Other programs that read archives have shorter names. */
	r->message = first(v[LF_MESSAGE], v[LF_Q_MESSAGE]);
	r->level = logrec_level_find(v[LF_LEVEL]);
	r->type = v[LF_TYPE];
	r->process = slice_base(first(v[LF_PROCESS_PATH], v[LF_Q_PROCESS]));
	r->sender = slice_base(v[LF_SENDER_PATH]);
	r->pid = number(first(v[LF_PID], v[LF_Q_PID]));
	r->thread = number(v[LF_THREAD]);
	r->activity = number(v[LF_ACTIVITY]);
	r->trace = number(v[LF_TRACE]);
	r->mach = number(v[LF_MACH]);
}

static void
journal(const struct slice *v, struct logrec *r)
{
	uint64_t us = number(v[LF_J_TIME]);

	r->source = SLICE("journal");
	r->us = us > 0 && us <= INT64_MAX ? (int64_t)us : LOGREC_NOTIME;
	r->message = v[LF_J_MESSAGE];
	if (v[LF_J_PRIORITY].len > 0)
		r->level = logrec_level_syslog(
		    (unsigned int)number(v[LF_J_PRIORITY]));
	r->type = SLICE("logEvent");
	r->process = first(v[LF_J_IDENT], v[LF_J_COMM]);
	r->subsystem = v[LF_J_UNIT];
	r->category = v[LF_J_TRANSPORT];
	r->pid = number(first(v[LF_J_PID], v[LF_J_SYSLOG_PID]));
	r->thread = number(v[LF_J_TID]);
	/* systemd-networkd and NetworkManager say which it is about. */
	r->ifname = first(v[LF_J_INTERFACE], v[LF_J_NM_DEVICE]);
}

/* Events of labs (qlab.7) that have another name there. */
static enum logrec_event
own_event(struct slice name)
{
	static const struct {
		const char *name;
		enum logrec_event event;
	} others[] = {
		{ "network-up", LOGREC_NET_CREATED },
		{ "network-down", LOGREC_NET_REMOVED },
		{ "networks-lost", LOGREC_NET_REMOVED },
		{ "vm-lost", LOGREC_VM_ENDED },
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (slice_is(name, others[i].name))
			return others[i].event;
	return logrec_event_find(name);
}

/*
 * events.ndjson, {"time":..,"event":..,"lab":..,KEY:..}, and what qlab-logq -j
 * prints: that has a source.
 */
static void
own(const struct slice *v, struct logparse *p, struct logrec *r)
{
	struct slice t = v[LF_Q_TIME];

	r->source = first(v[LF_SOURCE], SLICE("qlab"));
	if (!logtime_iso(&t, &p->ref, &r->us, &r->zone))
		r->us = LOGREC_NOTIME;
	r->level = logrec_level_find(v[LF_Q_LEVEL]);
	r->type = v[LF_Q_TYPE];
	r->process = v[LF_Q_PROCESS];
	r->sender = v[LF_Q_SENDER];
	r->pid = number(v[LF_Q_PID]);
	r->thread = number(v[LF_Q_THREAD]);
	r->activity = number(v[LF_Q_ACTIVITY]);
	r->trace = number(v[LF_Q_TRACE]);
	r->mach = number(v[LF_Q_MACH]);
	r->event = own_event(v[LF_Q_EVENT]);
	r->message = v[LF_Q_MESSAGE];
	if (v[LF_SOURCE].s == NULL) {
		/* The event is the message; logknown knows them. */
		r->process = first(r->process, SLICE("qlab"));
		r->level = LOGREC_DEFAULT;
		r->type = SLICE("logEvent");
		r->message = first(first(r->message, v[LF_Q_TEXT]),
		    first(v[LF_Q_REASON], v[LF_Q_EVENT]));
	}
	r->ifname = v[LF_Q_IF];
	r->mac = v[LF_Q_MAC];
	r->ip = v[LF_Q_IP];
}

bool
logfields_record(struct logfields *f, struct logparse *p, struct logrec *r)
{
	const struct slice *v = f->v;

	logrec_clear(r);
	r->subsystem = v[LF_SUBSYSTEM];
	r->category = v[LF_CATEGORY];
	if (v[LF_TIMESTAMP].s != NULL || v[LF_MESSAGE].s != NULL)
		unified(v, p, r);
	else if (v[LF_J_TIME].s != NULL || v[LF_J_MESSAGE].s != NULL)
		journal(v, r);
	else if (v[LF_Q_TIME].s != NULL || v[LF_Q_MESSAGE].s != NULL)
		own(v, p, r);
	else
		return false;
	r->lab = v[LF_Q_LAB];
	r->vm = v[LF_Q_VM];
	r->net = v[LF_Q_NET];
	return true;
}
