/* SPDX-License-Identifier: ISC */
/* predicatetree.h - the inside of predicate: what text is compiled to */
#ifndef QLAB_PREDICATETREE_H
#define QLAB_PREDICATETREE_H

#include "predicate.h"

enum field { F_SUBSYSTEM, F_CATEGORY, F_PROCESS, F_SENDER, F_MESSAGE, F_PID,
	F_TYPE, F_EVENT };

enum op { OP_EQ, OP_NE, OP_CONTAINS, OP_BEGINS, OP_ENDS };

enum kind { P_TRUE, P_FALSE, P_CMP, P_NOT, P_AND, P_OR };

struct predicate {
	enum kind kind;
	enum field field;	/* P_CMP: what, */
	enum op op;		/* how, */
	bool nocase;
	char *text;		/* with what; nocase: in lower case */
	size_t len;
	uint64_t number;	/* for F_PID; for F_TYPE the level */
	struct predicate **kids;	/* P_NOT: one; P_AND, P_OR: some */
	size_t nkids;
};

extern const char *const predicate_fields[];	/* by enum field */
extern const char *const predicate_ops[];	/* by enum op */

#endif
