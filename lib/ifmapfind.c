/* SPDX-License-Identifier: ISC */
/* ifmapfind.c - from what a command line names to places on the map */
#include <stdlib.h>
#include <string.h>

#include "ifmap.h"
#include "strv.h"
#include "text.h"

const struct map_nic *
ifmap_nic(const struct map *m, const struct state_nic *nic)
{
	for (size_t i = 0; i < m->nnics; i++)
		if (m->nics[i].nic == nic)
			return &m->nics[i];
	return NULL;
}

const struct map_lab *
ifmap_lab(const struct map *m, const struct state_lab *lab)
{
	for (size_t i = 0; i < m->nlabs; i++)
		if (m->labs[i].lab == lab)
			return &m->labs[i];
	return NULL;
}

const struct lab_net *
ifmap_net_of_bridge(const struct map_lab *ml, const char *ifname)
{
	for (size_t i = 0; i < ml->lab->nnets; i++) {
		const struct hostif *b = ifmap_bridge(ml, &ml->lab->nets[i]);

		if (b != NULL && strcmp(b->name, ifname) == 0)
			return &ml->lab->nets[i];
	}
	return NULL;
}

/* Does the kernel show it in that lab, or the registry speak of it? */
static bool
has_if(const struct map *m, const struct map_lab *ml, const char *ifname)
{
	if (ml->space != NULL &&
	    hostif_by_name(&ml->space->ifs, ifname) != NULL)
		return true;
	for (size_t i = 0; i < m->nnics; i++)
		if (m->nics[i].lab == ml->lab &&
		    (strcmp(map_value(&m->nics[i], MAP_IF), ifname) == 0 ||
		    strcmp(map_value(&m->nics[i], MAP_BRIDGE), ifname) == 0))
			return true;
	return false;
}

/* The VMs that no lab knows of; NULL: there are none. */
static struct state_lab *
outside_lab(const struct map *m)
{
	return m->nlabs == m->nreal ? NULL :
	    (struct state_lab *)m->labs[m->nreal].lab;
}

/* 1: in one lab, 0: in none, -1: in several, said in *e. */
static int
find_if(const struct map *m, struct map_target *t, struct qerr *e)
{
	struct strv words = { 0 };
	const struct state_lab *in = NULL;
	int rc;

	for (size_t i = 0; i < m->nlabs; i++) {
		const struct state_lab *lab = m->labs[i].lab;

		/* A lab's goes before one that is in none. */
		if (i >= m->nreal && words.n > 0)
			break;
		if ((t->t.lab != NULL && t->t.lab != lab) ||
		    !has_if(m, &m->labs[i], t->ifname))
			continue;
		strv_addf(&words, "%s:if:%s", lab->name, t->ifname);
		in = lab;
	}
	rc = words.n > 1 ? -1 : (int)words.n;
	if (rc == 1)
		t->t.lab = (struct state_lab *)in;
	else if (rc == -1) {
		char *all = strv_join(&words, " ", 8);

		qerr_set(e, QERR_NOTFOUND, "'%s' is in several labs: %s",
		    t->ifname, all);
		free(all);
	}
	strv_free(&words);
	return rc;
}

/* Take "if:" or "LAB:if:" off.  1: there was one, 0: no, -1: no such lab. */
static int
split(const struct map *m, const struct state *st, const char *word,
    struct map_target *t, struct qerr *e)
{
	const char *colon = strchr(word, ':');
	struct state_target lab;
	char *text;
	int rc;

	if (strncmp(word, "if:", 3) == 0) {
		t->ifname = word + 3;
		return 1;
	}
	if (colon == NULL || strncmp(colon, ":if:", 4) != 0)
		return 0;
	t->ifname = colon + 4;
	if (colon == word) {
		t->t.lab = outside_lab(m);
		return 1;
	}
	text = xasprintf("%.*s:", (int)(colon - word), word);
	rc = state_resolve(st, text, &lab, e);
	free(text);
	if (rc == -1)
		return -1;
	t->t.lab = lab.lab;
	return 1;
}

/* VMs by the number of their QEMU. */
static int
find_pid(const struct map *m, const char *text, struct map_target *t,
    struct qerr *e)
{
	char shown[TEXT_SHOWSZ], *end;
	long pid = strtol(text, &end, 10);

	if (*end != '\0' || pid <= 0)
		return qerr_set(e, QERR_INPUT, "pid: takes the number of a "
		    "QEMU, not %s", text_show(text, shown));
	for (size_t i = 0; i < m->nlabs; i++)
		for (size_t k = 0; k < m->labs[i].lab->nvms; k++) {
			struct state_vm *vm = &m->labs[i].lab->vms[k];

			if (vm->alive && vm->qemu.pid == pid) {
				t->t.lab = (struct state_lab *)m->labs[i].lab;
				t->t.vm = vm;
				return 0;
			}
		}
	return qerr_set(e, QERR_NOTFOUND, "no process %s runs a VM",
	    text_show(text, shown));
}

