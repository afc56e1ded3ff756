/* SPDX-License-Identifier: ISC */
/* clean.h - make bytes of unknown origin fit for a message */
#ifndef QLAB_CLEAN_H
#define QLAB_CLEAN_H

/*
 * Replace all that is no printable ASCII in place by '?': what a guest or a
 * file says must not drive the terminal.  Returns s.
 */
char	*clean_text(char *s);

#endif
