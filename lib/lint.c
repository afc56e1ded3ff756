/* SPDX-License-Identifier: ISC */
/* lint.c - what is wrong with a lab, before it starts */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "lintlab.h"
#include "text.h"

void
findings_add(struct findings *out, bool error, int line, const char *fmt, ...)
{
	struct finding *f;
	va_list ap;
	int len;

	if (out->max > 0 && out->n >= out->max) {
		out->more++;
		return;
	}
	out->f = xgrow(out->f, out->n, sizeof(*out->f));
	f = &out->f[out->n++];
	f->error = error;
	f->line = line;
	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	f->text = xcalloc(1, len < 0 ? 1 : (size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(f->text, len < 0 ? 1 : (size_t)len + 1, fmt, ap);
	va_end(ap);
}

void
findings_free(struct findings *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->f[i].text);
	free(f->f);
	*f = (struct findings){ 0 };
}

size_t
findings_errors(const struct findings *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++)
		n += f->f[i].error;
	return n;
}

enum net_backend
lint_backend(const struct lab_net *net, const struct lint_conf *conf)
{
	if (net->backend != BACKEND_AUTO)
		return net->backend;
	if (conf->backend != BACKEND_AUTO)
		return conf->backend;
	return conf->target == QEMU_DARWIN ? BACKEND_VMNET : BACKEND_BRIDGE;
}

bool
lint_selected(const struct lab_vm *vm, const struct lint_conf *conf)
{
	if (conf->vms == NULL)
		return true;
	for (char *const *name = conf->vms; *name != NULL; name++)
		if (strcmp(*name, vm->name) == 0)
			return true;
	return false;
}

bool
lint_has_subnet(const struct lab_net *net)
{
	return net->mode == NET_SHARED || net->mode == NET_HOST;
}

int
lint_line(const struct lab_net *net, int key_line)
{
	return key_line > 0 ? key_line : net->line;
}

struct numbered {
	struct finding f;
	size_t n;
};

static int
cmp_lines(const void *va, const void *vb)
{
	const struct numbered *a = va, *b = vb;

	if (a->f.line != b->f.line)
		return a->f.line < b->f.line ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

/* In the file's order, from the first-th on; those of one line stay in turn. */
static void
sort_findings(struct findings *out, size_t first)
{
	size_t n = out->n - first;
	struct numbered *v;

	if (n < 2)
		return;
	v = xcalloc(n, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i] = (struct numbered){ .f = out->f[first + i], .n = i };
	qsort(v, n, sizeof(*v), cmp_lines);
	for (size_t i = 0; i < n; i++)
		out->f[first + i] = v[i].f;
	free(v);
}

void
lint_lab(const struct lab *lab, const struct lint_conf *conf,
    struct findings *out)
{
	size_t first = out->n;

	lint_networks(lab, conf, out);
	lint_vms(lab, conf, out);
	sort_findings(out, first);
}

/* The longest of the routes that overlap the network's subnet, or NULL. */
static const char *
overlapping_route(const struct lab_net *net, const char *const *routes)
{
	const char *found = NULL;
	int longest = 1;

	for (; *routes != NULL; routes++) {
		uint32_t ip;
		int plen;

		/* 0/1 with 128/1 is how VPNs write a default route. */
		if (cidr4_parse(*routes, &ip, &plen) == -1 || plen <= longest)
			continue;
		if (cidr4_overlap(net->subnet, net->plen, ip, plen)) {
			longest = plen;
			found = *routes;
		}
	}
	return found;
}

void
lint_routes(const struct lab *lab, const struct lint_conf *conf,
    const char *const *routes, struct findings *out)
{
	for (size_t i = 0; i < lab->nnets; i++) {
		const struct lab_net *net = &lab->nets[i];
		char cidr[CIDR_STRSZ], show[TEXT_SHOWSZ];
		enum net_backend backend = lint_backend(net, conf);
		const char *route;
		bool host;

		if (!lint_has_subnet(net) || net->plen < 0)
			continue;
		route = overlapping_route(net, routes);
		if (route == NULL)
			continue;
		host = backend == BACKEND_VMNET ||
		    (conf->host_net && backend == BACKEND_BRIDGE);
		findings_add(out, host, lint_line(net, net->at.subnet),
		    "subnet %s of network '%s' overlaps this host's route %s%s",
		    cidr4_format(net->subnet, net->plen, cidr), net->name,
		    text_show(route, show), host ? "; choose another" :
		    ": the VMs cannot reach what is there");
	}
}
