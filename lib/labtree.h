/* SPDX-License-Identifier: ISC */
/* labtree.h - inside of the lab file reader: YAML text as a tree with lines */
#ifndef QLAB_LABTREE_H
#define QLAB_LABTREE_H

#include <stdbool.h>
#include <stddef.h>

#include "qerr.h"

/* What is wrong with a lab file, as lines "FILE:LINE: text" in *e. */
struct lab_errs {
	struct qerr *e;
	char file[256];		/* as messages call it */
	int n;			/* errors, kept or not */
	bool full;		/* further ones are only counted */
};

void	lab_errs_init(struct lab_errs *errs, const char *file, struct qerr *e);
/* line 0: the file as a whole. */
void	lab_err(struct lab_errs *errs, int line, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

enum ynode_kind { YNODE_SCALAR, YNODE_LIST, YNODE_MAP };

struct ynode {
	enum ynode_kind kind;
	int line;		/* where it begins, from 1 */
	char *text;		/* of a scalar; else NULL */
	struct ynode *kids;	/* items; or key, value, key, value, ... */
	size_t nkids;
};

/*
 * Read one YAML document.  Every scalar is text: clean (text.h), one line, its
 * quotes resolved, never interpreted.  Anchors, aliases, tags, a second
 * document, keys that are not scalars and nesting beyond any lab file's are
 * errors.  Returns 0; or -1 with errors added.  *root is to be freed with
 * ynode_release() either way.
 */
int	ynode_read(struct ynode *root, const char *text, size_t len,
	    struct lab_errs *errs);
void	ynode_release(struct ynode *node);

#endif
