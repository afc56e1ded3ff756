/* SPDX-License-Identifier: ISC */
/* logwant.h - whose log records are wanted */
#ifndef QLAB_LOGWANT_H
#define QLAB_LOGWANT_H

#include <stdbool.h>

#include "lab.h"
#include "loglabs.h"
#include "logrec.h"
#include "qerr.h"
#include "state.h"

/* What a name stands for; "" where it does not say. */
struct logwant_name {
	char lab[LAB_NAMESZ], vm[LAB_NAMESZ], net[LAB_NAMESZ];
	char ifname[16];
};

/* One of names, and one of vms, and one of nets, and one of ifs. */
struct logwant {
	struct logwant_name *names;
	size_t n;
	struct strv vms, nets, ifs;
};

/*
 * Add a name of the command line: VM, VM/NIC, net:NETWORK, if:INTERFACE, each
 * also with LAB: in front, or LAB: alone.  QERR_INPUT: none of these.
 */
int	logwant_add(struct logwant *w, const char *word, struct qerr *e);
/*
 * Are there such things?  What runs (*st) comes first, then what the logs of
 * labs know; the name's lab is filled in, those of vms and nets may be several
 * labs'.  QERR_NOTFOUND, with near names, or with the candidates when several
 * labs have it.  With missing, what is not known is told there instead, and
 * wanted as it stands: it may come.
 */
int	logwant_resolve(struct logwant *w, const struct state *st,
	    const struct loglabs *labs, struct strv *missing, struct qerr *e);
bool	logwant_any(const struct logwant *w);	/* is anything restricted? */
bool	logwant_match(const struct logwant *w, const struct logrec *r);
/* Can records of that lab be wanted? */
bool	logwant_lab(const struct logwant *w, const char *lab);
void	logwant_free(struct logwant *w);

#endif
