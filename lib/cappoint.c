/* SPDX-License-Identifier: ISC */
/* cappoint.c - from words of a command line to places to capture at */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "cappoint.h"
#include "near.h"
#include "qemus.h"
#include "strv.h"
#include "unet.h"

static const char *const vias[CAP_NVIAS] = { "", "ring", "pcap", "qmp",
	"switch" };

const char *
cap_via_name(enum cap_via via)
{
	return vias[via];
}

int
cap_via_parse(const char *s, enum cap_via *via)
{
	for (unsigned i = 1; i < CAP_NVIAS; i++)
		if (strcmp(s, vias[i]) == 0) {
			*via = (enum cap_via)i;
			return 0;
		}
	return -1;
}

/* ---- one point ---- */

static void
point_free(struct cappoint *p)
{
	free(p->key);
	free(p->name);
	free(p->lab);
	free(p->net);
	free(p->vm);
	free(p->nic);
	free(p->dir);
	free(p->qmp);
}

void
cappoint_release(struct cappoints *ps)
{
	for (size_t i = 0; i < ps->n; i++)
		point_free(&ps->p[i]);
	free(ps->p);
	*ps = (struct cappoints){ 0 };
}

static bool
on_interface(const struct cappoint *p)
{
	return p->via == VIA_RING || p->via == VIA_PCAP;
}

/* One cable is one point, whatever it is called. */
static bool
same(const struct cappoint *a, const struct cappoint *b)
{
	if (strcmp(a->key, b->key) == 0)
		return true;
	return on_interface(a) && on_interface(b) && a->index == b->index &&
	    a->index != 0 && a->ns.pid == b->ns.pid;
}

/* Takes p over. */
static void
add(struct cappoints *ps, struct cappoint *p)
{
	for (size_t i = 0; i < ps->n; i++)
		if (same(&ps->p[i], p)) {
			point_free(p);
			return;
		}
	ps->p = xrealloc(ps->p, (ps->n + 1) * sizeof(*ps->p));
	ps->p[ps->n++] = *p;
}

/*
 * As long as only one lab runs, without the lab's name; what is in no lab is
 * only found so when no lab has one that is called the same.
 */
static void
set_names(struct cappoint *p, const struct map *map, const char *lab,
    const char *own)
{
	bool whole = *lab != '\0' ? map->nreal > 1 : ifmap_labs_have(map, own);

	p->key = xasprintf("%s:%s", lab, own);
	p->name = xstrdup(whole ? p->key : own);
	p->lab = *lab != '\0' ? xstrdup(lab) : NULL;
}

/* ---- how it is had ---- */

