/* SPDX-License-Identifier: ISC */
/* predicateparse.c - a subset of NSPredicate: from text to what it means */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "near.h"
#include "predicatetree.h"
#include "strv.h"
#include "text.h"

const char *const predicate_fields[] = { "subsystem", "category", "process",
	"sender", "eventMessage", "processID", "messageType", "eventType" };
#define NFIELDS	(sizeof(predicate_fields) / sizeof(*predicate_fields))

const char *const predicate_ops[] = { "==", "!=", "CONTAINS", "BEGINSWITH",
	"ENDSWITH" };

/* What eventType can be, as log(1) has it. */
static const char *const types[] = { "logEvent", "activityCreateEvent",
	"activityTransitionEvent", "userActionEvent", "traceEvent",
	"signpostEvent", "timesyncEvent", "lossEvent", "stateEvent" };
#define NTYPES	(sizeof(types) / sizeof(*types))

static struct predicate *
node(enum kind kind)
{
	struct predicate *p = xcalloc(1, sizeof(*p));

	p->kind = kind;
	return p;
}

static void
add_kid(struct predicate *p, struct predicate *kid)
{
	p->kids = xrealloc(p->kids, (p->nkids + 1) * sizeof(*p->kids));
	p->kids[p->nkids++] = kid;
}

/* ---- words ---- */

enum token { T_END, T_WORD, T_TEXT, T_NUMBER, T_EQ, T_NE, T_AND, T_OR, T_NOT,
	T_OPEN, T_CLOSE, T_BRACKET, T_OTHER };

struct lexer {
	const char *start, *p;	/* p: behind the token */
	const char *at;		/* the token, */
	size_t len;		/* its length, */
	enum token tok;
	char *text;		/* T_TEXT: what it stands for */
	size_t textlen;
	int depth;
	bool beyond;
	struct qerr *e;
};

