/* SPDX-License-Identifier: ISC */
/* qlab-cap.c - packets of VMs as pcap */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "addr.h"
#include "cap-extcap.h"
#include "table.h"

enum { OPT_VIA = 256, OPT_BUFFER, OPT_DUMP };

static const struct tool_opt opts[] = {
	{ 'a', NULL, NULL, "all NICs of all running VMs", false },
	{ 'D', NULL, NULL, "list what can be captured", false },
	{ 'F', NULL, NULL, "wait for what is not there, or goes", false },
	TOOL_OPT_NOHEAD,
	TOOL_OPT_JSON,
	{ 'n', NULL, NULL, "accepted for tcpdump's sake, no effect", false },
	{ 'r', NULL, "FILE", "read a saved capture ('-': stdin)", false },
	{ 'U', NULL, NULL, "show each packet within 1 ms, not 10", false },
	{ OPT_BUFFER, "buffer", "SIZE", "that much may wait for a slow reader "
	    "(64M)", false },
	{ OPT_VIA, "via", "WAY", "ring, pcap, qmp or switch", false },
	{ OPT_DUMP, "dump-filter", NULL, "print the filter's program", false },
	CAP_DEST_OPTS,
	CAP_EXTCAP_OPTS,
	TOOL_OPT_END
};

/* What tcpdump has of these. */
static void
not_ours(int c)
{
	if (strchr("AeEKNOqStTuvxX#", c) != NULL)
		tool_usage("-%c is about how packets are shown: append "
		    "'| tcpdump -%c -nr -'", c, c);
	if (c == 'i')
		tool_usage("-i: name what to capture without it, an interface "
		    "as if:INTERFACE ('qlab-cap -D' lists what there is)");
	if (c == 'l' || c == 'p')
		tool_usage("-%c: leave it out, %s", c, c == 'l' ?
		    "packets are always written at once" :
		    "no interface is made promiscuous");
	if (c == 'd')
		tool_usage("-d: it is --dump-filter here");
	if (c == 'B')
		tool_usage("-B: it is --buffer=SIZE here");
	if (c == 'Z')
		tool_usage("-Z: leave it out, rights are given up anyway");
}

static const struct tool tool = {
	.name = "qlab-cap",
	.synopsis = "[OPTION ...] -a | POINT ... [filter ...] "
	    "[-- COMMAND ...]\n"
	    "[OPTION ...] -r FILE [filter ...]\n"
	    "-D [-Hj]",
	.opts = opts,
	.unknown = not_ours,
};

#define LATENCY_MS	10
#define LATENCY_U_MS	1
/* A ring of fewer blocks is none; the kernel counts in 32 bits. */
#define BUFFER_MIN_MIB	1
#define BUFFER_MAX_MIB	2048

static uint64_t
parse_buffer(const char *s)
{
	uint64_t mib;

	if (lab_parse_size_mib(s, &mib, NULL) == -1 || mib < BUFFER_MIN_MIB ||
	    mib > BUFFER_MAX_MIB)
		tool_usage("--buffer takes %dM to %dM, not '%s'",
		    BUFFER_MIN_MIB, BUFFER_MAX_MIB, s);
	return mib << 20;
}

static void
parse_option(struct cap_conf *o, struct cap_extcap *x, int c)
{
	switch (c) {
	case 'a':
		o->all = true;
		break;
	case 'D':
		o->list = true;
		break;
	case 'F':
		o->follow = true;
		break;
	case 'H':
		o->nohead = true;
		break;
	case 'j':
		o->json = true;
		break;
	case 'r':
		o->read = optarg;
		break;
	case 'U':
		o->src.latency_ms = LATENCY_U_MS;
		break;
	case OPT_BUFFER:
		o->src.buffer = parse_buffer(optarg);
		break;
	case OPT_DUMP:
		o->dump = true;
		break;
	case OPT_VIA:
		if (cap_via_parse(optarg, &o->via) == -1)
			tool_usage("--via takes ring, pcap, qmp or switch, "
			    "not '%s'", optarg);
		break;
	default:
		if (!cap_dest_option(&o->dest, c, optarg))
			cap_extcap_option(x, c, optarg);
	}
}

