/* SPDX-License-Identifier: ISC */
/* near.h - which known names somebody may have meant */
#ifndef QLAB_NEAR_H
#define QLAB_NEAR_H

#include <stddef.h>

/*
 * The names at most a third of word's length (at least one letter) away from
 * it by insertion, deletion, change or swap, or that begin with it, nearest
 * first, each once, at most three, with blanks between.  NULL when there are
 * none; free.
 */
char	*near_names(const char *word, char *const *names, size_t n);

#endif
