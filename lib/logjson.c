/* SPDX-License-Identifier: ISC */
/* logjson.c - log records from JSON: one a line, pretty-printed, in an array */
#include <string.h>

#include "logparse.h"
#include "logstring.h"

/*
 * Theory of operation
 *
 * A general JSON library makes a tree of a record of which a filter wants five
 * values of forty, and macOS' traceID does not fit its integers.  This walks
 * over an object's bytes once, notes where the values of known keys stand, and
 * decodes them where they stand only after the whole object is known to be
 * there and well-formed (RFC 8259).  Inside of values that nobody asks for it
 * minds strings and brackets alone.
 */

struct in {
	char *p, *end;
	size_t lines;
};

#define DEEPEST		256

static enum walk
blanks(struct in *in)
{
	for (; in->p < in->end; in->p++) {
		if (*in->p == '\n')
			in->lines++;
		else if (*in->p != ' ' && *in->p != '\t' && *in->p != '\r')
			return WALK_OK;
	}
	return WALK_MORE;
}

/* A string, in->p at its quote; *s is what is between, *esc has it escapes. */
static enum walk
string(struct in *in, struct slice *s, bool *esc)
{
	return logstring_walk(&in->p, in->end, s, esc);
}

static bool
in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '+' ||
	    c == 'e' || c == 'E';
}

/* A number or a word. */
static enum walk
scalar(struct in *in, struct slice *s)
{
	char *start = in->p;
	bool number = *start == '-' || (*start >= '0' && *start <= '9');

	while (in->p < in->end && (number ? in_number(*in->p) :
	    *in->p >= 'a' && *in->p <= 'z'))
		in->p++;
	if (in->p == in->end)
		return WALK_MORE;
	*s = (struct slice){ start, (size_t)(in->p - start) };
	if (number || slice_is(*s, "null") || slice_is(*s, "true") ||
	    slice_is(*s, "false"))
		return WALK_OK;
	return WALK_BAD;
}

/* What may come next in an object or array. */
enum next { NEXT_NAME, NEXT_COLON, NEXT_VALUE, NEXT_COMMA };

struct nest {
	char closing[DEEPEST];
	size_t depth;
	enum next next;
	bool first;	/* nothing came in it yet: it may end */
};

static enum walk
open_nest(struct nest *n, char bracket)
{
	if (n->depth == DEEPEST)
		return WALK_BAD;
	n->closing[n->depth++] = bracket == '{' ? '}' : ']';
	n->next = bracket == '{' ? NEXT_NAME : NEXT_VALUE;
	n->first = true;
	return WALK_OK;
}

static enum walk
close_nest(struct nest *n, char bracket)
{
	if (n->closing[n->depth - 1] != bracket ||
	    (n->next != NEXT_COMMA && !n->first))
		return WALK_BAD;
	n->depth--;
	n->next = NEXT_COMMA;
	n->first = false;
	return WALK_OK;
}

/* A comma or colon, if it is its turn. */
static enum walk
mark(struct nest *n, char c)
{
	if (n->next != (c == ',' ? NEXT_COMMA : NEXT_COLON))
		return WALK_BAD;
	n->next = c == ',' && n->closing[n->depth - 1] == '}' ? NEXT_NAME :
	    NEXT_VALUE;
	n->first = false;
	return WALK_OK;
}

/* A name or a value without parts. */
static enum walk
leaf(struct in *in, struct nest *n)
{
	struct slice s;
	enum walk w;
	bool esc;

	if (n->next == NEXT_NAME && *in->p != '"')
		return WALK_BAD;
	if (n->next != NEXT_NAME && n->next != NEXT_VALUE)
		return WALK_BAD;
	w = *in->p == '"' ? string(in, &s, &esc) : scalar(in, &s);
	n->next = n->next == NEXT_NAME ? NEXT_COLON : NEXT_COMMA;
	n->first = false;
	return w;
}

/* An object or array that nobody asks for, in->p at its bracket. */
static enum walk
nested(struct in *in)
{
	struct nest n;
	enum walk w;

	n.depth = 0;
	w = open_nest(&n, *in->p++);
	while (w == WALK_OK && n.depth > 0) {
		if ((w = blanks(in)) != WALK_OK)
			break;
		switch (*in->p) {
		case '{':
		case '[':
			if (n.next != NEXT_VALUE)
				return WALK_BAD;
			w = open_nest(&n, *in->p++);
			break;
		case '}':
		case ']':
			w = close_nest(&n, *in->p++);
			break;
		case ',':
		case ':':
			w = mark(&n, *in->p++);
			break;
		default:
			w = leaf(in, &n);
		}
	}
	return w;
}

