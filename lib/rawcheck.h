/* SPDX-License-Identifier: ISC */
/* rawcheck.h - what is wrong with QEMU command lines that somebody wrote */
#ifndef QLAB_RAWCHECK_H
#define QLAB_RAWCHECK_H

#include <stddef.h>

#include "lint.h"

/*
 * Lint of one command line, for the system that it is meant for: with vmnet,
 * macOS.  A finding's line is an index in argv, 0: none.
 */
void	rawcheck_argv(char *const *argv, struct findings *out);

/*
 * Lint of all QEMU command lines in a text, such as a shell script: commands
 * may go on after a backslash at a line's end.  A finding's line is where its
 * command begins.  Returns how many commands there were; 0: this is no such
 * text.
 */
size_t	rawcheck_text(const char *text, struct findings *out);

#endif
