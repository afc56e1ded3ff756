/* SPDX-License-Identifier: ISC */
/* run-explain.h - qlab-run -n and --print-sudoers: what would be run */
#ifndef QLAB_RUN_EXPLAIN_H
#define QLAB_RUN_EXPLAIN_H

#include "runner.h"

struct run_explain {
	const struct lab *lab;
	const struct lab_vm *const *vms;
	size_t nvms;
	const bool *wanted;	/* of the lab's networks */
	enum net_backend require;	/* AUTO: any */
	bool host_net;
	struct runner_conf rc;	/* without backend */
};

/* --target's value; *elsewhere: that is not this machine. */
enum qemu_target run_target(const char *value, bool *elsewhere);

/* Networks as comments, command lines for a shell. */
void	run_explain(struct run_explain *x);
/* A line of sudoers(5) for each VM that vmnet is wanted for. */
void	run_explain_sudoers(struct run_explain *x);

#endif
