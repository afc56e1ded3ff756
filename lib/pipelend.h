/* SPDX-License-Identifier: ISC */
/* pipelend.h - OS contract: memory lent to whoever reads a pipe */
#ifndef QLAB_PIPELEND_H
#define QLAB_PIPELEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/types.h>
#include <sys/uio.h>

/*
 * Theory of operation
 *
 * What goes into a pipe is copied twice, into the kernel's pages and out of
 * them.  Where the system can, the pipe gets our own pages instead, and the
 * reader copies from these; so they must not change until nobody needs them.
 *
 * That the pipe is empty does not tell: a reader who moves pages on, into
 * another pipe or a socket (splice(2), as pv does), still has them.  Therefore
 * now and then some bytes go out as a page of a file in memory, the witness,
 * of which the system tells whether anybody but the file has it: a file that is
 * in use cannot be sealed against writing.  Pipes and sockets keep the order;
 * so once nobody has the witness, nobody has what went out before it.  A
 * reader who is found to keep pages gets copies from then on.
 */
struct pipelend {
	int fd;			/* the pipe, not owned; -1: nothing is lent */
	uint64_t given;		/* bytes to go out, some of them may wait */
	uint64_t loans;		/* pieces of memory among them */
	uint64_t back;		/* so many bytes are nobody's any more */

	uint64_t sent;		/* bytes in the pipe, or read from there */
	uint64_t lent;		/* up to the last lent one */
	int witness;		/* the file, -1: none can be had */
	bool out;		/* it has been sent: these bytes */
	uint64_t from, to;
	bool keeps;		/* the reader does */
	int64_t asked_ms;	/* when that was found last */
};

/*
 * Is it a pipe with room enough, and can the system do it?  Else everything is
 * copied.
 */
void	pipelend_open(struct pipelend *l, int fd);
/* May more be lent? */
bool	pipelend_may(const struct pipelend *l);
/*
 * As writev(2), from memory that stays as it is until back has passed it.
 */
ssize_t	pipelend_give(struct pipelend *l, const struct iovec *v, int n);
/* As write(2): copied; the witness, when one is due. */
ssize_t	pipelend_write(struct pipelend *l, const void *p, size_t n);
/* Is something lent, and no witness sent since? */
bool	pipelend_owes(const struct pipelend *l);
/* Has the reader something yet that it was lent, for too long? */
bool	pipelend_kept(const struct pipelend *l);
/* Look after the witness: may move back. */
void	pipelend_look(struct pipelend *l);
void	pipelend_close(struct pipelend *l);

#endif
