/* SPDX-License-Identifier: ISC */
/* qlab-logq.c - what the system logged about the lab's networks */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logknown.h"
#include "logout.h"
#include "logpreset.h"
#include "logq.h"
#include "logsrc.h"
#include "logstory.h"
#include "table.h"
#include "text.h"
#include "timetext.h"
#include "tool.h"

enum { OPT_UNTIL = 256, OPT_PRESET, OPT_PREDICATE, OPT_PRINT, OPT_TIMELINE,
	OPT_SUMMARY, OPT_VM, OPT_NET, OPT_IF };

static const struct tool_opt opts[] = {
	{ 'F', "follow", NULL, "go on with what comes", false },
	TOOL_OPT_JSON,
	{ 'r', NULL, "FILE", "read a saved log, - for standard input", false },
	{ 'S', "since", "TIME", "from then on: 3m, 10:39, RFC 3339", false },
	TOOL_OPT_VERBOSE,
	{ OPT_UNTIL, "until", "TIME", "up to then", false },
	{ OPT_PRESET, "preset", "NAME,...", "vmnet, dhcp, kernel, qemu, nat, "
	    "all", false },
	{ OPT_PREDICATE, "predicate", "P", "and only what P says", false },
	{ OPT_PRINT, "print-predicate", NULL, "say what is searched for",
	    false },
	{ OPT_TIMELINE, "timeline", NULL, "events, network by network",
	    false },
	{ OPT_SUMMARY, "summary", NULL, "how many of what, what went wrong",
	    false },
	{ OPT_VM, "vm", "NAME", "only of this VM", false },
	{ OPT_NET, "net", "NAME", "only of this network", false },
	{ OPT_IF, "if", "NAME", "only of this interface", false },
	TOOL_OPT_END
};

static const struct tool tool = {
	.name = "qlab-logq",
	.synopsis = "[-Fjv] [-S TIME] [--until TIME] [--preset NAME,...]\n"
	    "    [--predicate P] [--timeline | --summary] [--vm NAME]\n"
	    "    [--net NAME] [--if NAME] [-r FILE ...] [show] [NAME ...]\n"
	    "collect [-S TIME] [DIR]\n"
	    "--print-predicate [--preset NAME,...] [--predicate P]",
	.opts = opts,
};

#define MAX_COMPLAINTS	5	/* about malformed records */
#define RESCAN_MS	1000	/* for labs that have started */

static struct logq q;
static struct logout line;
static struct timeline timeline;
static struct summary summary;
static uint64_t nread, nshown, nbad;
static bool stopped;		/* nobody reads, or nothing more can come */
static volatile sig_atomic_t interrupted, asked;

/* ---- options ---- */

static void
add_name(struct strv *names, const char *option, const char *name)
{
	const char *problem = lab_name_problem(name);
	char buf[TEXT_SHOWSZ];

	if (problem != NULL)
		tool_usage("--%s: %s %s", option, text_show(name, buf),
		    problem);
	strv_add(names, name);
}

static void
take_output(enum logq_output output)
{
	if (q.output != LOGQ_TEXT && q.output != output)
		tool_usage("--timeline and --summary exclude each other");
	q.output = output;
}

static void
parse_options(int argc, char *argv[])
{
	int c;

	while ((c = tool_getopt(&tool, argc, argv)) != -1)
		switch (c) {
		case 'F':
			q.follow = true;
			break;
		case 'j':
			q.json = true;
			break;
		case 'r':
			strv_add(&q.files, optarg);
			break;
		case 'S':
			q.since = optarg;
			break;
		case 'v':
			q.verbose = true;
			break;
		case OPT_UNTIL:
			q.until = optarg;
			break;
		case OPT_PRESET:
			q.presets = optarg;
			break;
		case OPT_PREDICATE:
			q.predicate = optarg;
			break;
		case OPT_PRINT:
			q.print_predicate = true;
			break;
		case OPT_TIMELINE:
		case OPT_SUMMARY:
			take_output(c == OPT_SUMMARY ? LOGQ_SUMMARY :
			    LOGQ_TIMELINE);
			break;
		case OPT_VM:
			add_name(&q.want.vms, "vm", optarg);
			break;
		case OPT_NET:
			add_name(&q.want.nets, "net", optarg);
			break;
		case OPT_IF:
			if (*optarg == '\0')
				tool_usage("--if: the name is empty");
			strv_add(&q.want.ifs, optarg);
			break;
		}
}

