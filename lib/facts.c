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

static void
proc_release(struct fact_proc *p)
{
	for (char **a = p->argv; a != NULL && *a != NULL; a++)
		free(*a);
	free(p->argv);
	free(p->taps);
	free(p->cards);
	free(p->name);
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
	leases_free(&f->leases);
	*f = (struct facts){ 0 };
}
