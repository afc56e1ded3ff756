/* SPDX-License-Identifier: ISC */
/* iptext.h - output that is not read, but known: which command to ask for */
#ifndef QLAB_IPTEXT_H
#define QLAB_IPTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "lint.h"

/*
 * What is meant for people has other forms from version to version, and often
 * leaves out what matters: iproute2's without -j (ip link, ip addr, bridge
 * link, bridge fdb), brctl(8), macOS' arp -l.  It is told by name, once a kind,
 * so that the right command can be given instead.
 */
enum iptext_kind { IPTEXT_NONE, IPTEXT_LINK, IPTEXT_BRIEF, IPTEXT_FDB,
	IPTEXT_BRCTL, IPTEXT_MACS, IPTEXT_ARP, IPTEXT_NKINDS };

struct iptext {
	struct findings *found;
	enum iptext_kind block;		/* of the line before */
	size_t indent;			/* of the block's first line */
	bool seen[IPTEXT_NKINDS];
};

void	iptext_init(struct iptext *t, struct findings *found);
/* A line that only these commands print, or a row of their tables. */
bool	iptext_line(struct iptext *t, const char *line, size_t indent, int no);
/* A line that nobody else takes: does it go on there? */
bool	iptext_rest(struct iptext *t, const char *line, size_t indent);
/* Something else begins. */
void	iptext_end(struct iptext *t);
/* Was there anything of Linux? */
bool	iptext_linux(const struct iptext *t);

#endif
