/* SPDX-License-Identifier: ISC */
/* cap-rights.h - qlab-cap's processes that look at packets hold no rights */
#ifndef QLAB_CAP_RIGHTS_H
#define QLAB_CAP_RIGHTS_H

#include "qerr.h"

/*
 * Give up all rights, as rights.h has it.  Where there is a way to refuse
 * system calls and it does not work that is said, and we go on.
 */
int	cap_rights_give_up(struct qerr *e);

#endif
