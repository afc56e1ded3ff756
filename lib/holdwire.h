/* SPDX-License-Identifier: ISC */
/* holdwire.h - what the holder hears on its lab's networks */
#ifndef QLAB_HOLDWIRE_H
#define QLAB_HOLDWIRE_H

#include <stddef.h>

#include "loop.h"
#include "qerr.h"
#include "wire.h"

struct holdwire;

/* news is told what was not known before. */
struct holdwire *holdwire_new(struct loop *l,
	    void (*news)(void *arg, const struct wire_fact *f), void *arg);
void	holdwire_free(struct holdwire *w);	/* NULL is fine */

/*
 * Listen to one interface as long as it lives, or (NULL) to all of the space
 * that we are in.
 */
int	holdwire_listen(struct holdwire *w, const char *ifname, struct qerr *e);
/* The same for who has the frames already: any frame, taken as it comes. */
void	holdwire_frame(void *w, const void *frame, size_t len);

/* As wire_to_json(). */
json_t	*holdwire_facts(const struct holdwire *w, size_t from, size_t max);

#endif
