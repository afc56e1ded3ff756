/* SPDX-License-Identifier: ISC */
/* capwatch.h - no capture of a running VM may ever hold it up */
#ifndef QLAB_CAPWATCH_H
#define QLAB_CAPWATCH_H

#include <jansson.h>

#include "loop.h"

/*
 * Theory of operation
 *
 * Captures look after themselves (capqmp.h).  This is for when all who would
 * are killed or stopped: qlab-run sees by the commands that pass it which
 * filters hang on its VM (capobj.h), and looks twice a second, as long as there
 * are any, at who reads what they write.  One that is stopped is killed, so
 * that QEMU gets an error and goes on; the filters of the dead are removed.
 */
struct capwatch;

/* remove(arg, name) sends QEMU an object-del. */
struct capwatch *capwatch_new(struct loop *l,
	    void (*remove)(void *arg, const char *name), void *arg);
/* A command on its way to QEMU. */
void	capwatch_request(struct capwatch *w, const json_t *request);
void	capwatch_free(struct capwatch *w);	/* NULL is fine */

#endif
