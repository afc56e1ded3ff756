/* SPDX-License-Identifier: ISC */
/* qmpnet.h - what a QEMU itself says of its cards, by QMP */
#ifndef QLAB_QMPNET_H
#define QLAB_QMPNET_H

#include <jansson.h>

#include "facts.h"

/*
 * Ask the QEMU of *p through the first QMP socket of its command line that
 * answers, and remember which: adds its name and cards.  Nothing happens when
 * there is no such socket, when we may not connect, or when somebody else is
 * connected: QEMU serves one client a socket, and no longer than timeout_ms is
 * waited for each.  SIGPIPE is left alone.
 */
void	qmpnet_ask(struct fact_proc *p, int timeout_ms);
/* The same through the socket at path: a lab's has many clients. */
int	qmpnet_ask_at(struct fact_proc *p, const char *path, int timeout_ms);

/*
 * The path of the n-th QMP socket, from 0, that such a command line has, or
 * NULL; caller frees.
 */
char	*qmpnet_socket(char *const *argv, size_t n);

/*
 * The answer to the monitor's "info network" (netdevs.h).  Adds a card for each
 * NIC that has a netdev.
 */
void	qmpnet_parse(struct fact_proc *p, const char *text);
/*
 * The answer to query-rx-filter, for the cards that are there: what is of none
 * of them, or damaged, is passed over.
 */
void	qmpnet_filters(struct fact_proc *p, const json_t *answer);

#endif
