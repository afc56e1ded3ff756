/* SPDX-License-Identifier: ISC */
/* service.h - programs that live and die with the holder */
#ifndef QLAB_SERVICE_H
#define QLAB_SERVICE_H

#include <sys/types.h>

#include "qerr.h"
#include "strv.h"

/*
 * Start argv with its output to out, to be killed when we die.  Returns its
 * pid, or -1.
 */
pid_t	service_start(const struct strv *argv, int out, struct qerr *e);

/* End it (*pid becomes 0) and wait; SIGKILL when it does not listen. */
void	service_stop(pid_t *pid);

/*
 * A process that waits outside of what we are about to enter: it becomes what
 * service_usher_go() tells it, or ends when *fd is closed.
 */
pid_t	service_usher(const char *log, int *fd, struct qerr *e);
int	service_usher_go(int *fd, const struct strv *argv, struct qerr *e);

/* A process without any rights that only marks our namespaces. */
pid_t	service_anchor(struct qerr *e);

/* The last line of a log, for a message; caller frees. */
char	*service_last_words(const char *log);

#endif
