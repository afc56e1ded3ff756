/* SPDX-License-Identifier: ISC */
/* labup.c - bring a lab's networks up, or join what runs of it */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "labjson.h"
#include "labup.h"
#include "loop.h"
#include "unet.h"
#include "vmnet.h"
#include "vnet.h"

#define END_MS	5000
#define TICK_MS	5

#define FALLING_BACK	"backend userspace instead of %s: %s"

/* Take over the definition that the lab was started with. */
static int
use_running(struct labup *u, struct lab *lab, const char *text, size_t len,
    struct qerr *e)
{
	char *file = xstrdup(lab->path), *dir = xstrdup(lab->dir);
	int rc;

	strv_addf(&u->notes, "'%s' has changed since lab '%s' was started: "
	    "the running definition is used until the lab is stopped",
	    lab->file, lab->name);
	lab_free(lab);
	u->reread = true;
	rc = lab_parse(lab, text, len, file, dir, e);
	free(file);
	free(dir);
	return rc;
}

static int
check_same_file(struct labup *u, struct lab *lab, struct qerr *e)
{
	const char *other = u->was.file;
	size_t len, oldlen;
	char *now, *old;
	int rc = 0;

	if (!u->was.alive)
		return 0;
	if ((other == NULL) != (lab->path == NULL) ||
	    (other != NULL && strcmp(other, lab->path) != 0))
		return qerr_set(e, QERR_FAIL, "a lab '%s' of %s%s%s is "
		    "running (stop it with 'qlab-ctl stop %s:', or name this "
		    "one otherwise)", lab->name, other != NULL ? "'" : "",
		    other != NULL ? other : "another command line",
		    other != NULL ? "'" : "", lab->name);
	if (lab->path == NULL)
		return 0;
	now = lab_read_file(lab->path, &len, e);
	old = state_read_text(u->dir, &oldlen);
	if (now == NULL)
		rc = -1;
	else if (old != NULL && (len != oldlen || memcmp(now, old, len) != 0))
		rc = use_running(u, lab, old, oldlen, e);
	free(now);
	free(old);
	return rc;
}

/* What the networks' own keys ask for; AUTO: nothing. */
static int
wished_backend(const struct lab *lab, enum net_backend *wish, struct qerr *e)
{
	const struct lab_net *first = NULL;

	*wish = BACKEND_AUTO;
	for (size_t i = 0; i < lab->nnets; i++) {
		const struct lab_net *net = &lab->nets[i];

		if (net->backend == BACKEND_AUTO || net->mode == NET_USER)
			continue;
		if (first != NULL && net->backend != first->backend)
			return qerr_set(e, QERR_INPUT, "network '%s' wants "
			    "backend %s and network '%s' %s: all networks of a "
			    "lab are on one", first->name,
			    net_backend_name(first->backend), net->name,
			    net_backend_name(net->backend));
		first = net;
		*wish = net->backend;
	}
	return 0;
}

/* Which one it must be; AUTO: the best that can be had. */
static int
must_be(const struct lab *lab, const struct state_lab *was,
    enum net_backend require, enum net_backend *must, struct qerr *e)
{
	if (wished_backend(lab, must, e) == -1)
		return -1;
	if (was != NULL && was->holder_alive &&
	    was->backend != BACKEND_AUTO) {
		*must = was->backend;
		if (require != BACKEND_AUTO && require != *must)
			return qerr_set(e, QERR_PERM, "lab '%s' runs on "
			    "backend %s, not %s (stop it first)", lab->name,
			    net_backend_name(*must), net_backend_name(require));
		return 0;
	}
	if (require != BACKEND_AUTO && *must != BACKEND_AUTO &&
	    require != *must)
		return qerr_set(e, QERR_PERM, "the lab file asks for backend "
		    "%s, the command line for %s", net_backend_name(*must),
		    net_backend_name(require));
	if (require != BACKEND_AUTO)
		*must = require;
	return 0;
}

int
labup_begin(struct labup *u, struct lab *lab, enum net_backend require,
    struct qerr *e)
{
	*u = (struct labup){ .lock = -1, .holder = HOLDER_CONN_INIT };
	u->lock = state_lock(lab->name, STATE_LOCK_MS, &u->dir, e);
	if (u->lock == -1)
		return -1;
	state_sweep(u->dir, NULL);
	/* The sweep may have taken the directory and our lock along. */
	close(u->lock);
	free(u->dir);
	u->lock = state_lock(lab->name, STATE_LOCK_MS, &u->dir, e);
	if (u->lock == -1)
		return -1;
	state_load_lab(&u->was, u->dir);
	if (check_same_file(u, lab, e) == -1)
		return -1;
	return must_be(lab, &u->was, require, &u->must, e);
}

