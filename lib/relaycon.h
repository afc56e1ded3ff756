/* SPDX-License-Identifier: ISC */
/* relaycon.h - the console half of a relay (relay.h) */
#ifndef QLAB_RELAYCON_H
#define QLAB_RELAYCON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "qerr.h"

/* The callbacks may close the console, except during relaycon_close(). */
struct relaycon_conf {
	const char *qemu_path;	/* QEMU connects here, once */
	const char *path;	/* everybody else */
	const char *log;	/* appended to */
	void *arg;
	void (*on_connect)(void *arg);
	void (*on_data)(void *arg, const void *data, size_t len);
};

struct relaycon;

struct relaycon *relaycon_open(struct loop *l,
	    const struct relaycon_conf *conf, struct qerr *e);
bool	relaycon_connected(const struct relaycon *c);	/* also: once was */
void	relaycon_type(struct relaycon *c, const void *data, size_t len);
/* Bytes that could not be written to the log. */
uint64_t relaycon_log_lost(const struct relaycon *c);
/* NULL is fine. */
void	relaycon_close(struct relaycon *c);

#endif
