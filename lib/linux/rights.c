/* SPDX-License-Identifier: ISC */
/* rights.c - give up all capabilities, and root's identity */
#include <errno.h>
#include <grp.h>
#include <unistd.h>

#include <linux/sockios.h>
#include <seccomp.h>
#include <sys/ioctl.h>

#include "ns.h"
#include "rights.h"

/* The kernel's overflow id, "nobody" on every distribution. */
#define NOBODY	65534

/*
 * Root without capabilities still owns root's files.  Root of a user namespace
 * that does not map nobody cannot change, and need not: outside of it, it is
 * an ordinary user.
 */
static int
leave_root(struct qerr *e)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(0, NULL) == 0 &&
	    setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
	    setresuid(NOBODY, NOBODY, NOBODY) == 0)
		return 0;
	if (errno == EPERM || errno == EINVAL)
		return 0;
	return qerr_sys(e, "cannot become nobody");
}

int
rights_drop(struct qerr *e)
{
	if (leave_root(e) == -1)
		return -1;
	return ns_drop_caps(e);
}

/*
 * Memory, clocks and signals; reading, writing and waiting; what a packet
 * socket, a pipe and a file are told: filters, membership, size.
 */
static const int calls[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(vmsplice), SCMP_SYS(splice), SCMP_SYS(memfd_create),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(lseek),
	SCMP_SYS(ftruncate), SCMP_SYS(fcntl), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(fsync), SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
	SCMP_SYS(shutdown), SCMP_SYS(bind), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(mmap), SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk), SCMP_SYS(futex),
	SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday),
	SCMP_SYS(getrusage), SCMP_SYS(getpid), SCMP_SYS(gettid),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* 32-bit systems have these instead. */
	SCMP_SYS(_llseek), SCMP_SYS(ftruncate64), SCMP_SYS(fcntl64),
	SCMP_SYS(fstat64), SCMP_SYS(fstatat64), SCMP_SYS(recv),
	SCMP_SYS(send), SCMP_SYS(mmap2), SCMP_SYS(futex_time64),
	SCMP_SYS(clock_gettime64), SCMP_SYS(ppoll_time64),
	SCMP_SYS(sigreturn),
};

/* The name of an interface: is it still there?  How full is a pipe? */
static const unsigned long asks[] = { SIOCGIFNAME, FIONREAD };

int
rights_confine(struct qerr *e)
{
	/* EPERM, not death: another libc may ask for something harmless. */
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc = ctx == NULL ? -ENOMEM : 0;

	for (size_t i = 0; rc == 0 && i < sizeof(calls) / sizeof(calls[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; rc == 0 && i < sizeof(asks) / sizeof(asks[0]); i++)
		rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
		    (struct scmp_arg_cmp){ 1, SCMP_CMP_EQ, asks[i], 0 });
	if (rc == 0)
		rc = seccomp_load(ctx);
	if (ctx != NULL)
		seccomp_release(ctx);
	if (rc == 0)
		return 0;
	errno = -rc;
	return qerr_sys(e, "cannot have system calls refused (seccomp)");
}
