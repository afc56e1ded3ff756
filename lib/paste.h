/* SPDX-License-Identifier: ISC */
/* paste.h - text that somebody pasted, without what the way did to it */
#ifndef QLAB_PASTE_H
#define QLAB_PASTE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Output of commands as it comes out of mails, issue trackers and logs: quoted
 * with "> " (again and again), indented, numbered, with Windows' line ends or
 * in its UTF-16, with no-break and zero-width spaces, a byte order mark,
 * colours, with "&lt;" for "<".
 * All that is taken off; other junk stays, for readers to refuse.  Line i has
 * number i + 1 in the original.
 */
struct paste {
	char *buf;
	char **lines;	/* without blanks at either end; NULs became '?' */
	size_t n;
	bool cut;	/* the last line has no end */
};

/* text is copied; paste_free() it. */
void	paste_init(struct paste *p, const char *text, size_t len);
void	paste_free(struct paste *p);

/* Line i + 1 becomes the end of line i, a blank between, and itself empty. */
void	paste_join(struct paste *p, size_t i);
/* How many blanks stood before line i. */
size_t	paste_indent(const struct paste *p, size_t i);

/* What stands between words. */
bool	paste_blank(char c);
/*
 * The next word of a line, blanks around it: its start, and *len; *line moves
 * behind it.  NULL at the end of the line.
 */
const char *paste_word(const char **line, size_t *len);
/*
 * The same for words that matter: copied, NULL also when it does not fit.
 * Returns buf.
 */
char	*paste_copy(const char **line, char *buf, size_t size);

/* An interface's name as systems give them: 1 to 15 of [A-Za-z0-9_.-]? */
bool	paste_ifname_ok(const char *name);
/* A whole number, base 10 or 16, with nothing behind it.  0 or -1. */
int	paste_number(const char *s, int base, unsigned long long *n);

#endif
