/* SPDX-License-Identifier: ISC */
/* unet.c - a lab's networks without any interface of the host's */
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "labjson.h"
#include "segment.h"
#include "unet.h"

struct net {
	json_t *def;			/* as given, to compare */
	char name[LAB_NAMESZ];
	struct segment *seg;		/* NULL: each NIC has its own NAT */
};

struct unet {
	struct loop *l;
	void (*say)(void *arg, const char *text);
	void *arg;
	void (*hear)(void *arg, const void *frame, size_t len);
	void *hear_arg;
	struct net *nets;
	size_t nnets;
};

struct unet *
unet_new(struct loop *l, void (*say)(void *arg, const char *text), void *arg)
{
	struct unet *u = xcalloc(1, sizeof(*u));

	u->l = l;
	u->say = say;
	u->arg = arg;
	return u;
}

void
unet_listen(struct unet *u, void (*fn)(void *arg, const void *frame,
    size_t len), void *arg)
{
	u->hear = fn;
	u->hear_arg = arg;
}

void
unet_free(struct unet *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->nnets; i++) {
		segment_free(u->nets[i].seg);
		json_decref(u->nets[i].def);
	}
	free(u->nets);
	free(u);
}

bool
unet_has_cable(enum net_mode mode)
{
	return mode == NET_HOST;
}

static struct net *
find(const struct unet *u, const char *name)
{
	for (size_t i = 0; i < u->nnets; i++)
		if (strcmp(u->nets[i].name, name) == 0)
			return &u->nets[i];
	return NULL;
}

static int
check(const struct unet *u, const struct lab_net *net, json_t *def,
    struct qerr *e)
{
	const struct net *was = find(u, net->name);

	if (was != NULL && !json_equal(was->def, def))
		return qerr_set(e, QERR_FAIL, "network '%s' is up with another "
		    "definition (stop the lab's VMs, then start again)",
		    net->name);
	if (net->mode == NET_BRIDGED)
		return qerr_set(e, QERR_FAIL, "network '%s': mode 'bridged' "
		    "is not possible on backend userspace", net->name);
	return 0;
}

int
unet_up(struct unet *u, const struct lab_net *nets, size_t n, struct qerr *e)
{
	for (size_t i = 0; i < n; i++) {
		json_t *def = lab_net_to_json(&nets[i]);
		struct net *net;

		if (check(u, &nets[i], def, e) == -1) {
			json_decref(def);
			return -1;
		}
		if (find(u, nets[i].name) != NULL) {
			json_decref(def);
			continue;
		}
		u->nets = xrealloc(u->nets, (u->nnets + 1) * sizeof(*u->nets));
		net = &u->nets[u->nnets++];
		*net = (struct net){ .def = def };
		memcpy(net->name, nets[i].name, sizeof(net->name));
		if (!unet_has_cable(nets[i].mode))
			continue;
		net->seg = segment_new(u->l, net->name, nets[i].isolated,
		    nets[i].transparent, u->say, u->arg);
		if (u->hear != NULL)
			segment_listen(net->seg, u->hear, u->hear_arg);
	}
	return 0;
}

static struct segment *
segment_of(const struct unet *u, const char *name, struct qerr *e)
{
	const struct net *net = find(u, name);

	if (net == NULL)
		qerr_set(e, QERR_NOTFOUND, "no network '%s' is up", name);
	else if (net->seg == NULL)
		qerr_set(e, QERR_NOTFOUND, "on backend userspace, network "
		    "'%s' is QEMU's own NAT for each NIC", name);
	else
		return net->seg;
	return NULL;
}

int
unet_plug(struct unet *u, const char *net, const char *vm, const char *nic,
    int *fd, struct qerr *e)
{
	struct segment *s = segment_of(u, net, e);

	return s == NULL ? -1 : segment_plug(s, vm, nic, fd, e);
}

int
unet_mirror(struct unet *u, const char *net, const char *vm, const char *nic,
    uint32_t snaplen, int *fd, struct qerr *e)
{
	struct segment *s = segment_of(u, net, e);

	return s == NULL ? -1 : segment_mirror(s, vm, nic, snaplen, fd, e);
}

json_t *
unet_ports(const struct unet *u, size_t first, size_t max)
{
	json_t *array = json_array();

	for (size_t i = 0; i < u->nnets; i++)
		if (u->nets[i].seg != NULL)
			segment_ports(u->nets[i].seg, array, &first, max);
	return array;
}

void
unet_limits(const struct lab_net *nets, size_t n, struct strv *lines)
{
	char ip[IP4_STRSZ];

	for (size_t i = 0; i < n; i++) {
		const struct lab_net *net = &nets[i];

		if (net->mode == NET_SHARED)
			strv_addf(lines, "network '%s': VMs on it do not see "
			    "each other (backend userspace), and reach "
			    "127.0.0.1 of this host as %s", net->name,
			    ip4_format(net->gateway, ip));
		if (net->mode == NET_SHARED && !net->dhcp)
			strv_addf(lines, "network '%s': QEMU serves DHCP there "
			    "though the lab says off", net->name);
		if (net->mode == NET_HOST && net->dhcp)
			strv_addf(lines, "network '%s': no DHCP and no host on "
			    "it (backend userspace), only VMs", net->name);
	}
}

void
unet_explain(const struct lab_net *net, struct strv *lines)
{
	if (net->mode == NET_HOST)
		strv_addf(lines, "switch '%s' in the lab's holder, without the "
		    "host", net->name);
	if (net->mode == NET_SHARED)
		strv_addf(lines, "'%s': QEMU's own NAT for each NIC",
		    net->name);
}
