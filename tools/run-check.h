/* SPDX-License-Identifier: ISC */
/* run-check.h - qlab-run --check: what it prints */
#ifndef QLAB_RUN_CHECK_H
#define QLAB_RUN_CHECK_H

#include <stdbool.h>
#include <stdio.h>

#include "lint.h"

/* Print findings as compilers do; 2 when one is an error, else 0. */
int	check_print(const char *file, const struct findings *found, FILE *f);
/* Check a QEMU command line given word by word; the exit status. */
int	check_words(char *const *words);
/*
 * Look at where the host itself sends packets; not knowing it is no mistake.
 * The own bridges, in the host's network, of a lab that runs do not count.
 */
void	check_routes(const struct lab *lab, const struct lint_conf *conf,
	    bool runs, struct findings *found);
/*
 * Check the QEMU command lines in a file ("-": standard input).  False: there
 * are none in it, or it is not there; else *rc is the exit status.
 */
bool	check_file(const char *file, int *rc);

#endif
