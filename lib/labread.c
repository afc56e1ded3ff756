/* SPDX-License-Identifier: ISC */
/* labread.c - inside of the lab file reader: maps, lists and single values */
#include <stdlib.h>
#include <string.h>

#include "labread.h"
#include "near.h"
#include "text.h"

static void *
field_at(void *obj, size_t offset)
{
	return (char *)obj + offset;
}

static const struct labread_key *
find_key(const struct labread_key *keys, const char *name, unsigned *i)
{
	for (*i = 0; keys[*i].name != NULL; (*i)++)
		if (strcmp(keys[*i].name, name) == 0)
			return &keys[*i];
	return NULL;
}

static void
unknown_key(struct labread *r, const struct ynode *k,
    const struct labread_key *keys, const char *what)
{
	struct strv names = { 0 };
	char show[TEXT_SHOWSZ];
	char *near;

	/* A file of nothing but unknown keys must not take long. */
	if (r->errs->full)
		return;
	for (; keys->name != NULL; keys++)
		strv_add(&names, keys->name);
	near = near_names(k->text, names.v, names.n);
	if (near != NULL)
		lab_err(r->errs, k->line, "unknown key %s in %s "
		    "(did you mean '%.*s'?)", text_show(k->text, show), what,
		    (int)strcspn(near, " "), near);
	else
		lab_err(r->errs, k->line, "unknown key %s in %s",
		    text_show(k->text, show), what);
	free(near);
	strv_free(&names);
}

unsigned
labread_map(struct labread *r, const struct ynode *map,
    const struct labread_key *keys, void *obj, const char *what)
{
	char show[TEXT_SHOWSZ];
	unsigned seen = 0;

	for (size_t i = 0; i < map->nkids; i += 2) {
		const struct ynode *k = &map->kids[i], *v = &map->kids[i + 1];
		const struct labread_key *key;
		unsigned n;

		key = find_key(keys, k->text, &n);
		if (key == NULL) {
			unknown_key(r, k, keys, what);
			continue;
		}
		if ((seen & 1U << n) != 0) {
			lab_err(r->errs, k->line, "key %s twice in %s",
			    text_show(k->text, show), what);
			continue;
		}
		seen |= 1U << n;
		if (key->line != NOLINE)
			*(int *)field_at(obj, key->line) = v->line;
		r->key = key->name;
		key->read(r, v, field_at(obj, key->field));
	}
	return seen;
}

const char *
labread_kind(const struct ynode *v)
{
	return v->kind == YNODE_LIST ? "a list" : v->kind == YNODE_MAP ?
	    "a map" : v->text[0] == '\0' ? "nothing" : "a single value";
}

const char *
labread_scalar(struct labread *r, const struct ynode *v)
{
	if (v->kind == YNODE_SCALAR && v->text[0] != '\0')
		return v->text;
	lab_err(r->errs, v->line, "%s wants a single value, not %s", r->key,
	    labread_kind(v));
	return NULL;
}

void
labread_name(struct labread *r, const struct ynode *v, const char *kind,
    char *field)
{
	const char *s = labread_scalar(r, v);
	const char *problem;
	char show[TEXT_SHOWSZ];

	if (s == NULL)
		return;
	problem = lab_name_problem(s);
	if (problem == NULL)
		memcpy(field, s, strlen(s) + 1);
	else
		lab_err(r->errs, v->line, "%s name %s %s", kind,
		    text_show(s, show), problem);
}

bool
labread_list(struct labread *r, const struct ynode *v, size_t max,
    const char *example)
{
	if (v->kind != YNODE_LIST) {
		char show[TEXT_SHOWSZ];

		lab_err(r->errs, v->line, "%s wants a list such as %s, not %s",
		    r->key, example, v->kind == YNODE_SCALAR ?
		    text_show(v->text, show) : labread_kind(v));
		return false;
	}
	if (v->nkids > max) {
		lab_err(r->errs, v->line, "%s has %zu entries, more than %zu",
		    r->key, v->nkids, max);
		return false;
	}
	return true;
}

void
labread_bool(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	struct qerr e;

	if (s != NULL && lab_parse_bool(s, field, &e) == -1)
		lab_err(r->errs, v->line, "%s %s", r->key, e.msg);
}

void
labread_text(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	char **out = field;

	if (s == NULL)
		return;
	free(*out);
	*out = xstrdup(s);
}

void
labread_word(struct labread *r, const struct ynode *v, void *field,
    const char *const *words, const char *choice)
{
	const char *s = labread_scalar(r, v);
	char show[TEXT_SHOWSZ];

	if (s == NULL)
		return;
	for (; *words != NULL; words++)
		if (strcmp(s, *words) == 0) {
			labread_text(r, v, field);
			return;
		}
	lab_err(r->errs, v->line, "%s %s is not %s", r->key,
	    text_show(s, show), choice);
}

void
labread_plain(struct labread *r, const struct ynode *v, void *field)
{
	const char *s = labread_scalar(r, v);
	char show[TEXT_SHOWSZ];

	if (s == NULL)
		return;
	if (lab_plain_word(s))
		labread_text(r, v, field);
	else
		lab_err(r->errs, v->line, "%s %s is not a plain word of "
		    "letters, digits, '_', '.' and '-'", r->key,
		    text_show(s, show));
}

bool
labread_named(struct labread *r, const struct ynode *k, const struct ynode *v,
    const char *what, int taken)
{
	const char *problem = lab_name_problem(k->text);
	char show[TEXT_SHOWSZ];

	if (problem != NULL) {
		lab_err(r->errs, k->line, "%s name %s %s", what,
		    text_show(k->text, show), problem);
		return false;
	}
	if (taken > 0) {
		lab_err(r->errs, k->line, "%s '%s' twice, first in line %d",
		    what, k->text, taken);
		return false;
	}
	if (v->kind != YNODE_MAP) {
		lab_err(r->errs, k->line, "%s '%s' wants a map of its keys, "
		    "not %s", what, k->text, labread_kind(v));
		return false;
	}
	return true;
}
