/* SPDX-License-Identifier: ISC */
/* pipelend.c - memory lent to whoever reads a pipe */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "loop.h"
#include "pipelend.h"

#define WITNESS_MAX	4096u	/* a page, on most systems */
/*
 * A piece of memory takes a place or more in the pipe, however small it is: of
 * a pipe of 64 KiB these are 16, too few to be filled in one go.
 */
#define PIPE_WANTED	(1 << 20)
#define PIPE_MIN	(PIPE_WANTED / 4)
/* The kernel waits 150 ms for pages in use before it says so. */
#define ASK_AGAIN_MS	1000

static _Alignas(WITNESS_MAX) uint8_t blank[WITNESS_MAX];

/*
 * The kernel keeps pages that were just written to in a list of this processor,
 * which counts as a user of theirs; to have the lists of all processors emptied
 * can take long on a busy machine.  This empties our own, whatever the page.
 */
static void
empty_list(void)
{
#ifdef MADV_COLD
	(void)madvise(blank, sizeof(blank), MADV_COLD);
#endif
}

/* A new file with a page of its own, so that it can be filled later on. */
static void
new_witness(struct pipelend *l)
{
	l->out = false;
	l->witness = memfd_create("qlab", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (l->witness != -1 &&
	    write(l->witness, blank, sizeof(blank)) != (ssize_t)sizeof(blank)) {
		close(l->witness);
		l->witness = -1;
	}
	empty_list();
}

void
pipelend_open(struct pipelend *l, int fd)
{
	struct stat st;

	*l = (struct pipelend){ .fd = -1, .witness = -1 };
	if (fstat(fd, &st) == -1 || !S_ISFIFO(st.st_mode))
		return;
	/* More than root allows a user is refused. */
	(void)fcntl(fd, F_SETPIPE_SZ, PIPE_WANTED);
	if (fcntl(fd, F_GETPIPE_SZ) < PIPE_MIN)
		return;
	l->fd = fd;
	new_witness(l);
}

bool
pipelend_may(const struct pipelend *l)
{
	return l->witness != -1 && !l->keeps;
}

static ssize_t
count(struct pipelend *l, ssize_t n)
{
	if (n > 0)
		l->sent += (uint64_t)n;
	return n;
}

ssize_t
pipelend_give(struct pipelend *l, const struct iovec *v, int n)
{
	ssize_t sent = vmsplice(l->fd, v, (size_t)n, 0);

	/* Not every system that calls itself Linux can, or may. */
	if (sent == -1 && errno != EINTR && errno != EAGAIN &&
	    errno != EPIPE) {
		l->keeps = true;
		return count(l, writev(l->fd, v, n));
	}
	if (count(l, sent) > 0)
		l->lent = l->sent;
	return sent;
}

bool
pipelend_owes(const struct pipelend *l)
{
	return l->lent > l->back && !l->out;
}

bool
pipelend_kept(const struct pipelend *l)
{
	return l->keeps && l->lent > l->back;
}

/* The file's page itself goes into the pipe. */
static ssize_t
send_witness(struct pipelend *l, const void *p, size_t n)
{
	loff_t at = 0;

	if (n > WITNESS_MAX)
		n = WITNESS_MAX;
	if (lseek(l->witness, 0, SEEK_SET) == -1 ||
	    write(l->witness, p, n) != (ssize_t)n)
		return -1;
	empty_list();
	l->from = l->sent;
	n = (size_t)count(l, splice(l->witness, &at, l->fd, NULL, n, 0));
	l->to = l->sent;
	l->out = l->to > l->from;
	return (ssize_t)n;
}

ssize_t
pipelend_write(struct pipelend *l, const void *p, size_t n)
{
	if (pipelend_owes(l) && l->witness != -1)
		return send_witness(l, p, n);
	return count(l, write(l->fd, p, n));
}

void
pipelend_look(struct pipelend *l)
{
	int unread;

	/* Copies are nobody's. */
	if (!l->out && l->lent <= l->back)
		l->back = l->sent;
	if (!l->out || (l->keeps && loop_now_ms() - l->asked_ms < ASK_AGAIN_MS) ||
	    ioctl(l->fd, FIONREAD, &unread) == -1 ||
	    l->sent - (uint64_t)unread < l->to)
		return;
	if (fcntl(l->witness, F_ADD_SEALS, F_SEAL_WRITE) == -1) {
		l->keeps = true;
		l->asked_ms = loop_now_ms();
		return;
	}
	l->back = l->from;
	close(l->witness);
	new_witness(l);
}

void
pipelend_close(struct pipelend *l)
{
	if (l->witness != -1)
		close(l->witness);
	*l = (struct pipelend){ .fd = -1, .witness = -1 };
}
