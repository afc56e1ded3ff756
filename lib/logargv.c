/* SPDX-License-Identifier: ISC */
/* logargv.c - how macOS' log(1) and journalctl(1) are asked, and answer */
#include <sys/stat.h>

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "logargv.h"
#include "logpreset.h"

#define EX_USAGE	64
#define EX_NOPERM	77

/* log(1) rejects fractions of seconds: up is for an end. */
static void
put_time(struct strv *argv, const char *option, int64_t us, bool up)
{
	time_t s = (time_t)((us + (up ? 999999 : 0)) / 1000000);
	char text[40];
	struct tm tm;

	if (us == 0 || gmtime_r(&s, &tm) == NULL)
		return;
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S+0000", &tm);
	strv_add(argv, option);
	strv_add(argv, text);
}

/* log(1)'s --last knows minutes, hours and days everywhere. */
static bool
last_fits(const char *last)
{
	size_t n = last != NULL ? strspn(last, "0123456789") : 0;

	return n > 0 && strchr("mhd", last[n]) != NULL && last[n] != '\0' &&
	    last[n + 1] == '\0';
}

static void
put_range(struct strv *argv, const struct logquery *q)
{
	/* In an archive it would count from the archive's end. */
	if (last_fits(q->last) && q->until_us == 0 && q->place == NULL) {
		strv_add(argv, "--last");
		strv_add(argv, q->last);
		return;
	}
	put_time(argv, "--start", q->since_us, false);
	put_time(argv, "--end", q->until_us, true);
}

void
logargv_log(const struct logquery *q, const char *program, struct strv *argv)
{
	strv_add(argv, program);
	strv_add(argv, q->follow ? "stream" : "show");
	if (q->place != NULL) {
		strv_add(argv, "--archive");
		strv_add(argv, q->place);
	}
	strv_add(argv, "--style");
	strv_add(argv, "ndjson");
	if (q->follow) {
		strv_add(argv, "--level");
		strv_add(argv, "debug");
	} else {
		strv_add(argv, "--info");
		strv_add(argv, "--debug");
		put_range(argv, q);
	}
	if (q->predicate != NULL && *q->predicate != '\0') {
		strv_add(argv, "--predicate");
		strv_add(argv, q->predicate);
	}
}

void
logargv_collect(const struct logquery *q, const char *program, const char *dir,
    struct strv *argv)
{
	strv_add(argv, program);
	strv_add(argv, "collect");
	strv_add(argv, "--output");
	strv_add(argv, dir);
	put_range(argv, q);
}

void
logargv_journal(const struct logquery *q, struct strv *argv)
{
	struct stat st;

	strv_add(argv, "journalctl");
	strv_add(argv, "--output=export");
	strv_add(argv, "--no-pager");
	strv_add(argv, "--quiet");
	if (q->place != NULL)
		strv_addf(argv, "--%s=%s", stat(q->place, &st) == 0 &&
		    S_ISDIR(st.st_mode) ? "directory" : "file", q->place);
	if (q->since_us != 0)
		strv_addf(argv, "--since=@%" PRId64, q->since_us / 1000000);
	if (q->until_us != 0)
		strv_addf(argv, "--until=@%" PRId64,
		    (q->until_us + 999999) / 1000000);
	if (q->follow) {
		strv_add(argv, "--follow");
		strv_add(argv, q->since_us != 0 ? "--no-tail" : "--lines=0");
	}
	if (q->process != NULL && strcmp(q->process, "kernel") == 0)
		strv_add(argv, "_TRANSPORT=kernel");
	else if (q->process != NULL) {
		strv_addf(argv, "SYSLOG_IDENTIFIER=%s", q->process);
		strv_add(argv, "+");
		strv_addf(argv, "_COMM=%s", q->process);
	} else if (q->presets != NULL)
		logpreset_journal(q->presets, argv);
}

static const struct {
	const char *says;	/* in what log(1) said; NULL: anything */
	int status;		/* 0: any */
	enum qerr_kind kind;
	const char *means;
} answers[] = {
	{ "Bad predicate", 0, QERR_INPUT, "log refused the predicate" },
	{ "Could not open local log store", 0, QERR_PERM, "this log store is "
	    "for users of group admin, from a program that has Full Disk "
	    "Access; or: 'qlab-logq collect', then -r ARCHIVE" },
	{ "Must be admin", 0, QERR_PERM, "only users of group admin may read "
	    "the log (log in as one, or use sudo)" },
	{ "mbr_check_membership", 0, QERR_PERM, "the system could not tell "
	    "whether you are of group admin" },
	{ "log archive", 0, QERR_INPUT, "log cannot read this archive; one "
	    "that root collected is root's: 'sudo chown -R $USER ARCHIVE'" },
	{ "ermission denied", 0, QERR_PERM, "not permitted; an archive that "
	    "root collected is root's: 'sudo chown -R $USER ARCHIVE'" },
	{ NULL, EX_NOPERM, QERR_PERM, "log says that this is not permitted "
	    "(status 77); only users of group admin may read the log" },
	{ NULL, EX_USAGE, QERR_INPUT, "log did not understand what it was "
	    "asked (status 64)" },
};

int
logargv_explain(int status, const char *errs, const char *archive,
    struct qerr *e)
{
	size_t n = strlen(errs);
	char *said = xstrdup(errs);

	while (n > 0 && isspace((unsigned char)said[n - 1]))
		said[--n] = '\0';
	for (char *p = said; *p != '\0'; p++)
		if (*p != '\n' && (*p < ' ' || *p > '~'))
			*p = '?';
	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		if ((answers[i].says != NULL &&
		    strstr(said, answers[i].says) == NULL) ||
		    (answers[i].status != 0 && answers[i].status != status))
			continue;
		qerr_set(e, answers[i].kind, "%s%s%.500s%s%s",
		    answers[i].means, n > 0 ? ":\n" : "", said,
		    archive != NULL ? "\narchive: " : "",
		    archive != NULL ? archive : "");
		free(said);
		return -1;
	}
	qerr_set(e, QERR_FAIL, "log ended with status %d%s%.500s", status,
	    n > 0 ? ":\n" : "", said);
	free(said);
	return -1;
}
