/* SPDX-License-Identifier: ISC */
/* lintlab.h - inside of lint_lab(): its two halves and what they share */
#ifndef QLAB_LINTLAB_H
#define QLAB_LINTLAB_H

#include <stdbool.h>

#include "lint.h"

void	lint_networks(const struct lab *lab, const struct lint_conf *conf,
	    struct findings *out);
void	lint_vms(const struct lab *lab, const struct lint_conf *conf,
	    struct findings *out);

/* What a network will run on, never BACKEND_AUTO. */
enum net_backend lint_backend(const struct lab_net *net,
	    const struct lint_conf *conf);
/* Is it one of the VMs that start together? */
bool	lint_selected(const struct lab_vm *vm, const struct lint_conf *conf);
/* Does the network have a subnet of ours: shared or host? */
bool	lint_has_subnet(const struct lab_net *net);
/* The line of a network's key; where it was left out, that of its name. */
int	lint_line(const struct lab_net *net, int key_line);

#endif
