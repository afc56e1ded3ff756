/* SPDX-License-Identifier: ISC */
/* cap-first.h - what the first process of qlab-cap knows */
#ifndef QLAB_CAP_FIRST_H
#define QLAB_CAP_FIRST_H

#include <stdbool.h>
#include <stdint.h>

#include "cap.h"
#include "capqmp.h"
#include "loop.h"

struct known {
	struct cappoint p;
	bool found;		/* when we looked last */
	bool there;		/* a source has it */
	uint32_t opening;	/* how often it was told of */
	bool said;		/* why it cannot be had */
	struct capqmp_hold *hold;
};

/* The source that has all interfaces of one namespace. */
struct ring {
	struct proc_id ns;
	uint32_t src;
	bool ended;		/* that is told, or not to be known */
};

struct first {
	struct cap_conf *o;
	struct known *points;	/* the packet process numbers them alike */
	size_t n;
	struct ring *rings;
	size_t nrings;
	uint32_t nsrcs;
	struct capsrc_if *ifs;	/* to be told, and of which ring */
	uint32_t *ifs_src;
	size_t nifs;
	pid_t mover;
	int ctl, files;		/* to it */
	bool started, ending, said_second_best;
	struct loop *loop;
	struct loop_io *ctl_io, *files_io;
	uint64_t stamp;		/* of the registry when it was read */
	bool dirty;		/* look again, whatever it says */
	struct loop_timer *due;	/* until the next look */
	int64_t looked_ms;	/* when the last one was */
	int64_t owed_ms;	/* how long the last ones took */
	unsigned looks;
	int status;		/* the packet process' */
};

/*
 * Tell the packet process; fd: -1, or to go with it.  e->sys is EPIPE when it
 * has gone; it has said why.
 */
int	cap_first_tell(struct first *f, enum cap_msg type, const void *buf,
	    size_t len, int fd, struct qerr *e);
int	cap_first_tell_point(struct first *f, size_t n, struct qerr *e);
/*
 * Open all that was found and is not there.  Returns how many points are
 * there now; *e is the first error, if any.
 */
size_t	cap_first_open(struct first *f, struct qerr *e);
/*
 * A lab's namespace goes with its holder, but its bridges do not as long as a
 * ring listens there: nobody else would tell that they are gone.
 */
void	cap_first_end_rings(struct first *f);

#endif
