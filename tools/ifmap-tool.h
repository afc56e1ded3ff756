/* SPDX-License-Identifier: ISC */
/* ifmap-tool.h - what the parts of qlab-ifmap share */
#ifndef QLAB_IFMAP_TOOL_H
#define QLAB_IFMAP_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "ifmap.h"

extern struct state st;
extern struct map map;
/* Another one, of interval_ms before; NULL: none, so there are no rates. */
extern const struct map *map_before;
extern long map_interval_ms;

/*
 * How a VM, NIC or network is called.  A NIC's label is "" when nobody knows
 * whose it is.  Caller frees.
 */
char	*ifmap_label(const struct state_lab *lab, const char *fmt,
	    const char *a, const char *b);
char	*ifmap_nic_label(const struct map_nic *n);

/* Columns, by their place in the list of all; the first six are the usual. */
#define IFMAP_NDEFAULT	6
#define IFMAP_MAXCOLS	64
struct ifmap_layout {
	size_t cols[IFMAP_MAXCOLS], n;
};
/* "COL,..." replaces what is there, "+COL,..." adds to it; else it exits. */
void	ifmap_layout_set(struct ifmap_layout *l, const char *list);

/*
 * -r: the map of what the text in file ("-": stdin) tells.  Says what could
 * not be read, and what to ask for; exits when there is nothing.
 */
void	ifmap_read_saved(struct map *m, const char *file);

/*
 * --dump-raw: what the kernel answers, for -r elsewhere; into the file macs,
 * which may be NULL, which MAC has become which.  The exit status.
 */
int	ifmap_dump_raw(const char *macs);

/* The picked NICs. */
void	ifmap_print_table(const struct ifmap_layout *l, bool header);
/* A line for each claim on each edge. */
void	ifmap_print_evidence(bool header);

/* The same as a graph for Graphviz, else for Mermaid. */
void	ifmap_print_graph(bool as_dot);
/* Addresses that are beyond doubt, for /etc/hosts. */
void	ifmap_print_hosts(void);

/*
 * Print changes until a signal or the reader's end; names ends with NULL and
 * restricts.  With rates each interval_ms (0: never); strict as --strict.  The
 * exit status.
 */
int	ifmap_watch(char **names, long interval_ms, bool strict);
/* Build the map again after that time; what was before goes to *before. */
void	ifmap_measure(char **names, long interval_ms, struct map *before,
	    struct state *before_st);

#endif
