/* SPDX-License-Identifier: ISC */
/* qerr.h - the error record that library calls fill and tools print */
#ifndef QLAB_QERR_H
#define QLAB_QERR_H

#include <stdarg.h>

/*
 * What went wrong, as the exit status that a tool ends with.  The library
 * never prints: it fills a caller-owned record and returns -1 (or NULL).
 */
enum qerr_kind {
	QERR_NONE = 0,
	QERR_NO = 1,		/* the answer is no */
	QERR_INPUT = 2,		/* usage, malformed input, lint errors */
	QERR_NOTFOUND = 3,	/* no such lab, VM or NIC */
	QERR_PERM = 4,		/* not permitted */
	QERR_FAIL = 5,		/* I/O, QEMU died, disk full, ... */
	QERR_TIMEOUT = 124,	/* timed out */
};

/*
 * No heap, copyable.  msg is one or more lines without a final newline, lower
 * case, problem first.  sys is an errno value where one is behind it, else 0.
 */
struct qerr {
	enum qerr_kind kind;
	int sys;
	char msg[1024];
};

/*
 * Fill *e (may be NULL) and return -1, so that callers can write
 * "return qerr_set(e, ...)".
 */
int	qerr_set(struct qerr *e, enum qerr_kind kind, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/*
 * The same from errno: appends ": " and its text; the kind is QERR_PERM for
 * EACCES and EPERM, else QERR_FAIL.  Keeps errno.
 */
int	qerr_sys(struct qerr *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Put "PREFIX: " in front of the message that *e (may be NULL) has. */
int	qerr_prefix(struct qerr *e, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Analyzers see one file at a time: tell them what these return. */
#ifdef __clang_analyzer__
#define qerr_set(...)		({ qerr_set(__VA_ARGS__); -1; })
#define qerr_sys(...)		({ qerr_sys(__VA_ARGS__); -1; })
#define qerr_prefix(...)	({ qerr_prefix(__VA_ARGS__); -1; })
#endif

#endif
