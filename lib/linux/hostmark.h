/* SPDX-License-Identifier: ISC */
/* hostmark.h - what labs left in the host's own network, by its marks */
#ifndef QLAB_HOSTMARK_H
#define QLAB_HOSTMARK_H

#include <stdbool.h>

#include "qerr.h"
#include "strv.h"

struct mnl_socket;

/* The lab whose network an ifalias marks, or NULL; caller frees. */
char	*hostmark_lab(const char *alias);

/*
 * Take a lab's name in this network namespace; a descriptor that holds it until
 * closed.  QERR_FAIL: somebody else has it, and did not give it up in wait_ms.
 */
int	hostmark_claim(const char *lab, int wait_ms, struct qerr *e);
/* For changes that concern several labs; a descriptor, close it soon. */
int	hostmark_lock(struct qerr *e);

/* Is the lab's table ours, or not there? */
int	hostmark_table_free(const char *lab, struct qerr *e);
/* Does another lab's table remember that forwarding was off? */
bool	hostmark_forward_noted(const char *but_lab);

/*
 * With the lab's name taken: remove everything that bears its mark, put back
 * what it had changed.  A line for each thing to *said (may be NULL); dry: no
 * more than that.
 */
void	hostmark_remove(const char *lab, struct mnl_socket *nl,
	    bool dry, struct strv *said);

#endif
