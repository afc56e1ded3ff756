/* SPDX-License-Identifier: ISC */
/* rawdump.h - the kernel's own bytes of interfaces and QEMUs, kept as text */
#ifndef QLAB_RAWDUMP_H
#define QLAB_RAWDUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "facts.h"
#include "lint.h"
#include "qerr.h"
#include "strv.h"

/*
 * What a Mac's kernel answered, so that the decoders of bridgewire.h can be
 * tried elsewhere.  A first line says what it is, then there is a record a
 * line: KIND NAME HEX, or KIND NAME error ERRNO.  NAME is that of the
 * interface, a process's ID, or "-".
 */
#define RAWDUMP_HEAD	"qlab-rawdump 1"

enum rawdump_kind {
	RAWDUMP_IFLIST2,	/* sysctl NET_RT_IFLIST2 */
	RAWDUMP_IFMIB,		/* sysctl net.link.generic, one interface's */
	RAWDUMP_IFTYPE,		/* SIOCGIFTYPE */
	RAWDUMP_MEMBERS,	/* a bridge's BRDGGIFS */
	RAWDUMP_FDB,		/* and BRDGRTS */
	RAWDUMP_PROCARGS,	/* sysctl KERN_PROCARGS2 of a QEMU */
	RAWDUMP_ROUTES,		/* sysctl NET_RT_DUMP, IPv4's */
};

/*
 * From here on fn hears what the OS parts get from the kernel (NULL: nobody
 * does), which is what they call rawdump_tell() for.  err: errno, which stays
 * as it was, or 0.
 */
typedef void rawdump_fn(void *arg, enum rawdump_kind kind, const char *name,
	    const void *buf, size_t len, int err);
void	rawdump_hear(rawdump_fn *fn, void *arg);
void	rawdump_tell(enum rawdump_kind kind, const char *name, const void *buf,
	    size_t len, int err);

/* What is not to be passed on; zero-initialise but for words. */
struct rawdump_mask {
	const char *words[2];	/* names of host and user, or NULL */
	uint8_t (*macs)[6];	/* so far seen; see rawdump_masked() */
	size_t nmacs;
};

/*
 * The record's line without its end.  The last three octets of a MAC are
 * replaced, of the same one by the same ones each time, but for those of
 * QEMU's prefix 52:54:00; words by as many x, environments and messages that
 * nobody reads are left out.  Caller frees.
 */
char	*rawdump_line(struct rawdump_mask *m, enum rawdump_kind kind,
	    const char *name, const void *buf, size_t len, int err);
/* Who has become who: the first is macs[0]. */
void	rawdump_masked(const struct rawdump_mask *m, size_t i, uint8_t mac[6]);
void	rawdump_mask_release(struct rawdump_mask *m);

/* Does text begin as a dump does? */
bool	rawdump_is(const char *text, size_t len);
/*
 * The facts of a dump, into space 0 of *f, which must be empty.  *found gets
 * what cannot be read, by lines.  -1 (QERR_INPUT): no interface is in it.
 */
int	rawdump_read(struct facts *f, const char *text, size_t len,
	    struct findings *found, struct qerr *e);

#endif
