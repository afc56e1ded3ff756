/* SPDX-License-Identifier: ISC */
/* psread.c - QEMUs in what ps(1) prints */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "paste.h"
#include "pscheck.h"
#include "pscommand.h"
#include "psread.h"

/* Between columns; where lines are broken these blanks are lost. */
#define MAX_GAP		8

/* For a terminal and for none, where there are too few rows to tell. */
#define COMMON_WIDTHS(w)	((w) == 79 || (w) == 80)

/* No command line of a person or tool is longer. */
#define MAX_COMMAND	(64u << 10)

void
psread_init(struct psread *p, struct facts *f, struct findings *found)
{
	*p = (struct psread){ .f = f, .found = found,
		.pids = json_object() };
}

void
psread_release(struct psread *p)
{
	free(p->qemus);
	free(p->latest);
	free(p->command);
	json_decref(p->pids);
	*p = (struct psread){ 0 };
}

static void
free_argv(char **argv)
{
	for (char **a = argv; a != NULL && *a != NULL; a++)
		free(*a);
	free(argv);
}

/* Nothing of it is to be believed, but that it is a QEMU. */
static void
drop_nics(struct fact_proc *proc)
{
	for (size_t i = 1; proc->argv[i] != NULL; i++) {
		free(proc->argv[i]);
		proc->argv[i] = NULL;
	}
	free(proc->argv[0]);
	proc->argv[0] = NULL;
}

/*
 * ps cuts all rows at one width.  QEMUs may be called alike and have long
 * lines of the same length; that others have it, too, is no accident.
 */
static bool
is_cut(const struct psread *p, const struct psread_qemu *q)
{
	const char *last = "";

	if (q->width < p->widest)
		return false;
	for (char **a = p->f->procs[q->proc].argv; *a != NULL; a++)
		last = *a;
	return p->other_widest || (p->nrows < 4 && COMMON_WIDTHS(q->width)) ||
	    pscommand_ends_badly(last);
}

static void
check_rows(struct psread *p)
{
	for (size_t i = 0; i < p->nqemus; i++) {
		const struct psread_qemu *q = &p->qemus[i];
		struct fact_proc *proc = &p->f->procs[q->proc];

		if (p->widest > 40 && is_cut(p, q)) {
			findings_add(p->found, false, q->line, "a command line "
			    "that ps cut off at %zu columns: its end is "
			    "ignored", q->width);
			pscommand_drop_last(proc->argv);
			proc->argv_cut = p->cut = true;
		} else if (pscheck_is_two(proc->argv)) {
			findings_add(p->found, false, q->line, "command lines "
			    "of two QEMUs in one: ignored");
			drop_nics(proc);
		} else
			pscheck_cards(proc->argv, q->line, p->found);
	}
}

/* Its command line, with what the lines behind it have added. */
static void
end_command(struct psread *p)
{
	char ***argv = &p->f->procs[p->qemus[p->now].proc].argv;
	struct strv split = { 0 };

	if (p->joined) {
		pscommand_split(&split, p->command);
		free_argv(*argv);
		*argv = split.v;
	}
	free(p->command);
	p->command = NULL;
	p->joined = false;
}

void
psread_end(struct psread *p)
{
	if (p->command != NULL)
		end_command(p);
	check_rows(p);
	free(p->qemus);
	p->qemus = NULL;
	p->nqemus = 0;
	p->other_widest = false;
	p->ncols = 0;
	p->widest = p->nrows = 0;
}

static bool
word_is(const char *word, size_t len, const char *const *of)
{
	for (; *of != NULL; of++)
		if (strlen(*of) == len && memcmp(*of, word, len) == 0)
			return true;
	return false;
}

