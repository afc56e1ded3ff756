/* SPDX-License-Identifier: ISC */
/* gunzip.h - plain bytes from gzip, as they come */
#ifndef QLAB_GUNZIP_H
#define QLAB_GUNZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"

struct gunzip;

/* The two bytes that gzip (RFC 1952) begins with. */
bool	gunzip_magic(const unsigned char head[2]);

struct gunzip *gunzip_new(void);
void	gunzip_free(struct gunzip *g);		/* NULL is fine */

/* Gzip's bytes, copied; they may become very many: ask for them in parts. */
void	gunzip_feed(struct gunzip *g, const void *data, size_t len);
/*
 * Up to size plain bytes into buf.  Returns how many; 0 needs more.  -1 with
 * *e: the data is broken, and nothing more comes.
 */
int	gunzip_read(struct gunzip *g, void *buf, size_t size, struct qerr *e);
/* Did it stop in the middle of a member? */
bool	gunzip_cut_off(const struct gunzip *g);

#endif
