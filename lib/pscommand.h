/* SPDX-License-Identifier: ISC */
/* pscommand.h - a QEMU's command line out of the words that ps(1) prints */
#ifndef QLAB_PSCOMMAND_H
#define QLAB_PSCOMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

/*
 * Append the words of a command as ps prints it to argv; false, and nothing,
 * when its program is not QEMU itself: what has started it, or who looks for it.
 */
bool	pscommand_split(struct strv *argv, const char *command);

/* "-name", "--name": behind the dashes, its length in *n; or NULL. */
const char *pscommand_option(const char *word, size_t len, size_t *n);
/* Is a word the path of a QEMU? */
bool	pscommand_is_qemu(const char *word, size_t len);
/*
 * The program's path, in which there may be blanks:
 * "/Applications/My Lab.app/bin/qemu-system-x86_64", its end in *end; NULL
 * when it is not QEMU.
 */
const char *pscommand_program(const char *command, const char **end);

/*
 * A last argument that may have lost its end: neither it nor its option is to
 * be believed.
 */
void	pscommand_drop_last(char **argv);
/* Does its last argument, or the last word, look as if more should follow? */
bool	pscommand_ends_badly(const char *last);

#endif
