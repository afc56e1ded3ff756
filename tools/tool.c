/* SPDX-License-Identifier: ISC */
/* tool.c - what all qlab tools share: options, messages, exit statuses */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"
#include "version.h"

#define MAXOPTS	64

static const struct tool *tool;

static void
say(const char *fmt, va_list ap)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", tool != NULL ? tool->name : "qlab");
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void
tool_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

/* A lab file's findings carry their own FILE:LINE: and stand bare. */
void
tool_say_err(const struct qerr *e)
{
	tool_say("%s", e->msg);
}

void
tool_die(const struct qerr *e)
{
	tool_say_err(e);
	exit(e->kind != QERR_NONE ? (int)e->kind : QERR_FAIL);
}

void
tool_die_file(const char *file, const struct qerr *e, FILE *f)
{
	size_t len = strlen(file);

	if (strncmp(e->msg, file, len) != 0 || e->msg[len] != ':')
		tool_die(e);
	for (const char *p = e->msg; *p != '\0';) {
		int n = (int)strcspn(p, "\n");
		/* Behind "FILE:LINE: ", where there is a line. */
		int at = (int)len + 1;

		if (strncmp(p, file, len) == 0 && (int)len + 1 < n) {
			at += (int)strspn(p + at, "0123456789");
			at += p[at] == ':';
			fprintf(f, "%.*s error:%.*s\n", at, p, n - at, p + at);
		} else
			fprintf(f, "%.*s\n", n, p);
		p += n + (p[n] == '\n');
	}
	exit((int)e->kind);
}

void
tool_usage(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
	fprintf(stderr, "try '%s -h'\n", tool != NULL ? tool->name : "qlab");
	exit(QERR_INPUT);
}

static void
print_synopsis(FILE *f)
{
	const char *s = tool->synopsis, *label = "usage:";

	while (*s != '\0') {
		int len = (int)strcspn(s, "\n");

		fprintf(f, "%s %s %.*s\n", label, tool->name, len, s);
		label = "      ";
		s += len + (s[len] == '\n');
	}
}

static void
print_help(void)
{
	print_synopsis(stdout);
	for (const struct tool_opt *o = tool->opts; o->ch != 0; o++) {
		char left[64];
		int n = 0;

		if (o->help == NULL)
			continue;
		if (o->ch < 256)
			n += snprintf(left, sizeof(left), "-%c", o->ch);
		if (o->name != NULL)
			n += snprintf(left + n, sizeof(left) - (size_t)n,
			    "%s--%s", n ? ", " : "", o->name);
		if (o->arg != NULL)
			snprintf(left + n, sizeof(left) - (size_t)n,
			    o->optional_arg ? "[=%s]" :
			    o->name != NULL ? "=%s" : " %s", o->arg);
		printf("  %-24s %s\n", left, o->help);
	}
	printf("  %-24s %s\n  %-24s %s\n", "-h", "this help", "-V", "version");
}

static void
bad_option(int c, char *argv[])
{
	const char *word = argv[optind - 1];

	if (c == ':')
		tool_usage("option '%s' needs an argument",
		    optopt > 0 && optopt < 256 ?
		    (char[]){ '-', (char)optopt, '\0' } : word);
	if (optopt > 0 && optopt < 256 && tool->unknown != NULL)
		tool->unknown(optopt);
	if (optopt > 0 && optopt < 256)
		tool_usage("unknown option '-%c'", optopt);
	tool_usage("unknown option '%s'", word);
}

/*
 * Closed ones would be taken by files and sockets of ours, and get what is
 * printed; this way it is an error.
 */
static void
hold_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) == -1)
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int
tool_getopt(const struct tool *t, int argc, char *argv[])
{
	static struct option longs[MAXOPTS];
	static char shorts[2 * MAXOPTS + 8];

	if (tool != t) {
		size_t nl = 0, ns = 0;

		tool = t;
		hold_standard();
		signal(SIGPIPE, SIG_IGN);	/* EPIPE is a normal end */
		if (t->in_order)
			shorts[ns++] = '-';
		shorts[ns++] = ':';
		shorts[ns++] = 'h';
		shorts[ns++] = 'V';
		longs[nl++] = (struct option){ "help", no_argument, NULL, 'h' };
		longs[nl++] = (struct option){ "version", no_argument, NULL,
		    'V' };
		for (const struct tool_opt *o = t->opts; o->ch != 0; o++) {
			int has = o->arg == NULL ? no_argument :
			    o->optional_arg ? optional_argument :
			    required_argument;

			if (o->ch < 256) {
				shorts[ns++] = (char)o->ch;
				if (has == required_argument)
					shorts[ns++] = ':';
			}
			if (o->name != NULL)
				longs[nl++] = (struct option){ o->name, has,
				    NULL, o->ch };
		}
		opterr = 0;
	}

	int c = getopt_long(argc, argv, shorts, longs, NULL);
	switch (c) {
	case 'h':
		print_help();
		exit(tool_finish(0));
	case 'V':
		printf("%s %s\n", t->name, QLAB_VERSION);
		exit(tool_finish(0));
	case '?':
	case ':':
		bad_option(c, argv);
	}
	return c;
}

long
tool_number(const char *option, const char *value, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(value, &end, 10);
	if (end == value || *end != '\0' || errno != 0 || n < min || n > max)
		tool_usage("%s takes a whole number from %ld to %ld, not '%s'",
		    option, min, max, value);
	return n;
}

enum net_backend
tool_backend(const char *value)
{
	enum net_backend b;

	if (lab_parse_backend(value, &b, NULL) == -1 || b == BACKEND_AUTO)
		tool_usage("--require-backend: '%s' is not bridge or userspace",
		    value);
	return b;
}

enum net_backend
tool_host_net(enum net_backend required)
{
	if (required != BACKEND_AUTO && required != BACKEND_BRIDGE)
		tool_usage("--host-net is for backend bridge, not %s",
		    net_backend_name(required));
	return BACKEND_BRIDGE;
}

long
tool_seconds(const char *option, const char *value)
{
	char *end;
	double s;

	errno = 0;
	s = strtod(value, &end);
	if (end == value || *end != '\0' || errno != 0 || !isfinite(s) ||
	    s < 0 || s > 1e6)
		tool_usage("%s takes seconds, not '%s'", option, value);
	return lround(s * 1000);
}

int
tool_finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (errno == EPIPE)
		return status;
	tool_say("cannot write output: %s", strerror(errno));
	return QERR_FAIL;
}