/* Points first, then the filter; with -a and -r it is all filter. */
static void
parse_words(struct cap_conf *o, int n, char *words[])
{
	struct strv filter = { 0 };
	bool points = !o->all && o->read == NULL;
	int i = 0;

	/* A program can be had without a point, too. */
	if (o->dump && n > 0 && cappoint_is_filter(words[0]))
		points = false;
	if (points && n > 0)
		strv_add(&o->words, words[i++]);
	while (points && i < n && !cappoint_is_filter(words[i]))
		strv_add(&o->words, words[i++]);
	for (; i < n; i++)
		strv_add(&filter, words[i]);
	if (filter.n > 0)
		o->filter = strv_join(&filter, " ", filter.n);
	o->src.filter = o->filter;
	strv_free(&filter);
}

/* Behind "--" stands the command; returns how many words are before. */
static int
split_command(struct cap_conf *o, int argc, char *argv[])
{
	int n = 1;

	while (n < argc && strcmp(argv[n], "--") != 0)
		n++;
	if (n == argc)
		return argc;
	o->command.argv = argv + n + 1;
	argv[n] = NULL;
	return n;
}

static void
check_command(struct cap_conf *o)
{
	if (o->command.argv == NULL)
		return;
	if (o->command.argv[0] == NULL)
		tool_usage("no command behind '--'");
	if (o->read != NULL || o->list)
		tool_usage("a command needs something to capture");
	if (cap_dest_writes(&o->dest) && o->dest.file == NULL)
		tool_usage("a command has standard output for itself: give "
		    "-w FILE");
	o->dest.sink.to_the_end = true;
}

/* What would be without effect is not what was meant. */
static void
check_modes(const struct cap_conf *o, bool operands)
{
	if (o->list && operands)
		tool_usage("-D takes no operands");
	if (o->list && (o->read != NULL || o->dump))
		tool_usage("-D goes not with %s", o->read != NULL ? "-r" :
		    "--dump-filter");
	if (o->list && (o->dest.file != NULL || cap_dest_asserts(&o->dest)))
		tool_usage("-D captures nothing: %s has no meaning there",
		    o->dest.file != NULL ? "-w" : "--expect or --never");
	if (o->read != NULL && (o->all || o->follow || o->via != VIA_AUTO))
		tool_usage("-r reads a file: %s has no meaning there",
		    o->all ? "-a" : o->follow ? "-F" : "--via");
}

static void
parse(struct cap_conf *o, int argc, char *argv[])
{
	static const enum capsrc_dir dirs[] = { [CAPSINK_INOUT] = CAPSRC_BOTH,
		[CAPSINK_IN] = CAPSRC_IN, [CAPSINK_OUT] = CAPSRC_OUT };
	struct cap_extcap x = { 0 };
	int c;

	o->dest = (struct cap_dest)CAP_DEST_INIT;
	o->src = (struct capsrc_opts){ .latency_ms = LATENCY_MS,
		.buffer = CAPSRC_BUFFER };
	argc = split_command(o, argc, argv);
	while ((c = tool_getopt(&tool, argc, argv)) != -1)
		parse_option(o, &x, c);
	check_modes(o, optind < argc);
	if ((o->json || o->nohead) && !o->list)
		tool_usage("-%c goes with -D", o->json ? 'j' : 'H');
	if (optind == argc && !o->all && !o->list && o->read == NULL &&
	    !o->dump && !x.used)
		tool_usage("what to capture? ('qlab-cap -D' lists what there "
		    "is)");
	cap_dest_check(&o->dest);
	check_command(o);
	parse_words(o, argc - optind, argv + optind);
	if (x.used)
		cap_extcap(&x, o, argv[0]);
	/* Assertions look at whole packets; what is written is cut then. */
	o->src.snaplen = cap_dest_asserts(&o->dest) ? CAPSRC_SNAPLEN_MAX :
	    o->dest.snaplen;
	o->src.dir = dirs[o->dest.sink.way];
}

/* Without the name, which stands in front of the line. */
static const char *
why_not(const struct cappoint *p)
{
	size_t len = strlen(p->name);

	if (p->via != VIA_AUTO)
		return NULL;
	return strncmp(p->why.msg, p->name, len) == 0 &&
	    p->why.msg[len] == ' ' ? p->why.msg + len + 1 : p->why.msg;
}

