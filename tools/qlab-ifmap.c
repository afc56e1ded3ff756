/* SPDX-License-Identifier: ISC */
/* qlab-ifmap.c - VM, NIC, host interface, bridge, network: what is where */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "ifmap.h"
#include "state.h"
#include "strv.h"
#include "table.h"
#include "tool.h"

static const struct tool_opt opts[] = {
	TOOL_OPT_NOHEAD,
	TOOL_OPT_JSON,
	TOOL_OPT_COLS,
	TOOL_OPT_QUIET,
	TOOL_OPT_VERBOSE,
	TOOL_OPT_END
};

static const struct tool tool = {
	.name = "qlab-ifmap",
	.synopsis = "[-Hjv] [-o COL,...] [LAB: | VM | VM/NIC | net:NETWORK | "
	    "if:INTERFACE ...]\n"
	    "-q VM | VM/NIC | net:NETWORK | if:INTERFACE",
	.opts = opts,
};

static struct state st;
static struct map map;

/*
 * How a VM, NIC or network is called: as long as only one lab runs, without
 * the lab's name.  Caller frees.
 */
static char *
label(const struct state_lab *lab, const char *fmt, const char *a,
    const char *b)
{
	char *name = xasprintf(fmt, a, b), *full;

	if (map.nlabs == 1)
		return name;
	full = xasprintf("%s:%s", lab->name, name);
	free(name);
	return full;
}

static char *
nic_label(const struct map_nic *n)
{
	return label(n->lab, "%s/%s", n->vm->name, n->nic->id);
}

/* ---- columns ---- */

/* A value, with "?" behind it when the sources contradict each other. */
static char *
edge_text(const struct map_nic *n, enum map_edge_kind kind)
{
	const char *value = map_value(n, kind);

	return map_sure(n, kind) ? xstrdup(value) :
	    xasprintf("%s?", *value != '\0' ? value : "-");
}

static char *
col_lab(const struct map_nic *n)
{
	return xstrdup(n->lab->name);
}

static char *
col_vm(const struct map_nic *n)
{
	return xstrdup(n->vm->name);
}

static char *
col_nic(const struct map_nic *n)
{
	return xstrdup(n->nic->id);
}

static char *
col_if(const struct map_nic *n)
{
	return edge_text(n, MAP_IF);
}

static char *
col_bridge(const struct map_nic *n)
{
	return edge_text(n, MAP_BRIDGE);
}

static char *
col_net(const struct map_nic *n)
{
	return xstrdup(n->nic->net);
}

static char *
col_mode(const struct map_nic *n)
{
	return xstrdup(n->nic->mode);
}

static char *
col_subnet(const struct map_nic *n)
{
	char buf[CIDR_STRSZ];

	if (n->net == NULL || n->net->plen < 0)
		return xstrdup("");
	return xstrdup(cidr4_format(n->net->subnet, n->net->plen, buf));
}

static char *
col_ip(const struct map_nic *n)
{
	return edge_text(n, MAP_IP);
}

static char *
col_mac(const struct map_nic *n)
{
	char buf[MAC_STRSZ];

	return xstrdup(mac_format(n->nic->mac, buf));
}

static char *
col_model(const struct map_nic *n)
{
	return xstrdup(n->nic->model);
}

static char *
count(const struct map_nic *n, uint64_t value)
{
	return n->hostif == NULL ? xstrdup("") : xasprintf("%" PRIu64, value);
}

/* The cable's ends are crossed: what the host gets, the VM has sent. */
static char *
col_rx(const struct map_nic *n)
{
	return count(n, n->hostif != NULL ? n->hostif->tx_bytes : 0);
}

static char *
col_tx(const struct map_nic *n)
{
	return count(n, n->hostif != NULL ? n->hostif->rx_bytes : 0);
}

static char *
col_drops(const struct map_nic *n)
{
	return count(n, n->hostif != NULL ?
	    n->hostif->rx_dropped + n->hostif->tx_dropped : 0);
}

/* An own user network is QEMU's, whatever the others are on. */
static char *
col_backend(const struct map_nic *n)
{
	if (n->net == NULL || n->net->mode == NET_USER ||
	    n->lab->backend == BACKEND_AUTO)
		return xstrdup("");
	return xstrdup(net_backend_name(n->lab->backend));
}

