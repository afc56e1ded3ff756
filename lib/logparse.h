/* SPDX-License-Identifier: ISC */
/* logparse.h - the inside of logread: a parser for each kind of log */
#ifndef QLAB_LOGPARSE_H
#define QLAB_LOGPARSE_H

#include "logread.h"
#include "logtime.h"

/* What comes after the bytes that a parser gets. */
enum logparse_end {
	LOGPARSE_OPEN,		/* perhaps more */
	LOGPARSE_IDLE,		/* more, but not now */
	LOGPARSE_EOF,
};

enum logparse_got {
	LOGPARSE_BAD = -1,	/* *e says what; *used bytes are done with */
	LOGPARSE_MORE,		/* needs more bytes; *used is 0 */
	LOGPARSE_RECORD,
	LOGPARSE_SKIP,		/* *used bytes without a record */
};

struct logparse {
	struct logtime_ref ref;
	int64_t boot_us;
	size_t line;		/* number of the line that comes next */
	bool got;		/* a record came already */
	bool split;		/* it was handed out before its end was known */
	bool complained;	/* about what does not belong there */
	bool skip_line;		/* drop what comes up to the line's end */
	uint64_t skip;		/* drop so many bytes */
	/* An object of which the end is not there yet. */
	struct {
		bool on, str, esc;
		size_t off;	/* how far it was looked at */
		size_t tried;	/* how much there was at the last parse */
		unsigned int depth;
	} frame;
};

/*
 * One record from the front of the bytes, which may be changed (escapes are
 * decoded where they stand).  len is not 0.
 */
typedef enum logparse_got logparse_fn(struct logparse *p, char *s, size_t len,
    enum logparse_end end, size_t *used, struct logrec *r, struct qerr *e);

logparse_fn logparse_json, logparse_export;
enum logparse_got logparse_text(struct logparse *p, enum logread_format f,
    char *s, size_t len, enum logparse_end end, size_t *used,
    struct logrec *r, struct qerr *e);

/* What a log would look like of which this is the first line; AUTO: no idea. */
enum logread_format logparse_sniff(struct slice line);
/* What `log` says before and among its records. */
bool	logparse_noise(struct slice line);
/* A message of "line N: ..."; shows the beginning of the line. */
enum logparse_got logparse_bad(const struct logparse *p, struct slice line,
    struct qerr *e, const char *what);

/* Names of fields in JSON and in the journal. */
#define LOGFIELD_NAMES(X)						\
	X(TIMESTAMP, "timestamp") X(MESSAGE, "eventMessage")		\
	X(LEVEL, "messageType") X(TYPE, "eventType")			\
	X(SUBSYSTEM, "subsystem") X(CATEGORY, "category")		\
	X(PROCESS_PATH, "processImagePath")				\
	X(SENDER_PATH, "senderImagePath") X(PID, "processID")		\
	X(THREAD, "threadID") X(ACTIVITY, "activityIdentifier")		\
	X(TRACE, "traceID") X(MACH, "machTimestamp")			\
	X(SOURCE, "source") X(FINISHED, "finished")			\
	/* The journal's: systemd.journal-fields(7). */			\
	X(J_TIME, "__REALTIME_TIMESTAMP") X(J_MESSAGE, "MESSAGE")	\
	X(J_PRIORITY, "PRIORITY") X(J_PID, "_PID")			\
	X(J_SYSLOG_PID, "SYSLOG_PID") X(J_TID, "TID")			\
	X(J_IDENT, "SYSLOG_IDENTIFIER") X(J_COMM, "_COMM")		\
	X(J_UNIT, "_SYSTEMD_UNIT") X(J_TRANSPORT, "_TRANSPORT")		\
	X(J_INTERFACE, "INTERFACE") X(J_NM_DEVICE, "NM_DEVICE")		\
	/* qlab's own: events.ndjson, qlab-logq -j. */			\
	X(Q_TIME, "time") X(Q_LEVEL, "level") X(Q_TYPE, "type")		\
	X(Q_PROCESS, "process") X(Q_PID, "pid") X(Q_THREAD, "thread")	\
	X(Q_ACTIVITY, "activity") X(Q_TRACE, "trace")			\
	X(Q_MACH, "mach") X(Q_SENDER, "sender")				\
	X(Q_MESSAGE, "message") X(Q_LAB, "lab") X(Q_VM, "vm")		\
	X(Q_NET, "net") X(Q_IF, "if") X(Q_MAC, "mac") X(Q_IP, "ip")	\
	X(Q_EVENT, "event") X(Q_TEXT, "text")				\
	X(Q_REASON, "reason")

#define X(id, name)	LF_##id,
enum logfield { LOGFIELD_NAMES(X) LF_N };
#undef X

/* The values of one record as they came; s is NULL for what did not. */
struct logfields {
	struct slice v[LF_N];
};

/* LF_N when the name is none of them. */
enum logfield logfield_find(const char *name, size_t len);
/* False when it is not a log record. */
bool	logfields_record(struct logfields *f, struct logparse *p,
	    struct logrec *r);

#endif
