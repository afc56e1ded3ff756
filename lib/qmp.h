/* SPDX-License-Identifier: ISC */
/* qmp.h - speak QMP, QEMU's machine protocol, over a Unix socket */
#ifndef QLAB_QMP_H
#define QLAB_QMP_H

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"

/*
 * Cuts a byte stream into whole JSON values, however they are laid out in
 * lines.  Zero-initialise; qmp_framer_free() at the end.
 */
struct qmp_framer {
	char *buf;
	size_t len, cap;
	size_t scanned;		/* bytes already looked at */
	int depth;
	bool string, escape;
};

/* Append bytes.  -1 (QERR_INPUT) when one value grows over max bytes. */
int	qmp_framer_feed(struct qmp_framer *f, const void *data, size_t len,
	    size_t max, struct qerr *e);
/*
 * The next whole value, parsed (new reference), or NULL: *e kind QERR_NONE
 * when more bytes are needed, QERR_INPUT when what stands there is no JSON
 * object (it is skipped up to the end of its line).
 */
json_t	*qmp_framer_next(struct qmp_framer *f, struct qerr *e);
void	qmp_framer_free(struct qmp_framer *f);

/* A blocking client with time limits; negotiates capabilities in qmp_open(). */
struct qmp;
struct qmp *qmp_open(const char *path, int timeout_ms, struct qerr *e);
/*
 * Execute; args (may be NULL) is stolen.  New reference to the "return" value.
 * QEMU's error object becomes QERR_FAIL "CLASS: desc" text in *e.
 */
json_t	*qmp_execute(struct qmp *q, const char *command, json_t *args,
	    int timeout_ms, struct qerr *e);
/* The whole request as given; new reference to the whole reply. */
json_t	*qmp_request(struct qmp *q, json_t *request, int timeout_ms,
	    struct qerr *e);
/* Wait for an event by name (NULL: any); new reference. */
json_t	*qmp_event(struct qmp *q, const char *name, int timeout_ms,
	    struct qerr *e);
void	qmp_close(struct qmp *q);

#endif