/* "PID TTY TIME CMD", "USER PID %CPU ... COMMAND" */
static bool
read_header(struct psread *p, const char *line)
{
	static const char *const pids[] = { "PID", NULL };
	static const char *const uids[] = { "UID", "USER", "RUSER", "RUID",
		NULL };
	static const char *const starts[] = { "STARTED", "START", "LSTART",
		NULL };
	static const char *const last[] = { "CMD", "COMMAND", "ARGS", NULL };
	int n = 0, pid = -1, uid = -1, start = -1;
	const char *word, *final = "";
	size_t len, finallen = 0;

	for (; (word = paste_word(&line, &len)) != NULL; n++) {
		if (n == PSREAD_COLS || islower((unsigned char)*word))
			return false;
		if (word_is(word, len, pids))
			pid = n;
		else if (word_is(word, len, uids) && uid == -1)
			uid = n;
		else if (word_is(word, len, starts))
			start = n;
		final = word;
		finallen = len;
	}
	if (pid == -1 || !word_is(final, finallen, last))
		return false;
	psread_end(p);
	p->seen = true;
	p->ncols = n - 1;
	p->pid = pid;
	p->uid = uid;
	p->lstart = start;
	return true;
}

static bool
to_number(const char *word, size_t len, unsigned long long *n)
{
	char buf[16];

	if (word == NULL || len >= sizeof(buf))
		return false;
	memcpy(buf, word, len);
	buf[len] = '\0';
	return paste_number(buf, 10, n) == 0 && *n <= INT_MAX;
}

/* "0:01.02", "00:00:01", "1-02:03:04": CPU time, before the command. */
static bool
is_time(const char *word, size_t len)
{
	const char *colon = memchr(word, ':', len);

	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)word[i]) &&
		    strchr(":.-,", word[i]) == NULL)
			return false;
	return colon != NULL && colon > word && colon < word + len - 2;
}

/*
 * Does the CPU time follow a time, this being when the process was started?
 * Linux' ps -f has its terminal between: "?", "pts/0".
 */
static bool
is_start(const char *rest)
{
	const char *word;
	size_t len;

	for (int i = 0; i < 2; i++) {
		word = paste_word(&rest, &len);
		if (word == NULL)
			return false;
		if (is_time(word, len))
			return true;
		if (*word == '-' || *word == '/')
			return false;
	}
	return false;
}

struct row {
	unsigned long long pid, uid;
	bool has_uid;
	const char *command;
};

static void
take_uid(struct row *r, const char *word, size_t len)
{
	r->has_uid = to_number(word, len, &r->uid);
	if (!r->has_uid && len == 4 && memcmp(word, "root", 4) == 0) {
		r->uid = 0;
		r->has_uid = true;
	}
}

/* A row by its table's header. */
static bool
read_columns(const struct psread *p, const char *line, struct row *r)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
		"Sat", "Sun", NULL };
	const char *word;
	size_t len;

	for (int i = 0; i < p->ncols; i++) {
		if ((word = paste_word(&line, &len)) == NULL)
			return false;
		if (i == p->pid && !to_number(word, len, &r->pid))
			return false;
		if (i == p->uid)
			take_uid(r, word, len);
		/* "Wed Nov 26 10:00:00 2026" */
		for (int k = 0; i == p->lstart && k < 4 &&
		    word_is(word, len, days); k++) {
			size_t skipped;

			if (paste_word(&line, &skipped) == NULL)
				return false;
		}
	}
	r->command = line;
	return true;
}

/*
 * A row without a header: PID TTY TIME COMMAND, or USER PID ... TIME COMMAND,
 * or out of pgrep(1), PID COMMAND.
 */
static bool
guess_columns(const char *line, struct row *r)
{
	static const char *const starters[] = { "sudo", "/usr/bin/sudo", "doas",
		NULL };
	const char *first, *second, *word;
	unsigned long long a, b;
	size_t flen, slen, len;
	bool a_ok, b_ok;

	first = paste_word(&line, &flen);
	r->command = line;
	second = paste_word(&line, &slen);
	if (first == NULL || second == NULL)
		return false;
	a_ok = to_number(first, flen, &a);
	b_ok = to_number(second, slen, &b);
	if (!a_ok && !b_ok)
		return false;
	r->pid = b_ok ? b : a;
	if (b_ok)
		take_uid(r, first, flen);
	else if (pscommand_program(second, &word) != NULL ||
	    word_is(second, slen, starters))
		return true;
	/* Of several times the last, the start being before it. */
	for (int i = 0; i < 10 && (word = paste_word(&line, &len)) != NULL;
	    i++)
		if (is_time(word, len) && !is_start(line)) {
			r->command = line;
			return paste_word(&line, &len) != NULL;
		}
	return false;
}

