/* SPDX-License-Identifier: ISC */
/* linthost.h - inside of lint_host(): what it makes of QEMU's texts */
#ifndef QLAB_LINTHOST_H
#define QLAB_LINTHOST_H

#include <stdbool.h>

/* Debian's package with the emulator for arch. */
const char *linthost_package(const char *arch);
/* The numbers out of "QEMU emulator version 7.2.22 (...)". */
bool	linthost_version(const char *text, int *major, int *minor);
/* Is word a whole line of text? */
bool	linthost_has_line(const char *text, const char *word);

#endif
