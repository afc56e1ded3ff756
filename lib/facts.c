/* SPDX-License-Identifier: ISC */
/* facts.c - what was seen of a system, live or in saved text */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "facts.h"
#include "strv.h"

const struct fact_space *
facts_space_find(const struct facts *f, uint64_t id)
{
	for (size_t i = 0; i < f->nspaces; i++)
		if (f->spaces[i].id == id)
			return &f->spaces[i];
	return NULL;
}

struct fact_space *
facts_space(struct facts *f, uint64_t id)
{
	const struct fact_space *old = facts_space_find(f, id);
	struct fact_space *s;

	if (old != NULL)
		return &f->spaces[old - f->spaces];
	f->spaces = xgrow(f->spaces, f->nspaces, sizeof(*f->spaces));
	s = &f->spaces[f->nspaces++];
	s->id = id;
	s->handle = -1;
	return s;
}

struct fact_proc *
facts_proc(struct facts *f)
{
	struct fact_proc *p;

	f->procs = xgrow(f->procs, f->nprocs, sizeof(*f->procs));
	p = &f->procs[f->nprocs++];
	p->uid = (uid_t)-1;
	return p;
}

struct fact_tap *
facts_tap(struct fact_proc *p)
{
	p->taps = xgrow(p->taps, p->ntaps, sizeof(*p->taps));
	return &p->taps[p->ntaps++];
}

struct fact_card *
facts_card(struct fact_proc *p)
{
	struct fact_card *c;

	p->cards = xgrow(p->cards, p->ncards, sizeof(*p->cards));
	c = &p->cards[p->ncards++];
	c->fd = -1;
	return c;
}

const struct fact_card *
facts_card_on(const struct fact_proc *p, const char *netdev)
{
	for (size_t i = 0; i < p->ncards; i++)
		if (strcmp(p->cards[i].netdev, netdev) == 0)
			return &p->cards[i];
	return NULL;
}

struct fact_net *
facts_net(struct facts *f)
{
	f->nets = xgrow(f->nets, f->nnets, sizeof(*f->nets));
	return &f->nets[f->nnets++];
}

static bool
same_proc(const struct proc_id *a, const struct proc_id *b)
{
	return a->pid == b->pid && a->start == b->start;
}

static bool
has_proc(const struct facts *f, const struct proc_id *id)
{
	for (size_t i = 0; i < f->nprocs; i++)
		if (same_proc(&f->procs[i].id, id))
			return true;
	return false;
}

static bool
has_cable(const struct facts *f, uint64_t space, unsigned index)
{
	const struct fact_space *s = facts_space_find(f, space);
	const struct hostif *i = s == NULL ? NULL :
	    hostif_by_index(&s->ifs, index);

	return i != NULL && hostif_is_cable(i);
}

static void
add_diff(struct facts *f, const struct fact_diff *d)
{
	f->diffs = xgrow(f->diffs, f->ndiffs, sizeof(*f->diffs));
	f->diffs[f->ndiffs++] = *d;
}

/* The cables that one space has got; in one that was not seen none is new. */
static size_t
new_cables(const struct fact_space *s, const struct facts *before,
    struct fact_diff *d)
{
	const struct fact_space *was = facts_space_find(before, s->id);
	size_t n = 0;

	if (was == NULL || !was->seen || !s->seen)
		return 0;
	for (size_t i = 0; i < s->ifs.nifs; i++)
		if (hostif_is_cable(&s->ifs.ifs[i]) &&
		    !has_cable(before, s->id, s->ifs.ifs[i].index)) {
			d->space = s->id;
			d->index = s->ifs.ifs[i].index;
			n++;
		}
	return n;
}

void
facts_compare(struct facts *f, const struct facts *before)
{
	struct fact_diff d = { 0 };
	size_t nprocs = 0, ncables = 0;

	for (size_t i = 0; i < before->ndiffs; i++)
		if (has_proc(f, &before->diffs[i].id) && has_cable(f,
		    before->diffs[i].space, before->diffs[i].index))
			add_diff(f, &before->diffs[i]);
	for (size_t i = 0; i < f->nprocs; i++)
		if (!has_proc(before, &f->procs[i].id)) {
			d.id = f->procs[i].id;
			nprocs++;
		}
	for (size_t i = 0; nprocs == 1 && i < f->nspaces; i++)
		ncables += new_cables(&f->spaces[i], before, &d);
	if (nprocs == 1 && ncables == 1)
		add_diff(f, &d);
}

static void
proc_release(struct fact_proc *p)
{
	for (char **a = p->argv; a != NULL && *a != NULL; a++)
		free(*a);
	free(p->argv);
	free(p->taps);
	free(p->cards);
	free(p->name);
	free(p->qmp);
}

void
facts_free(struct facts *f)
{
	for (size_t i = 0; i < f->nspaces; i++) {
		hostifs_free(&f->spaces[i].ifs);
		wire_free(&f->spaces[i].wire);
		if (f->spaces[i].handle != -1)
			close(f->spaces[i].handle);
	}
	for (size_t i = 0; i < f->nprocs; i++)
		proc_release(&f->procs[i]);
	free(f->spaces);
	free(f->procs);
	free(f->nets);
	free(f->diffs);
	leases_free(&f->leases);
	*f = (struct facts){ 0 };
}
