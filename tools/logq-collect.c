/* SPDX-License-Identifier: ISC */
/* logq-collect.c - qlab-logq collect: an archive of macOS' log */
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logargv.h"
#include "logq.h"
#include "proc.h"
#include "state.h"
#include "tool.h"

#define TICK_MS		200

/* log(1) puts it into a directory under this name. */
static char *
archive_in(const char *dir)
{
	return xasprintf("%s/system_logs.logarchive", dir);
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* How long it has been at it, where somebody looks. */
static void
show_progress(int64_t start_us, bool done)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (done)
		fprintf(stderr, "\r\033[K");
	else
		fprintf(stderr, "\rcollecting, %d s ", (int)((logq_now() -
		    start_us) / 1000000));
}

/*
 * Run argv with standard input and error as ours, or with errs (a file) as
 * standard error.  Returns its exit status.
 */
static int
run(char *const argv[], FILE *errs)
{
	char *file = proc_find(argv[0]);
	int64_t start = logq_now();
	int status, err = errs != NULL ? fileno(errs) : STDERR_FILENO;
	pid_t pid, got;

	if (file == NULL) {
		tool_say("no program '%s'", argv[0]);
		return 127;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		/* Its chatter is not our data. */
		if (dup2(err, STDERR_FILENO) == -1 ||
		    dup2(STDERR_FILENO, STDOUT_FILENO) == -1)
			_exit(127);
		execv(file, argv);
		_exit(127);
	}
	free(file);
	if (pid == -1)
		return 127;
	while ((got = waitpid(pid, &status, errs != NULL ? WNOHANG : 0)) == 0 ||
	    (got == -1 && errno == EINTR)) {
		show_progress(start, false);
		poll(NULL, 0, TICK_MS);
	}
	if (errs != NULL)
		show_progress(start, true);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}

static char *
text_of(FILE *f)
{
	char *text = xcalloc(1, 4096);

	rewind(f);
	text[fread(text, 1, 4095, f)] = '\0';
	fclose(f);
	return text;
}

/* As root: at once; by sudo, which asks for a password only when it must. */
static int
run_as_root(const struct strv *argv, char **said)
{
	struct strv all = { 0 };
	FILE *errs;
	int status;

	*said = NULL;
	if (argv->n == 0 || (errs = tmpfile()) == NULL)
		return 127;
	if (geteuid() != 0) {
		strv_add(&all, "sudo");
		strv_add(&all, "-n");
	}
	for (size_t i = 0; i < argv->n; i++)
		strv_add(&all, argv->v[i]);
	status = run(all.v, errs);
	*said = text_of(errs);
	if (status != 0 && geteuid() != 0 && strstr(*said, "sudo:") != NULL &&
	    isatty(STDIN_FILENO)) {
		tool_say("collecting takes root: sudo asks for your password");
		free(all.v[1]);
		memmove(&all.v[1], &all.v[2], (all.n - 1) * sizeof(*all.v));
		all.n--;
		free(*said);
		*said = xstrdup("");
		status = run(all.v, NULL);
	}
	strv_free(&all);
	return status;
}

/* What root made is of no use to who asked for it. */
static void
give(const char *archive)
{
	struct strv argv = { 0 };
	char *said;

	if (state_owner() == 0)
		return;
	strv_add(&argv, "chown");
	strv_add(&argv, "-R");
	strv_addf(&argv, "%u", (unsigned)state_owner());
	strv_add(&argv, archive);
	if (run_as_root(&argv, &said) != 0)
		tool_say("the archive is root's: 'sudo chown -R $USER %s'",
		    archive);
	free(said);
	strv_free(&argv);
}

static int
failed(int status, const char *said, const char *dir)
{
	struct qerr e;

	if (strstr(said, "sudo:") != NULL) {
		tool_say("collecting takes root, and sudo would have to ask "
		    "for a password: run it from a terminal, or 'sudo "
		    "qlab-logq collect %s'", dir);
		return QERR_PERM;
	}
	logargv_explain(status, said, NULL, &e);
	tool_say_err(&e);
	return (int)e.kind;
}

int
logq_collect(const struct logq *q, const char *dir)
{
	struct logquery lq = { .since_us = q->since_us, .last = q->since,
	    .until_us = q->until_us };
	struct strv argv = { 0 };
	char *archive, *said;
	int status, rc = 0;

	if (q->program == NULL) {
		tool_say("collect is for macOS' log; here 'qlab-logq' reads "
		    "what there is");
		return QERR_FAIL;
	}
	if (dir == NULL)
		dir = ".";
	if (q->since == NULL)
		lq.last = "3m";
	archive = is_dir(dir) ? archive_in(dir) : xstrdup(dir);
	if (access(archive, F_OK) == 0) {
		tool_say("'%s' is there already: name another directory",
		    archive);
		free(archive);
		return QERR_FAIL;
	}
	logargv_collect(&lq, q->program, dir, &argv);
	tool_say("collecting the log %s %s", q->since != NULL ? "since" :
	    "of the last", lq.last);
	status = run_as_root(&argv, &said);
	strv_free(&argv);
	if (status != 0)
		rc = failed(status, said != NULL ? said : "", dir);
	else if (!is_dir(archive)) {
		tool_say("log said that it was done, but there is no '%s'",
		    archive);
		rc = QERR_FAIL;
	} else {
		give(archive);
		puts(archive);
		tool_say("read it with: qlab-logq -r %s", archive);
	}
	free(said);
	free(archive);
	return rc;
}
