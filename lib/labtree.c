/* SPDX-License-Identifier: ISC */
/* labtree.c - inside of the lab file reader: YAML text as a tree with lines */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "labtree.h"
#include "strv.h"
#include "text.h"

/* A lab file needs six levels. */
#define DEPTH_MAX	16
/* Errors kept: what a reader can take in at once. */
#define ERRS_MAX	10

struct treader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	struct lab_errs *errs;
};

void
lab_errs_init(struct lab_errs *errs, const char *file, struct qerr *e)
{
	size_t len, skip;
	char *o = errs->file;

	*errs = (struct lab_errs){ .e = e };
	e->kind = QERR_NONE;
	e->sys = 0;
	e->msg[0] = '\0';
	/* Of a very long path the end, so that the error itself has room. */
	len = strlen(file);
	skip = len < sizeof(errs->file) ? 0 : len - sizeof(errs->file) + 4;
	if (skip > 0)
		o = stpcpy(o, "...");
	for (file += skip; *file != '\0'; file++)
		*o++ = *file;
	*o = '\0';
	/* A path's bytes must not drive the terminal either. */
	for (o = errs->file; *o != '\0';) {
		size_t rest = strlen(o);
		size_t ok = text_clean(o, rest, false);

		o += ok;
		if (ok < rest)
			*o++ = '?';
	}
}

void
lab_err(struct lab_errs *errs, int line, const char *fmt, ...)
{
	size_t used = strlen(errs->e->msg), room;
	char *o = errs->e->msg + used;
	va_list ap;
	int n, m;

	errs->n++;
	errs->e->kind = QERR_INPUT;
	if (errs->full)
		return;
	errs->full = errs->n == ERRS_MAX;
	room = sizeof(errs->e->msg) - used;
	if (line > 0)
		n = snprintf(o, room, "%s%s:%d: ", used > 0 ? "\n" : "",
		    errs->file, line);
	else
		n = snprintf(o, room, "%s%s: ", used > 0 ? "\n" : "",
		    errs->file);
	m = 0;
	if (n >= 0 && (size_t)n < room) {
		va_start(ap, fmt);
		m = vsnprintf(o + n, room - (size_t)n, fmt, ap);
		va_end(ap);
	}
	/* Whole lines only; the first one fits by the limits of its parts. */
	if (n < 0 || m < 0 || (size_t)n + (size_t)m >= room) {
		errs->full = true;
		if (used > 0)
			*o = '\0';
	}
}

void
ynode_release(struct ynode *node)
{
	for (size_t i = 0; i < node->nkids; i++)
		ynode_release(&node->kids[i]);
	free(node->kids);
	free(node->text);
	*node = (struct ynode){ 0 };
}

/* Does the line that holds byte at have a tab in its indentation? */
static bool
tab_indented(const struct treader *t, size_t at)
{
	while (at > 0 && t->text[at - 1] != '\n')
		at--;
	while (at < t->len && t->text[at] == ' ')
		at++;
	return at < t->len && t->text[at] == '\t';
}

/* The byte where a line (from 0) begins. */
static size_t
line_start(const struct treader *t, size_t line)
{
	size_t at = 0;

	for (; line > 0; line--) {
		const char *nl = memchr(t->text + at, '\n', t->len - at);

		if (nl == NULL)
			break;
		at = (size_t)(nl - t->text) + 1;
	}
	return at;
}

static int
line_of(const struct treader *t, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at && i < t->len; i++)
		line += t->text[i] == '\n';
	return line;
}

/* Say what libyaml did not like, with the line's text. */
static int
syntax_error(struct treader *t)
{
	const yaml_parser_t *p = &t->parser;
	const char *problem = p->problem != NULL ? p->problem : "unreadable";
	size_t at = line_start(t, p->problem_mark.line), n;
	char line[TEXT_SHOWSZ], show[TEXT_SHOWSZ], context[128] = "";

	if (p->error == YAML_READER_ERROR) {
		lab_err(t->errs, line_of(t, p->problem_offset),
		    "not YAML: %s", problem);
		return -1;
	}
	if (tab_indented(t, at)) {
		lab_err(t->errs, (int)p->problem_mark.line + 1,
		    "tab in the indentation: YAML wants spaces");
		return -1;
	}
	while (at < t->len && t->text[at] == ' ')
		at++;
	for (n = 0; n < sizeof(line) - 1 && at + n < t->len &&
	    strchr("\r\n", t->text[at + n]) == NULL; n++)
		line[n] = t->text[at + n];
	line[n] = '\0';
	/* Where the unclosed quote or bracket is. */
	if (p->context != NULL &&
	    p->context_mark.line != p->problem_mark.line)
		snprintf(context, sizeof(context), " (%s from line %zu)",
		    p->context, p->context_mark.line + 1);
	lab_err(t->errs, (int)p->problem_mark.line + 1,
	    "not YAML: %s, at %s%s", problem,
	    n > 0 ? text_show(line, show) : "the end of the file", context);
	return -1;
}

static int
next_event(struct treader *t, yaml_event_t *ev)
{
	if (yaml_parser_parse(&t->parser, ev) == 0)
		return syntax_error(t);
	return 0;
}

/* Room for one more child, zeroed. */
static struct ynode *
add_kid(struct ynode *node)
{
	size_t n = node->nkids;

	/* Doubled at powers of two, so that many kids cost linear time. */
	if ((n & (n - 1)) == 0)
		node->kids = xrealloc(node->kids,
		    (n == 0 ? 1 : 2 * n) * sizeof(*node->kids));
	node->kids[n] = (struct ynode){ 0 };
	node->nkids++;
	return &node->kids[n];
}