static void
parse_times(void)
{
	int64_t now = logq_now();
	struct qerr e;

	if ((q.since != NULL && time_parse(q.since, now, &q.since_us,
	    &e) == -1) || (q.until != NULL && time_parse(q.until, now,
	    &q.until_us, &e) == -1))
		tool_die(&e);
	if (q.since_us != 0 && q.until_us != 0 && q.until_us < q.since_us)
		tool_usage("--until is before -S");
	if (q.follow && q.output != LOGQ_TEXT)
		tool_usage("-F has no end, so no --timeline or --summary");
	if (q.follow && q.until != NULL)
		tool_usage("-F and --until exclude each other");
}

/* With -r, files may also stand as operands, as a shell's pattern has them. */
static void
take_operands(int argc, char *argv[])
{
	struct qerr e;

	for (int i = optind; i < argc; i++)
		if (q.files.n > 0 && access(argv[i], F_OK) == 0)
			strv_add(&q.files, argv[i]);
		else if (logwant_add(&q.want, argv[i], &e) == -1)
			tool_die(&e);
}

static void
find_program(void)
{
	q.program = getenv("QLAB_LOG");
	if (q.program == NULL || *q.program == '\0')
		q.program = logsrc_unified();
	else if (strchr(q.program, '/') == NULL)
		tool_usage("QLAB_LOG: '%s' is no path", q.program);
}

/* Is macOS' log(1) asked at all? */
static bool
asks_unified(void)
{
	if (q.program == NULL)
		return false;
	for (size_t i = 0; i < q.files.n; i++)
		if (strstr(q.files.v[i], ".logarchive") != NULL)
			return true;
	return q.files.n == 0;
}

/*
 * Two predicates: the text for log(1), in which the user's own may be anything,
 * and ours for all other records.
 */
static void
make_predicates(void)
{
	struct qerr e;
	bool beyond = false, unified = asks_unified();
	const char *presets = q.presets != NULL ? q.presets :
	    q.files.n > 0 && !unified ? "all" : "vmnet";
	char *ours = logpreset_predicate(presets, false, &e), *both;
	struct predicate *own = NULL;

	if (ours == NULL)
		tool_die(&e);
	if (q.predicate != NULL) {
		own = predicate_parse(q.predicate, &beyond, &e);
		if (own == NULL && !(beyond && unified)) {
			qerr_prefix(&e, "--predicate");
			if (beyond)
				tool_say("%s (that is for macOS' log alone)",
				    e.msg);
			else
				tool_say_err(&e);
			exit(QERR_INPUT);
		}
		q.no_filter = own == NULL;
		predicate_free(own);
	}
	both = predicate_and(ours, q.predicate);
	if (!q.no_filter && *both != '\0' &&
	    (q.filter = predicate_parse(both, NULL, &e)) == NULL)
		tool_die(&e);
	free(ours);
	ours = logpreset_predicate(presets, true, NULL);
	q.unified = predicate_and(ours, q.predicate);
	free(ours);
	if (q.print_predicate)
		puts(unified ? q.unified : *both != '\0' ? both :
		    "TRUEPREDICATE");
	free(both);
	if (q.print_predicate)
		exit(tool_finish(0));
}

/* ---- records ---- */

static void
show(const struct logrec *r)
{
	nshown++;
	if (q.output == LOGQ_SUMMARY) {
		summary_add(&summary, r);
		return;
	}
	if (q.output == LOGQ_TIMELINE && !q.json) {
		timeline_add(&timeline, r);
		return;
	}
	if (q.json)
		logout_json(&line, r);
	else
		logout_text(&line, r, q.verbose);
	if (fwrite(line.s, 1, line.len, stdout) != line.len)
		stopped = true;	/* tool_finish() says why */
}

static bool
in_time(const struct logrec *r)
{
	if (r->us == LOGREC_NOTIME)
		return true;
	return (q.since_us == 0 || r->us >= q.since_us) &&
	    (q.until_us == 0 || r->us <= q.until_us);
}

