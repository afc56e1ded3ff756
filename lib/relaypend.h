/* SPDX-License-Identifier: ISC */
/* relaypend.h - the commands of a relay that QEMU has yet to answer */
#ifndef QLAB_RELAYPEND_H
#define QLAB_RELAYPEND_H

#include <jansson.h>

struct pending {
	struct pending *next;
	json_int_t id;		/* what QEMU calls it */
	void *client;		/* NULL: our own, or its client has left */
	char *own;		/* the client's own id as text; NULL: none */
	void (*cb)(void *arg, const json_t *reply);
	void *arg;
};

struct pendings {
	struct pending *first, **tail;
	json_int_t id;		/* the last one given */
};

void	pendings_init(struct pendings *p);
/* own is taken over. */
struct pending *pendings_add(struct pendings *p, void *client, char *own);
/*
 * Take out the one that QEMU calls id, or with NULL the oldest; NULL: there is
 * none.  The caller frees it.
 */
struct pending *pendings_take(struct pendings *p, const json_int_t *id);
/* The client has left: nobody waits for its answers. */
void	pendings_forget(struct pendings *p, const void *client);
void	pending_free(struct pending *w);

#endif
