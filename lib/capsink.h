/* SPDX-License-Identifier: ISC */
/* capsink.h - what becomes of captured packets: asserted, counted, written */
#ifndef QLAB_CAPSINK_H
#define QLAB_CAPSINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capfilter.h"
#include "capout.h"
#include "strv.h"

#define CAPSINK_LINESZ	512

enum capsink_way { CAPSINK_INOUT, CAPSINK_IN, CAPSINK_OUT };

struct capsink_opts {
	const char *filter;	/* applied here, too; NULL: all */
	struct strv expect;	/* filters: a packet for each must come */
	struct strv never;	/* filters: no such packet may come */
	enum capsink_way way;	/* as seen from the VM */
	uint64_t count;		/* enough after so many; 0: never */
	bool to_the_end;	/* no CAPSINK_MET: others say when it is over */
};

/* Which end, if any, it has come to. */
enum capsink_end {
	CAPSINK_GOING,		/* none yet */
	CAPSINK_ENOUGH,		/* that many packets, or periods */
	CAPSINK_MET,		/* each expected one came */
	CAPSINK_NEVER,		/* one that was not to come did */
};

struct capsink {
	const struct capsink_opts *o;
	struct capout *out;	/* NULL: nothing is written */
	struct capfilter *filter, **expect, **never;
	bool *met;
	bool picks;		/* not every packet is written */
	size_t unmet;		/* of those expected */
	uint64_t seen;		/* packets that came */
	uint64_t taken;		/* of these, passed filter and way */
	enum capsink_end end;
	size_t never_which;	/* CAPSINK_NEVER: o->never's, and the packet */
	char line[CAPSINK_LINESZ];
};

/* With assertions, a packet is written only when one of them speaks of it. */
void	capsink_init(struct capsink *s, const struct capsink_opts *o,
	    struct capout *out);
/*
 * Before packets of that link type come, once.  -1: one of the filters is bad;
 * 1: it means nothing for this link type, so that no packet matches it, which
 * may be an error.  *e is QERR_INPUT with libpcap's text.
 */
int	capsink_meet(struct capsink *s, uint32_t linktype, struct qerr *e);
/* Is there none, or one that meant something for one of them? */
bool	capsink_means(const struct capsink *s);
/* A filter that meant nothing for any of them so far; NULL: there is none. */
const char *capsink_meaningless(const struct capsink *s);
bool	capsink_asserts(const struct capsink *s);
/* For capsink_take(): is it taken, and is it one to write? */
bool	capsink_pick(struct capsink *s, const char *name, uint32_t linktype,
	    const struct capsrc_packet *p, bool *write);
/*
 * Returns 0 to go on, 1 when it has come to an end (s->end), -1 when it cannot
 * be written.  name: of the point, for the line.
 */
static inline int
capsink_take(struct capsink *s, unsigned point, const char *name,
    uint32_t linktype, const struct capsrc_packet *p, struct qerr *e)
{
	bool write = true;
	int rc = 0;

	if (s->picks && !capsink_pick(s, name, linktype, p, &write)) {
		s->seen++;
		return 0;
	}
	if (write && s->out != NULL)
		rc = capout_add(s->out, point, p, e);
	/* While that waited somebody may have asked for the counts. */
	s->seen++;
	if (rc == 0)
		s->taken++;
	if ((rc != 0 || s->taken == s->o->count) && s->end == CAPSINK_GOING)
		s->end = CAPSINK_ENOUGH;
	return rc != 0 ? rc : s->end != CAPSINK_GOING;
}
/* The first of the expected that did not come; NULL: all came. */
const char *capsink_missing(const struct capsink *s);
void	capsink_release(struct capsink *s);

#endif