/*
 * The journal's array: bytes of a message that is not clean text, or the
 * strings of a field that came more than once, of which the first counts.
 */
static void
flatten(struct slice *v)
{
	struct in in = { (char *)v->s + 1, (char *)v->s + v->len, 0 };
	char *o = (char *)v->s;
	struct slice s;
	uint64_t n;
	bool esc;

	if (blanks(&in) == WALK_OK && *in.p == '"') {
		if (string(&in, &s, &esc) == WALK_OK) {
			*v = s;
			if (esc)
				logstring_unescape(v);
		}
		return;
	}
	while (blanks(&in) == WALK_OK && *in.p != ']') {
		s = (struct slice){ in.p, (size_t)(in.end - in.p) };
		if (*in.p == ',')
			in.p++;
		else if (slice_u64(&s, &n) && n < 256) {
			in.p = (char *)s.s;
			*o++ = (char)n;
		} else
			break;
	}
	v->len = (size_t)(o - v->s);
}

struct object {
	struct logfields f;
	unsigned char decode[LF_N];	/* 0, '\\' or '[' */
};

/* The value of a known key, in->p at its first byte. */
static enum walk
value(struct in *in, struct object *ob, enum logfield key)
{
	char *start = in->p;
	struct slice s = SLICE_NONE;
	bool esc = false;
	enum walk w;

	if (*start == '"') {
		w = string(in, &s, &esc);
	} else if (*start == '{' || *start == '[') {
		w = nested(in);
		if (*start == '[')
			s = (struct slice){ start, (size_t)(in->p - start) };
	} else {
		w = scalar(in, &s);
		if (slice_is(s, "null"))
			s = SLICE_NONE;
	}
	if (key != LF_N) {
		ob->f.v[key] = s;
		ob->decode[key] = *start == '[' ? '[' : esc ? '\\' : 0;
	}
	return w;
}

/* The members up to the closing brace. */
static enum walk
members(struct in *in, struct object *ob)
{
	for (;;) {
		struct slice name;
		enum walk w;
		bool esc;

		if ((w = blanks(in)) != WALK_OK)
			return w;
		if (*in->p != '"')
			return WALK_BAD;
		if ((w = string(in, &name, &esc)) != WALK_OK ||
		    (w = blanks(in)) != WALK_OK)
			return w;
		if (*in->p++ != ':')
			return WALK_BAD;
		if ((w = blanks(in)) != WALK_OK ||
		    (w = value(in, ob, logfield_find(name.s, name.len))) !=
		    WALK_OK || (w = blanks(in)) != WALK_OK)
			return w;
		if (*in->p == '}') {
			in->p++;
			return WALK_OK;
		}
		if (*in->p++ != ',')
			return WALK_BAD;
	}
}

/* in->p at the opening brace. */
static enum walk
object(struct in *in, struct object *ob)
{
	enum walk w;

	memset(ob, 0, sizeof(*ob));
	in->p++;
	if ((w = blanks(in)) != WALK_OK)
		return w;
	if (*in->p == '}') {
		in->p++;
		return WALK_OK;
	}
	w = members(in, ob);
	if (w != WALK_OK)
		return w;
	for (int i = 0; i < LF_N; i++) {
		if (ob->decode[i] == '\\')
			logstring_unescape(&ob->f.v[i]);
		else if (ob->decode[i] == '[')
			flatten(&ob->f.v[i]);
	}
	return WALK_OK;
}

/*
 * The object at s does not end here: is its end there now?  It goes on where
 * it stopped, so that a line of megabytes is walked over twice, not once for
 * every piece that comes.
 */
static bool
framed(struct logparse *p, const char *s, size_t len)
{
	size_t i;

	for (i = p->frame.off; i < len; i++) {
		char c = s[i];

		if (p->frame.esc)
			p->frame.esc = false;
		else if (p->frame.str) {
			if (c == '"')
				p->frame.str = false;
			else if (c == '\\')
				p->frame.esc = true;
			else if (c == '\n')
				return true;	/* malformed */
		} else if (c == '"')
			p->frame.str = true;
		else if (c == '{' || c == '[')
			p->frame.depth++;
		else if ((c == '}' || c == ']') && --p->frame.depth == 0)
			return true;
	}
	p->frame.off = i;
	return false;
}

