/* SPDX-License-Identifier: ISC */
/* cap-read.c - qlab-cap -r: a saved capture instead of a wire */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pcap/pcap.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "cap-reader.h"
#include "cap-signals.h"
#include "fdmsg.h"

/* The other process, and where it hears that it is over. */
static volatile sig_atomic_t reader, life = -1;

/* It may sit in a write that nobody reads; one may come a moment too early. */
static void
poke(void)
{
	if (reader == 0)
		return;
	kill(reader, SIGALRM);
	alarm(CAP_POKE_S);
}

static void
on_signal(int sig)
{
	int was = errno;

	(void)sig;
	if (life != -1)
		close(life);
	life = -1;
	poke();
	errno = was;
}

/* The time is up, or has been for a while. */
static void
on_alarm(int sig)
{
	int was = errno;

	(void)sig;
	if (life != -1 && write(life, "", 1) == -1) {
		/* It knows already, or has gone. */
	}
	poke();
	errno = was;
}

static int
open_input(const char **name, const char *file, struct qerr *e)
{
	int fd;

	if (strcmp(file, "-") == 0) {
		if (isatty(STDIN_FILENO))
			tool_usage("-r -: standard input is a terminal");
		*name = "standard input";
		return STDIN_FILENO;
	}
	*name = file;
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		qerr_sys(e, "cannot open '%s'", file);
	return fd;
}

/* ---- what the other process asks for ---- */

static bool
is_ours(const struct cap_dest *d, const char *text)
{
	return (d->sink.filter != NULL && strcmp(text, d->sink.filter) == 0) ||
	    strv_has(&d->sink.expect, text) || strv_has(&d->sink.never, text);
}

static int
give_program(struct cap_dest *d, int sock, const struct fdmsg *msg,
    struct qerr *e)
{
	const char *text = (const char *)msg->buf + sizeof(uint32_t);
	struct bpf_program prog = { 0 };
	uint32_t linktype;
	int rc;

	/* fdmsg.h ends it with a NUL. */
	if (msg->len < sizeof(linktype) || !is_ours(d, text))
		return qerr_set(e, QERR_FAIL, "that is no filter of ours");
	memcpy(&linktype, msg->buf, sizeof(linktype));
	if (capfilter_compile(NULL, text, linktype, &prog, e) == -1)
		return -1;
	rc = fdmsg_send(sock, 0, prog.bf_insns, prog.bf_len *
	    sizeof(*prog.bf_insns), NULL, 0, NULL);
	pcap_freecode(&prog);
	return rc == -1 ? 1 : 0;
}

static int
give_file(struct cap_dest *d, int sock, const struct fdmsg *msg,
    struct qerr *e)
{
	enum capout_why why = (enum capout_why)msg->type;
	uint64_t start_ns;
	int fd;

	if (msg->len != sizeof(start_ns) || msg->type > CAPOUT_TIME)
		return qerr_set(e, QERR_FAIL, "that is no file to ask for");
	memcpy(&start_ns, msg->buf, sizeof(start_ns));
	fd = why == CAPOUT_TIME ? cap_dest_open(d, start_ns, e) :
	    capfiles_turn(&d->files, why, start_ns, e);
	if (fd == -1)
		return -1;
	return fdmsg_send(sock, 0, NULL, 0, &fd, why != CAPOUT_FINISH,
	    NULL) == -1;
}

/* Until it ends. */
static void
serve(struct cap_dest *d, int sock)
{
	struct fdmsg msg;
	int rc = 0;

	while (rc == 0 && fdmsg_recv(sock, true, &msg, NULL) == 1) {
		struct qerr e = { 0 };

		rc = msg.type == CAP_ASK_FILTER ?
		    give_program(d, sock, &msg, &e) :
		    give_file(d, sock, &msg, &e);
		if (rc == -1)
			rc = fdmsg_send(sock, 1, &e, sizeof(e), NULL, 0, NULL);
		fdmsg_release(&msg);
	}
}

/* ---- the whole ---- */

static void
catch_signals(long timeout_ms)
{
	struct sigaction end = { .sa_handler = on_signal };
	struct sigaction up = { .sa_handler = on_alarm,
		.sa_flags = SA_RESTART };
	const struct itimerval when = { .it_value = {
		.tv_sec = timeout_ms / 1000,
		.tv_usec = timeout_ms % 1000 * 1000 } };

	sigaction(SIGINT, &end, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
	sigaction(SIGALRM, &up, NULL);
	signal(SIGXFSZ, SIG_IGN);
	if (timeout_ms > 0)
		setitimer(ITIMER_REAL, &when, NULL);
	cap_signals_block(SIG_UNBLOCK);
}

static pid_t
fork_reader(struct cap_reader *with, int *sock, struct qerr *e)
{
	int files[2], pipe_[2];
	pid_t pid;

	if (fdmsg_pair(files, e) == -1)
		return -1;
	if (pipe(pipe_) == -1) {
		qerr_sys(e, "cannot make a pipe");
		return -1;
	}
	fcntl(pipe_[1], F_SETFL, O_NONBLOCK);
	cap_signals_block(SIG_BLOCK);
	if ((pid = fork()) == 0) {
		close(files[0]);
		close(pipe_[1]);
		with->files = files[1];
		with->life = pipe_[0];
		_exit(cap_reader(with));
	}
	if (pid == -1)
		qerr_sys(e, "cannot fork");
	close(files[1]);
	close(pipe_[0]);
	*sock = files[0];
	life = pipe_[1];
	reader = pid;
	return pid;
}

static int
end_of(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	tool_say("the process that reads died of signal %d",
	    WTERMSIG(status));
	return CAP_LOST;
}

int
cap_read(struct cap_dest *d, const char *file, bool dump)
{
	struct cap_reader with = { .d = d, .dump = dump };
	struct qerr e = { 0 };
	pid_t pid = -1;
	int sock, status;

	if ((with.fd = open_input(&with.name, file, &e)) != -1)
		pid = fork_reader(&with, &sock, &e);
	if (pid == -1) {
		tool_say_err(&e);
		return (int)e.kind;
	}
	catch_signals(d->timeout_ms);
	serve(d, sock);
	/* It has closed its end: its pid will not be its for long. */
	reader = 0;
	alarm(0);
	status = end_of(pid);
	close(sock);
	if (with.fd > STDIN_FILENO)
		close(with.fd);
	if (status == CAP_CUT_SHORT)
		return cap_dest_finish(d, CAP_CUT, QERR_FAIL);
	if (status == CAP_LOST)
		return cap_dest_finish(d, CAP_FAILED, QERR_FAIL);
	return cap_dest_finish(d, CAP_DONE, status);
}