static bool
same_net(const struct lab_net *a, const struct lab_net *b)
{
	json_t *x = lab_net_to_json(a), *y = lab_net_to_json(b);
	bool same = json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return same;
}

static const struct lab_net *
overlapping(const struct lab *lab, const struct lab_net *net)
{
	for (size_t i = 0; net->plen > 0 && i < lab->nnets; i++) {
		const struct lab_net *other = &lab->nets[i];

		if (other->plen > 0 && cidr4_overlap(net->subnet, net->plen,
		    other->subnet, other->plen))
			return other;
	}
	return NULL;
}

/*
 * Labs from command lines grow: keep the networks that run already.  Only
 * pointers are borrowed, nothing of *all is to be freed but the array.
 */
static int
merge(const struct labup *u, const struct lab *lab, struct lab *all,
    struct qerr *e)
{
	*all = *lab;
	all->nets = xcalloc(lab->nnets + u->was.nnets, sizeof(*all->nets));
	if (lab->nnets > 0)
		memcpy(all->nets, lab->nets, lab->nnets * sizeof(*all->nets));
	for (size_t i = 0; u->was.alive && i < u->was.nnets; i++) {
		const struct lab_net *old = &u->was.nets[i];
		const struct lab_net *now = lab_net_find(lab, old->name);
		const struct lab_net *clash = now == NULL ?
		    overlapping(lab, old) : NULL;
		char text[CIDR_STRSZ];

		if (now != NULL && !same_net(old, now)) {
			free(all->nets);
			return qerr_set(e, QERR_FAIL, "network '%s' of lab "
			    "'%s' is up with another definition (stop its VMs "
			    "first: 'qlab-ctl stop %s:')", old->name,
			    lab->name, lab->name);
		}
		if (clash != NULL) {
			free(all->nets);
			return qerr_set(e, QERR_FAIL, "network '%s' overlaps "
			    "%s of network '%s', which lab '%s' is running "
			    "with (give it a subnet of its own, or the lab "
			    "another name)", clash->name,
			    cidr4_format(old->subnet, old->plen, text),
			    old->name, lab->name);
		}
		if (now == NULL)
			all->nets[all->nnets++] = *old;
	}
	return 0;
}

/* What runs stays where it is. */
static int
choose_place(struct labup *u, const struct lab *lab, struct qerr *e)
{
	if (!u->was.holder_alive)
		return u->host_net ? vnet_check_host(e) : 0;
	if (u->host_net && !u->was.host_net)
		return qerr_set(e, QERR_FAIL, "lab '%s' runs in a network "
		    "namespace of its own ('qlab-ctl stop %s:' first, then "
		    "--host-net)", lab->name, lab->name);
	u->host_net = u->was.host_net;
	return 0;
}

static int
join_holder(struct labup *u, const struct lab *lab, struct qerr *e)
{
	struct qerr why;

	if (choose_place(u, lab, e) == -1)
		return -1;
	u->backend = u->must;
	if (u->backend == BACKEND_AUTO && vnet_backend() == BACKEND_VMNET)
		u->backend = BACKEND_VMNET;
	/* QEMU makes them. */
	if (u->backend == BACKEND_VMNET)
		return 0;
	if (u->backend != BACKEND_AUTO)
		return holder_join(&u->holder, lab->name, u->dir, u->backend,
		    u->host_net, e);
	u->backend = vnet_backend();
	if (holder_join(&u->holder, lab->name, u->dir, u->backend, false,
	    &why) == 0)
		return 0;
	if (why.kind != QERR_PERM || u->backend == BACKEND_USERSPACE) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	strv_addf(&u->notes, FALLING_BACK, net_backend_name(u->backend),
	    why.msg);
	u->backend = BACKEND_USERSPACE;
	return holder_join(&u->holder, lab->name, u->dir, u->backend, false,
	    e);
}

/* The lab as it runs from now on, and the text that it was made from. */
static int
write_down(const struct labup *u, const struct lab *lab, struct qerr *e)
{
	struct lab all;
	char *text = NULL;
	size_t len = 0;
	int rc = 0;

	if (merge(u, lab, &all, e) == -1)
		return -1;
	if (lab->path != NULL && !u->was.alive) {
		text = lab_read_file(lab->path, &len, e);
		rc = text == NULL ? -1 : 0;
	}
	if (rc == 0)
		rc = state_write_lab(u->dir, &all, u->backend, text, len, e);
	free(text);
	free(all.nets);
	return rc;
}

