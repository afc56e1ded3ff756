/* SPDX-License-Identifier: ISC */
/* predicate.c - which log records are wanted: a subset of NSPredicate */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "predicatetree.h"
#include "strv.h"

void
predicate_free(struct predicate *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->nkids; i++)
		predicate_free(p->kids[i]);
	free(p->kids);
	free(p->text);
	free(p);
}

/* ---- is it wanted? ---- */

static bool
equal_nocase(const char *s, const char *lower, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((s[i] >= 'A' && s[i] <= 'Z' ? s[i] | 0x20 : s[i]) !=
		    lower[i])
			return false;
	return true;
}

static bool
equal(const struct predicate *p, const char *s)
{
	return p->nocase ? equal_nocase(s, p->text, p->len) :
	    memcmp(s, p->text, p->len) == 0;
}

static bool
contains(const struct predicate *p, const char *s, size_t len)
{
	if (!p->nocase)
		return p->len == 0 || memmem(s, len, p->text, p->len) != NULL;
	for (size_t i = 0; i + p->len <= len; i++)
		if (equal_nocase(s + i, p->text, p->len))
			return true;
	return false;
}

static bool
compare_text(const struct predicate *p, const char *s, size_t len)
{
	switch (p->op) {
	case OP_EQ:
		return len == p->len && equal(p, s);
	case OP_NE:
		return len != p->len || !equal(p, s);
	case OP_CONTAINS:
		return contains(p, s, len);
	case OP_BEGINS:
		return len >= p->len && equal(p, s);
	case OP_ENDS:
		return len >= p->len && equal(p, s + (len - p->len));
	}
	return false;
}

static struct slice
text_of(const struct logrec *r, enum field field)
{
	switch (field) {
	case F_SUBSYSTEM:
		return r->subsystem;
	case F_CATEGORY:
		return r->category;
	case F_PROCESS:
		return r->process;
	case F_SENDER:
		return r->sender;
	case F_MESSAGE:
		return r->message;
	case F_EVENT:
		return r->type;
	case F_PID:
	case F_TYPE:
		break;
	}
	return SLICE_NONE;
}

static bool
compare(const struct predicate *p, const struct logrec *r)
{
	struct slice t;

	if (p->field == F_PID)
		return (r->pid == p->number) == (p->op == OP_EQ);
	if (p->field == F_TYPE)
		return (r->level == p->number) == (p->op == OP_EQ);
	t = text_of(r, p->field);
	return compare_text(p, t.s != NULL ? t.s : "", t.len);
}

bool
predicate_match(const struct predicate *p, const struct logrec *r)
{
	switch (p != NULL ? p->kind : P_TRUE) {
	case P_TRUE:
		return true;
	case P_FALSE:
		return false;
	case P_CMP:
		return compare(p, r);
	case P_NOT:
		return !predicate_match(p->kids[0], r);
	case P_AND:
		for (size_t i = 0; i < p->nkids; i++)
			if (!predicate_match(p->kids[i], r))
				return false;
		return true;
	case P_OR:
		for (size_t i = 0; i < p->nkids; i++)
			if (predicate_match(p->kids[i], r))
				return true;
		return false;
	}
	return false;
}

/* ---- back to text ---- */

static void
put_text(FILE *f, const char *s, size_t len)
{
	static const char from[] = "\\\"\n\r\t\b\f", to[] = "\\\"nrtbf";

	fputc('"', f);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		const char *which = strchr(from, c);

		if (which != NULL)
			fprintf(f, "\\%c", to[which - from]);
		else if (c < 0x20 || c == 0x7f)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void
put_comparison(FILE *f, const struct predicate *p)
{
	fprintf(f, "%s %s%s ", predicate_fields[p->field], predicate_ops[p->op],
	    p->nocase ? "[c]" : "");
	if (p->field == F_PID)
		fprintf(f, "%" PRIu64, p->number);
	else if (p->field == F_TYPE)
		fputs(logrec_level_name((enum logrec_level)p->number), f);
	else if (p->field == F_EVENT)
		fputs(p->text, f);
	else
		put_text(f, p->text, p->len);
}

static void
put(FILE *f, const struct predicate *p, enum kind outer)
{
	bool parens = p->kind >= P_AND && p->kind != outer &&
	    (outer == P_NOT || p->kind > outer);

	if (parens)
		fputc('(', f);
	switch (p->kind) {
	case P_TRUE:
	case P_FALSE:
		fputs(p->kind == P_TRUE ? "TRUEPREDICATE" : "FALSEPREDICATE",
		    f);
		break;
	case P_CMP:
		put_comparison(f, p);
		break;
	case P_NOT:
		fputs("NOT ", f);
		put(f, p->kids[0], P_NOT);
		break;
	case P_AND:
	case P_OR:
		for (size_t i = 0; i < p->nkids; i++) {
			if (i > 0)
				fputs(p->kind == P_AND ? " AND " : " OR ", f);
			put(f, p->kids[i], p->kind);
		}
	}
	if (parens)
		fputc(')', f);
}

char *
predicate_text(const struct predicate *p)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		abort();
	put(f, p, P_OR);
	if (fclose(f) != 0)
		abort();
	return text;
}

char *
predicate_and(const char *a, const char *b)
{
	const char *both[] = { a, b };
	struct predicate *p[2];
	char *text;

	if (a == NULL || *a == '\0' || b == NULL || *b == '\0')
		return xstrdup(a != NULL && *a != '\0' ? a :
		    b != NULL ? b : "");
	for (int i = 0; i < 2; i++)
		p[i] = predicate_parse(both[i], NULL, NULL);
	if (p[0] != NULL && p[1] != NULL) {
		struct predicate list = { .kind = P_AND, .kids = p,
		    .nkids = 2 };

		text = predicate_text(&list);
	} else
		text = xasprintf("(%s) AND (%s)", a, b);
	predicate_free(p[0]);
	predicate_free(p[1]);
	return text;
}

/* ---- what it demands ---- */

const char *
predicate_demands(const struct predicate *p, const char *field)
{
	const char *value = NULL;

	if (p == NULL)
		return NULL;
	if (p->kind == P_CMP && p->op == OP_EQ && !p->nocase &&
	    p->text != NULL && strcmp(predicate_fields[p->field], field) == 0)
		return p->text;
	for (size_t i = 0; p->kind == P_AND && i < p->nkids &&
	    value == NULL; i++)
		value = predicate_demands(p->kids[i], field);
	return value;
}