bool
psread_is_broken(const char *line, const char *next)
{
	const char *word, *rest = next;
	struct row r = { 0 };
	unsigned long long n;
	size_t len;

	while ((word = paste_word(&rest, &len)) != NULL && is_time(word, len))
		next = rest;
	if (word == NULL || pscommand_program(next, &word) == NULL ||
	    guess_columns(line, &r))
		return false;
	for (int i = 0; i < 2; i++) {
		word = paste_word(&line, &len);
		if (to_number(word, len, &n))
			return paste_word(&line, &len) != NULL;
	}
	return false;
}

/*
 * The end of the text may be the end of what was copied of it: of what would
 * then be another name only whole ones are believed.
 */
static void
check_end(const struct psread *p, struct fact_proc *proc, int no)
{
	static const char *const keys[] = { "mac=", "macaddr=", "ifname=",
		"br=", NULL };
	const char *last = "", *comma;
	size_t n;

	for (n = 0; proc->argv[n] != NULL; n++)
		last = proc->argv[n];
	comma = strrchr(last, ',');
	last = comma != NULL ? comma + 1 : last;
	for (int i = 0; keys[i] != NULL; i++) {
		n = strlen(keys[i]);
		if (strncmp(last, keys[i], n) != 0 ||
		    (*last == 'm' && strlen(last + n) == MAC_STRSZ - 1))
			continue;
		findings_add(p->found, false, no, "the text ends in a command "
		    "line: its last argument is ignored");
		pscommand_drop_last(proc->argv);
		return;
	}
	findings_add(p->found, false, no, "the text ends in a command line, "
	    "perhaps before its end");
}

/* Are there more than n? */
static bool
is_longer(char *const *argv, size_t n)
{
	size_t i = 0;

	while (i <= n && argv[i] != NULL)
		i++;
	return i > n;
}

/* The record of that process, a new one if it was not seen before. */
static size_t
find_proc(struct psread *p, pid_t pid)
{
	struct facts *f = p->f;
	char key[24];
	json_t *at;

	/* Those that others have added, too. */
	for (; p->nlatest < f->nprocs; p->nlatest++) {
		p->latest = xgrow(p->latest, p->nlatest, sizeof(*p->latest));
		snprintf(key, sizeof(key), "%d", f->procs[p->nlatest].id.pid);
		if (json_object_get(p->pids, key) == NULL)
			json_object_set_new(p->pids, key,
			    json_integer((json_int_t)p->nlatest));
	}
	snprintf(key, sizeof(key), "%d", pid);
	at = json_object_get(p->pids, key);
	if (at != NULL)
		return (size_t)json_integer_value(at);
	facts_proc(f)->id.pid = pid;
	return find_proc(p, pid);
}

/* A row of this table for that process; the latest one counts. */
static struct psread_qemu *
find_row(struct psread *p, size_t proc)
{
	size_t *at = &p->latest[proc];

	if (*at >= p->nqemus || p->qemus[*at].proc != proc) {
		p->qemus = xgrow(p->qemus, p->nqemus, sizeof(*p->qemus));
		*at = p->nqemus++;
	}
	p->now = *at;
	return &p->qemus[*at];
}

/*
 * Is it a QEMU's?  Two tables may both have one, perhaps one of them cut: what
 * is longer counts.
 */
