/* SPDX-License-Identifier: ISC */
/* logwant.c - whose log records are wanted */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "logwant.h"
#include "near.h"
#include "strv.h"
#include "text.h"

/* LAB:if:INTERFACE, too; the interface's name, or NULL. */
static const char *
split_if(const char *word, struct logwant_name *n)
{
	const char *at = strstr(word, "if:");
	size_t len = at != NULL ? (size_t)(at - word) : 0;

	if (at == NULL || len > sizeof(n->lab) ||
	    (len > 0 && word[len - 1] != ':') || at[3] == '\0' ||
	    strlen(at + 3) >= sizeof(n->ifname))
		return NULL;
	snprintf(n->lab, sizeof(n->lab), "%.*s", (int)len - (len > 0), word);
	return len == 0 || lab_name_ok(n->lab) ? at + 3 : NULL;
}

static int
split(struct logwant_name *n, const char *word)
{
	struct state_name s;
	const char *ifname = split_if(word, n), *dot;
	int len;

	if (ifname != NULL) {
		snprintf(n->ifname, sizeof(n->ifname), "%s", ifname);
		return 0;
	}
	*n = (struct logwant_name){ .lab = "" };
	if (state_name_split(word, &s) == -1)
		return -1;
	/* A NIC has its network's name, a second one there ".2" behind it. */
	dot = strrchr(s.nic, '.');
	len = dot != NULL && dot[1 + strspn(dot + 1, "0123456789")] == '\0' ?
	    (int)(dot - s.nic) : (int)strlen(s.nic);
	memcpy(n->lab, s.lab, sizeof(n->lab));
	memcpy(n->vm, s.vm, sizeof(n->vm));
	snprintf(n->net, sizeof(n->net), "%.*s", *s.net != '\0' ?
	    (int)sizeof(n->net) - 1 : len < LAB_NAMESZ ? len : LAB_NAMESZ - 1,
	    *s.net != '\0' ? s.net : s.nic);
	return 0;
}

int
logwant_add(struct logwant *w, const char *word, struct qerr *e)
{
	struct logwant_name n = { .lab = "" };
	char buf[TEXT_SHOWSZ];

	if (split(&n, word) == -1)
		return qerr_set(e, QERR_INPUT, "%s names nothing: write VM, "
		    "VM/NIC, LAB:, LAB:VM/NIC, net:NETWORK or if:INTERFACE",
		    text_show(word, buf));
	w->names = xrealloc(w->names, (w->n + 1) * sizeof(*w->names));
	w->names[w->n++] = n;
	return 0;
}

static bool
has_nic(const struct loglab *lab, const struct logwant_name *n)
{
	for (size_t i = 0; i < lab->nspans; i++)
		if (strcmp(lab->spans[i].vm, n->vm) == 0 &&
		    strcmp(lab->spans[i].net, n->net) == 0)
			return true;
	return false;
}

static bool
lab_has(const struct loglab *lab, const struct logwant_name *n)
{
	if (*n->lab != '\0' && strcmp(n->lab, lab->name) != 0)
		return false;
	if (*n->vm != '\0' && *n->net != '\0')
		return has_nic(lab, n);
	return (*n->vm == '\0' || strv_has(&lab->vms, n->vm)) &&
	    (*n->net == '\0' || strv_has(&lab->nets, n->net));
}

/* An error, unless what is not known yet may come (missing). */
static int
unknown(const struct logwant_name *n, const struct loglabs *labs,
    struct strv *missing, struct qerr *e)
{
	bool lab = *n->vm == '\0' && *n->net == '\0';
	const char *what = lab ? "lab" : *n->vm == '\0' ? "network" : "VM";
	const char *name = lab ? n->lab : *n->vm == '\0' ? n->net : n->vm;
	struct strv all = { 0 };
	char *near, *list;

	for (size_t i = 0; i < labs->n; i++) {
		const struct loglab *l = &labs->labs[i];
		const struct strv *from = *n->vm == '\0' ? &l->nets : &l->vms;

		if (lab)
			strv_add(&all, l->name);
		else if (*n->lab == '\0' || strcmp(n->lab, l->name) == 0)
			for (size_t k = 0; k < from->n; k++)
				strv_add(&all, from->v[k]);
	}
	near = near_names(name, all.v, all.n);
	list = strv_join(&all, " ", 8);
	if (*n->vm != '\0' && *n->net == '\0' &&
	    loglabs_find(labs, n->vm) != NULL)
		qerr_set(e, QERR_NOTFOUND, "the logs know of no VM '%s': the "
		    "lab is '%s:'", n->vm, n->vm);
	else if (*n->vm != '\0' && strv_has(&all, n->vm))
		qerr_set(e, QERR_NOTFOUND, "the logs know of no NIC of '%s' on "
		    "'%s'", n->vm, n->net);
	else
		qerr_set(e, QERR_NOTFOUND, "the logs know of no %s '%s'%s%s%s",
		    what, name, all.n == 0 ? "" : near != NULL ? " (near: " :
		    " (there are: ", all.n == 0 ? "" : near != NULL ? near :
		    list, all.n == 0 ? "" : ")");
	free(near);
	free(list);
	strv_free(&all);
	if (missing == NULL)
		return -1;
	strv_add(missing, e->msg);
	return 0;
}