/* VM, VM/NIC and net:NETWORK of what no lab knows. */
static bool
find_outside(const struct map *m, const char *word, struct state_target *t)
{
	struct state st = { .labs = outside_lab(m), .nlabs = 1 };
	struct state_target found;

	if (st.labs == NULL || state_resolve(&st, word, &found, NULL) == -1)
		return false;
	*t = found;
	return true;
}

/* What was meant may be outside of labs as well: if something there is near. */
static void
name_all(const struct map *m, const struct state *st, const char *word,
    struct qerr *e)
{
	struct state all = { .nlabs = st->nlabs + 1 };
	struct state_target t;
	struct qerr more;

	if (e == NULL || e->kind != QERR_NOTFOUND || outside_lab(m) == NULL)
		return;
	all.labs = xcalloc(all.nlabs, sizeof(*all.labs));
	for (size_t i = 0; i < st->nlabs; i++)
		all.labs[i] = st->labs[i];
	all.labs[st->nlabs] = *outside_lab(m);
	if (state_resolve(&all, word, &t, &more) == -1 &&
	    strstr(more.msg, "(near: ") != NULL)
		*e = more;
	free(all.labs);
}

int
ifmap_resolve(const struct map *m, const struct state *st, const char *word,
    struct map_target *t, struct qerr *e)
{
	char shown[TEXT_SHOWSZ];
	int rc;

	*t = (struct map_target){ 0 };
	if (*word == '\0')
		return state_resolve(st, word, &t->t, e);
	if ((rc = split(m, st, word, t, e)) == -1)
		return -1;
	if (rc == 1 && *t->ifname == '\0')
		return qerr_set(e, QERR_INPUT, "%s names nothing: write "
		    "if:INTERFACE", text_show(word, shown));
	if (rc == 1) {
		/* ":if:NAME" is in no lab. */
		rc = *word == ':' && t->t.lab == NULL ? 0 : find_if(m, t, e);
		if (rc == -1)
			t->ifname = NULL;
		else if (rc == 0)
			qerr_set(e, QERR_NOTFOUND, "no interface %s in %s",
			    text_show(t->ifname, shown), t->t.lab != NULL ?
			    "that lab" : "any running lab");
		return rc == 1 ? 0 : -1;
	}
	if (strncmp(word, "pid:", 4) == 0)
		return find_pid(m, word + 4, t, e);
	/* ":VM" is one outside of labs; a bare VM first one of a lab. */
	if (*word != ':' && state_resolve(st, word, &t->t, e) == 0)
		return 0;
	if (*word == ':' && outside_lab(m) == NULL)
		return qerr_set(e, QERR_NOTFOUND,
		    "no VM runs outside of labs");
	if (*word == ':' && word[1] == '\0') {
		t->t.lab = outside_lab(m);
		return 0;
	}
	if (find_outside(m, word + (*word == ':'), &t->t))
		return 0;
	if (*word != ':')
		name_all(m, st, word, e);
	if (*word == ':')
		qerr_set(e, QERR_NOTFOUND, "nothing outside of labs is called "
		    "%s", text_show(word + 1, shown));
	/* Not one of a lab's, then. */
	if (*word == ':')
		t->t.lab = outside_lab(m);
	t->ifname = word + (*word == ':');
	return find_if(m, t, e) == 1 ? 0 : -1;
}

static bool
names(const struct map_target *t, const struct map_nic *n)
{
	if (t->t.lab != n->lab)
		return false;
	if (t->ifname != NULL)
		return strcmp(map_value(n, MAP_IF), t->ifname) == 0 ||
		    strcmp(map_value(n, MAP_BRIDGE), t->ifname) == 0;
	if (t->t.net != NULL)
		return n->net == t->t.net;
	return (t->t.vm == NULL || t->t.vm == n->vm) &&
	    (t->t.nic == NULL || t->t.nic == n->nic);
}

bool
ifmap_labs_have(const struct map *m, const char *word)
{
	for (size_t i = 0; i < m->nreal; i++) {
		struct state st = { .nlabs = 1,
			.labs = (struct state_lab *)m->labs[i].lab };
		struct state_target t;

		if (strncmp(word, "if:", 3) == 0 ?
		    has_if(m, &m->labs[i], word + 3) :
		    state_resolve(&st, word, &t, NULL) == 0)
			return true;
	}
	return false;
}

void
ifmap_pick(struct map *m, const struct map_target *t)
{
	for (size_t i = 0; i < m->nnics; i++)
		m->nics[i].picked |= names(t, &m->nics[i]);
}
