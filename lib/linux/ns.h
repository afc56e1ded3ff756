/* SPDX-License-Identifier: ISC */
/* ns.h - a lab's own namespaces */
#ifndef QLAB_NS_H
#define QLAB_NS_H

#include <sys/types.h>

#include "qerr.h"

/*
 * Leave the host's network: as root into a new network namespace, as an
 * ordinary user into a new user and network namespace, keeping the own uid.
 * Single-threaded callers only.
 */
int	ns_enter(struct qerr *e);

/* Keep all capabilities of the current user namespace over exec. */
int	ns_keep_caps(struct qerr *e);

/*
 * Join a network namespace that is open as fd, and the user namespace that it
 * belongs to.  Single-threaded callers only.
 */
int	ns_join_fd(int fd, struct qerr *e);

/* Give up all capabilities, for good. */
int	ns_drop_caps(struct qerr *e);

/* Write a setting below /proc/sys/net; -1 with errno. */
int	ns_sysctl(const char *name, const char *value);

#endif
