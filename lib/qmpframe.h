/* SPDX-License-Identifier: ISC */
/* qmpframe.h - QMP messages in a byte stream, and the "id" in a message */
#ifndef QLAB_QMPFRAME_H
#define QLAB_QMPFRAME_H

#include <jansson.h>

#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"

/*
 * Cuts a byte stream into whole JSON objects, however they are laid out in
 * lines.  Zero-initialise and set max; qmp_framer_free() at the end.
 */
struct qmp_framer {
	size_t max;		/* bytes one message may have */
	char *buf;
	size_t pos, len, cap;	/* buf[pos..len) is not handed out yet */
	size_t scanned;		/* pos..scanned is already looked at */
	size_t text, text_len;	/* the message handed out last */
	int depth;
	bool string, escape;
	bool skip;		/* up to the end of the line */
};

/* Append bytes.  What qmp_framer_text() returned is no longer valid. */
void	qmp_framer_feed(struct qmp_framer *f, const void *data, size_t len);
/*
 * The next whole object, parsed (new reference), or NULL: *e kind QERR_NONE
 * when more bytes are needed, QERR_INPUT when what stands there is no JSON
 * object or longer than max.  It is skipped up to the end of its line: the
 * stream can go on.
 *
 * Numbers that fit no json_int_t (QEMU's are up to 2^64-1) are parsed as reals;
 * who must keep them as they are uses the text.
 */
json_t	*qmp_framer_next(struct qmp_framer *f, struct qerr *e);
/* The bytes of the object that qmp_framer_next() returned last. */
const char *qmp_framer_text(const struct qmp_framer *f, size_t *len);
void	qmp_framer_free(struct qmp_framer *f);

/*
 * These take the text of one JSON object that has been parsed before, so that
 * nothing but the id changes by passing a message on.
 */

/*
 * The value of the member "id" as text (*len bytes of text itself), or NULL.
 * A key that is spelt with escapes is not found.
 */
const char *qmp_id_find(const char *text, size_t size, size_t *len);
/*
 * The object with its "id" set to the JSON text id, or without one when id is
 * NULL.  *len is the result's length; NUL-terminated, the caller frees it.
 */
char	*qmp_id_set(const char *text, size_t size, const char *id,
	    size_t id_len, size_t *len);

#endif
