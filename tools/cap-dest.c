/* SPDX-License-Identifier: ISC */
/* cap-dest.c - where qlab-cap's packets go, and when it is enough */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/utsname.h>

#include "cap-dest.h"
#include "version.h"

static enum capsink_way
parse_way(const char *s)
{
	static const char *const names[] = { "inout", "in", "out" };

	for (int i = 0; i < 3; i++)
		if (strcmp(s, names[i]) == 0)
			return (enum capsink_way)i;
	tool_usage("-Q takes in, out or inout, not '%s'", s);
}

bool
cap_dest_option(struct cap_dest *d, int c, const char *arg)
{
	switch (c) {
	case 'c':
		d->sink.count = (uint64_t)tool_number("-c", arg, 1, LONG_MAX);
		break;
	case 'C':
		if (capfiles_parse_size(arg, &d->max_bytes) == -1)
			tool_usage("-C takes millions of bytes, or a number "
			    "with k, M or G, not '%s'", arg);
		break;
	case 'G':
		d->period_ms = tool_number("-G", arg, 1, INT_MAX) * 1000;
		break;
	case 'Q':
		d->sink.way = parse_way(arg);
		break;
	case 's':
		d->snaplen = (uint32_t)tool_number("-s", arg, 0,
		    CAPSRC_SNAPLEN_MAX);
		if (d->snaplen == 0)
			d->snaplen = CAPSRC_SNAPLEN_MAX;
		break;
	case 'w':
		d->file = strcmp(arg, "-") == 0 ? NULL : arg;
		break;
	case 'W':
		d->count = (unsigned)tool_number("-W", arg, 1, INT_MAX);
		break;
	case CAP_OPT_EXPECT:
		strv_add(&d->sink.expect, arg);
		break;
	case CAP_OPT_NEVER:
		strv_add(&d->sink.never, arg);
		break;
	case CAP_OPT_PCAPNG:
		d->pcapng = true;
		break;
	case CAP_OPT_TIMEOUT:
		d->timeout_ms = tool_seconds("--timeout", arg);
		if (d->timeout_ms == 0)
			tool_usage("--timeout takes 0.001 seconds at least, not "
			    "'%s'", arg);
		break;
	default:
		return false;
	}
	return true;
}

bool
cap_dest_asserts(const struct cap_dest *d)
{
	return d->sink.expect.n + d->sink.never.n > 0;
}

bool
cap_dest_writes(const struct cap_dest *d)
{
	return d->file != NULL || !cap_dest_asserts(d);
}

bool
cap_dest_rotates(const struct cap_dest *d)
{
	return d->max_bytes > 0 || d->period_ms > 0;
}

void
cap_dest_check(struct cap_dest *d)
{
	const char *opt = d->max_bytes > 0 ? "-C" : "-G";
	struct stat st;

	d->files.name = d->file;
	d->files.by_size = d->max_bytes > 0;
	d->files.by_time = d->period_ms > 0;
	d->files.count = d->count;
	if (d->file != NULL && *d->file == '\0')
		tool_usage("-w needs a file name");
	if (d->count > 0 && !cap_dest_rotates(d))
		tool_usage("-W needs -C or -G");
	if (!cap_dest_rotates(d))
		return;
	if (d->file == NULL)
		tool_usage("%s needs -w FILE", opt);
	if (stat(d->file, &st) == 0 && !S_ISREG(st.st_mode))
		tool_usage("%s: '%s' is not a regular file", opt, d->file);
	if (d->max_bytes == 0 && d->count != 1 && strchr(d->file, '%') == NULL)
		tool_say("'%s' has no time in it: each file replaces the one "
		    "before", d->file);
}

void
cap_dest_section(struct cap_dest *d, bool here, const char *comment)
{
	static struct utsname u;
	static char os[sizeof(u.sysname) + sizeof(u.release)];

	d->section = (struct pcapng_section){ .comment = comment,
		.application = "qlab-cap " QLAB_VERSION };
	if (!here || uname(&u) == -1)
		return;
	snprintf(os, sizeof(os), "%s %s", u.sysname, u.release);
	d->section.os = os;
	d->section.hardware = u.machine;
}

void
cap_dest_capout(const struct cap_dest *d, struct capout_opts *o)
{
	o->snaplen = d->snaplen;
	o->section = d->section;
	o->max_bytes = d->max_bytes;
	o->period_ns = (uint64_t)d->period_ms * 1000000;
	o->max_files = d->count;
}

void
cap_dest_refuse_terminal(int fd)
{
	if (isatty(fd))
		tool_usage("will not write packets to a terminal; append "
		    "'| tcpdump -nr -' or give -w FILE");
}

int
cap_dest_open(struct cap_dest *d, uint64_t start_ns, struct qerr *e)
{
	int fd = STDOUT_FILENO;

	if (d->file != NULL && (fd = capfiles_turn(&d->files, CAPOUT_TIME,
	    start_ns, e)) == -1)
		return -1;
	cap_dest_refuse_terminal(fd);
	return fd;
}

int
cap_dest_finish(struct cap_dest *d, enum cap_ended how, int status)
{
	struct qerr e;
	int rc = 0;

	if (d->files.file.fd == -1)
		return status;
	if (how == CAP_DONE)
		rc = capfiles_turn(&d->files, CAPOUT_FINISH, 0, &e);
	else if (how == CAP_CUT && d->files.file.temp != NULL &&
	    (rc = capfiles_keep_part(&d->files, &e)) == 0)
		tool_say("what was written before is in '%s.part'",
		    d->files.file.path);
	if (rc == -1) {
		tool_say_err(&e);
		return QERR_FAIL;
	}
	return status;
}

void
cap_dest_release(struct cap_dest *d)
{
	capfiles_release(&d->files);
	strv_free(&d->sink.expect);
	strv_free(&d->sink.never);
}

int
cap_dest_verdict(const struct capsink *s)
{
	const char *missing = capsink_missing(s);

	if (s->end == CAPSINK_NEVER) {
		tool_say("--never '%s': %s", s->o->never.v[s->never_which],
		    s->line);
		return QERR_NO;
	}
	if (missing == NULL)
		return 0;
	tool_say("--expect '%s': no such packet among %" PRIu64, missing,
	    s->taken);
	return QERR_NO;
}
