/* SPDX-License-Identifier: ISC */
/* logq-source.c - where qlab-logq's records come from */
#include <sys/stat.h>
#include <sys/time.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logargv.h"
#include "logq.h"
#include "logsrc.h"
#include "proc.h"
#include "state.h"
#include "table.h"
#include "tool.h"

/* Reading the whole store of a Mac takes minutes. */
#define UNIFIED_DEFAULT_US	(INT64_C(10) * 60 * 1000000)

int64_t
logq_now(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return (int64_t)tv.tv_sec * 1000000 + tv.tv_usec;
}

static void
add(struct logq_sources *s, struct logfeed *f, enum logq_kind kind)
{
	s->v = xrealloc(s->v, (s->n + 1) * sizeof(*s->v));
	s->v[s->n++] = (struct logq_source){ f, kind };
}

static struct logquery
query(const struct logq *q, const char *place)
{
	return (struct logquery){
		.predicate = q->unified, .place = place,
		.presets = q->presets != NULL ? q->presets : "vmnet",
		.process = predicate_demands(q->filter, "process"),
		.since_us = q->since_us, .until_us = q->until_us,
		.last = q->since, .follow = q->follow,
	};
}

static void
run(struct logq_sources *s, struct strv *argv, enum logq_kind kind)
{
	struct qerr e;
	struct logfeed *f = logfeed_run(argv, &e);

	if (f == NULL)
		tool_die(&e);
	add(s, f, kind);
	strv_free(argv);
}

static void
open_unified(const struct logq *q, struct logq_sources *s, const char *archive)
{
	struct logquery lq = query(q, archive);
	struct strv argv = { 0 };

	if (archive != NULL && q->follow)
		tool_usage("an archive cannot be followed");
	/* Without -S: an archive whole, of this system the last minutes. */
	if (q->since == NULL && !q->follow)
		lq.last = archive == NULL ? "10m" : NULL;
	if (q->since == NULL && archive == NULL && !q->follow)
		lq.since_us = logq_now() - UNIFIED_DEFAULT_US;
	logargv_log(&lq, q->program, &argv);
	run(s, &argv, LOGQ_UNIFIED);
}

static void
open_journal(const struct logq *q, struct logq_sources *s, const char *place)
{
	struct logquery lq = query(q, place);
	struct strv argv = { 0 };

	/* Of saved ones everything is wanted, unless a preset was named. */
	if (place != NULL)
		lq.presets = q->presets;
	logargv_journal(&lq, &argv);
	run(s, &argv, place != NULL ? LOGQ_FILE : LOGQ_JOURNAL);
}

/* ---- -r ---- */

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	while (n > 1 && s[n - 1] == '/')
		n--;
	return n > m && strncmp(s + n - m, end, m) == 0;
}

static bool
is_journal(const char *path)
{
	char magic[8] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool yes = fd != -1 && pread(fd, magic, sizeof(magic), 0) ==
	    sizeof(magic) && memcmp(magic, "LPKSHHRH", 8) == 0;

	if (fd != -1)
		close(fd);
	return yes;
}

static void
open_saved(const struct logq *q, struct logq_sources *s, const char *path)
{
	struct strv one = { 0 };
	struct stat st;
	struct qerr e;

	if (strcmp(path, "-") == 0) {
		add(s, logfeed_fd(STDIN_FILENO, "standard input", 0, false),
		    LOGQ_FILE);
		return;
	}
	if (stat(path, &st) == -1 || access(path, R_OK) == -1) {
		qerr_sys(&e, "cannot read '%s'", path);
		tool_die(&e);
	}
	if (S_ISDIR(st.st_mode) && ends_with(path, ".logarchive")) {
		if (q->program == NULL) {
			tool_say("'%s' is for macOS' log(1): there, 'log show "
			    "--archive ARCHIVE --style ndjson --info --debug' "
			    "prints what -r reads here", path);
			exit(QERR_FAIL);
		}
		open_unified(q, s, path);
	} else if (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) &&
	    is_journal(path)))
		open_journal(q, s, path);
	else {
		strv_add(&one, path);
		add(s, logfeed_files(&one, NULL, q->follow), LOGQ_FILE);
		strv_free(&one);
	}
}

/* ---- labs ---- */

static void
open_lab(const struct logq *q, struct logq_sources *s,
    const struct loglab *lab)
{
	static const char *const files[] = { "events.ndjson", "dnsmasq.log" };

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct strv paths = { 0 };

		strv_addf(&paths, "%s/%s.1", lab->dir, files[i]);
		strv_addf(&paths, "%s/%s", lab->dir, files[i]);
		add(s, logfeed_files(&paths, lab->name, q->follow), LOGQ_LAB);
		strv_free(&paths);
	}
}

/* Has it any of the wanted ones, if some are? */
static bool
any_of(const struct strv *wanted, const struct strv *has)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (strv_has(has, wanted->v[i]))
			return true;
	return wanted->n == 0;
}

/*
 * Without a time that was asked for: since those that run came up, else the
 * last run of the one that ran last.
 */
