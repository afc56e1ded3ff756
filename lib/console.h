/* SPDX-License-Identifier: ISC */
/* console.h - a person or a pipe at a VM's console */
#ifndef QLAB_CONSOLE_H
#define QLAB_CONSOLE_H

#include "qerr.h"

/* The key that leaves a console on a terminal: Ctrl-]. */
#define CONSOLE_ESCAPE	0x1d

enum console_end {
	CONSOLE_CLOSED,		/* by the VM's end */
	CONSOLE_LEFT,		/* Ctrl-], or a reader of ours that is gone */
	CONSOLE_QUIET,		/* input ended and its answer, too */
};

/*
 * Join the console socket path to in and out until one end is reached.
 *
 * When both are terminals, in is made raw and Ctrl-] leaves; it is restored on
 * every return, while stopped (SIGTSTP), and before SIGINT, SIGTERM, SIGHUP and
 * SIGQUIT end the process.  Else, when in ends: if nothing came from it,
 * copying goes on to the console's end; if something was typed, until the
 * console has been silent for linger_ms.
 */
int	console_attach(const char *path, int in, int out, int linger_ms,
	    enum console_end *how, struct qerr *e);

#endif
