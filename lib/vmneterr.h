/* SPDX-License-Identifier: ISC */
/* vmneterr.h - what QEMU says when vmnet fails, and what it means */
#ifndef QLAB_VMNETERR_H
#define QLAB_VMNETERR_H

#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"

/*
 * Look in what QEMU, or the sudo that was to start it, printed on stderr for
 * one of the messages of its vmnet netdevs (QEMU: net/vmnet-common.m,
 * vmnet-*.c) and explain the first of them in one clean line.  as_root: QEMU
 * ran as root, so that a message that may mean two things means the other.
 * Returns false and leaves *e alone when there is none.  The kind is QERR_PERM
 * where rights are what is missing, else QERR_FAIL.
 */
bool	vmneterr_explain(const char *text, bool as_root, struct qerr *e);

#endif
