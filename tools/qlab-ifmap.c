/* SPDX-License-Identifier: ISC */
/* qlab-ifmap.c - VM, NIC, host interface, bridge, network: what is where */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "ifmap-tool.h"
#include "state.h"
#include "strv.h"
#include "table.h"
#include "tool.h"

enum { OPT_DUMP_RAW = 256, OPT_GRAPH, OPT_HOSTS, OPT_INTERVAL, OPT_LISTEN,
	OPT_STRICT };

static const struct tool_opt opts[] = {
	{ 'F', NULL, NULL, "print changes as they happen", false },
	TOOL_OPT_NOHEAD,
	TOOL_OPT_JSON,
	TOOL_OPT_COLS,
	TOOL_OPT_QUIET,
	{ 'r', NULL, "FILE", "saved text instead of this system", false },
	TOOL_OPT_VERBOSE,
	{ OPT_DUMP_RAW, "dump-raw", "MACS", "what the kernel of a Mac answers, "
	    "for a report", true },
	{ OPT_GRAPH, "graph", "FORMAT", "as a graph: dot or mermaid", false },
	{ OPT_HOSTS, "hosts", NULL, "addresses as lines of /etc/hosts", false },
	{ OPT_INTERVAL, "interval", "SECS", "rates, over that time", false },
	{ OPT_LISTEN, "listen", "SECS", "first hear ARP and DHCP for that long",
	    false },
	{ OPT_STRICT, "strict", NULL, "nothing that is only guessed", false },
	TOOL_OPT_END
};

static const struct tool tool = {
	.name = "qlab-ifmap",
	.synopsis = "[-Hjv] [-o COL,...] [-r FILE] [--strict] "
	    "[--listen=SECS] [--interval=SECS] [NAME...]\n"
	    "-F [--strict] [--interval=SECS] [NAME...]\n"
	    "[-r FILE] [--strict] --graph=dot|mermaid | --hosts [NAME...]\n"
	    "-q [-r FILE] [--strict] NAME\n"
	    "--dump-raw",
	.opts = opts,
};

struct state st;
struct map map;
const struct map *map_before;
long map_interval_ms;

