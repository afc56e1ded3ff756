/* SPDX-License-Identifier: ISC */
/* relay.h - one VM's QMP and console, fanned out to any number of clients */
#ifndef QLAB_RELAY_H
#define QLAB_RELAY_H

#include <sys/types.h>

#include <jansson.h>

#include "loop.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * qlab-run listens on DIR/qemu-qmp.sock and DIR/qemu-con.sock; QEMU connects
 * to them (server=off), once each, and the listeners are then unlinked.  Tools
 * connect to DIR/qmp.sock and DIR/console.sock.
 *
 * QMP: the relay negotiates with QEMU itself, answers each client's greeting
 * and qmp_capabilities, rewrites "id" on the way, sends events to all clients.
 * Console: what QEMU prints goes to the log file (from the first byte) and to
 * all readers, a new reader first gets the last 4 KiB; what any client types
 * goes to QEMU.  A client that does not read is cut off after 4 MiB; QEMU is
 * never held up.
 */
struct relay_conf {
	const char *dir;	/* the VM's state directory */
	const char *console_log;	/* appended to; rotated by the caller */
	void *arg;		/* for all callbacks; each may be NULL */
	/* QEMU is connected on both and QMP is negotiated. */
	void (*on_up)(void *arg, pid_t qemu);
	void (*on_event)(void *arg, const json_t *event);
	void (*on_console)(void *arg, const void *data, size_t len);
	/* QEMU closed its QMP connection: it is gone or going. */
	void (*on_down)(void *arg);
};

struct relay;

struct relay *relay_open(struct loop *l, const struct relay_conf *conf,
	    struct qerr *e);
/* The runner's own command; cb (may be NULL) gets the whole reply or NULL. */
void	relay_execute(struct relay *r, const char *command, json_t *args,
	    void (*cb)(void *arg, const json_t *reply), void *arg);
/* Type on the console. */
void	relay_type(struct relay *r, const void *data, size_t len);
/* Paths for QEMU's -chardev socket,path=... */
const char *relay_qemu_qmp(const struct relay *r);
const char *relay_qemu_console(const struct relay *r);
/* Closes and removes all sockets; what QEMU last printed is flushed first. */
void	relay_close(struct relay *r);

#endif