int
labup_nets(struct labup *u, const struct lab *lab, const bool *wanted,
    struct qerr *e)
{
	struct lab_net *nets = xcalloc(lab->nnets, sizeof(*nets));
	size_t n = 0;
	int rc = 0;

	for (size_t i = 0; i < lab->nnets; i++)
		if (wanted[i] && lab->nets[i].mode != NET_USER)
			nets[n++] = lab->nets[i];
	u->backend = u->was.backend;
	if (n > 0)
		rc = join_holder(u, lab, e);
	/* A holder that has just been started waits for our lock to go. */
	if (rc == 0)
		rc = write_down(u, lab, e);
	if (rc == 0 && u->holder.fd != -1)
		rc = holder_nets(&u->holder, nets, n, &u->notes, e);
	if (rc == 0 && u->backend == BACKEND_USERSPACE && !u->was.holder_alive)
		unet_limits(nets, n, &u->notes);
	free(nets);
	return rc;
}

/* What a lab would run on here; its lines say why not on something better. */
static int
choose_here(const struct lab *lab, enum net_backend require, bool *host_net,
    enum net_backend *backend, struct strv *lines, struct qerr *e)
{
	const struct state_lab *was;
	struct state st;
	struct qerr why;
	int rc;

	if (state_load(&st, e) == -1)
		return -1;
	was = state_lab_find(&st, lab->name);
	rc = must_be(lab, was, require, backend, e);
	if (was != NULL && was->holder_alive)
		*host_net = was->host_net;
	else if (rc == 0 && *host_net && vnet_check_host(&why) == -1)
		strv_add(lines, why.msg);
	state_free(&st);
	if (rc == -1)
		return -1;
	if (*backend == BACKEND_AUTO) {
		*backend = vnet_backend();
		if (vnet_probe(&why) == -1) {
			strv_addf(lines, FALLING_BACK, net_backend_name(
			    *backend), why.msg);
			*backend = BACKEND_USERSPACE;
		}
	}
	return 0;
}

int
labup_explain(const struct lab *lab, const bool *wanted,
    enum qemu_target target, enum net_backend require, bool host_net,
    enum net_backend *backend, struct strv *lines, struct qerr *e)
{
	if (target == qemu_target_here()) {
		if (choose_here(lab, require, &host_net, backend, lines,
		    e) == -1)
			return -1;
	} else {
		if (must_be(lab, NULL, require, backend, e) == -1)
			return -1;
		if (*backend == BACKEND_AUTO)
			*backend = target == QEMU_DARWIN ? BACKEND_VMNET :
			    BACKEND_BRIDGE;
	}
	for (size_t i = 0; i < lab->nnets; i++) {
		if (wanted[i] && *backend == BACKEND_USERSPACE)
			unet_explain(&lab->nets[i], lines);
		else if (wanted[i] && *backend == BACKEND_VMNET)
			vmnet_explain_net(&lab->nets[i], lines);
		else if (wanted[i])
			vnet_explain(&lab->nets[i], host_net, lines);
	}
	return 0;
}

void
labup_unlock(struct labup *u)
{
	if (u->lock != -1)
		close(u->lock);
	u->lock = -1;
}

/*
 * The holder that we started for nothing is to be gone before we say so, or the
 * next try would meet it.  It needs the lock to remove its state.
 */
static void
wait_for_holder(struct labup *u)
{
	struct state_lab now;
	int64_t end = loop_now_ms() + END_MS;

	state_load_lab(&now, u->dir);
	labup_unlock(u);
	while (now.holder_alive && proc_id_alive(&now.holder) &&
	    loop_now_ms() < end)
		poll(NULL, 0, TICK_MS);
	state_lab_release(&now);
}

void
labup_end(struct labup *u)
{
	bool started = u->holder.fd != -1 && !u->was.holder_alive;

	holder_close(&u->holder);
	/* Nothing came of it, or it was the last: no empty directory stays. */
	if (u->lock != -1)
		state_sweep(u->dir, NULL);
	if (u->lock != -1 && started)
		wait_for_holder(u);
	labup_unlock(u);
	state_lab_release(&u->was);
	strv_free(&u->notes);
	free(u->dir);
	u->dir = NULL;
}
