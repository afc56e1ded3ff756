/* SPDX-License-Identifier: ISC */
/* labup.c - bring a lab's networks up, or join what runs of it */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "labjson.h"
#include "labup.h"

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

int
labup_begin(struct labup *u, struct lab *lab, struct qerr *e)
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
	return check_same_file(u, lab, e);
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

int
labup_nets(struct labup *u, const struct lab *lab, const bool *wanted,
    struct qerr *e)
{
	struct lab all;
	struct lab_net *nets;
	size_t len = 0, n = 0;
	char *text = NULL;
	int rc;

	if (merge(u, lab, &all, e) == -1)
		return -1;
	if (lab->path != NULL && !u->was.alive)
		text = lab_read_file(lab->path, &len, e);
	rc = lab->path != NULL && !u->was.alive && text == NULL ? -1 :
	    state_write_lab(u->dir, &all, text, len, e);
	free(text);
	free(all.nets);
	if (rc == -1)
		return -1;
	nets = xcalloc(lab->nnets, sizeof(*nets));
	for (size_t i = 0; i < lab->nnets; i++)
		if (wanted[i] && lab->nets[i].mode != NET_USER)
			nets[n++] = lab->nets[i];
	if (n > 0) {
		rc = holder_join(&u->holder, lab->name, u->dir, e);
		if (rc == 0)
			rc = holder_nets(&u->holder, nets, n, &u->notes, e);
	}
	free(nets);
	return rc;
}

void
labup_unlock(struct labup *u)
{
	if (u->lock != -1)
		close(u->lock);
	u->lock = -1;
}

void
labup_end(struct labup *u)
{
	holder_close(&u->holder);
	/* Nothing came of it, or it was the last: no empty directory stays. */
	if (u->lock != -1)
		state_sweep(u->dir, NULL);
	labup_unlock(u);
	state_lab_release(&u->was);
	strv_free(&u->notes);
	free(u->dir);
	u->dir = NULL;
}
