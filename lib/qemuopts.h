/* SPDX-License-Identifier: ISC */
/* qemuopts.h - a QEMU command line cut into its options */
#ifndef QLAB_QEMUOPTS_H
#define QLAB_QEMUOPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"
#include "qerr.h"
#include "strv.h"

/*
 * What stands in one option: "first,key=value,flag", where ",," is a comma, or
 * a JSON object, whose inner keys are joined by dots ("file.filename",
 * "hostfwd.0.str").  Key and value alternate in kv.
 */
struct qemu_opts {
	struct strv kv;
};

/*
 * implied is the key of a first element without "="; NULL: it has none.
 * Returns -1 when text begins like JSON and is none.
 */
int	qemu_opts_parse(struct qemu_opts *o, const char *text,
	    const char *implied);
/* The last value of a key, as QEMU takes it, or NULL. */
const char *qemu_opts_get(const struct qemu_opts *o, const char *key);
void	qemu_opts_free(struct qemu_opts *o);

/* One option as it stood.  Strings point into argv or into o. */
struct qemu_item {
	const char *option;	/* without dashes, long; "" a bare image file */
	const char *value;	/* NULL: the option takes none */
	size_t at;		/* index in argv of the value, else option */
	struct qemu_opts o;	/* of those that have such a structure */
	bool broken;		/* JSON that is none */
	const char *id;		/* id= or node-name=; or NULL */
	const char *drive, *netdev;	/* what it refers to; or NULL */
	bool used;		/* the reader's mark */
};

#define QEMU_ITEMS_MAX 4096	/* no person or tool writes more */

struct qemu_items {
	struct qemu_item *v;
	size_t n;
	const char *arch;	/* static */
};

/* argv must outlive *items.  Free it in either case. */
int	qemu_items_parse(struct qemu_items *items, char *const *argv,
	    struct qerr *e);
void	qemu_items_free(struct qemu_items *items);
/* Does "-NAME" take an argument?  1, 0, or -1: not known. */
int	qemu_option_takes(const char *name);
/* The first "-option ...,id=id"; NULL when there is none. */
struct qemu_item *qemu_items_find(const struct qemu_items *items,
	    const char *option, const char *id);

/*
 * hostfwd's "proto:addr:port-guestaddr:guestport"; addr may be empty, then
 * has_addr is false.  Returns 0, or -1 when it is something else.
 */
int	qemu_hostfwd_parse(const char *s, struct lab_forward *f);
/* Is key hostfwd, as written or out of JSON? */
bool	qemu_hostfwd_key(const char *key);

/*
 * The NICs and networks of the command line into *lab, its one VM being *vm.
 * Marks the items that it could say all of.
 */
int	qemu_read_nics(struct lab *lab, struct lab_vm *vm,
	    struct qemu_items *items, struct qerr *e);
/* A card for which QEMU uses up a default MAC, even without a netdev. */
bool	qemu_is_nic(const struct qemu_item *it);

#endif
