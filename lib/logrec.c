/* SPDX-License-Identifier: ISC */
/* logrec.c - one log record, whatever log it comes from */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "logrec.h"
#include "strv.h"

static const char *const level_names[] = {
	"", "debug", "info", "default", "warning", "error", "fault",
};

static const char *const event_names[LOGREC_NEVENTS] = {
	"", "network-created", "network-removed", "interface-attached",
	"interface-detached", "lease-given", "lease-refused", "nat-changed",
	"conflict", "error", "vm-started", "vm-ended",
};

/* Syslog's keywords, and the codes of macOS' compact style. */
static const struct {
	const char *name;
	enum logrec_level level;
} level_others[] = {
	{ "emerg", LOGREC_FAULT }, { "panic", LOGREC_FAULT },
	{ "alert", LOGREC_FAULT }, { "crit", LOGREC_FAULT },
	{ "err", LOGREC_ERROR }, { "warn", LOGREC_WARNING },
	{ "notice", LOGREC_DEFAULT }, { "Db", LOGREC_DEBUG },
	{ "I", LOGREC_INFO }, { "Df", LOGREC_DEFAULT }, { "E", LOGREC_ERROR },
	{ "F", LOGREC_FAULT },
};

void
logrec_clear(struct logrec *r)
{
	memset(r, 0, sizeof(*r));
	r->us = LOGREC_NOTIME;
	r->zone = LOGREC_NOZONE;
}

const char *
logrec_level_name(enum logrec_level level)
{
	return level_names[level];
}

const char *
logrec_event_name(enum logrec_event event)
{
	return event_names[event];
}

static bool
same_word(struct slice a, const char *s)
{
	return a.len == strlen(s) && strncasecmp(a.s, s, a.len) == 0;
}

enum logrec_level
logrec_level_find(struct slice name)
{
	if (name.len == 0)
		return LOGREC_NOLEVEL;
	for (int i = LOGREC_DEBUG; i <= LOGREC_FAULT; i++)
		if (same_word(name, level_names[i]))
			return (enum logrec_level)i;
	for (size_t i = 0; i < sizeof(level_others) / sizeof(*level_others);
	     i++)
		if (same_word(name, level_others[i].name))
			return level_others[i].level;
	return LOGREC_NOLEVEL;
}

enum logrec_event
logrec_event_find(struct slice name)
{
	if (name.len == 0)
		return LOGREC_NOEVENT;
	for (int i = 1; i < LOGREC_NEVENTS; i++)
		if (same_word(name, event_names[i]))
			return (enum logrec_event)i;
	return LOGREC_NOEVENT;
}

enum logrec_level
logrec_level_syslog(unsigned int priority)
{
	static const enum logrec_level levels[8] = { LOGREC_FAULT,
		LOGREC_FAULT, LOGREC_FAULT, LOGREC_ERROR, LOGREC_WARNING,
		LOGREC_DEFAULT, LOGREC_INFO, LOGREC_DEBUG };

	return levels[priority & 7];
}