static bool
choose_labs(const struct logq *q, bool *chosen, int64_t *since)
{
	const struct loglabs *l = &q->labs;
	size_t last = l->n;
	bool running = false;

	for (size_t i = 0; i < l->n; i++) {
		const struct loglab *lab = &l->labs[i];

		chosen[i] = logwant_lab(&q->want, lab->name) &&
		    any_of(&q->want.vms, &lab->vms) &&
		    any_of(&q->want.nets, &lab->nets);
		if (!chosen[i] || q->since_us != 0)
			continue;
		running |= lab->running;
		if (last == l->n || lab->started_us > l->labs[last].started_us)
			last = i;
	}
	if (q->since_us != 0 || last == l->n)
		return false;
	*since = l->labs[last].started_us;
	for (size_t i = 0; i < l->n; i++) {
		const struct loglab *lab = &l->labs[i];

		if (q->want.n == 0)
			chosen[i] &= running ? lab->running : i == last;
		if (chosen[i] && lab->started_us != 0 &&
		    lab->started_us < *since)
			*since = lab->started_us;
	}
	return true;
}

/* What the kernel says of a lab's first tap comes before its first event. */
#define BEFORE_US	INT64_C(1000000)

static void
open_labs(struct logq *q, struct logq_sources *s)
{
	bool *chosen = xcalloc(q->labs.n + 1, sizeof(*chosen));
	int64_t since;

	if (choose_labs(q, chosen, &since) && q->program == NULL)
		q->since_us = since - BEFORE_US;
	else if (q->since_us == 0)
		q->since_us = logq_now() - UNIFIED_DEFAULT_US;
	for (size_t i = 0; i < q->labs.n; i++)
		if (chosen[i] && !q->no_filter)
			open_lab(q, s, &q->labs.labs[i]);
	free(chosen);
}

static void
load_labs(struct logq *q)
{
	char *root = state_log_root();
	struct qerr e;

	loglabs_free(&q->labs);
	if (loglabs_load(&q->labs, root, &e) == -1)
		strv_add(&q->notes, e.msg);
	free(root);
}

bool
logq_open_labs(struct logq *q, struct logq_sources *s)
{
	struct loglabs old = q->labs;
	size_t had = s->n;

	q->labs = (struct loglabs){ 0 };
	load_labs(q);
	for (size_t i = 0; i < q->labs.n && !q->no_filter; i++) {
		const struct loglab *lab = &q->labs.labs[i];

		if (loglabs_find(&old, lab->name) == NULL &&
		    logwant_lab(&q->want, lab->name))
			open_lab(q, s, lab);
	}
	loglabs_free(&old);
	return s->n > had;
}

/* ---- the system ---- */

static void
open_kernel(struct logq *q, struct logq_sources *s)
{
	struct qerr e;
	int64_t boot;
	int fd = logsrc_kernel(&boot, &e);

	if (fd != -1) {
		add(s, logfeed_fd(fd, "/dev/kmsg", boot, q->follow),
		    LOGQ_KERNEL);
		return;
	}
	strv_addf(&q->notes, "kernel messages are left out: %s%s", e.msg,
	    e.kind == QERR_PERM ? " (for root, or after 'sysctl "
	    "kernel.dmesg_restrict=0')" : "");
}

static void
open_system(struct logq *q, struct logq_sources *s)
{
	char *journalctl = NULL;
	struct state st = { 0 };
	struct strv missing = { 0 };
	struct qerr e;

	if (q->follow && q->since == NULL)
		q->since_us = logq_now();
	/* First: what is found dead is part of the story. */
	if (state_load_clean(&st, &e) == -1)
		strv_add(&q->notes, e.msg);
	load_labs(q);
	if (logwant_resolve(&q->want, &st, &q->labs, q->follow ? &missing :
	    NULL, &e) == -1)
		tool_die(&e);
	for (size_t i = 0; i < missing.n; i++)
		tool_say("%s; waiting for it", missing.v[i]);
	strv_free(&missing);
	state_free(&st);
	if (q->program != NULL)
		open_unified(q, s, NULL);
	open_labs(q, s);
	if (q->program != NULL)
		return;
	if (logsrc_journal())
		journalctl = proc_find("journalctl");
	if (journalctl != NULL)
		open_journal(q, s, NULL);
	else
		open_kernel(q, s);
	free(journalctl);
}

void
logq_open(struct logq *q, struct logq_sources *s)
{
	*s = (struct logq_sources){ 0 };
	if (q->files.n == 0)
		open_system(q, s);
	for (size_t i = 0; i < q->files.n; i++)
		open_saved(q, s, q->files.v[i]);
}

/* What log(1) means, as an exit status; its words are on stderr. */
static int
unified_failed(int status, const char *errs)
{
	struct qerr e;

	logargv_explain(status, errs, NULL, &e);
	tool_say_err(&e);
	return (int)e.kind;
}

int
logq_close(struct logq_sources *s, bool ended_by_us)
{
	int rc = 0;

	for (size_t i = 0; i < s->n; i++) {
		char *name = xstrdup(logfeed_name(s->v[i].feed)), *errs;
		int status = logfeed_close(s->v[i].feed, &errs), bad = 0;

		if (ended_by_us)
			status = 0;
		if (status != 0 && s->v[i].kind == LOGQ_UNIFIED)
			bad = unified_failed(status, errs);
		else if (status != 0) {
			char *clean;

			errs[strcspn(errs, "\n")] = '\0';
			clean = table_clean(errs);
			tool_say("%s ended with status %d%s%s", name, status,
			    *clean != '\0' ? ": " : "", clean);
			bad = QERR_FAIL;
			free(clean);
		}
		if (rc == 0)
			rc = bad;
		free(errs);
		free(name);
	}
	free(s->v);
	*s = (struct logq_sources){ 0 };
	return rc;
}