static void
take(struct logrec *r, enum logq_kind kind)
{
	nread++;
	if (kind != LOGQ_UNIFIED &&
	    (!predicate_match(q.filter, r) || !in_time(r)))
		return;
	logknown_apply(r);
	if (q.files.n == 0)
		loglabs_apply(&q.labs, r);
	/* Other people's bridges are not this story. */
	if (q.presets == NULL && r->lab.len == 0 &&
	    (kind == LOGQ_KERNEL || kind == LOGQ_JOURNAL))
		return;
	if (!logwant_match(&q.want, r) ||
	    (q.output == LOGQ_TIMELINE && !timeline_wants(r)))
		return;
	show(r);
}

static void
complain(const struct qerr *e)
{
	char *clean = table_clean(e->msg);

	if (++nbad <= MAX_COMPLAINTS)
		tool_say("%s", clean);
	free(clean);
}

static void
flush(void)
{
	if (fflush(stdout) != 0)
		stopped = true;
	if (asked)
		tool_say("%" PRIu64 " records read, %" PRIu64 " shown", nread,
		    nshown);
	asked = 0;
}

static void
on_signal(int sig)
{
	if (sig == SIGUSR1)
		asked = 1;
	else
		interrupted = 1;
}

static void
catch_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGUSR1 };
	struct sigaction sa = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(sigs) / sizeof(*sigs); i++)
		sigaction(sigs[i], &sa, NULL);
}

static void
run_to_end(struct logq_sources *s)
{
	struct logfeed **feeds = xcalloc(s->n, sizeof(*feeds));
	enum logfeed_got got;
	struct logmerge m;
	struct logrec r;
	struct qerr e;

	for (size_t i = 0; i < s->n; i++)
		feeds[i] = s->v[i].feed;
	logmerge_init(&m, feeds, s->n);
	m.waiting = flush;
	while (!stopped && !interrupted &&
	    (got = logmerge_next(&m, &r, &e)) != LOGFEED_END)
		if (got == LOGFEED_BAD)
			complain(&e);
		else
			take(&r, s->v[m.last].kind);
	flush();
	logmerge_release(&m);
	free(feeds);
}

/* ---- -F ---- */

/* All that a source has now; false when it has ended. */
static bool
drain(struct logq_source *s)
{
	struct logrec r;
	struct qerr e;

	while (!stopped && !interrupted)
		switch (logfeed_next(s->feed, &r, &e)) {
		case LOGFEED_RECORD:
			take(&r, s->kind);
			break;
		case LOGFEED_BAD:
			complain(&e);
			break;
		case LOGFEED_WAIT:
			return true;
		case LOGFEED_END:
			return false;
		}
	return true;
}

/* Wait for any source; files have to be looked at again. */
static void
wait_for_input(const struct logq_sources *s, const bool *ended)
{
	struct pollfd *p = xcalloc(s->n, sizeof(*p));
	int n;

	for (size_t i = 0; i < s->n; i++)
		p[i] = (struct pollfd){ .events = POLLIN, .fd = ended[i] ? -1 :
		    logfeed_pollfd(s->v[i].feed) };
	n = poll(p, s->n, LOGFEED_IDLE_MS);
	for (size_t i = 0; i < s->n && n == 0; i++)
		if (!ended[i])
			logfeed_idle(s->v[i].feed);
	free(p);
}

static void
follow(struct logq_sources *s)
{
	int64_t looked = 0;
	/* Where labs have logs of their own, another one may come up. */
	bool labs = q.files.n == 0 && q.program == NULL, *ended = NULL;
	size_t known = 0, left = 1;

	while (!stopped && !interrupted && (left > 0 || labs)) {
		if (q.files.n == 0 && logq_now() - looked > RESCAN_MS * 1000) {
			logq_open_labs(&q, s);
			looked = logq_now();
		}
		if (s->n > known) {
			ended = xrealloc(ended, s->n * sizeof(*ended));
			memset(ended + known, 0, (s->n - known) *
			    sizeof(*ended));
			known = s->n;
		}
		left = 0;
		for (size_t i = 0; i < s->n; i++) {
			ended[i] = ended[i] || !drain(&s->v[i]);
			/* Without log(1) a Mac's story is not told. */
			if (ended[i] && s->v[i].kind == LOGQ_UNIFIED)
				stopped = true;
			left += !ended[i];
		}
		flush();
		if (!stopped && !interrupted)
			wait_for_input(s, ended);
	}
	free(ended);
}

