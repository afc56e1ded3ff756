/* SPDX-License-Identifier: ISC */
/* pscheck.h - is what ps shows of a QEMU one command line, and all of it? */
#ifndef QLAB_PSCHECK_H
#define QLAB_PSCHECK_H

#include <stdbool.h>

#include "lint.h"

/*
 * Is it of two QEMUs, their lines having run together?  Then another program
 * stands in it, or two netdevs have one id, which no QEMU takes.
 */
bool	pscheck_is_two(char *const *argv);
/*
 * Cards whose netdev does not stand in it, or whose MAC is none, are findings
 * of line no.
 */
void	pscheck_cards(char *const *argv, int no, struct findings *found);

#endif