static bool
take_row(struct psread *p, const struct row *r, size_t width, int no, bool last)
{
	struct strv argv = { 0 };
	struct fact_proc *proc;
	size_t at;

	if (!pscommand_split(&argv, r->command))
		return false;
	at = find_proc(p, (pid_t)r->pid);
	proc = &p->f->procs[at];
	if (r->has_uid)
		proc->uid = (uid_t)r->uid;
	if (proc->argv != NULL && is_longer(proc->argv, argv.n)) {
		strv_free(&argv);
		return true;
	}
	free_argv(proc->argv);
	proc->argv = argv.v;
	proc->argv_cut = false;
	*find_row(p, at) = (struct psread_qemu){ at, width, no };
	p->command = xstrdup(r->command);
	p->len = p->cap = strlen(p->command);
	if (last)
		check_end(p, proc, no);
	return true;
}

/*
 * Was the line before broken for want of room?  Its last argument may go on
 * here, as names of files do that have blanks.
 */
static bool
had_no_room(const struct psread *p, const char *line)
{
	size_t len = strcspn(line, " \t");

	return p->wrap != 0 && p->nrows > 0 &&
	    p->before + MAX_GAP + len > p->wrap;
}

/* Does the command line, as far as it is known, look as if it went on? */
static bool
command_ends_badly(const struct psread *p)
{
	const char *s = p->command + p->len;

	while (s > p->command && !paste_blank(s[-1]))
		s--;
	return pscommand_ends_badly(s);
}

static void
join(struct psread *p, const char *line)
{
	size_t n = strlen(line);

	if (p->cap - p->len <= n) {
		p->cap = 2 * (p->len + n + 1);
		p->command = xrealloc(p->command, p->cap + 1);
	}
	p->command[p->len++] = ' ';
	memcpy(p->command + p->len, line, n + 1);
	p->len += n;
	p->joined = true;
}

/* A row that is nobody's, right behind a QEMU's: does it go on there? */
static bool
go_on(struct psread *p, const char *line, int no, bool last)
{
	const char *next = line, *word;
	struct psread_qemu *q;
	size_t len, n;

	if (p->command == NULL || p->len > MAX_COMMAND)
		return false;
	word = paste_word(&next, &len);
	if (word == NULL || (pscommand_option(word, len, &n) == NULL &&
	    !had_no_room(p, line) && !command_ends_badly(p)))
		return false;
	join(p, line);
	q = &p->qemus[p->now];
	q->width = 0;	/* it was not ps that broke it */
	if (last) {
		end_command(p);
		check_end(p, &p->f->procs[q->proc], no);
	}
	return true;
}

/* After "-smp", "2 -nic ...", which is no process of number 2. */
static bool
is_value(const struct psread *p, const char *line)
{
	const char *word;
	size_t len, n;

	if (p->command == NULL || !had_no_room(p, line) ||
	    !command_ends_badly(p))
		return false;
	paste_word(&line, &len);
	word = paste_word(&line, &len);
	return word != NULL && pscommand_option(word, len, &n) != NULL;
}

bool
psread_line(struct psread *p, const char *line, size_t width, int no, bool last)
{
	struct row r = { 0 };
	bool qemu, headed;

	if (read_header(p, line))
		return true;
	if (is_value(p, line) && go_on(p, line, no, last)) {
		p->before = width;
		return true;
	}
	headed = p->ncols > 0;
	if (headed ? !read_columns(p, line, &r) : !guess_columns(line, &r)) {
		/* Of a QEMU's row, or another one, which is the same to us. */
		if (go_on(p, line, no, last) || had_no_room(p, line)) {
			p->before = width;
			return true;
		}
		psread_end(p);
		r = (struct row){ 0 };
		if (!headed || !guess_columns(line, &r))
			return false;
	}
	p->seen = true;
	p->before = width;
	p->nrows++;
	if (p->command != NULL)
		end_command(p);
	qemu = take_row(p, &r, width, no, last);
	if (width > p->widest) {
		p->widest = width;
		p->other_widest = false;
	}
	p->other_widest |= width == p->widest && !qemu;
	return true;
}
