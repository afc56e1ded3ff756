/* SPDX-License-Identifier: ISC */
/* state.h - the registry of running labs on disk */
#ifndef QLAB_STATE_H
#define QLAB_STATE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lab.h"
#include "proc.h"
#include "qerr.h"

/*
 * Theory of operation
 *
 * $QLAB_STATE, else /tmp/qlab-UID, holds a directory for each running lab:
 *
 *   LAB/lock              locked by who changes the lab
 *   LAB/lab.json          the networks as understood, the lab file's real path
 *   LAB/lab.yaml          the text of the lab file as it was understood
 *   LAB/holder.sock       and holder.json: the holder (holder.h)
 *   LAB/NAME/vm.json      one running VM; NAME/qmp.sock, NAME/console.sock
 *
 * Files are written under a temporary name and renamed, so a reader sees whole
 * ones.  Whoever finds a lab that nobody keeps alive removes it.
 */

struct state_nic {
	char id[LAB_NICSZ];
	char net[LAB_NAMESZ];	/* "" for an own user network */
	char mode[16];		/* shared, host, bridged, user */
	uint8_t mac[6];
	char model[64];
	char hostif[16];	/* tap3, vmenet0; "" where there is none */
	char evidence[16];	/* how we know hostif: registry, diff, ... */
};

struct state_vm {
	char name[LAB_NAMESZ];
	struct proc_id qemu, runner;
	char **argv;		/* QEMU's, NULL-terminated */
	int64_t started_us;	/* since the epoch */
	struct state_nic *nics;
	size_t nnics;
	char *qmp, *console;	/* socket paths */
	char *console_log, *qemu_log;
	bool alive;		/* QEMU and its runner are there */
};

struct state_lab {
	char name[LAB_NAMESZ];
	char *dir;		/* its state directory */
	char *file;		/* real path of the lab file, or NULL */
	enum net_backend backend;	/* of its networks; AUTO: none up yet */
	struct lab_net *nets;
	size_t nnets;
	struct proc_id holder;	/* pid 0: none */
	bool holder_alive;
	bool host_net;		/* its networks are in the host's own */
	struct state_vm *vms;
	size_t nvms;
	bool alive;		/* holder or a VM is */
};

struct state {
	struct state_lab *labs;
	size_t nlabs;
};

/*
 * Root of the live state; made (0700) when create is set.  Refused when it is
 * a link or another user's.  Run by sudo, SUDO_UID's.  Static storage; NULL
 * and *e on error.
 */
const char *state_root(bool create, struct qerr *e);

/*
 * ${XDG_STATE_HOME:-~/.local/state}/qlab: labs' logs; free it.  Run by sudo, ~
 * is SUDO_UID's.
 */
char	*state_log_root(void);
/* LAB in there, made when missing; free it. */
char	*state_log_dir(const char *lab, struct qerr *e);

/* Read all labs, dead ones included.  A broken file is skipped. */
int	state_load(struct state *st, struct qerr *e);
/*
 * The same, but first removes what the dead left, as state_sweep() does, of
 * each lab that no other command has locked.  It never waits.
 */
int	state_load_clean(struct state *st, struct qerr *e);
void	state_free(struct state *st);
/*
 * Another number whenever a lab or VM has come, gone or changed; cheap enough
 * to be asked a few times a second.
 */
uint64_t state_stamp(void);
/* The same for one lab's directory. */
int	state_load_lab(struct state_lab *lab, const char *dir);
void	state_lab_release(struct state_lab *lab);

/* Whose state it is: the caller's uid, below sudo the uid that called it. */
uid_t	state_owner(void);

struct state_lab *state_lab_find(const struct state *st, const char *name);
struct state_vm	*state_vm_find(const struct state_lab *lab, const char *name);

/*
 * Open (make) a lab's directory and take its lock, waiting up to wait_ms.
 * Returns a descriptor that holds the lock until closed; *dir is the path
 * (caller frees).
 */
int	state_lock(const char *lab, int wait_ms, char **dir, struct qerr *e);
/* Long enough for another qlab command to finish. */
#define STATE_LOCK_MS	10000

/* With the lock held: write what runs. */
int	state_write_lab(const char *dir, const struct lab *lab,
	    enum net_backend backend, const char *text, size_t len,
	    struct qerr *e);
int	state_write_vm(const char *dir, const struct state_vm *vm,
	    struct qerr *e);
int	state_write_holder(const char *dir, const struct proc_id *id,
	    bool host_net, struct qerr *e);
/* The lab file's text as it was understood when the lab started; free it. */
char	*state_read_text(const char *dir, size_t *len);

/* Make a VM's directory, *sub (caller frees). */
int	state_make_vm_dir(const char *dir, const char *vm, char **sub,
	    struct qerr *e);
/* Remove one VM's directory; -1 with errno when something stays. */
int	state_remove_vm(const char *dir, const char *vm);

/*
 * With the lock held: remove the directories of dead VMs, and when neither a
 * holder nor a VM lives, the whole lab, with what it left in the host's own
 * network (vnet_sweep()).  Logs stay.  Adds a line for each thing removed to
 * *said (may be NULL).  The lock may be gone with the lab: what follows needs
 * it taken anew.  -1 when something could not be removed.
 */
int	state_sweep(const char *dir, struct strv *said);

/* Turn a log over to PATH.1 when it has grown big, or always. */
void	state_rotate(const char *path, bool always);

/*
 * Append one line {"time":..,"event":..,"lab":..,...} to LAB's events.ndjson,
 * with what more (may be NULL; the reference is taken over) holds.  qlab.7
 * lists the events.
 */
void	state_event(const char *lab, const char *event, json_t *more);

/* A socket path that fits sun_path (104 bytes everywhere); else error. */
int	state_socket_path(char *buf, size_t size, struct qerr *e,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The parts of a name on a command line; "" where there is none. */
struct state_name {
	char lab[LAB_NAMESZ], vm[LAB_NAMESZ], nic[LAB_NICSZ], net[LAB_NAMESZ];
};

/*
 * Take LAB:, [LAB:]VM[/NIC] or [LAB:]net:NETWORK apart; -1: it is none of
 * these.
 */
int	state_name_split(const char *word, struct state_name *n);

/*
 * What a command line names (DESIGN: VM, VM/NIC, LAB:, LAB:VM/NIC,
 * net:NETWORK, LAB:net:NETWORK).  Pointers go into *st.
 */
struct state_target {
	struct state_lab *lab;
	struct state_vm *vm;		/* NULL: the whole lab or a network */
	struct state_nic *nic;		/* NULL: the whole VM */
	struct lab_net *net;		/* for net: */
};

/*
 * Resolve among live labs.  Ambiguous: the lab whose file lies in the current
 * directory wins, else QERR_NOTFOUND with the candidates; unknown:
 * QERR_NOTFOUND with the near names.
 */
int	state_resolve(const struct state *st, const char *word,
	    struct state_target *t, struct qerr *e);

#endif
