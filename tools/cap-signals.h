/* SPDX-License-Identifier: ISC */
/* cap-signals.h - the signals of qlab-cap's two processes */
#ifndef QLAB_CAP_SIGNALS_H
#define QLAB_CAP_SIGNALS_H

#include <stdbool.h>

/*
 * SIG_BLOCK before the fork, SIG_UNBLOCK once handlers stand: they wait until
 * both processes are ready for them.
 */
void	cap_signals_block(int how);
/*
 * In the process that sees packets: the first one hears all of them.  SIGALRM
 * is how that one interrupts a system call, and does nothing else.
 */
void	cap_signals_leave(void);
/* Then: was it stopped, and went on, since this was asked last? */
bool	cap_signals_stopped(void);

#endif
