/* SPDX-License-Identifier: ISC */
/* ifmap-out.c - the map as a graph, and as lines of /etc/hosts */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "ifmap-tool.h"
#include "strv.h"
#include "table.h"

/* ---- graph ---- */

/* What stands in a label: names are anybody's.  "\n" breaks the line. */
static void
put_dot(const char *s)
{
	char *clean = table_clean(s);

	for (const char *p = clean; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			putchar('\\');
		putchar(*p);
	}
	free(clean);
}

/* Entities: Mermaid has no other way to write these. */
static void
put_mermaid(const char *s)
{
	char *clean = table_clean(s);

	for (const char *p = clean; *p != '\0'; p++)
		if (strchr("\"#<>&;\\`", *p) != NULL)
			printf("#%d;", *p);
		else
			putchar(*p);
	free(clean);
}

struct style {
	const char *head, *tail, *newline;
	void (*put)(const char *s);
	const char *net, *vm;		/* around a node's label, up to it, */
	const char *net_end, *vm_end;	/* and behind it */
	const char *edge, *edge_label, *edge_end;
};

static const struct style dot = {
	"graph qlab {\n\tnode [fontname=\"sans\"];\n", "}\n", "\\n", put_dot,
	" [shape=ellipse, label=\"", " [shape=box, label=\"", "\"];", "\"];",
	" -- ", " [label=\"", "\"];",
};

static const struct style mermaid = {
	"graph LR\n", "", "<br>", put_mermaid,
	"([\"", "[\"", "\"])", "\"]", " ---", NULL, "",
};

/* The networks that picked NICs are on, each once; caller frees. */
static const struct lab_net **
networks(size_t *n)
{
	const struct lab_net **v = xcalloc(map.nnics, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < map.nnics; i++) {
		const struct lab_net *net = map.nics[i].net;
		bool seen = net == NULL || !map.nics[i].picked;

		for (size_t k = 0; !seen && k < *n; k++)
			seen = v[k] == net;
		if (!seen)
			v[(*n)++] = net;
	}
	return v;
}

static void
put_net(const struct style *s, size_t id, const struct map_nic *n)
{
	char subnet[CIDR_STRSZ], *name;

	name = ifmap_label(n->lab, "%s%s", n->net->name, "");
	printf("\tn%zu%s", id, s->net);
	s->put(name);
	if (*map_value(n, MAP_MODE) != '\0') {
		fputs(s->newline, stdout);
		s->put(map_value(n, MAP_MODE));
	}
	if (n->net->plen >= 0) {
		fputs(s->newline, stdout);
		s->put(cidr4_format(n->net->subnet, n->net->plen, subnet));
	}
	puts(s->net_end);
	free(name);
}

static void
put_edge(const struct style *s, const char *from, const char *to,
    const struct map_nic *n)
{
	const char *parts[] = { n->nic->id, map_value(n, MAP_IF),
		map_value(n, MAP_IP) };
	bool first = true;

	printf("\t%s%s", from, s->edge);
	/* Mermaid: a ---|"label"| b */
	fputs(s->edge_label == NULL ? "" : to, stdout);
	fputs(s->edge_label == NULL ? "|\"" : s->edge_label, stdout);
	for (int i = 0; i < 3; i++)
		if (*parts[i] != '\0') {
			if (!first)
				fputs(s->newline, stdout);
			s->put(parts[i]);
			first = false;
		}
	if (s->edge_label == NULL)
		printf("%s\"| %s", first ? " " : "", to);
	puts(s->edge_end);
}

static void
put_vms(const struct style *s, const struct lab_net *const *nets, size_t nnets)
{
	const struct state_vm *last = NULL;
	size_t vm = 0;

	for (size_t i = 0; i < map.nnics; i++) {
		const struct map_nic *n = &map.nics[i];
		char from[32], to[32], *name;
		size_t net = 0;

		if (!n->picked)
			continue;
		/* Cables of nobody known are a box each. */
		if (last == NULL || n->vm != last || *last->name == '\0') {
			name = ifmap_label(n->lab, "%s%s", *n->vm->name != '\0'
			    ? n->vm->name : "?", "");
			printf("\tv%zu%s", ++vm, s->vm);
			s->put(name);
			puts(s->vm_end);
			free(name);
		}
		last = n->vm;
		while (net < nnets && nets[net] != n->net)
			net++;
		snprintf(from, sizeof(from), "v%zu", vm);
		snprintf(to, sizeof(to), net < nnets ? "n%zu" : "u%zu",
		    net < nnets ? net : i);
		if (net == nnets) {
			printf("\t%s%s", to, s->net);
			s->put(*map_value(n, MAP_MODE) != '\0' ?
			    map_value(n, MAP_MODE) : "?");
			puts(s->net_end);
		}
		put_edge(s, from, to, n);
	}
}

void
ifmap_print_graph(bool as_dot)
{
	const struct style *s = as_dot ? &dot : &mermaid;
	const struct lab_net **nets;
	size_t n;

	fputs(s->head, stdout);
	nets = networks(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < map.nnics; k++)
			if (map.nics[k].net == nets[i]) {
				put_net(s, i, &map.nics[k]);
				break;
			}
	put_vms(s, nets, n);
	fputs(s->tail, stdout);
	free(nets);
}

/* ---- hosts ---- */

/* What may stand in a host's name; the rest becomes '-'. */
static void
put_host(const char *s)
{
	while (*s != '\0' && !isalnum((unsigned char)*s))
		s++;
	for (; *s != '\0'; s++)
		putchar(isalnum((unsigned char)*s) || *s == '.' ? *s : '-');
}

/* "IP VM.NIC VM", with ".LAB" behind each name when several labs run. */
void
ifmap_print_hosts(void)
{
	const struct state_vm *named = NULL;

	for (size_t i = 0; i < map.nnics; i++) {
		const struct map_nic *n = &map.nics[i];
		bool lab = map.nreal > 1 && *n->lab->name != '\0';

		if (!n->picked || *n->vm->name == '\0' ||
		    *map_value(n, MAP_IP) == '\0' || !map_sure(n, MAP_IP))
			continue;
		printf("%s\t", map_value(n, MAP_IP));
		for (int with_nic = 1; with_nic >= 0; with_nic--) {
			if (!with_nic && named == n->vm)
				continue;
			if (!with_nic)
				putchar(' ');
			put_host(n->vm->name);
			if (with_nic) {
				putchar('.');
				put_host(n->nic->id);
			}
			if (lab) {
				putchar('.');
				put_host(n->lab->name);
			}
		}
		putchar('\n');
		named = n->vm;
	}
}