static void
print_json(void)
{
	json_t *j = ifmap_json(&map);

	json_dumpf(j, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(j);
}

/* Only QEMUs outside of labs may be others'. */
static void
say_unreadable(void)
{
	bool outside = false;

	for (size_t i = 0; i < map.nnics && !outside; i++)
		outside = map.nics[i].picked && *map.nics[i].lab->name == '\0';
	if (!outside)
		return;
	if (map.facts.leases_err.kind != QERR_NONE)
		tool_say_err(&map.facts.leases_err);
	if (map.facts.unreadable == 1)
		tool_say("another user runs a QEMU whose open taps only root "
		    "may see");
	else if (map.facts.unreadable > 1)
		tool_say("other users run %zu QEMUs whose open taps only root "
		    "may see", map.facts.unreadable);
}

/* Labs we could not look into, sources that disagree. */
static void
say_doubts(void)
{
	for (size_t i = 0; i < map.nlabs; i++)
		if (map.labs[i].err.kind != QERR_NONE)
			tool_say_err(&map.labs[i].err);
	say_unreadable();
	for (size_t i = 0; i < map.nnics; i++)
		for (int k = 0; map.nics[i].picked && k < MAP_NEDGES; k++) {
			const struct map_nic *n = &map.nics[i];
			char *name, *text, *clean;

			if (map_sure(n, k))
				continue;
			name = ifmap_nic_label(n);
			text = map_dispute(n, k);
			clean = table_clean(text);
			tool_say("%s: %s: %s", name, map_edge_name(k), clean);
			free(clean);
			free(text);
			free(name);
		}
}

/* ---- -q ---- */

static int
answer_no(const char *fmt, const char *what, const char *rest)
{
	tool_say(fmt, what, rest);
	return QERR_NO;
}

static int
answer(char *s)
{
	char *clean = table_clean(s);

	puts(clean);
	free(clean);
	free(s);
	return 0;
}

static int
answer_nic(const struct map_nic *n)
{
	char *name = ifmap_nic_label(n);
	int rc;

	if (!map_sure(n, MAP_IF))
		rc = QERR_NO;	/* say_doubts() has told why */
	else if (*map_value(n, MAP_IF) == '\0' && n->cabled)
		rc = answer_no("%s: no frame yet: nothing tells its interface, "
		    "and no bridge has learned its MAC%s", name, "");
	else if (*map_value(n, MAP_IF) == '\0')
		rc = answer_no("%s has no host interface (mode %s)", name,
		    map_value(n, MAP_MODE));
	else
		rc = answer(xstrdup(map_value(n, MAP_IF)));
	free(name);
	return rc;
}

static int
answer_net(const struct map_target *t)
{
	const struct map_lab *ml = ifmap_lab(&map, t->t.lab);
	const struct hostif *b = ifmap_bridge(ml, t->t.net);

	if (b == NULL)
		return answer_no("network %s has no bridge (mode %s)",
		    t->t.net->name, net_mode_name(t->t.net->mode));
	return answer(xstrdup(b->name));
}

static int
several(const char *fmt, const char *what, const struct strv *names)
{
	char *all = strv_join(names, " ", 16);

	tool_say(fmt, what, all);
	free(all);
	return QERR_NOTFOUND;
}

/* From an interface back to the NIC or the network. */
static int
answer_if(const struct map_target *t)
{
	const struct map_lab *ml = ifmap_lab(&map, t->t.lab);
	const struct lab_net *net = ifmap_net_of_bridge(ml, t->ifname);
	const struct map_nic *n = NULL;
	struct strv names = { 0 };
	int rc;

	if (net != NULL)
		return answer(ifmap_label(ml->lab, "%s%s", "net:", net->name));
	for (size_t i = 0; i < map.nnics; i++)
		if (map.nics[i].lab == ml->lab &&
		    strcmp(map_value(&map.nics[i], MAP_IF), t->ifname) == 0) {
			char *name;

			/* Two in one place contradict each other. */
			if (n != NULL && n->space == map.nics[i].space)
				continue;
			n = &map.nics[i];
			name = ifmap_nic_label(n);
			strv_add(&names, name);
			free(name);
		}
	if (names.n > 1)	/* QEMUs in several namespaces */
		rc = several("%s is the interface of several NICs: %s",
		    t->ifname, &names);
	else if (n == NULL)
		rc = answer_no("%s is no VM's and no network's interface%s",
		    t->ifname, "");
	else if (*n->vm->name == '\0')
		rc = answer_no("%s is the cable of a VM that cannot be seen%s",
		    t->ifname, "");
	else
		rc = map_sure(n, MAP_IF) ? answer(ifmap_nic_label(n)) :
		    QERR_NO;
	strv_free(&names);
	return rc;
}

static int
several_nics(const struct state_vm *vm)
{
	struct strv names = { 0 };
	int rc;

	for (size_t i = 0; i < vm->nnics; i++)
		strv_addf(&names, "%s/%s", vm->name, vm->nics[i].id);
	rc = several("%s has several NICs: %s", vm->name, &names);
	strv_free(&names);
	return rc;
}

static int
answer_target(const struct map_target *t)
{
	if (t->ifname != NULL)
		return answer_if(t);
	if (t->t.net != NULL)
		return answer_net(t);
	if (t->t.vm == NULL)
		tool_usage("-q takes one VM, NIC, network or interface, not a "
		    "whole lab");
	if (t->t.nic != NULL)
		return answer_nic(ifmap_nic(&map, t->t.nic));
	if (t->t.vm->nnics == 1)
		return answer_nic(ifmap_nic(&map, &t->t.vm->nics[0]));
	if (t->t.vm->nnics == 0)
		return answer_no("%s has no NIC%s", t->t.vm->name, "");
	return several_nics(t->t.vm);
}

/* ---- main ---- */

struct options {
	bool no_header, json, quiet, verbose, strict, hosts, follow,
	    columns, dump_raw;
	const char *graph, *saved, *macs;
	long listen_ms;
	struct ifmap_layout layout;
};

static void
exclude(const struct options *o)
{
	if (o->quiet + o->json + o->hosts + o->follow + (o->graph != NULL) > 1)
		tool_usage("-F, -q, -j, --graph and --hosts exclude each "
		    "other");
	if (o->saved != NULL && (o->follow || map_interval_ms > 0))
		tool_usage("saved text does not change: no -F and no --interval"
		    " with -r");
}

static void
parse_options(struct options *o, int argc, char *argv[])
{
	int c;

	while (o->layout.n < IFMAP_NDEFAULT) {
		o->layout.cols[o->layout.n] = o->layout.n;
		o->layout.n++;
	}
	while ((c = tool_getopt(&tool, argc, argv)) != -1)
		switch (c) {
		case 'F':
			o->follow = true;
			break;
		case 'H':
			o->no_header = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'o':
			ifmap_layout_set(&o->layout, optarg);
			o->columns = true;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'r':
			o->saved = optarg;
			break;
		case 'v':
			o->verbose = true;
			break;
		case OPT_DUMP_RAW:
			o->dump_raw = true;
			o->macs = optarg;
			break;
		case OPT_GRAPH:
			o->graph = optarg;
			if (strcmp(optarg, "dot") != 0 &&
			    strcmp(optarg, "mermaid") != 0)
				tool_usage("--graph takes dot or mermaid");
			break;
		case OPT_HOSTS:
			o->hosts = true;
			break;
		case OPT_INTERVAL:
			map_interval_ms = tool_seconds("--interval", optarg);
			if (map_interval_ms < 10)
				tool_usage("--interval is 0.01 s at least");
			break;
		case OPT_LISTEN:
			o->listen_ms = tool_seconds("--listen", optarg);
			break;
		case OPT_STRICT:
			o->strict = true;
			break;
		}
	exclude(o);
	if (o->quiet && argc - optind != 1)
		tool_usage("-q takes one name");
}

/* Nothing running is a fact, not a failure. */
static void
hint(void)
{
	if (map.facts.saved)
		return;
	if (map.nlabs == 0)
		tool_say("no lab is running (qlab-run starts one)");
	else if (map.nnics == 0)
		tool_say("no VM with a NIC is running");
}

/* Two maps, and without a word about columns those of the rates. */
static void
measure(struct options *o, char **names)
{
	static struct map before;
	static struct state before_st;

	ifmap_measure(names, map_interval_ms, &before, &before_st);
	map_before = &before;
	if (o->strict)
		ifmap_strict(&map, NULL);
	if (!o->columns)
		ifmap_layout_set(&o->layout, "+RX/S,TX/S");
}

static void
print(const struct options *o)
{
	if (o->json)
		print_json();
	else if (o->graph != NULL)
		ifmap_print_graph(strcmp(o->graph, "dot") == 0);
	else if (o->hosts)
		ifmap_print_hosts();
	else
		ifmap_print_table(&o->layout, !o->no_header);
	if (o->verbose && !o->json && o->graph == NULL && !o->hosts)
		ifmap_print_evidence(!o->no_header);
	if (!o->json)
		hint();
}

/* The system as it is; where we cannot listen is said. */
static void
look(const struct options *o)
{
	struct qerr e;
	int deaf = ifmap_build_listening(&map, &st, (int)o->listen_ms, &e);

	if (deaf > 0)
		tool_say("%d network namespace%s not listened in: %s", deaf,
		    deaf == 1 ? "" : "s", e.msg);
}

int
main(int argc, char *argv[])
{
	struct options o = { 0 };
	struct map_target t = { 0 };
	struct qerr e = { 0 };
	int rc = 0;

	parse_options(&o, argc, argv);
	if (o.dump_raw)
		return tool_finish(ifmap_dump_raw(o.macs));
	if (o.saved != NULL)
		ifmap_read_saved(&map, o.saved);
	else if (state_load_clean(&st, &e) == -1)
		tool_die(&e);
	else
		look(&o);
	if (o.strict)
		ifmap_strict(&map, NULL);
	for (int i = optind; i < argc; i++) {
		if (ifmap_resolve(&map, &st, argv[i], &t, &e) == -1)
			tool_die(&e);
		ifmap_pick(&map, &t);
	}
	for (size_t i = 0; optind == argc && i < map.nnics; i++)
		map.nics[i].picked = true;
	if (map_interval_ms > 0 && !o.follow)
		measure(&o, argv + optind);
	say_doubts();
	if (o.follow)
		rc = ifmap_watch(argv + optind, map_interval_ms, o.strict);
	else if (o.quiet)
		rc = answer_target(&t);
	else
		print(&o);
	ifmap_free(&map);
	state_free(&st);
	return tool_finish(rc);
}
