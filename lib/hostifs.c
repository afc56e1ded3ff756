/* SPDX-License-Identifier: ISC */
/* hostifs.c - a snapshot of interfaces from another namespace */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "hostif.h"
#include "strv.h"
#include "vnet.h"

/* What the child sends first; the four arrays follow when kind is NONE. */
struct parcel {
	struct qerr err;
	size_t nifs, nfdb, naddrs, nneighs;
	enum hostif_forward forward;
};

/* Far beyond any real namespace: a broken parcel must not eat the memory. */
#define MAX_ITEMS	(1u << 20)

static int
write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The end of the file before len bytes is an error, errno 0. */
static int
read_all(int fd, void *buf, size_t len)
{
	char *p = buf;

	while (len > 0) {
		ssize_t n = read(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = 0;
			return -1;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

typedef int join_fn(const void *arg, struct qerr *e);

static int
child(join_fn *join, const void *arg, int fd)
{
	struct parcel p = { 0 };
	struct hostifs h = { 0 };

	if (join(arg, &p.err) == 0 && hostifs_get(&h, &p.err) == 0)
		p.err.kind = QERR_NONE;
	p.nifs = h.nifs;
	p.nfdb = h.nfdb;
	p.naddrs = h.naddrs;
	p.nneighs = h.nneighs;
	p.forward = h.forward;
	return write_all(fd, &p, sizeof(p)) == -1 ||
	    write_all(fd, h.ifs, h.nifs * sizeof(*h.ifs)) == -1 ||
	    write_all(fd, h.fdb, h.nfdb * sizeof(*h.fdb)) == -1 ||
	    write_all(fd, h.addrs, h.naddrs * sizeof(*h.addrs)) == -1 ||
	    write_all(fd, h.neighs, h.nneighs * sizeof(*h.neighs)) == -1;
}

static int
receive(int fd, struct hostifs *h, struct qerr *e)
{
	struct parcel p;

	if (read_all(fd, &p, sizeof(p)) == -1)
		goto lost;
	if (p.err.kind != QERR_NONE) {
		if (e != NULL)
			*e = p.err;
		return -1;
	}
	if (p.nifs > MAX_ITEMS || p.nfdb > MAX_ITEMS ||
	    p.naddrs > MAX_ITEMS || p.nneighs > MAX_ITEMS)
		goto lost;
	h->ifs = xcalloc(p.nifs, sizeof(*h->ifs));
	h->fdb = xcalloc(p.nfdb, sizeof(*h->fdb));
	h->addrs = xcalloc(p.naddrs, sizeof(*h->addrs));
	h->neighs = xcalloc(p.nneighs, sizeof(*h->neighs));
	if (read_all(fd, h->ifs, p.nifs * sizeof(*h->ifs)) == -1 ||
	    read_all(fd, h->fdb, p.nfdb * sizeof(*h->fdb)) == -1 ||
	    read_all(fd, h->addrs, p.naddrs * sizeof(*h->addrs)) == -1 ||
	    read_all(fd, h->neighs, p.nneighs * sizeof(*h->neighs)) == -1)
		goto lost;
	h->nifs = p.nifs;
	h->nfdb = p.nfdb;
	h->naddrs = p.naddrs;
	h->nneighs = p.nneighs;
	h->forward = p.forward;
	hostifs_sort(h);
	return 0;
lost:
	return qerr_set(e, QERR_FAIL,
	    "the process that reads the interfaces broke off");
}

int
hostifs_get_by(join_fn *join, const void *arg, struct hostifs *h,
    struct qerr *e)
{
	int fds[2], rc;
	pid_t pid;

	if (pipe(fds) == -1)
		return qerr_sys(e, "cannot make a pipe");
	pid = fork();
	if (pid == -1) {
		qerr_sys(e, "cannot fork");
		close(fds[0]);
		close(fds[1]);
		return -1;
	}
	if (pid == 0) {
		close(fds[0]);
		_exit(child(join, arg, fds[1]));
	}
	close(fds[1]);
	rc = receive(fds[0], h, e);
	close(fds[0]);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
	return rc;
}

static int
join_process(const void *arg, struct qerr *e)
{
	return vnet_join(arg, e);
}

int
hostifs_get_of(const struct proc_id *id, struct hostifs *h, struct qerr *e)
{
	return hostifs_get_by(join_process, id, h, e);
}
