/* SPDX-License-Identifier: ISC */
/* predicate.h - which log records are wanted: a subset of NSPredicate */
#ifndef QLAB_PREDICATE_H
#define QLAB_PREDICATE_H

#include <stdbool.h>
#include <stddef.h>

#include "logrec.h"
#include "qerr.h"

/*
 * What macOS' log(1) takes as --predicate, as far as it means the same
 * everywhere (Apple, "Predicate Programming Guide", BNF):
 *
 *   p       ::= p OR p | p AND p | NOT p | ( p ) | field op value
 *             | TRUEPREDICATE | FALSEPREDICATE
 *   field   ::= subsystem category process processID sender eventMessage
 *               messageType eventType
 *   op      ::= == = != <> CONTAINS BEGINSWITH ENDSWITH, each but those of
 *               numbers and types also with [c]: upper and lower case alike
 *   value   ::= "text" | 'text' | number | a type's bare name
 *
 * NOT binds tighter than AND, AND than OR; && || ! are the same, keywords may
 * be in either case, fields may not.  In quotes \\ \" \' \n \r \t \b \f and
 * \uXXXX stand for one character.  [c] is for ASCII: beyond it case depends on
 * tables that differ from system to system.
 */
struct predicate;

#define PREDICATE_DEPTH	64	/* parentheses and NOTs within each other */

/*
 * Compile text; NULL with QERR_INPUT and "column N: ..." when it is none.  When
 * *beyond (may be NULL) is then set, it may be NSPredicate all the same,
 * only not of this subset.
 */
struct predicate *predicate_parse(const char *text, bool *beyond,
	    struct qerr *e);
void	predicate_free(struct predicate *p);	/* NULL is fine */

/* Is the record wanted?  NULL wants all.  A field it has not is "". */
bool	predicate_match(const struct predicate *p, const struct logrec *r);

/*
 * The predicate as text that predicate_parse() and log(1) take: keywords in
 * capitals, text in double quotes, no parentheses but those it needs.  Caller
 * frees.
 */
char	*predicate_text(const struct predicate *p);

/*
 * "(A) AND (B)", without parentheses that are not needed when both can be
 * parsed; "" and NULL stand for everything.  Caller frees.
 */
char	*predicate_and(const char *a, const char *b);

/*
 * The one value that the predicate demands of a field ("process", ...): there
 * is "field == value" in it and nothing that would let another one through.
 * NULL when there is none.
 */
const char *predicate_demands(const struct predicate *p, const char *field);

#endif
