/* SPDX-License-Identifier: ISC */
/* run-lab.h - which lab, and which of its VMs, qlab-run is to start */
#ifndef QLAB_RUN_LAB_H
#define QLAB_RUN_LAB_H

#include <stdbool.h>

#include "lab.h"
#include "labflags.h"

/* The name of a lab without a file. */
#define DEFAULT_LAB	"adhoc"

/* What the command line says of it. */
struct run_lab {
	const char *file;		/* -f, or NULL */
	const char *lab;		/* --lab, or NULL */
	const struct lab_flags *flags;
	const struct strv *vms;		/* the operands */
	bool check;			/* mistakes are data: to stdout */
};

/* Load or make it; what is wrong is said, and ends the program. */
void	run_lab_get(const struct run_lab *c, struct lab *lab);
/* What the flags change of a lab file's lab; the same about mistakes. */
void	run_lab_flags(const struct run_lab *c, struct lab *lab);
/* A VM by its name; an unknown one ends the program. */
struct lab_vm *run_lab_vm(const struct lab *lab, const char *name);

#endif
