/* SPDX-License-Identifier: ISC */
/* qmp.h - speak QMP, QEMU's machine protocol, over a Unix socket */
#ifndef QLAB_QMP_H
#define QLAB_QMP_H

#include <sys/types.h>

#include <jansson.h>

#include "qerr.h"
#include "qmpframe.h"

/*
 * A blocking client with time limits; qmp_open() negotiates capabilities.  The
 * format is QEMU's docs/interop/qmp-spec.txt.
 *
 * Errors: QERR_TIMEOUT when no answer came in timeout_ms (a late one is
 * dropped, the connection can still be used); QERR_FAIL with sys EPIPE when
 * QEMU closed the connection.  SIGPIPE must be ignored.
 */
struct qmp;
struct qmp *qmp_open(const char *path, int timeout_ms, struct qerr *e);
/* Whose process is at the other end; (uid_t)-1: not known. */
uid_t	qmp_peer_uid(const struct qmp *q);
/*
 * Execute; args (may be NULL) is stolen.  New reference to the "return" value.
 * QEMU's error object becomes QERR_FAIL "CLASS: desc" text in *e.
 */
json_t	*qmp_execute(struct qmp *q, const char *command, json_t *args,
	    int timeout_ms, struct qerr *e);
/*
 * The same with text, to the byte: numbers stay as they are, the reply has the
 * request's id.  *len is the reply's length; NUL-terminated, the caller frees
 * it.  *reply (may be NULL) is the reply parsed, a new reference.
 */
char	*qmp_request_text(struct qmp *q, const char *request, size_t size,
	    int timeout_ms, size_t *len, json_t **reply, struct qerr *e);
/*
 * Wait for an event by name (NULL: any); new reference.  Events that come
 * during other calls are kept, the last 1000 of them.
 */
json_t	*qmp_event(struct qmp *q, const char *name, int timeout_ms,
	    struct qerr *e);
/* *e from a reply's error object; false when there is none. */
bool	qmp_reply_error(const json_t *reply, struct qerr *e);
void	qmp_close(struct qmp *q);

#endif
