/* SPDX-License-Identifier: ISC */
/* disks.c - a VM's disks, made ready before it starts */
#include <stdlib.h>
#include <unistd.h>

#include "disks.h"
#include "qemuimg.h"
#include "text.h"

static int
prepare_one(const struct lab *lab, const struct lab_disk *d,
    struct strv *formats, struct qerr *e)
{
	char *file = lab_path(lab, d->file), *format;
	char *base = d->base != NULL ? lab_path(lab, d->base) : NULL;
	int rc = 0;

	if (base != NULL)
		rc = qemuimg_overlay(file, base, e);
	else if (d->create_bytes != 0)
		rc = qemuimg_create(file, d->create_bytes, e);
	format = rc == 0 ? qemuimg_format(file, e) : NULL;
	if (format != NULL)
		strv_add(formats, format);
	free(format);
	free(base);
	free(file);
	return format != NULL ? 0 : -1;
}

int
disks_prepare(const struct lab *lab, const struct lab_vm *vm,
    struct strv *formats, struct qerr *e)
{
	for (size_t i = 0; i < vm->ndisks; i++)
		if (prepare_one(lab, &vm->disks[i], formats, e) == -1)
			return -1;
	return 0;
}

int
disks_explain(const struct lab *lab, const struct lab_vm *vm,
    struct strv *formats, struct strv *lines, struct qerr *e)
{
	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct lab_disk *d = &vm->disks[i];
		char *file = lab_path(lab, d->file), *format;
		char name[TEXT_SHOWSZ], base[TEXT_SHOWSZ];

		if (access(file, F_OK) == -1) {
			/* What is not there yet will be made as qcow2. */
			format = xstrdup("qcow2");
			if (d->base != NULL)
				strv_addf(lines, "new overlay %s on %s",
				    text_show(file, name),
				    text_show(d->base, base));
			else if (d->create_bytes != 0)
				strv_addf(lines, "new disk %s of %llu bytes",
				    text_show(file, name),
				    (unsigned long long)d->create_bytes);
			else
				strv_addf(lines, "disk %s is not here: its "
				    "format may be another",
				    text_show(file, name));
		} else
			format = qemuimg_format(file, e);
		free(file);
		if (format == NULL)
			return -1;
		strv_add(formats, format);
		free(format);
	}
	return 0;
}

int
disks_reset(const struct lab *lab, const struct lab_vm *vm, size_t *n,
    struct qerr *e)
{
	*n = 0;
	for (size_t i = 0; i < vm->ndisks; i++) {
		const struct lab_disk *d = &vm->disks[i];
		char *file, *base;
		int rc;

		if (d->base == NULL)
			continue;
		file = lab_path(lab, d->file);
		base = lab_path(lab, d->base);
		rc = qemuimg_reset(file, base, e);
		free(file);
		free(base);
		if (rc == -1)
			return -1;
		++*n;
	}
	if (*n == 0)
		return qerr_set(e, QERR_INPUT, "'%s' has no overlay: none of "
		    "its disks has a base", vm->name);
	return 0;
}
