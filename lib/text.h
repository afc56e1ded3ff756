/* SPDX-License-Identifier: ISC */
/* text.h - text from outside: is it clean, and how to show it */
#ifndef QLAB_TEXT_H
#define QLAB_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TEXT_SHOWSZ	144
#define TEXT_CHARSZ	40

/*
 * Clean text is UTF-8 without control characters (C0, DEL, C1), without line
 * and paragraph separators, and without the marks that reverse the direction
 * of writing.  With lines set, tabs, "\n" and "\r\n" are clean too.  Returns
 * the offset of the first byte that is not, or len.
 */
size_t	text_clean(const char *s, size_t len, bool lines);

/*
 * The character at the front of s, of which there is at least a byte: how many
 * bytes it has, and whether it is clean.  What is no UTF-8 has one byte, *cp is
 * then U+FFFD.
 */
size_t	text_step(const char *s, size_t len, uint32_t *cp, bool *ok);

/* The character as UTF-8 at o, up to 4 bytes; returns what is behind it. */
char	*text_put(char *o, uint32_t cp);

/* What a hexadecimal digit is worth; -1: it is none. */
int	text_hex(char c);

/* What stands at s, for a message: "NUL byte", "character U+202E", ... */
char	*text_char(const char *s, size_t len, char buf[TEXT_CHARSZ]);

/*
 * s in single quotes for a message: what is not clean as \xNN, and a long text
 * cut short with "...".  Returns buf.
 */
char	*text_show(const char *s, char buf[TEXT_SHOWSZ]);

#endif