static void
print_list(const struct cappoints *ps, bool header)
{
	static const char *const names[] = { "POINT", "NET", "IF", "MAC",
		"VIA", "WHY NOT" };
	size_t ncols = sizeof(names) / sizeof(names[0]) - 1;
	struct table t;

	for (size_t i = 0; i < ps->n; i++)
		if (ps->p[i].via == VIA_AUTO)
			ncols = sizeof(names) / sizeof(names[0]);
	table_init(&t, ncols, names);
	for (size_t i = 0; i < ps->n; i++) {
		const struct cappoint *p = &ps->p[i];
		char mac[MAC_STRSZ];

		table_cell(&t, p->name);
		table_cell(&t, p->net);
		table_cell(&t, p->ifname);
		table_cell(&t, p->has_mac ? mac_format(p->mac, mac) : NULL);
		table_cell(&t, cap_via_name(p->via));
		if (ncols > 5)
			table_cell(&t, why_not(p));
	}
	table_write(&t, stdout, header);
	table_free(&t);
}

static int
list(struct cap_conf *o)
{
	struct cappoints ps = { 0 };
	struct qerr e;

	if (cap_find(o, &ps, &e) == -1)
		tool_die(&e);
	if (o->json) {
		json_t *j = cappoint_json(&ps);

		json_dumpf(j, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(j);
	} else
		print_list(&ps, !o->nohead);
	cappoint_release(&ps);
	return tool_finish(0);
}

/*
 * Words that are no points, not even in shape, are a filter with a mistake in
 * it.  The lab itself need not run.  Free it.
 */
static char *
whole_filter(struct cap_conf *o)
{
	const char *filter = o->filter != NULL ? o->filter : "";
	struct cappoints ps = { 0 };
	struct qerr e = { 0 };
	char *words, *text;
	bool points = o->words.n == 0;

	for (size_t i = 0; i < o->words.n; i++)
		points |= *filter != '\0' &&
		    strpbrk(o->words.v[i], "/:") != NULL;
	if (!points)
		points = cap_find(o, &ps, &e) == 0;
	cappoint_release(&ps);
	if (points)
		return xstrdup(filter);
	words = strv_join(&o->words, " ", o->words.n);
	text = xasprintf("%s%s%s", words, *filter != '\0' ? " " : "", filter);
	free(words);
	return text;
}

/* As tcpdump -d: for packets that carry their VLAN tags. */
static int
dump_filter(struct cap_conf *o)
{
	char *filter = whole_filter(o), *text;
	struct qerr e;
	struct capfilter *f = capfilter_new(filter, LINKTYPE_ETHERNET, &e);

	if (f == NULL)
		tool_die(&e);
	text = capfilter_dump(f);
	puts(text);
	free(text);
	free(filter);
	capfilter_free(f);
	return tool_finish(0);
}

/* libpcap's message comes before anything is opened. */
static void
compile_filters(struct cap_conf *o, struct capsink *sink)
{
	struct qerr e;

	if (o->filter != NULL && (o->src.here = capfilter_new(o->filter,
	    LINKTYPE_ETHERNET, &e)) == NULL)
		tool_die(&e);
	/* What no kernel takes is done behind the sources, on whole packets. */
	if (o->filter != NULL && !capfilter_fits_kernel(o->src.here)) {
		o->dest.sink.filter = o->filter;
		o->src.filter = NULL;
		o->src.snaplen = CAPSRC_SNAPLEN_MAX;
	}
	/* The sources see to this. */
	o->dest.sink.way = CAPSINK_INOUT;
	capsink_init(sink, &o->dest.sink, NULL);
	if (capsink_meet(sink, LINKTYPE_ETHERNET, &e) != 0)
		tool_die(&e);
}

/*
 * Classic pcap, which everything reads, for one point that will stay one.  What
 * is named and cannot be had is an error when there is nothing else.
 */
static void
check_points(struct cap_conf *o, const struct cappoints *ps)
{
	size_t usable = 0;
	struct qerr e;

	for (size_t i = 0; i < ps->n; i++) {
		usable += ps->p[i].via != VIA_AUTO;
		if (ps->p[i].via == VIA_PCAP && ps->n > 1)
			tool_usage("--via=pcap takes one capture point, not "
			    "%zu", ps->n);
		if ((ps->p[i].via == VIA_QMP || ps->p[i].via == VIA_SWITCH) &&
		    o->filter != NULL &&
		    capfilter_check_here(o->src.here, &e) == -1)
			tool_die(&e);
	}
	if (ps->n > 0 && usable == 0 && !o->follow)
		tool_die(&ps->p[0].why);
	if (ps->n == 0 && !o->follow) {
		tool_say("no VM is running, or none has a NIC");
		exit(QERR_NOTFOUND);
	}
	o->src.grows = o->follow || o->all || o->words.n > 1 ||
	    cappoint_may_grow(o->words.v[0]);
	if (ps->n > 1 || o->all || o->words.n > 1 ||
	    (ps->n == 0 && cappoint_may_grow(o->words.v[0])))
		o->dest.pcapng = true;
}

/* "lab routerlab", "labs one two"; free it. */
static char *
lab_names(const struct cappoints *ps)
{
	struct strv labs = { 0 };
	char *all, *text = NULL;

	for (size_t i = 0; i < ps->n; i++) {
		size_t k = 0;

		if (ps->p[i].lab == NULL)
			continue;
		while (k < labs.n && strcmp(labs.v[k], ps->p[i].lab) != 0)
			k++;
		if (k == labs.n)
			strv_add(&labs, ps->p[i].lab);
	}
	if (labs.n > 0) {
		all = strv_join(&labs, " ", labs.n);
		text = xasprintf("lab%s %s", labs.n > 1 ? "s" : "", all);
		free(all);
	}
	strv_free(&labs);
	return text;
}

static int
capture(struct cap_conf *o)
{
	struct cappoints points = { 0 };
	struct capsink sink;
	struct timespec now;
	struct qerr e = { 0 };
	int fd = -1, status;
	char *comment;

	if (cap_dest_writes(&o->dest) && o->dest.file == NULL)
		cap_dest_refuse_terminal(STDOUT_FILENO);
	if (cap_find(o, &points, &e) == -1)
		tool_die(&e);
	compile_filters(o, &sink);
	check_points(o, &points);
	comment = lab_names(&points);
	cap_dest_section(&o->dest, true, comment);
	clock_gettime(CLOCK_REALTIME, &now);
	o->start_ns = (uint64_t)now.tv_sec * 1000000000;
	if (cap_dest_writes(&o->dest) &&
	    (fd = cap_dest_open(&o->dest, o->start_ns, &e)) == -1)
		tool_die(&e);
	status = cap_first(o, &points, &sink, fd);
	if (status == CAP_CUT_SHORT)
		status = cap_dest_finish(&o->dest, CAP_CUT, QERR_FAIL);
	else if (status == CAP_LACKS)
		status = cap_dest_finish(&o->dest, CAP_DONE, QERR_FAIL);
	else if (status == 0 || status == QERR_NO || status == QERR_TIMEOUT)
		status = cap_dest_finish(&o->dest, CAP_DONE, status);
	else
		status = cap_dest_finish(&o->dest, CAP_FAILED, status);
	if (status == 0 || status == QERR_NO || status == QERR_TIMEOUT)
		status = o->command.timed_out ? QERR_TIMEOUT :
		    o->command.status != 0 ? o->command.status : status;
	capsink_release(&sink);
	capfilter_free((struct capfilter *)o->src.here);
	cappoint_release(&points);
	free(comment);
	return status;
}

int
main(int argc, char *argv[])
{
	struct cap_conf o = { 0 };
	int status;

	parse(&o, argc, argv);
	if (o.read != NULL)
		o.dest.sink.filter = o.dump && o.filter == NULL ? "" : o.filter;
	if (o.read != NULL)
		status = cap_read(&o.dest, o.read, o.dump);
	else if (o.dump)
		status = dump_filter(&o);
	else if (o.list)
		status = list(&o);
	else
		status = capture(&o);
	cap_dest_release(&o.dest);
	strv_free(&o.words);
	free(o.filter);
	return status;
}