/* What stands at at is no predicate, or (beyond) none of ours. */
static int
bad(struct lexer *l, const char *at, bool beyond, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static int
bad(struct lexer *l, const char *at, bool beyond, const char *fmt, ...)
{
	char msg[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	l->beyond = beyond;
	return qerr_set(l->e, QERR_INPUT, "column %zu: %s",
	    (size_t)(at - l->start) + 1, msg);
}

/* The token in quotes, for a message. */
static const char *
shown(const struct lexer *l, char buf[TEXT_SHOWSZ])
{
	char *word = xasprintf("%.*s", (int)(l->len < 64 ? l->len : 64), l->at);

	if (l->tok == T_END)
		snprintf(buf, TEXT_SHOWSZ, "the end");
	else
		text_show(word, buf);
	free(word);
	return buf;
}

static bool
word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static bool
is_word(const struct lexer *l, const char *word)
{
	return l->tok == T_WORD && strlen(word) == l->len &&
	    strncasecmp(l->at, word, l->len) == 0;
}

/* Four hexadecimal digits behind \u. */
static int
hex4(const char *s, uint32_t *value)
{
	*value = 0;
	for (int i = 0; i < 4; i++) {
		int d = text_hex(s[i]);

		if (d == -1)
			return -1;
		*value = *value << 4 | (uint32_t)d;
	}
	return 0;
}

/* \uXXXX at p, or two of them where one is half a character. */
static int
unicode_escape(struct lexer *l)
{
	const char *at = l->p;
	uint32_t cp, low;

	if (hex4(l->p + 2, &cp) == -1)
		return bad(l, at, false, "'\\u' wants four hexadecimal digits");
	l->p += 6;
	if (cp == 0)
		return bad(l, at, true, "a NUL character matches nothing here");
	if (cp >= 0xd800 && cp < 0xe000) {
		if (cp >= 0xdc00 || l->p[0] != '\\' || l->p[1] != 'u' ||
		    hex4(l->p + 2, &low) == -1 || low < 0xdc00 || low > 0xdfff)
			return bad(l, at, false, "half a character");
		cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
		l->p += 6;
	}
	l->textlen = (size_t)(text_put(l->text + l->textlen, cp) - l->text);
	return 0;
}

static int
escape(struct lexer *l)
{
	static const char from[] = "\\\"'nrtbf", to[] = "\\\"'\n\r\t\b\f";
	const char *which;

	if (l->p[1] == 'u')
		return unicode_escape(l);
	which = l->p[1] != '\0' ? strchr(from, l->p[1]) : NULL;
	if (which == NULL)
		return bad(l, l->p, true, "unknown escape sequence");
	l->text[l->textlen++] = to[which - from];
	l->p += 2;
	return 0;
}

static int
lex_text(struct lexer *l)
{
	char quote = *l->p++;

	/* No escape is shorter than what it stands for. */
	free(l->text);
	l->text = xcalloc(strlen(l->p) + 1, 1);
	l->textlen = 0;
	while (*l->p != quote) {
		if (*l->p == '\0')
			return bad(l, l->at, false, "quote is not closed");
		if (*l->p == '\\') {
			if (escape(l) == -1)
				return -1;
		} else
			l->text[l->textlen++] = *l->p++;
	}
	l->p++;
	l->tok = T_TEXT;
	l->len = (size_t)(l->p - l->at);
	return 0;
}

static const struct {
	char text[3];
	enum token tok;
} symbols[] = {
	{ "==", T_EQ }, { "!=", T_NE }, { "<>", T_NE }, { "&&", T_AND },
	{ "||", T_OR }, { "=", T_EQ }, { "!", T_NOT }, { "(", T_OPEN },
	{ ")", T_CLOSE }, { "[", T_BRACKET },
};

/* The next token; -1 when there is none. */
static int
next(struct lexer *l)
{
	while (*l->p == ' ' || (*l->p >= '\t' && *l->p <= '\r'))
		l->p++;
	l->at = l->p;
	l->len = 0;
	l->tok = T_END;
	if (*l->p == '\0')
		return 0;
	if (*l->p == '"' || *l->p == '\'')
		return lex_text(l);
	for (size_t i = 0; i < sizeof(symbols) / sizeof(*symbols); i++) {
		size_t n = strlen(symbols[i].text);

		if (strncmp(l->p, symbols[i].text, n) == 0) {
			l->tok = symbols[i].tok;
			l->len = n;
			l->p += n;
			return 0;
		}
	}
	if (*l->p == '-')
		l->p++;
	while (word_char(*l->p))
		l->p++;
	l->len = (size_t)(l->p - l->at);
	l->tok = (*l->at >= '0' && *l->at <= '9') || (*l->at == '-' &&
	    l->len > 1) ? T_NUMBER : word_char(*l->at) ? T_WORD : T_OTHER;
	if (l->tok == T_OTHER) {
		l->len += l->len == 0;
		l->p = l->at + l->len;
	} else if (is_word(l, "and"))
		l->tok = T_AND;
	else if (is_word(l, "or"))
		l->tok = T_OR;
	else if (is_word(l, "not"))
		l->tok = T_NOT;
	return 0;
}

/* ---- grammar ---- */

static struct predicate *parse_or(struct lexer *l);

static int
unknown_field(struct lexer *l)
{
	char *word = xasprintf("%.*s", (int)(l->len < 64 ? l->len : 64), l->at);
	char *near = near_names(word, (char *const *)predicate_fields, NFIELDS);
	char buf[TEXT_SHOWSZ];

	if (l->tok != T_WORD)
		bad(l, l->at, l->tok != T_END && l->tok != T_CLOSE,
		    "a field (subsystem, process, ...) expected, not %s",
		    shown(l, buf));
	else
		bad(l, l->at, true, "unknown field %s%s%s%s", shown(l, buf),
		    near != NULL ? " (near: " : "", near != NULL ? near : "",
		    near != NULL ? ")" : "");
	free(near);
	free(word);
	return -1;
}

/* [c] behind an operator. */
static int
parse_modifiers(struct lexer *l, struct predicate *p)
{
	if (l->tok != T_BRACKET)
		return 0;
	if ((l->p[0] != 'c' && l->p[0] != 'C') || l->p[1] != ']')
		return bad(l, l->at, true, "only [c] can stand behind an "
		    "operator here");
	if (p->field >= F_PID)
		return bad(l, l->at, true, "[c] is for text, not for %s",
		    predicate_fields[p->field]);
	p->nocase = true;
	l->p += 2;
	return next(l);
}

static int
parse_op(struct lexer *l, struct predicate *p)
{
	char buf[TEXT_SHOWSZ];

	if (l->tok == T_EQ || l->tok == T_NE)
		p->op = l->tok == T_EQ ? OP_EQ : OP_NE;
	else {
		p->op = OP_CONTAINS;
		while (p->op <= OP_ENDS && !is_word(l, predicate_ops[p->op]))
			p->op++;
		if (p->op > OP_ENDS)
			return bad(l, l->at, l->tok == T_WORD ||
			    l->tok == T_OTHER, "== != CONTAINS BEGINSWITH or "
			    "ENDSWITH expected, not %s", shown(l, buf));
		if (p->field >= F_PID)
			return bad(l, l->at, true, "%s takes only == and !=",
			    predicate_fields[p->field]);
	}
	return next(l) == -1 ? -1 : parse_modifiers(l, p);
}

/* The bare (or quoted) name of a type. */
static int
parse_type(struct lexer *l, struct predicate *p)
{
	const char *what = p->field == F_TYPE ? "message" : "event";
	char buf[TEXT_SHOWSZ], *word;
	bool known = false;

	if (l->tok != T_WORD && l->tok != T_TEXT)
		return bad(l, l->at, l->tok == T_NUMBER, "%s type expected, "
		    "not %s", what, shown(l, buf));
	word = l->tok == T_TEXT ? xasprintf("%.*s", (int)l->textlen, l->text) :
	    xasprintf("%.*s", (int)l->len, l->at);
	if (p->field == F_TYPE) {
		p->number = logrec_level_find(slice_str(word));
		known = p->number != LOGREC_NOLEVEL;
		free(word);
	} else {
		for (size_t i = 0; i < NTYPES; i++)
			known |= strcmp(word, types[i]) == 0;
		p->text = word;
		p->len = strlen(word);
	}
	if (!known)
		return bad(l, l->at, true, "no %s type %s", what,
		    shown(l, buf));
	return next(l);
}

static int
parse_number(struct lexer *l, struct predicate *p)
{
	char buf[TEXT_SHOWSZ], *end;

	if (l->tok != T_NUMBER)
		return bad(l, l->at, l->tok == T_TEXT || l->tok == T_WORD ||
		    l->tok == T_OTHER, "number expected, not %s",
		    shown(l, buf));
	errno = 0;
	p->number = strtoull(l->at, &end, 10);
	if (errno != 0 || end != l->at + l->len || *l->at == '-')
		return bad(l, l->at, true, "%s is no process ID",
		    shown(l, buf));
	return next(l);
}

static int
parse_value(struct lexer *l, struct predicate *p)
{
	char buf[TEXT_SHOWSZ];

	if (p->field == F_PID)
		return parse_number(l, p);
	if (p->field > F_PID)
		return parse_type(l, p);
	if (l->tok != T_TEXT)
		return bad(l, l->at, l->tok != T_END && l->tok != T_CLOSE,
		    "text in quotes expected, not %s", shown(l, buf));
	for (size_t i = 0; p->nocase && i < l->textlen; i++) {
		if ((l->text[i] & 0x80) != 0)
			return bad(l, l->at, true, "[c] is for ASCII text");
		if (l->text[i] >= 'A' && l->text[i] <= 'Z')
			l->text[i] |= 0x20;
	}
	p->text = l->text;
	p->len = l->textlen;
	l->text = NULL;
	return next(l);
}

static struct predicate *
parse_comparison(struct lexer *l)
{
	struct predicate *p;
	size_t f = 0;

	while (f < NFIELDS && (l->tok != T_WORD ||
	    l->len != strlen(predicate_fields[f]) ||
	    strncmp(l->at, predicate_fields[f], l->len) != 0))
		f++;
	if (f == NFIELDS) {
		unknown_field(l);
		return NULL;
	}
	p = node(P_CMP);
	p->field = (enum field)f;
	if (next(l) == -1 || parse_op(l, p) == -1 || parse_value(l, p) == -1) {
		predicate_free(p);
		return NULL;
	}
	return p;
}

static struct predicate *
parse_unary(struct lexer *l)
{
	struct predicate *p = NULL, *kid;
	enum token tok = l->tok;

	if (is_word(l, "truepredicate") || is_word(l, "falsepredicate")) {
		p = node(l->len == 13 ? P_TRUE : P_FALSE);
		if (next(l) == 0)
			return p;
		predicate_free(p);
		return NULL;
	}
	if (tok != T_NOT && tok != T_OPEN)
		return parse_comparison(l);
	if (l->depth++ == PREDICATE_DEPTH) {
		bad(l, l->at, true, "more than %d parentheses and NOTs within "
		    "each other", PREDICATE_DEPTH);
		return NULL;
	}
	if (next(l) == -1 ||
	    (kid = tok == T_NOT ? parse_unary(l) : parse_or(l)) == NULL)
		return NULL;
	l->depth--;
	if (tok == T_NOT) {
		p = node(P_NOT);
		add_kid(p, kid);
		return p;
	}
	if (l->tok != T_CLOSE) {
		char buf[TEXT_SHOWSZ];

		bad(l, l->at, l->tok == T_OTHER, "')' expected, not %s",
		    shown(l, buf));
	} else if (next(l) == 0)
		return kid;
	predicate_free(kid);
	return NULL;
}

/* One operand or several with the same word between them. */
static struct predicate *
parse_list(struct lexer *l, enum token tok, enum kind kind,
    struct predicate *(*operand)(struct lexer *))
{
	struct predicate *p = operand(l), *list, *kid;

	if (p == NULL || l->tok != tok)
		return p;
	list = node(kind);
	add_kid(list, p);
	while (l->tok == tok) {
		kid = next(l) == 0 ? operand(l) : NULL;
		if (kid == NULL) {
			predicate_free(list);
			return NULL;
		}
		add_kid(list, kid);
	}
	return list;
}

static struct predicate *
parse_and(struct lexer *l)
{
	return parse_list(l, T_AND, P_AND, parse_unary);
}

static struct predicate *
parse_or(struct lexer *l)
{
	return parse_list(l, T_OR, P_OR, parse_and);
}

struct predicate *
predicate_parse(const char *text, bool *beyond, struct qerr *e)
{
	struct lexer l = { .start = text, .p = text, .e = e };
	struct predicate *p = NULL;
	char buf[TEXT_SHOWSZ];

	if (next(&l) == 0)
		p = parse_or(&l);
	if (p != NULL && l.tok != T_END) {
		bad(&l, l.at, l.tok == T_OTHER || l.tok == T_BRACKET,
		    "AND, OR or the end expected, not %s", shown(&l, buf));
		predicate_free(p);
		p = NULL;
	}
	free(l.text);
	if (beyond != NULL)
		*beyond = p == NULL && l.beyond;
	return p;
}
