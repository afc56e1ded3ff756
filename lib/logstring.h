/* SPDX-License-Identifier: ISC */
/* logstring.h - strings of JSON where they stand: their ends and escapes */
#ifndef QLAB_LOGSTRING_H
#define QLAB_LOGSTRING_H

#include <stdbool.h>

#include "slice.h"

/* It is there; its end is not there yet; it is no JSON (RFC 8259). */
enum walk { WALK_OK, WALK_MORE, WALK_BAD };

/*
 * A string, *p at its opening quote; *s is what is between the quotes, *esc has
 * it escapes, and *p moves behind it.  Else *p stays.  Whether what is there is
 * bad does not depend on what will follow.
 */
enum walk logstring_walk(char **p, char *end, struct slice *s, bool *esc);
/*
 * Decode in place the escapes of what logstring_walk() found good.  Half a pair
 * of surrogates becomes U+FFFD.
 */
void	logstring_unescape(struct slice *v);

#endif
