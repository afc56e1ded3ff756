/* SPDX-License-Identifier: ISC */
/* cap.h - the two processes of qlab-cap */
#ifndef QLAB_CAP_H
#define QLAB_CAP_H

#include <stdbool.h>
#include <stdint.h>

#include "cap-command.h"
#include "cap-dest.h"
#include "capany.h"
#include "cappoint.h"
#include "ifwatch.h"
#include "strv.h"

/*
 * Theory of operation
 *
 * The first process keeps its rights: it finds capture points, has sources
 * opened (by children of its own that enter a namespace), opens and names
 * files, handles signals, and looks for points that come later.  The packet
 * process has no rights; it gets what it needs as messages with descriptors
 * (fdmsg.h), merges the sources and writes.  It may wait for its reader: until
 * it goes on, packets wait in the sources, each of which has a bounded buffer.
 *
 * Sources are numbered in the order in which they are told of, points by the
 * first process.
 */
enum cap_msg {
	/* to the packet process */
	CAP_POINT,	/* struct cap_point: a point, or it is there again */
	CAP_RING,	/* the filter's instructions; with the socket */
	CAP_STREAM,	/* uint32_t point; with the holder's stream */
	CAP_QMP,	/* uint32_t point; with capqmp_attach()'s stream */
	CAP_IFS,	/* struct cap_ifs: listen to these, too */
	CAP_START,	/* all is told that is known at the start */
	CAP_ENDED,	/* uint32_t source: its namespace is no more */
	CAP_COUNTS,	/* say how it stands */
	CAP_TIME_UP,	/* what is expected did not come in time */
			/* end of file: come to an end */
	/* from it */
	CAP_READY,	/* packets are taken in */
	CAP_GONE,	/* struct cap_gone: it has nothing more to say */
};

/*
 * Whether a point is there is known twice, and the two messages may cross: it
 * is told as gone while the first process has already seen it come again.  So
 * each time it is told of it gets another opening.
 */
struct cap_point {
	uint32_t number, opening;
	bool has_mac, is_if;
	uint8_t mac[6];
	char name[256], description[256];
};

struct cap_gone {
	uint32_t number, opening;
};

struct cap_ifs {
	uint32_t src;
	struct capsrc_if ifs[];
};

struct cap_conf {
	struct capsrc_opts src;
	struct cap_dest dest;
	enum cap_via via;
	bool all, follow, list, json, nohead, dump;
	bool quiet;		/* only errors are said */
	const char *read;	/* -r */
	uint64_t start_ns;	/* since the epoch */
	struct strv words;	/* the points' */
	struct ifwatch *watch;	/* hears of more points; NULL: not wanted */
	bool missing;		/* not all words named something, last time */
	struct cap_command command;
	char *filter;
};

/* What it lives on. */
struct cap_mover {
	const struct cap_conf *o;
	struct capsink *sink;
	int ctl;		/* messages */
	int files;		/* asks for the next file, see capout.h */
	int fd;			/* output; -1: none, or asked for */
	/* A point that it opens itself, with the rights of the beginning. */
	const struct cappoint *own;
};

/* The packet process' life; returns its exit status. */
int	cap_mover(const struct cap_mover *with);

/*
 * The first process' life from when the points are known; returns the packet
 * process' exit status.  fd: output, -1: none, or files that rotate.
 */
int	cap_first(struct cap_conf *o, struct cappoints *points,
	    struct capsink *sink, int fd);

/* What the words name now; QERR_NOTFOUND is no error when we follow. */
int	cap_find(struct cap_conf *o, struct cappoints *points,
	    struct qerr *e);
/* Enter the namespace of *p, for good. */
int	cap_join(const struct cappoint *p, struct qerr *e);
/* Not allowed?  Say what would help.  Returns -1. */
int	cap_hint(const struct cappoint *p, struct qerr *e);

#endif