/* ---- the end ---- */

/* One line on why there was nothing. */
static void
say_why(void)
{
	const char *in = q.since == NULL ? " in the last 10 minutes" : "";

	if (asks_unified() && q.files.n == 0)
		tool_say("nothing matched%s: what vmnet's daemon says is "
		    "mostly of level debug, which is not kept: -F shows it as "
		    "it comes; -S TIME looks further back, --preset all at "
		    "everything", in);
	else if (asks_unified())
		tool_say("nothing matched: an archive has what was kept, and "
		    "levels debug and info mostly are not; --preset all shows "
		    "everything%s", q.want.nets.n + q.want.vms.n > 0 ?
		    ", and names are often <private>" : "");
	else if (q.files.n > 0)
		tool_say("nothing matched: of %" PRIu64 " records none was "
		    "wanted%s", nread, logwant_any(&q.want) ? " (names that "
		    "are <private>, or not in the text, cannot match)" : "");
	else if (q.labs.n == 0)
		tool_say("nothing matched: no lab has left a log%s%s",
		    q.notes.n > 0 ? "; " : "", q.notes.n > 0 ? q.notes.v[0] :
		    "");
	else
		tool_say("nothing matched%s%s%s", q.since == NULL ?
		    " since the lab came up (-S TIME looks further back)" : "",
		    q.notes.n > 0 ? "; " : "", q.notes.n > 0 ? q.notes.v[0] :
		    "");
}

static void
say_notes(void)
{
	bool kernel = q.presets != NULL && strstr(q.presets, "kernel") != NULL;

	for (size_t i = 0; (q.verbose || kernel) && i < q.notes.n; i++)
		tool_say("%s", q.notes.v[i]);
	q.notes.n = 0;
}

static void
write_story(void)
{
	if (q.output == LOGQ_TIMELINE)
		timeline_write(&timeline, stdout);
	if (q.output == LOGQ_SUMMARY && q.json) {
		json_t *j = summary_json(&summary);

		json_dumpf(j, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(j);
	} else if (q.output == LOGQ_SUMMARY)
		summary_write(&summary, stdout);
}

static int
finish(struct logq_sources *s)
{
	int rc;

	if (nshown > 0)
		write_story();
	fflush(stdout);
	rc = logq_close(s, interrupted);
	if (nbad > MAX_COMPLAINTS)
		tool_say("%" PRIu64 " malformed records were left out", nbad);
	if (rc == 0 && nbad > 0 && q.files.n > 0)
		rc = QERR_INPUT;
	if (rc == 0 && nshown == 0 && !interrupted) {
		say_why();
		rc = QERR_NO;
	} else
		say_notes();
	logout_release(&line);
	timeline_free(&timeline);
	summary_free(&summary);
	loglabs_free(&q.labs);
	logwant_free(&q.want);
	predicate_free(q.filter);
	strv_free(&q.files);
	strv_free(&q.notes);
	free(q.unified);
	return tool_finish(rc);
}

int
main(int argc, char *argv[])
{
	static char buf[1 << 16];
	struct logq_sources s = { 0 };

	setvbuf(stdout, buf, _IOFBF, sizeof(buf));
	parse_options(argc, argv);
	parse_times();
	find_program();
	if (optind < argc && strcmp(argv[optind], "collect") == 0) {
		if (argc - optind > 2)
			tool_usage("collect takes one directory");
		return tool_finish(logq_collect(&q, argv[optind + 1]));
	}
	if (optind < argc && strcmp(argv[optind], "show") == 0)
		optind++;
	take_operands(argc, argv);
	make_predicates();
	summary_init(&summary);
	logq_open(&q, &s);
	catch_signals();
	if (q.follow)
		follow(&s);
	else
		run_to_end(&s);
	return finish(&s);
}