static char *
col_pid(const struct map_nic *n)
{
	return xasprintf("%d", (int)n->vm->qemu.pid);
}

static const struct column {
	const char *name;
	char *(*text)(const struct map_nic *n);	/* caller frees */
} columns[] = {
	{ "VM/NIC", nic_label }, { "IF", col_if }, { "BRIDGE", col_bridge },
	{ "MODE", col_mode }, { "SUBNET", col_subnet }, { "IP", col_ip },
	{ "LAB", col_lab }, { "VM", col_vm }, { "NIC", col_nic },
	{ "NET", col_net }, { "MAC", col_mac }, { "MODEL", col_model },
	{ "RX", col_rx }, { "TX", col_tx }, { "DROPS", col_drops },
	{ "PID", col_pid }, { "BACKEND", col_backend },
};
#define NCOLUMNS	(sizeof(columns) / sizeof(columns[0]))
#define NDEFAULT	6
#define MAXCOLS		64

struct layout {
	const struct column *cols[MAXCOLS];
	size_t n;
};

static void
layout_add(struct layout *l, const char *name)
{
	size_t i;

	for (i = 0; i < NCOLUMNS; i++)
		if (strcasecmp(columns[i].name, name) == 0)
			break;
	if (i == NCOLUMNS) {
		struct strv all = { 0 };

		for (i = 0; i < NCOLUMNS; i++)
			strv_add(&all, columns[i].name);
		tool_usage("no column '%s'; there are %s", name,
		    strv_join(&all, " ", NCOLUMNS));
	}
	if (l->n == MAXCOLS)
		tool_usage("more than %d columns", MAXCOLS);
	l->cols[l->n++] = &columns[i];
}

/* "COL,..." replaces what is there, "+COL,..." adds to it. */
static void
layout_set(struct layout *l, const char *list)
{
	char *copy, *rest, *name;

	if (*list == '+')
		list++;
	else
		l->n = 0;
	copy = rest = xstrdup(list);
	while ((name = strsep(&rest, ",")) != NULL)
		layout_add(l, name);
	free(copy);
}

/* ---- output ---- */

static void
print_table(const struct layout *l, bool header)
{
	const char *names[MAXCOLS];
	struct table t;

	for (size_t c = 0; c < l->n; c++)
		names[c] = l->cols[c]->name;
	table_init(&t, l->n, names);
	for (size_t i = 0; i < map.nnics; i++)
		for (size_t c = 0; map.nics[i].picked && c < l->n; c++) {
			char *s = l->cols[c]->text(&map.nics[i]);

			table_cell(&t, s);
			free(s);
		}
	table_write(&t, stdout, header);
	table_free(&t);
}

/* A line for each claim on each edge. */
static void
print_evidence(bool header)
{
	static const char *const names[] = { "VM/NIC", "ABOUT", "VALUE",
		"SOURCE" };
	struct table t;

	table_init(&t, 4, names);
	for (size_t i = 0; i < map.nnics; i++)
		for (int k = 0; map.nics[i].picked && k < MAP_NEDGES; k++)
			for (size_t c = 0; c < map.nics[i].edges[k].n; c++) {
				const struct map_nic *n = &map.nics[i];
				char *s = nic_label(n);

				table_cell(&t, s);
				table_cell(&t, map_edge_name(k));
				table_cell(&t, n->edges[k].claims[c].value);
				table_cell(&t, n->edges[k].claims[c].source);
				free(s);
			}
	putchar('\n');
	table_write(&t, stdout, header);
	table_free(&t);
}

