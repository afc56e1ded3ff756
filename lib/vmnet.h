/* SPDX-License-Identifier: ISC */
/* vmnet.h - networks that QEMU makes of macOS' vmnet, and whom it lets */
#ifndef QLAB_VMNET_H
#define QLAB_VMNET_H

#include <stdbool.h>

#include "lab.h"
#include "qerr.h"
#include "strv.h"

/*
 * Theory of operation
 *
 * vmnet is for root up to macOS 15 (facts of Apple's entitlement
 * com.apple.vm.networking aside, which no QEMU that one can install has).  So
 * QEMU alone is started by sudo, and becomes the user again as soon as its
 * netdevs are there; sudo is asked beforehand, while the terminal is still the
 * user's.  From macOS 26 on it is tried without.
 */

/*
 * Has it a NIC on a network other than QEMU's own NAT, or vmnet in its args or
 * in those of this run (NULL: none)?
 */
bool	vmnet_needed(const struct lab_vm *vm, char *const *extra);

/* Lines for qlab-run -n: what QEMU will ask vmnet for. */
void	vmnet_explain_net(const struct lab_net *net, struct strv *lines);

/*
 * The user that a QEMU of root's is to become, the one who called sudo when we
 * are root ourselves; NULL: root it stays.  Free it.
 */
char	*vmnet_user(void);

/*
 * Make a QEMU command line one that root runs, that of sudo or our own, and
 * that gives root up again when QEMU has started (vmnet_user()): root is what
 * vmnet asks for, nothing else.  On a Mac sudo gets QEMU's whole path, as its
 * own PATH may be another.  version is what "QEMU --version" prints;
 * NULL: a recent one.
 */
void	vmnet_as_root(struct strv *argv, bool sudo, const char *version);

/* What "program --version" prints, or NULL; free it. */
char	*vmnet_version(const char *program);

/*
 * May we have program run by sudo without a question?  Else, with may_ask, let
 * sudo ask on the terminal, after say() has said why.  QERR_PERM: no.
 */
int	vmnet_permit(const char *program, bool may_ask,
	    void (*say)(void *arg, const char *text), void *arg,
	    struct qerr *e);

/*
 * A line for sudoers(5): user may have just this command line run as root,
 * without a password.  Free it.
 */
char	*vmnet_sudoers(const char *user, char *const *argv);

#endif