static void
check_properties(struct treader *t, int line, const yaml_char_t *anchor,
    const yaml_char_t *tag)
{
	char show[TEXT_SHOWSZ];

	if (anchor != NULL)
		lab_err(t->errs, line, "anchor %s: a lab file has no anchors",
		    text_show((const char *)anchor, show));
	if (tag != NULL)
		lab_err(t->errs, line, "tag %s: a lab file has no tags",
		    text_show((const char *)tag, show));
}

static void
set_scalar(struct treader *t, const yaml_event_t *ev, struct ynode *out)
{
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;
	size_t bad = text_clean(text, len, false);
	char what[TEXT_CHARSZ], show[TEXT_SHOWSZ];

	check_properties(t, out->line, ev->data.scalar.anchor,
	    ev->data.scalar.tag);
	if (bad < len)
		lab_err(t->errs, out->line, "%s in the value %s",
		    text_char(text + bad, len - bad, what),
		    text_show(text, show));
	out->kind = YNODE_SCALAR;
	out->text = xstrdup(text);
}

static int	read_node(struct treader *t, yaml_event_t *ev,
		    struct ynode *out, int depth);

/* The items of a list, or keys and values of a map, until its end. */
static int
read_kids(struct treader *t, struct ynode *out, int depth)
{
	yaml_event_type_t end = out->kind == YNODE_LIST ?
	    YAML_SEQUENCE_END_EVENT : YAML_MAPPING_END_EVENT;

	for (;;) {
		struct ynode *kid;
		yaml_event_t ev;
		int rv;

		if (next_event(t, &ev) == -1)
			return -1;
		if (ev.type == end) {
			yaml_event_delete(&ev);
			return 0;
		}
		kid = add_kid(out);
		rv = read_node(t, &ev, kid, depth);
		yaml_event_delete(&ev);
		if (rv == -1)
			return -1;
		if (out->kind == YNODE_MAP && out->nkids % 2 == 1 &&
		    kid->kind != YNODE_SCALAR) {
			lab_err(t->errs, kid->line, "a %s where a key should "
			    "stand", kid->kind == YNODE_LIST ? "list" : "map");
			return -1;
		}
	}
}

static int
read_node(struct treader *t, yaml_event_t *ev, struct ynode *out, int depth)
{
	char show[TEXT_SHOWSZ];

	out->line = (int)ev->start_mark.line + 1;
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		set_scalar(t, ev, out);
		return 0;
	case YAML_ALIAS_EVENT:
		lab_err(t->errs, out->line,
		    "alias %s: a lab file has no aliases",
		    text_show((const char *)ev->data.alias.anchor, show));
		return -1;
	case YAML_SEQUENCE_START_EVENT:
		out->kind = YNODE_LIST;
		check_properties(t, out->line, ev->data.sequence_start.anchor,
		    ev->data.sequence_start.tag);
		break;
	default:
		out->kind = YNODE_MAP;
		check_properties(t, out->line, ev->data.mapping_start.anchor,
		    ev->data.mapping_start.tag);
		break;
	}
	if (depth == DEPTH_MAX) {
		lab_err(t->errs, out->line, "nested more than %d levels deep",
		    DEPTH_MAX);
		return -1;
	}
	return read_kids(t, out, depth + 1);
}

/* The stream: one document, nothing after it. */
static int
read_stream(struct treader *t, struct ynode *root)
{
	bool seen = false;

	for (;;) {
		yaml_event_type_t type;
		yaml_event_t ev;
		int line, rv = 0;

		if (next_event(t, &ev) == -1)
			return -1;
		type = ev.type;
		line = (int)ev.start_mark.line + 1;
		if (type == YAML_DOCUMENT_START_EVENT && seen) {
			lab_err(t->errs, line, "a second document: a lab file "
			    "holds one lab");
			rv = -1;
		} else if (type == YAML_SCALAR_EVENT ||
		    type == YAML_ALIAS_EVENT ||
		    type == YAML_SEQUENCE_START_EVENT ||
		    type == YAML_MAPPING_START_EVENT) {
			seen = true;
			rv = read_node(t, &ev, root, 0);
		}
		yaml_event_delete(&ev);
		if (rv == -1)
			return -1;
		if (type == YAML_STREAM_END_EVENT)
			break;
	}
	if (!seen) {
		lab_err(t->errs, 1, "the lab file is empty");
		return -1;
	}
	return t->errs->n > 0 ? -1 : 0;
}

int
ynode_read(struct ynode *root, const char *text, size_t len,
    struct lab_errs *errs)
{
	struct treader t = { .text = text, .len = len, .errs = errs };
	char what[TEXT_CHARSZ];
	size_t bad, bom;
	int rv;

	*root = (struct ynode){ 0 };
	bom = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	bad = bom + text_clean(text + bom, len - bom, true);
	if (bad < len) {
		lab_err(errs, line_of(&t, bad), "%s in the file",
		    text_char(text + bad, len - bad, what));
		return -1;
	}
	if (yaml_parser_initialize(&t.parser) == 0)
		abort();
	yaml_parser_set_encoding(&t.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&t.parser,
	    (const unsigned char *)text + bom, len - bom);
	rv = read_stream(&t, root);
	yaml_parser_delete(&t.parser);
	return rv;
}
