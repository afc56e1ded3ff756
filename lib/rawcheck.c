/* SPDX-License-Identifier: ISC */
/* rawcheck.c - what is wrong with QEMU command lines that somebody wrote */
#include <stdlib.h>
#include <string.h>

#include "rawcheck.h"
#include "vnet.h"

/* Only macOS has vmnet: then it is meant for a Mac, wherever we are. */
static enum qemu_target
target_of(char *const *argv)
{
	for (; *argv != NULL; argv++)
		if (strncmp(*argv, "vmnet-", 6) == 0)
			return QEMU_DARWIN;
	return QEMU_LINUX;
}

void
rawcheck_argv(char *const *argv, struct findings *out)
{
	enum qemu_target target = target_of(argv);
	/* What it names, it names in the host's own network. */
	struct lint_conf conf = { .target = target, .host_net = true,
	    .backend = target == QEMU_DARWIN ? BACKEND_VMNET :
	    BACKEND_BRIDGE, .elsewhere = (target == QEMU_DARWIN) !=
	    (vnet_backend() == BACKEND_VMNET) };
	struct lab lab;

	/* What cannot be read is the first lint's to say. */
	qemu_argv_lint(argv, target, out);
	if (qemu_argv_read(&lab, argv, NULL) == 0) {
		lint_lab(&lab, &conf, out);
		lint_host(&lab, &conf, out);
	}
	lab_free(&lab);
}

/* Does a command of QEMU's stand here, maybe behind sudo and the like? */
static bool
is_qemu(const struct strv *words)
{
	for (size_t i = 0; i < words->n && i < 8; i++)
		if (qemu_arch_of(words->v[i]) != NULL)
			return true;
	return false;
}

/* Shell's control operators after the command: not QEMU's. */
static void
cut_shell(struct strv *words)
{
	size_t n = 0;

	while (n < words->n && strcmp(words->v[n], "&") != 0 &&
	    strcmp(words->v[n], "&&") != 0 && strcmp(words->v[n], "||") != 0 &&
	    strcmp(words->v[n], "|") != 0 && strcmp(words->v[n], ";") != 0 &&
	    strpbrk(words->v[n], "<>") != words->v[n] &&
	    strncmp(words->v[n], "2>", 2) != 0)
		n++;
	while (words->n > n) {
		free(words->v[--words->n]);
		words->v[words->n] = NULL;
	}
}

/* The end of the logical line that starts at p. */
static const char *
line_end(const char *p, int *lines)
{
	bool escaped = false;

	for (; *p != '\0'; p++) {
		if (*p == '\n') {
			++*lines;
			if (!escaped)
				break;
		}
		escaped = *p == '\\' && !escaped;
	}
	return p;
}

static int
split(const char *p, const char *end, struct strv *words)
{
	char *text = xasprintf("%.*s", (int)(end - p), p);
	int rc;

	strv_free(words);
	rc = strv_split(words, text, NULL);
	free(text);
	return rc;
}

/* A quote may be closed some lines further down. */
#define QUOTE_LINES	64

/*
 * Split the command that starts at p into words; *end and *lines go to its end.
 * -1: a quote is not closed.
 */
static int
read_command(const char *p, struct strv *words, const char **end, int *lines)
{
	const char *first_end = line_end(p, lines);
	int first_lines = *lines, rc = split(p, first_end, words);

	*end = first_end;
	for (int i = 0; rc == -1 && i < QUOTE_LINES && **end != '\0' &&
	    is_qemu(words); i++) {
		*end = line_end(*end + 1, lines);
		rc = split(p, *end, words);
	}
	if (rc == -1) {
		*end = first_end;
		*lines = first_lines;
	}
	return rc;
}

size_t
rawcheck_text(const char *text, struct findings *out)
{
	size_t commands = 0;
	int line = 1;

	for (const char *p = text; *p != '\0';) {
		struct strv words = { 0 };
		int begins = line;
		const char *end;

		if (*p == '\n') {
			line++;
			p++;
			continue;
		}
		if (read_command(p, &words, &end, &line) == 0 &&
		    is_qemu(&words)) {
			size_t first = out->n;

			cut_shell(&words);
			commands++;
			rawcheck_argv(words.v, out);
			for (size_t i = first; i < out->n; i++)
				out->f[i].line = begins;
		} else if (is_qemu(&words)) {
			commands++;
			findings_add(out, true, begins, "unclosed quote");
		}
		strv_free(&words);
		p = *end == '\n' ? end + 1 : end;
	}
	return commands;
}