/* What is left of the line, without its end; *used with it. */
static struct slice
rest_of_line(const char *s, size_t len, size_t *used)
{
	const char *nl = memchr(s, '\n', len);

	*used = nl != NULL ? (size_t)(nl - s) + 1 : len;
	return (struct slice){ s, nl != NULL ? (size_t)(nl - s) : len };
}

/* Something at the beginning of a line that is no object. */
static enum logparse_got
stray(struct logparse *p, const char *s, size_t len, enum logparse_end end,
    size_t *used, struct qerr *e)
{
	struct slice line;
	enum logparse_got got = LOGPARSE_SKIP;

	/* RS stands before a text of a JSON sequence (RFC 7464). */
	if (*s == '[' || *s == ']' || *s == ',' || *s == '\x1e') {
		*used = 1;
		return LOGPARSE_SKIP;
	}
	line = rest_of_line(s, len, used);
	if (line.len == len && end != LOGPARSE_EOF) {
		*used = 0;
		return LOGPARSE_MORE;
	}
	if (p->got && !p->complained && !logparse_noise(line)) {
		got = logparse_bad(p, line, e, "not JSON");
		p->complained = true;
	}
	if (line.len < *used)
		p->line++;
	return got;
}

/*
 * An object that is none.  The next line may be good; of one that spans lines,
 * what is left has nothing to say.
 */
static enum logparse_got
malformed(struct logparse *p, const char *s, size_t len,
    enum logparse_end end, size_t *used, struct qerr *e)
{
	struct slice line = rest_of_line(s, len, used);

	if (line.len == len && end != LOGPARSE_EOF) {
		*used = 0;
		return LOGPARSE_MORE;
	}
	p->complained = true;
	logparse_bad(p, line, e, "malformed JSON");
	p->line++;
	return LOGPARSE_BAD;
}

/* The last one, without an end. */
static enum logparse_got
cut_off(const struct logparse *p, const char *s, size_t len, size_t *used,
    struct qerr *e)
{
	struct slice line = rest_of_line(s, len, used);

	*used = len;
	return logparse_bad(p, line, e, "JSON cut off");
}

/* Not all of an object is there: is it time to look at it again? */
static bool
wait_for_more(struct logparse *p, const char *s, size_t len, bool *whole)
{
	*whole = *whole || framed(p, s, len);
	/* Brackets alone do not show that it went wrong long ago. */
	return !*whole && len < 2 * p->frame.tried;
}

enum logparse_got
logparse_json(struct logparse *p, char *s, size_t len, enum logparse_end end,
    size_t *used, struct logrec *r, struct qerr *e)
{
	struct in in = { s, s + len, 0 };
	enum logparse_got got = LOGPARSE_RECORD;
	bool whole = end == LOGPARSE_EOF;
	struct object ob;
	enum walk w;

	if (p->frame.on) {
		if (wait_for_more(p, s, len, &whole))
			return LOGPARSE_MORE;
	} else if (blanks(&in), in.p > s) {
		*used = (size_t)(in.p - s);
		p->line += in.lines;
		return LOGPARSE_SKIP;
	}
	if (*s != '{')
		return stray(p, s, len, end, used, e);
	w = object(&in, &ob);
	if (w == WALK_MORE && !whole) {
		if (!p->frame.on)
			memset(&p->frame, 0, sizeof(p->frame));
		p->frame.on = true;
		p->frame.tried = len;
		return framed(p, s, len) ? LOGPARSE_SKIP : LOGPARSE_MORE;
	}
	p->frame.on = false;
	if (w == WALK_BAD)
		return malformed(p, s, len, end, used, e);
	if (w == WALK_MORE)
		return cut_off(p, s, len, used, e);
	*used = (size_t)(in.p - s);
	if (!logfields_record(&ob.f, p, r)) {
		got = LOGPARSE_SKIP;
		if (ob.f.v[LF_FINISHED].s == NULL && !p->complained)
			got = logparse_bad(p, (struct slice){ s, *used }, e,
			    "not a log record");
	} else
		p->complained = false;
	p->line += in.lines;
	return got;
}
