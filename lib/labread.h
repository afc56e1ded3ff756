/* SPDX-License-Identifier: ISC */
/* labread.h - inside of the lab file reader: maps, lists and single values */
#ifndef QLAB_LABREAD_H
#define QLAB_LABREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"
#include "labtree.h"

struct labread {
	struct lab *lab;
	struct lab_errs *errs;
	const char *key;	/* the one whose value is read */
};

/* A value's reader adds an error, or sets the field. */
typedef void labread_fn(struct labread *r, const struct ynode *v, void *field);

struct labread_key {
	const char *name;
	labread_fn *read;
	size_t field;		/* offset in the object that is read into */
	size_t line;		/* offset of an int for the value's line */
};

#define NOLINE	((size_t)-1)

/*
 * Read a map's values into obj by keys, which end with a NULL name; what is
 * the map's name in messages.  Returns the set of keys seen, bit N for keys[N].
 */
unsigned labread_map(struct labread *r, const struct ynode *map,
	    const struct labread_key *keys, void *obj, const char *what);
/*
 * Is k a good name, v a map of keys?  taken: the line where the name was used
 * before, 0 if it was not.
 */
bool	labread_named(struct labread *r, const struct ynode *k,
	    const struct ynode *v, const char *what, int taken);
/* A list of at most max items? */
bool	labread_list(struct labread *r, const struct ynode *v, size_t max,
	    const char *example);
/* The text of a single value that is not empty, else NULL and an error. */
const char *labread_scalar(struct labread *r, const struct ynode *v);
/* A name of that kind into a field of LAB_NAMESZ bytes, or an error. */
void	labread_name(struct labread *r, const struct ynode *v,
	    const char *kind, char *field);
/* "a list", "a map", ... */
const char *labread_kind(const struct ynode *v);

labread_fn labread_bool;	/* bool */
labread_fn labread_text;	/* char *, replaced */
labread_fn labread_plain;	/* char *: letters, digits, '_', '.', '-' */
/* char *: one of words, which choice lists for a reader. */
void	labread_word(struct labread *r, const struct ynode *v, void *field,
	    const char *const *words, const char *choice);

labread_fn labread_networks;	/* struct lab: all networks (labnets.c) */
labread_fn labread_vms;		/* struct lab: all VMs (labvms.c) */

#endif
