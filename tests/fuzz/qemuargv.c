/* SPDX-License-Identifier: ISC */
/* qemuargv.c - any words as a QEMU command line: read, linted, written again */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lint.h"
#include "qemuargv.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read must be well-formed enough to be written again. */
static void
rebuild(const struct lab *lab)
{
	const struct lab_vm *vm = &lab->vms[0];
	struct qemu_cable *cables = xcalloc(vm->nnics, sizeof(*cables));
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = vm->accel,
	    .cables = cables };
	struct strv argv = { 0 };
	struct qerr e;

	if (!lab_name_ok(vm->name) || lab->nvms != 1)
		abort();
	for (size_t i = 0; i < vm->nnics; i++)
		cables[i].fd = 3;
	qemu_argv_build(lab, vm, &conf, &argv, &e);
	strv_free(&argv);
	conf.target = QEMU_DARWIN;
	qemu_argv_build(lab, vm, &conf, &argv, &e);
	strv_free(&argv);
	free(cables);
}

/* One word a line; the program's name is given. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xcalloc(1, size + 1), *save = NULL;
	struct findings found = { 0 };
	struct strv argv = { 0 };
	struct qerr e;
	struct lab lab;

	memcpy(text, data, size);
	strv_add(&argv, "qemu-system-x86_64");
	for (char *w = strtok_r(text, "\n", &save); w != NULL;
	    w = strtok_r(NULL, "\n", &save))
		strv_add(&argv, w);
	if (qemu_argv_read(&lab, argv.v, &e) == 0)
		rebuild(&lab);
	lab_free(&lab);
	qemu_argv_lint(argv.v, QEMU_DARWIN, &found);
	findings_free(&found);
	strv_free(&argv);
	free(text);
	return 0;
}
