/* SPDX-License-Identifier: ISC */
/* tool.h - what all qlab tools share: options, messages, exit statuses */
#ifndef QLAB_TOOL_H
#define QLAB_TOOL_H

#include <stdbool.h>
#include <stdio.h>

#include "lab.h"
#include "qerr.h"

/* One option; ch is its letter, or 256 and up for one that is only long. */
struct tool_opt {
	int ch;
	const char *name;	/* long name, or NULL */
	const char *arg;	/* its argument's name, or NULL */
	const char *help;	/* NULL: -h does not show it */
	bool optional_arg;	/* --name[=ARG] */
};

/* Letters that mean the same in every tool that has them. */
#define TOOL_OPT_ALL	{ 'a', NULL, NULL, "all labs, VMs or points", false }
#define TOOL_OPT_DETACH	{ 'd', NULL, NULL, "detach into the background", false }
#define TOOL_OPT_FILE	{ 'f', NULL, "FILE", "lab file (default ./lab.yaml)", \
    false }
#define TOOL_OPT_NOHEAD	{ 'H', NULL, NULL, "no header line", false }
#define TOOL_OPT_JSON	{ 'j', NULL, NULL, "JSON", false }
#define TOOL_OPT_DRY	{ 'n', NULL, NULL, \
    "say what would be done, do nothing", false }
#define TOOL_OPT_COLS	{ 'o', NULL, "COL,...", "table columns (+COL adds)", \
    false }
#define TOOL_OPT_QUIET	{ 'q', NULL, NULL, "only the answer", false }
#define TOOL_OPT_VERBOSE { 'v', NULL, NULL, "say more", false }
/* No letter: ch is the tool's own. */
#define TOOL_OPT_BACKEND(ch) { ch, "require-backend", "NAME", \
    "bridge or userspace, do not fall back", false }
#define TOOL_OPT_END	{ 0, NULL, NULL, NULL, false }
#define TOOL_OPT_HOST_NET(ch) { ch, "host-net", NULL, \
    "networks in the host's own network, as root", false }

struct tool {
	const char *name;
	const char *synopsis;	/* behind the name; '\n' between forms */
	const struct tool_opt *opts;	/* up to TOOL_OPT_END; -h, -V come */
	bool in_order;		/* operands are TOOL_OPERAND, with optarg */
	/* May say a usage error of its own about an unknown letter; NULL: no. */
	void (*unknown)(int ch);
};

#define TOOL_OPERAND	1

/*
 * As getopt(3): the next option, -1 at the end; optarg and optind are set.
 * -h and -V answer and exit 0; a wrong option is said, with a hint, exit 2.
 */
int	tool_getopt(const struct tool *t, int argc, char *argv[]);

/* "NAME: message" on stderr. */
void	tool_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void	tool_say_err(const struct qerr *e);
/* Say it and exit with the error's status. */
void	tool_die(const struct qerr *e) __attribute__((noreturn));
/*
 * What is wrong in a file's text stands bare, "FILE:LINE: error: ...", as
 * compilers write it, on f; other errors are said.  Exits.
 */
void	tool_die_file(const char *file, const struct qerr *e, FILE *f)
	    __attribute__((noreturn));
/* Say a usage error and the hint, exit 2. */
void	tool_usage(const char *fmt, ...)
	    __attribute__((noreturn, format(printf, 1, 2)));

/* A whole number in min..max, else a usage error naming the option. */
long	tool_number(const char *option, const char *value, long min, long max);
/* --require-backend's argument. */
enum net_backend tool_backend(const char *value);
/* What --host-net requires, beside what --require-backend did. */
enum net_backend tool_host_net(enum net_backend required);
/* Seconds, fractions allowed, as milliseconds. */
long	tool_seconds(const char *option, const char *value);

/*
 * At the end: flush stdout; a failure to write what was printed is said and
 * turned into 5 (a closed pipe is a normal end).  Returns the status.
 */
int	tool_finish(int status);

#endif