static void
print_json(void)
{
	json_t *j = ifmap_json(&map);

	json_dumpf(j, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(j);
}

/* Labs we could not look into, sources that disagree. */
static void
say_doubts(void)
{
	for (size_t i = 0; i < map.nlabs; i++)
		if (map.labs[i].err.kind != QERR_NONE)
			tool_say_err(&map.labs[i].err);
	for (size_t i = 0; i < map.nnics; i++)
		for (int k = 0; map.nics[i].picked && k < MAP_NEDGES; k++) {
			const struct map_nic *n = &map.nics[i];
			char *name, *text, *clean;

			if (map_sure(n, k))
				continue;
			name = nic_label(n);
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
	char *name = nic_label(n);
	int rc;

	if (!map_sure(n, MAP_IF))
		rc = QERR_NO;	/* say_doubts() has told why */
	else if (*map_value(n, MAP_IF) == '\0')
		rc = answer_no("%s has no host interface (mode %s)", name,
		    n->nic->mode);
	else
		rc = answer(xstrdup(map_value(n, MAP_IF)));
	free(name);
	return rc;
}

static int
answer_net(const struct map_target *t)
{
	const struct map_lab *ml = ifmap_lab(&map, t->t.lab);
	const struct hostif *b = ifmap_bridge(&ml->ifs, ml->lab, t->t.net);

	if (b == NULL)
		return answer_no("network %s has no bridge (mode %s)",
		    t->t.net->name, net_mode_name(t->t.net->mode));
	return answer(xstrdup(b->name));
}

/* From an interface back to the NIC or the network. */
static int
answer_if(const struct map_target *t)
{
	const struct map_lab *ml = ifmap_lab(&map, t->t.lab);
	const struct lab_net *net = ifmap_net_of_bridge(ml, t->ifname);

	if (net != NULL)
		return answer(label(ml->lab, "%s%s", "net:", net->name));
	for (size_t i = 0; i < map.nnics; i++)
		if (map.nics[i].lab == ml->lab &&
		    strcmp(map_value(&map.nics[i], MAP_IF), t->ifname) == 0)
			return map_sure(&map.nics[i], MAP_IF) ?
			    answer(nic_label(&map.nics[i])) : QERR_NO;
	return answer_no("%s is no VM's and no network's interface%s",
	    t->ifname, "");
}

static int
several_nics(const struct state_vm *vm)
{
	struct strv names = { 0 };
	char *all;

	for (size_t i = 0; i < vm->nnics; i++)
		strv_addf(&names, "%s/%s", vm->name, vm->nics[i].id);
	all = strv_join(&names, " ", 16);
	tool_say("%s has several NICs: %s", vm->name, all);
	free(all);
	strv_free(&names);
	return QERR_NOTFOUND;
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
	bool no_header, json, quiet, verbose;
	struct layout layout;
};

static void
parse_options(struct options *o, int argc, char *argv[])
{
	int c;

	for (size_t i = 0; i < NDEFAULT; i++)
		o->layout.cols[o->layout.n++] = &columns[i];
	while ((c = tool_getopt(&tool, argc, argv)) != -1)
		switch (c) {
		case 'H':
			o->no_header = true;
			break;
		case 'j':
			o->json = true;
			break;
		case 'o':
			layout_set(&o->layout, optarg);
			break;
		case 'q':
			o->quiet = true;
			break;
		case 'v':
			o->verbose = true;
			break;
		}
	if (o->quiet && (o->json || argc - optind != 1))
		tool_usage(o->json ? "-q and -j exclude each other" :
		    "-q takes one name");
}

/* Nothing running is a fact, not a failure. */
static void
hint(void)
{
	if (map.nlabs == 0)
		tool_say("no lab is running (qlab-run starts one)");
	else if (map.nnics == 0)
		tool_say("no VM with a NIC is running");
}

int
main(int argc, char *argv[])
{
	struct options o = { 0 };
	struct map_target t = { 0 };
	struct qerr e = { 0 };
	int rc = 0;

	parse_options(&o, argc, argv);
	if (state_load_clean(&st, &e) == -1)
		tool_die(&e);
	ifmap_build(&map, &st);
	for (int i = optind; i < argc; i++) {
		if (ifmap_resolve(&map, &st, argv[i], &t, &e) == -1)
			tool_die(&e);
		ifmap_pick(&map, &t);
	}
	for (size_t i = 0; optind == argc && i < map.nnics; i++)
		map.nics[i].picked = true;
	say_doubts();
	if (o.quiet)
		rc = answer_target(&t);
	else if (o.json)
		print_json();
	else {
		print_table(&o.layout, !o.no_header);
		if (o.verbose)
			print_evidence(!o.no_header);
		hint();
	}
	ifmap_free(&map);
	state_free(&st);
	return tool_finish(rc);
}