/* As a word that state_resolve() takes; caller frees. */
static char *
word_of(const struct logwant_name *n)
{
	const char *sep = *n->lab != '\0' ? ":" : "";

	if (*n->vm == '\0' && *n->net != '\0')
		return xasprintf("%s%snet:%s", n->lab, sep, n->net);
	return xasprintf("%s%s%s%s%s", n->lab, sep, n->vm,
	    *n->net != '\0' ? "/" : "", n->net);
}

static int
resolve(struct logwant_name *n, const struct state *st,
    const struct loglabs *labs, struct strv *missing, struct qerr *e)
{
	struct strv candidates = { 0 };
	struct state_target t;
	char *word = word_of(n), *all;
	size_t found = 0;
	int rc = 0;

	if (*n->ifname != '\0')
		goto out;
	if (state_resolve(st, word, &t, NULL) == 0) {
		snprintf(n->lab, sizeof(n->lab), "%s", t.lab->name);
		goto out;
	}
	for (size_t i = 0; i < labs->n; i++)
		if (lab_has(&labs->labs[i], n)) {
			found++;
			strv_addf(&candidates, "%s:%s", labs->labs[i].name,
			    word);
		}
	all = strv_join(&candidates, " ", 8);
	if (found == 0)
		rc = unknown(n, labs, missing, e);
	else if (found > 1)
		rc = qerr_set(e, QERR_NOTFOUND, "'%s' is ambiguous: %s", word,
		    all);
	else
		for (size_t i = 0; i < labs->n && *n->lab == '\0'; i++)
			if (lab_has(&labs->labs[i], n))
				snprintf(n->lab, sizeof(n->lab), "%s",
				    labs->labs[i].name);
	free(all);
out:
	strv_free(&candidates);
	free(word);
	return rc;
}

/* A bare name, which may be several labs'. */
static int
resolve_bare(const struct logwant_name *n, const struct state *st,
    const struct loglabs *labs, struct strv *missing, struct qerr *e)
{
	char *word = word_of(n);
	struct state_target t;
	bool known = state_resolve(st, word, &t, NULL) == 0;

	free(word);
	for (size_t i = 0; i < labs->n && !known; i++)
		known = lab_has(&labs->labs[i], n);
	return known ? 0 : unknown(n, labs, missing, e);
}

int
logwant_resolve(struct logwant *w, const struct state *st,
    const struct loglabs *labs, struct strv *missing, struct qerr *e)
{
	for (size_t i = 0; i < w->n; i++)
		if (resolve(&w->names[i], st, labs, missing, e) == -1)
			return -1;
	for (size_t i = 0; i < w->vms.n + w->nets.n; i++) {
		struct logwant_name n = { .lab = "" };

		if (i < w->vms.n)
			snprintf(n.vm, sizeof(n.vm), "%s", w->vms.v[i]);
		else
			snprintf(n.net, sizeof(n.net), "%s",
			    w->nets.v[i - w->vms.n]);
		if (resolve_bare(&n, st, labs, missing, e) == -1)
			return -1;
	}
	return 0;
}

bool
logwant_any(const struct logwant *w)
{
	return w->n + w->vms.n + w->nets.n + w->ifs.n > 0;
}

static bool
one_of(const struct strv *wanted, struct slice value)
{
	for (size_t i = 0; i < wanted->n; i++)
		if (slice_is(value, wanted->v[i]))
			return true;
	return wanted->n == 0;
}

static bool
fits(const char *wanted, struct slice value)
{
	return *wanted == '\0' || slice_is(value, wanted);
}

bool
logwant_match(const struct logwant *w, const struct logrec *r)
{
	bool named = w->n == 0;

	for (size_t i = 0; i < w->n && !named; i++)
		named = fits(w->names[i].lab, r->lab) &&
		    fits(w->names[i].vm, r->vm) &&
		    fits(w->names[i].net, r->net) &&
		    fits(w->names[i].ifname, r->ifname);
	return named && one_of(&w->vms, r->vm) && one_of(&w->nets, r->net) &&
	    one_of(&w->ifs, r->ifname);
}

bool
logwant_lab(const struct logwant *w, const char *lab)
{
	for (size_t i = 0; i < w->n; i++)
		if (*w->names[i].lab == '\0' ||
		    strcmp(w->names[i].lab, lab) == 0)
			return true;
	return w->n == 0;
}

void
logwant_free(struct logwant *w)
{
	free(w->names);
	strv_free(&w->vms);
	strv_free(&w->nets);
	strv_free(&w->ifs);
	*w = (struct logwant){ 0 };
}
