/* SPDX-License-Identifier: ISC */
/* relay.h - one VM's QMP and console, fanned out to any number of clients */
#ifndef QLAB_RELAY_H
#define QLAB_RELAY_H

#include <sys/types.h>

#include <stdint.h>

#include <jansson.h>

#include "loop.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * qlab-run listens on DIR/qemu-qmp.sock and DIR/qemu-con.sock; QEMU connects
 * to them (server=off), once each, and the listeners are then unlinked.  Tools
 * connect to DIR/qmp.sock (once QEMU is up; before that they wait) and
 * DIR/console.sock.  Peers of other users, root excepted, are turned away.
 *
 * QMP: the relay negotiates with QEMU itself, gives each client QEMU's
 * greeting, answers its qmp_capabilities, and sends events to all.  All else is
 * passed on byte by byte with only its "id" changed, since every client counts
 * its own.  A client may have 64 commands under way, and QEMU 1 MiB of them
 * waiting; then clients are not read until there is room.
 *
 * Console: what QEMU prints goes to the log file (from the first byte) and to
 * all readers, a new reader first gets the last 4 KiB; what any client types
 * goes to QEMU, whose chardev multiplexer takes the escape keys.
 *
 * A client that does not read is cut off after 4 MiB; QEMU is never held up.
 * SIGPIPE must be ignored.  Callbacks may call relay_close().
 */
struct relay_conf {
	const char *dir;	/* the VM's state directory */
	const char *console_log;	/* appended to; rotated by the caller */
	void *arg;		/* for all callbacks; each may be NULL */
	/* QEMU is connected on both and QMP is negotiated. */
	void (*on_up)(void *arg, pid_t qemu);
	void (*on_event)(void *arg, const json_t *event);
	void (*on_console)(void *arg, const void *data, size_t len);
	/* A client's command is passed on to QEMU. */
	void (*on_request)(void *arg, const json_t *request);
	/* QEMU closed its QMP connection: it is gone or going. */
	void (*on_down)(void *arg);
};

struct relay;

struct relay *relay_open(struct loop *l, const struct relay_conf *conf,
	    struct qerr *e);
/*
 * The runner's own command; args (may be NULL) is stolen.  cb (may be NULL)
 * gets the whole reply, or NULL when QEMU is not there (any more).
 */
void	relay_execute(struct relay *r, const char *command, json_t *args,
	    void (*cb)(void *arg, const json_t *reply), void *arg);
/* Type on the console. */
void	relay_type(struct relay *r, const void *data, size_t len);
/* QEMU's end of QMP, for a watcher.h; -1: not connected. */
int	relay_qmp_fd(const struct relay *r);
/* QEMU's pid, as soon as it has connected; -1: it has not, or no more. */
pid_t	relay_qemu_pid(const struct relay *r);
/* Bytes of the console that could not be logged (disk full). */
uint64_t relay_log_lost(const struct relay *r);
/*
 * Closes and removes all sockets; what QEMU last said and printed is passed on
 * first, for which slow readers get 200 ms.  NULL is fine.
 */
void	relay_close(struct relay *r);

#endif