static void
no_way(struct cappoint *p, enum qerr_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
no_way(struct cappoint *p, enum qerr_kind kind, const char *fmt, ...)
{
	char text[sizeof(p->why.msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	p->via = VIA_AUTO;
	qerr_set(&p->why, kind, "%s %s", p->name, text);
}

enum cap_via
cappoint_choose(const bool can[CAP_NVIAS], const struct qerr *may,
    struct qerr *why)
{
	bool denied = can[VIA_RING] && may->kind == QERR_PERM;

	if (can[VIA_RING] && may->kind == QERR_NONE)
		return VIA_RING;
	if (can[VIA_SWITCH])
		return VIA_SWITCH;
	if (denied)
		qerr_set(why, QERR_PERM, "%s (%s)", may->msg, CAPSRC_BPF_HINT);
	if (can[VIA_QMP])
		return VIA_QMP;
	return can[VIA_PCAP] && !denied ? VIA_PCAP : VIA_AUTO;
}

/* The best way there is; force takes another. */
static void
choose(struct cappoint *p, const bool can[CAP_NVIAS], enum cap_via force)
{
	struct qerr may = { 0 };

	if (force == VIA_AUTO) {
		if (can[VIA_RING])
			capsrc_may(&may);
		p->via = cappoint_choose(can, &may, &p->why);
		if (p->via == VIA_AUTO && p->why.kind != QERR_NONE)
			qerr_prefix(&p->why, "%s", p->name);
	} else if (can[force]) {
		p->via = force;
	} else {
		no_way(p, QERR_FAIL, "cannot be captured via %s",
		    cap_via_name(force));
	}
}

/* where NULL: our own namespace. */
static void
set_if(struct cappoint *p, const char *ifname, const struct fact_space *space,
    const struct proc_id *where)
{
	const struct hostif *i = space != NULL ?
	    hostif_by_name(&space->ifs, ifname) : NULL;

	snprintf(p->ifname, sizeof(p->ifname), "%s", ifname);
	/* A place that nobody can show us the way to is not our own. */
	if (where == NULL && space != NULL && space->id != 0 &&
	    space->id != qemus_space(0))
		return;
	p->no_ethernet = i != NULL && i->no_ethernet;
	if (i != NULL)
		p->index = i->index;
	else if (where == NULL)
		p->index = if_nametoindex(ifname);
	if (where != NULL)
		p->ns = *where;
}

/*
 * Where a lab's interfaces are; of QEMUs outside of labs they may be in several
 * places: one of their NICs on that interface tells.
 */
static void
set_lab_if(struct cappoint *p, const struct map *map,
    const struct map_lab *ml, const char *ifname)
{
	const struct state_lab *lab = ml->lab;

	for (size_t i = 0; i < map->nnics; i++) {
		const struct map_nic *n = &map->nics[i];

		if (n->lab == lab &&
		    (strcmp(map_value(n, MAP_IF), ifname) == 0 ||
		    strcmp(map_value(n, MAP_BRIDGE), ifname) == 0)) {
			set_if(p, ifname, n->space, ifmap_where(n));
			return;
		}
	}
	set_if(p, ifname, ml->space, lab->holder_alive && !lab->host_net ?
	    &lab->holder : NULL);
}

static void
by_interface(const struct cappoint *p, bool can[CAP_NVIAS])
{
	can[VIA_PCAP] = can[VIA_RING] = p->index != 0 && !p->no_ethernet;
}

/* An interface that is spoken of, but that nobody sees. */
static void
not_seen(struct cappoint *p, const struct map_lab *ml)
{
	if (ml != NULL && ml->err.kind != QERR_NONE)
		p->why = ml->err;
	else
		no_way(p, QERR_NOTFOUND, "has interface %s, which is not "
		    "there", p->ifname);
}

static void
say_no_interface(struct cappoint *p, const struct map *map,
    const struct map_nic *n)
{
	const bool mode = *n->nic->mode != '\0';
	const bool by_hand = *n->lab->name == '\0';

	if (by_hand && !mode && map->facts.unreadable > 0)
		no_way(p, QERR_PERM, "is another user's, and only root may "
		    "see its tap: 'sudo qlab-cap %s'", p->name);
	else
		no_way(p, QERR_FAIL, "has no host interface to capture on%s%s"
		    "%s, and QEMU cannot be asked%s", mode ? " (mode " : "",
		    n->nic->mode, mode ? ")" : "", by_hand ? ": it was started "
		    "without -qmp unix:PATH,server=on,wait=off" : "");
}

static void
add_nic(struct cappoints *ps, const struct map *map, const struct map_nic *n,
    enum cap_via force)
{
	const char *ifname = map_value(n, MAP_IF);
	struct cappoint p = { .has_mac = true };
	bool can[CAP_NVIAS] = { false };
	char *own = xasprintf("%s/%s", n->vm->name, n->nic->id);

	set_names(&p, map, n->lab->name, own);
	free(own);
	p.net = *n->nic->net != '\0' ? xstrdup(n->nic->net) : NULL;
	p.vm = xstrdup(n->vm->name);
	p.nic = xstrdup(n->nic->id);
	memcpy(p.mac, n->nic->mac, sizeof(p.mac));
	p.dir = n->lab->dir != NULL ? xstrdup(n->lab->dir) : NULL;
	p.qmp = n->vm->qmp != NULL ? xstrdup(n->vm->qmp) : NULL;
	can[VIA_QMP] = p.qmp != NULL;
	if (n->lab->backend == BACKEND_USERSPACE)
		can[VIA_SWITCH] = n->net != NULL &&
		    unet_has_cable(n->net->mode);
	else if (*ifname != '\0' && map_sure(n, MAP_IF)) {
		set_if(&p, ifname, n->space, ifmap_where(n));
		by_interface(&p, can);
		/* A lab's VM that starts or stops just now. */
		if (n->lab->backend == BACKEND_BRIDGE && p.index == 0 &&
		    force == VIA_AUTO)
			can[VIA_QMP] = false;
	}
	choose(&p, can, force);
	if (p.via == VIA_AUTO && *p.ifname != '\0' && p.index == 0) {
		not_seen(&p, ifmap_lab(map, n->lab));
	} else if (p.via == VIA_AUTO && p.why.kind == QERR_NONE) {
		char *why = map_sure(n, MAP_IF) ? NULL :
		    map_dispute(n, MAP_IF);

		if (why != NULL)
			no_way(&p, QERR_FAIL, "is in doubt: %s (if:INTERFACE "
			    "captures on one of them)", why);
		else
			say_no_interface(&p, map, n);
		free(why);
	}
	add(ps, &p);
}

static void
add_net(struct cappoints *ps, const struct map *map, const struct map_lab *ml,
    const struct lab_net *net, enum cap_via force)
{
	const struct hostif *bridge = ifmap_bridge(ml, net);
	bool can[CAP_NVIAS] = { false };
	struct cappoint p = { 0 };
	char *own = xasprintf("net:%s", net->name);

	set_names(&p, map, ml->lab->name, own);
	free(own);
	p.net = xstrdup(net->name);
	p.dir = ml->lab->dir != NULL ? xstrdup(ml->lab->dir) : NULL;
	if (ml->lab->backend == BACKEND_USERSPACE) {
		can[VIA_SWITCH] = unet_has_cable(net->mode);
	} else if (bridge != NULL) {
		set_lab_if(&p, map, ml, bridge->name);
		by_interface(&p, can);
	}
	/* Since macOS 15.4 they show no frame that they only pass on. */
	if (ml->lab->backend == BACKEND_VMNET && force == VIA_AUTO)
		no_way(&p, QERR_FAIL, "is a bridge of vmnet's, which does not "
		    "show what VMs send each other: name its NICs (or --via "
		    "pcap, for what the Mac itself sees)");
	else
		choose(&p, can, force);
	if (p.why.kind == QERR_NONE && p.via == VIA_AUTO &&
	    force == VIA_AUTO) {
		if (bridge == NULL && ml->err.kind != QERR_NONE)
			p.why = ml->err;
		else
			no_way(&p, QERR_FAIL, "has no bridge to capture on "
			    "(mode %s)", net_mode_name(net->mode));
	}
	add(ps, &p);
}

/* Is it a VM's cable, or a lab's bridge?  Then "in" is towards the VMs. */
static bool
is_lab_cable(const struct map *map, const struct map_lab *ml,
    const char *ifname)
{
	for (size_t i = 0; i < map->nnics; i++)
		if (map->nics[i].lab == ml->lab &&
		    strcmp(map_value(&map->nics[i], MAP_IF), ifname) == 0)
			return true;
	return ifmap_net_of_bridge(ml, ifname) != NULL;
}

/* ml NULL: an interface of our own namespace, which *all are of. */
static int
add_if(struct cappoints *ps, const struct map *map, const struct map_lab *ml,
    const struct hostifs *all, const char *ifname, enum cap_via force,
    struct qerr *e)
{
	const struct hostif *i;
	bool can[CAP_NVIAS] = { false };
	struct cappoint p = { 0 };
	char *own;

	if (strlen(ifname) >= sizeof(p.ifname))
		return qerr_set(e, QERR_NOTFOUND, "no interface is called so: "
		    "the name is over %zu bytes", sizeof(p.ifname) - 1);
	own = xasprintf("if:%s", ifname);
	set_names(&p, map, ml != NULL ? ml->lab->name : "", own);
	free(own);
	if (ml != NULL) {
		set_lab_if(&p, map, ml, ifname);
		p.host_view = !is_lab_cable(map, ml, ifname);
		p.twice = p.ns.pid != 0 && if_nametoindex(ifname) != 0;
	} else {
		set_if(&p, ifname, NULL, NULL);
		i = hostif_by_name(all, ifname);
		p.no_ethernet = i != NULL && i->no_ethernet;
		p.host_view = true;
	}
	by_interface(&p, can);
	choose(&p, can, force);
	if (p.via == VIA_AUTO && p.index == 0)
		not_seen(&p, ml);
	else if (p.via == VIA_AUTO && p.no_ethernet)
		no_way(&p, QERR_FAIL, "has no Ethernet frames; only those can "
		    "be captured");
	add(ps, &p);
	return 0;
}

static int
add_own_if(struct cappoints *ps, const struct map *map, const char *ifname,
    enum cap_via force, struct qerr *e)
{
	struct hostifs own = { 0 };
	int rc;

	/* That it is there is known already; whatever else is a bonus. */
	hostifs_get(&own, NULL);
	rc = add_if(ps, map, NULL, &own, ifname, force, e);
	hostifs_free(&own);
	return rc;
}

/* The name in a word that may mean an interface of our own namespace. */
static const char *
own_if(const char *word)
{
	word += *word == ':';
	return strncmp(word, "if:", 3) == 0 ? word + 3 : NULL;
}

/* ---- words ---- */

static bool
is_of(const struct map_nic *n, const struct state_target *t)
{
	return n->lab == t->lab && (t->vm == NULL || n->vm == t->vm) &&
	    (t->nic == NULL || n->nic == t->nic);
}

static void
if_names(const struct hostifs *ifs, struct strv *names)
{
	for (size_t i = 0; i < ifs->nifs; i++)
		if (*ifs->ifs[i].name != '\0')
			strv_add(names, ifs->ifs[i].name);
}

/* Neither a lab nor our own namespace has it; what was meant? */
static int
no_if(const struct map *map, const char *ifname, struct qerr *e)
{
	struct hostifs own = { 0 };
	struct strv names = { 0 };
	char *near, text[sizeof(e->msg)] = "";

	for (size_t i = 0; i < map->nreal; i++)
		if (map->labs[i].space != NULL)
			if_names(&map->labs[i].space->ifs, &names);
	if (hostifs_get(&own, NULL) == 0)
		if_names(&own, &names);
	near = near_names(ifname, names.v, names.n);
	if (near != NULL)
		snprintf(text, sizeof(text), " (near: %s)", near);
	if (e != NULL)
		qerr_set(e, QERR_NOTFOUND, "no interface '%s' here or in a "
		    "running lab%s", ifname, text);
	free(near);
	strv_free(&names);
	hostifs_free(&own);
	return -1;
}

int
cappoint_find(struct cappoints *ps, const struct map *map,
    const struct state *st, const char *word, enum cap_via force,
    struct qerr *e)
{
	const char *own = own_if(word);
	struct map_target t;
	size_t before = ps->n;

	if (ifmap_resolve(map, st, word, &t, e) == -1) {
		if (e->kind != QERR_NOTFOUND || t.ifname == NULL ||
		    own == NULL)
			return -1;
		if (strlen(own) < HOSTIF_NAMESZ && if_nametoindex(own) == 0)
			return no_if(map, own, e);
		return add_own_if(ps, map, own, force, e);
	}
	if (t.ifname != NULL)
		return add_if(ps, map, ifmap_lab(map, t.t.lab), NULL, t.ifname,
		    force, e);
	if (t.t.net != NULL) {
		add_net(ps, map, ifmap_lab(map, t.t.lab), t.t.net, force);
		return 0;
	}
	for (size_t i = 0; i < map->nnics; i++)
		if (is_of(&map->nics[i], &t.t))
			add_nic(ps, map, &map->nics[i], force);
	if (ps->n == before && before == 0)
		return qerr_set(e, QERR_NOTFOUND, "%s has no NIC", word);
	return 0;
}

/* What is in a lab beside its cables and bridges: the way out. */
static void
add_other_ifs(struct cappoints *ps, const struct map *map,
    const struct map_lab *ml, const struct hostifs *ifs, enum cap_via force)
{
	for (size_t i = 0; i < ifs->nifs; i++)
		if (strcmp(ifs->ifs[i].name, "lo") != 0 &&
		    *ifs->ifs[i].name != '\0')
			add_if(ps, map, ml, ifs, ifs->ifs[i].name, force,
			    NULL);
}

void
cappoint_all(struct cappoints *ps, const struct map *map, enum cap_via force,
    bool list)
{
	struct hostifs own = { 0 };

	for (size_t i = 0; i < map->nnics; i++)
		add_nic(ps, map, &map->nics[i], force);
	for (size_t i = 0; list && i < map->nlabs; i++) {
		const struct map_lab *ml = &map->labs[i];

		for (size_t k = 0; k < ml->lab->nnets; k++)
			add_net(ps, map, ml, &ml->lab->nets[k], force);
		if (ml->space != NULL && i < map->nreal &&
		    ml->lab->backend != BACKEND_USERSPACE)
			add_other_ifs(ps, map, ml, &ml->space->ifs, force);
	}
	if (list && hostifs_get(&own, NULL) == 0)
		add_other_ifs(ps, map, NULL, &own, force);
	hostifs_free(&own);
}

/* ---- telling of them ---- */

char *
cappoint_describe(const struct cappoint *p)
{
	struct strv s = { 0 };
	char mac[MAC_STRSZ], *all;

	if (p->net != NULL)
		strv_addf(&s, "network %s", p->net);
	if (*p->ifname != '\0')
		strv_addf(&s, "interface %s%s%s", p->ifname, p->twice &&
		    p->lab != NULL ? " of lab " : "", p->twice &&
		    p->lab != NULL ? p->lab : "");
	if (p->has_mac)
		strv_add(&s, mac_format(p->mac, mac));
	all = s.n > 0 ? strv_join(&s, ", ", s.n) : xstrdup("");
	strv_free(&s);
	return all;
}

static void
put(json_t *o, const char *key, const char *value)
{
	if (value != NULL && *value != '\0')
		json_object_set_new(o, key, json_string(value));
}

json_t *
cappoint_json(const struct cappoints *ps)
{
	json_t *array = json_array();

	for (size_t i = 0; i < ps->n; i++) {
		const struct cappoint *p = &ps->p[i];
		json_t *o = json_object();
		char mac[MAC_STRSZ];

		put(o, "name", p->name);
		put(o, "lab", p->lab);
		put(o, "vm", p->vm);
		put(o, "nic", p->nic);
		put(o, "network", p->net);
		put(o, "interface", p->ifname);
		put(o, "mac", p->has_mac ? mac_format(p->mac, mac) : NULL);
		put(o, "via", cap_via_name(p->via));
		put(o, "error", p->via == VIA_AUTO ? p->why.msg : NULL);
		json_array_append_new(array, o);
	}
	return json_pack("{s:i,s:o}", "schema", 1, "points", array);
}
