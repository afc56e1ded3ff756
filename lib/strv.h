/* SPDX-License-Identifier: ISC */
/* strv.h - growing NULL-terminated string vectors, and shell quoting */
#ifndef QLAB_STRV_H
#define QLAB_STRV_H

#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"

/* v is always NULL-terminated once something was added; it owns its strings. */
struct strv {
	char **v;
	size_t n;
};

/* All of these end the program's wish to live on ENOMEM by abort(3). */
void	strv_add(struct strv *s, const char *str);
void	strv_addf(struct strv *s, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	strv_free(struct strv *s);
bool	strv_has(const struct strv *s, const char *str);

/* The first max words with sep between, "..." for the rest; caller frees. */
char	*strv_join(const struct strv *s, const char *sep, size_t max);

/*
 * One line that a POSIX shell splits into exactly these words again.  Words of
 * harmless characters stay bare.  Caller frees.
 */
char	*strv_quote(char *const *v);

/*
 * Split text as a POSIX shell does, without expansions: quotes, backslashes,
 * backslash-newline, comments from '#' at the start of a word.  Unquoted
 * expansions ($, `), redirections and the like stay as they stand.  Returns -1
 * with QERR_INPUT on an unclosed quote.
 */
int	strv_split(struct strv *s, const char *text, struct qerr *e);

/* malloc(3) and friends that abort(3) instead of returning NULL. */
void	*xcalloc(size_t n, size_t size);
void	*xrealloc(void *p, size_t size);
/*
 * For an array of n elements that grows by one: room for it, zeroed.
 * Capacities are powers of two, so n must have been reached by this alone.
 */
void	*xgrow(void *p, size_t n, size_t size);
char	*xstrdup(const char *s);
char	*xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
