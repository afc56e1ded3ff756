/* SPDX-License-Identifier: ISC */
/* lint.h - what is wrong with a lab, before it starts */
#ifndef QLAB_LINT_H
#define QLAB_LINT_H

#include <stdbool.h>
#include <stddef.h>

#include "lab.h"
#include "qemuargv.h"

struct finding {
	bool error;		/* else a warning */
	int line;		/* in the lab file; 0: none */
	char *text;		/* clean: fit for a terminal */
};

struct findings {
	struct finding *f;
	size_t n;
	size_t max;		/* so many are kept; 0: all */
	size_t more;		/* that were not kept */
};

struct lint_conf {
	enum qemu_target target;
	enum net_backend backend;	/* what networks will run on */
	bool host_net;		/* networks in the host's own namespace */
	/* Only these VMs start together; NULL: all. */
	char *const *vms;
	/* They need not: what they cannot share is a warning. */
	bool apart;
	/* It will run on another machine: this one's QEMU does not matter. */
	bool elsewhere;
};

/*
 * Pure: what can be said from the definition alone, of a lab that went through
 * lab_finish() or came from qemu_argv_read().  Findings are added in the order
 * of their lines.  What VMs must not share is asked of conf->vms only.
 */
void	lint_lab(const struct lab *lab, const struct lint_conf *conf,
	    struct findings *out);
/*
 * Looks at this machine: disks there, readable, not locked by another process
 * or shared by two VMs that run together, kernel and initrd there, QEMU there
 * with the needed netdevs, the interfaces to bridge to there.
 */
void	lint_host(const struct lab *lab, const struct lint_conf *conf,
	    struct findings *out);
/*
 * Subnets against the host's own addresses and routes (a.b.c.d/len each; NULL
 * ends them; what is no such thing is passed over).  Default routes, also
 * those that VPNs write as two halves, overlap nothing.  An error where the
 * network will be the host's own (vmnet, host_net), else a warning.
 */
void	lint_routes(const struct lab *lab, const struct lint_conf *conf,
	    const char *const *routes, struct findings *out);

/* text is short, lower case, quotes the value, says what would be right. */
void	findings_add(struct findings *out, bool error, int line,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	findings_free(struct findings *f);
size_t	findings_errors(const struct findings *f);

#endif
