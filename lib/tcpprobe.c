/* SPDX-License-Identifier: ISC */
/* tcpprobe.c - does something accept a TCP connection in a lab's namespace? */
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "procs.h"
#include "tcpprobe.h"
#include "vnet.h"

/* A SYN that is lost is sent again after 1 s: knocking anew is quicker. */
#define CONNECT_MS	500
#define PAUSE_MS	100

static bool
knock(uint32_t ip, uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
	    .sin_port = htons(port), .sin_addr.s_addr = htonl(ip) };
	struct pollfd p = { .events = POLLOUT };
	socklen_t len = sizeof(int);
	int rc, err = 0, fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1)
		return false;
	/* A stranger beyond the way out may have the address, too. */
	setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, &(int){ 1 }, sizeof(int));
	fcntl(fd, F_SETFL, O_NONBLOCK);
	rc = connect(fd, (struct sockaddr *)&to, sizeof(to));
	if (rc == -1 && errno == EINPROGRESS) {
		p.fd = fd;
		if (poll(&p, 1, CONNECT_MS) == 1 && getsockopt(fd, SOL_SOCKET,
		    SO_ERROR, &err, &len) == 0 && err == 0)
			rc = 0;
	}
	close(fd);
	return rc == 0;
}

/* The child: its verdict is a struct qerr, QERR_NONE for accepted. */
static void
child(const struct tcpprobe *p, const struct proc_id *ns, int fd, pid_t parent)
{
	struct qerr e = { .kind = QERR_NONE };

	if (procs_die_with_parent(SIGKILL, parent, &e) == 0 &&
	    (ns->pid == 0 || vnet_join(ns, &e) == 0))
		while (!knock(p->ip, p->port))
			poll(NULL, 0, PAUSE_MS);
	if (write(fd, &e, sizeof(e)) != (ssize_t)sizeof(e))
		_exit(1);
	_exit(0);
}

static int
start(struct tcpprobe *p, const struct proc_id *ns, struct qerr *e)
{
	pid_t parent = getpid();
	int fds[2];

	if (pipe(fds) == -1)
		return qerr_sys(e, "cannot make a pipe");
	for (int i = 0; i < 2; i++)
		fcntl(fds[i], F_SETFD, FD_CLOEXEC);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	p->pid = fork();
	if (p->pid == 0) {
		close(fds[0]);
		child(p, ns, fds[1], parent);
	}
	close(fds[1]);
	if (p->pid == -1) {
		p->pid = 0;
		close(fds[0]);
		return qerr_sys(e, "cannot start a process");
	}
	p->fd = fds[0];
	return 0;
}

int
tcpprobe_check(struct tcpprobe *p, const struct proc_id *ns, uint32_t ip,
    uint16_t port, struct qerr *e)
{
	struct qerr verdict;
	ssize_t n;

	if (p->pid != 0 && (p->ip != ip || p->port != port))
		tcpprobe_stop(p);
	if (p->pid == 0) {
		p->ip = ip;
		p->port = port;
		if (start(p, ns, e) == -1)
			return -1;
	}
	n = read(p->fd, &verdict, sizeof(verdict));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	tcpprobe_stop(p);
	if (n != (ssize_t)sizeof(verdict))
		return qerr_set(e, QERR_FAIL, "the process that tries TCP port "
		    "%u has died", port);
	if (verdict.kind == QERR_NONE)
		return 1;
	if (e != NULL)
		*e = verdict;
	return -1;
}

void
tcpprobe_stop(struct tcpprobe *p)
{
	if (p->pid != 0) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
		p->pid = 0;
	}
	if (p->fd != -1)
		close(p->fd);
	p->fd = -1;
}
