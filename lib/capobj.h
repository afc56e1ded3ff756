/* SPDX-License-Identifier: ISC */
/* capobj.h - the names of our filter objects in QEMU, and whose they are */
#ifndef QLAB_CAPOBJ_H
#define QLAB_CAPOBJ_H

#include <stdbool.h>
#include <stddef.h>

#include "proc.h"
#include "qmp.h"
#include "strv.h"

/*
 * qcap-PID-START-rx and -tx, after the process that reads what they write.  If
 * it is dead they are good for nothing; if it is stopped the VM waits for it.
 */
#define CAPOBJ_SZ	64

/* dir is "rx" or "tx".  Returns buf. */
char	*capobj_name(const struct proc_id *reader, const char *dir,
	    char buf[CAPOBJ_SZ]);
/* false: no name of ours. */
bool	capobj_parse(const char *name, struct proc_id *reader);

enum capobj_state { CAPOBJ_READ, CAPOBJ_STOPPED, CAPOBJ_DEAD };
enum capobj_state capobj_state(const struct proc_id *reader);

/*
 * Remove those of the dead from a VM, and of the stopped of QEMU's own user,
 * whom it ends.  Adds their names to *said (may be NULL); dry only that.  How
 * many, or -1.
 */
int	capobj_sweep(struct qmp *q, int timeout_ms, bool dry, struct strv *said,
	    struct qerr *e);

#endif
