/* SPDX-License-Identifier: ISC */
/* arptext.h - neighbours in what arp(8) and ip-neigh(8) print */
#ifndef QLAB_ARPTEXT_H
#define QLAB_ARPTEXT_H

#include <stdbool.h>

#include "iftable.h"

/*
 * Take in a line without blanks at its ends (paste.h); last: the text ends in
 * it.  macOS prints
 *	? (IP) at MAC on IF ifscope [permanent] [bridge]
 * with MACs without leading zeros, Linux
 *	? (IP) at MAC [ether] on IF
 *	IP                      ether   MAC   C                     IF
 *	IP dev IF lladdr MAC STATE
 * Incomplete entries and groups' addresses are passed over.  False when it is
 * no such line; one that is not whole is a finding.
 */
bool	arptext_line(struct iftable *t, const char *line, int no, bool last);

#endif
