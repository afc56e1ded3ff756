/* SPDX-License-Identifier: ISC */
/* qmpframe.c - QMP messages in a byte stream, and the "id" in a message */
#include <stdlib.h>
#include <string.h>

#include "clean.h"
#include "qmpframe.h"
#include "strv.h"

void
qmp_framer_feed(struct qmp_framer *f, const void *data, size_t len)
{
	if (f->pos > 0) {
		memmove(f->buf, f->buf + f->pos, f->len - f->pos);
		f->len -= f->pos;
		f->scanned -= f->pos;
		f->pos = 0;
	}
	f->text = f->text_len = 0;
	if (len > f->cap - f->len) {
		f->cap = 2 * (f->len + len);
		f->buf = xrealloc(f->buf, f->cap);
	}
	if (len > 0)
		memcpy(f->buf + f->len, data, len);
	f->len += len;
}

/* Give up the object that began at pos. */
static void
drop(struct qmp_framer *f, bool skip)
{
	f->pos = f->scanned;
	f->depth = 0;
	f->string = f->escape = false;
	f->skip = skip;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Go to the next object's brace; false when there is nothing more. */
static bool
seek(struct qmp_framer *f)
{
	if (f->skip) {
		char *nl = f->pos < f->len ?
		    memchr(f->buf + f->pos, '\n', f->len - f->pos) : NULL;

		f->pos = f->scanned = nl == NULL ? f->len :
		    (size_t)(nl - f->buf) + 1;
		if (nl == NULL)
			return false;
		f->skip = false;
	}
	if (f->depth == 0) {
		while (f->pos < f->len && blank(f->buf[f->pos]))
			f->pos++;
		f->scanned = f->pos;
	}
	return f->pos < f->len;
}

/* Go on to the end of the object; 1: there, 0: more is needed, -1: garbage. */
static int
scan(struct qmp_framer *f)
{
	while (f->scanned < f->len) {
		char c = f->buf[f->scanned++];

		if (f->string) {
			if (c == '\n')	/* never raw in a JSON string */
				return -1;
			if (f->escape)
				f->escape = false;
			else if (c == '\\')
				f->escape = true;
			else if (c == '"')
				f->string = false;
		} else if (c == '"')
			f->string = true;
		else if (c == '{' || c == '[')
			f->depth++;
		else if ((c == '}' || c == ']') && --f->depth == 0)
			return 1;
	}
	return 0;
}

static json_t *
parse(const char *text, size_t len, struct qerr *e)
{
	size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL;
	json_error_t err;
	json_t *j = json_loadb(text, len, flags, &err);

	if (j == NULL && json_error_code(&err) == json_error_numeric_overflow)
		j = json_loadb(text, len, flags | JSON_DECODE_INT_AS_REAL,
		    &err);
	if (j == NULL)
		qerr_set(e, QERR_INPUT, "malformed JSON: %s",
		    clean_text(err.text));
	return j;
}

json_t *
qmp_framer_next(struct qmp_framer *f, struct qerr *e)
{
	json_t *j;
	int rc;

	e->kind = QERR_NONE;
	if (!seek(f))
		return NULL;
	if (f->depth == 0 && f->buf[f->pos] != '{') {
		drop(f, true);
		qerr_set(e, QERR_INPUT, "malformed JSON: '{' expected");
		return NULL;
	}
	rc = scan(f);
	if (rc == -1) {
		drop(f, false);
		qerr_set(e, QERR_INPUT, "malformed JSON: newline in a string");
		return NULL;
	}
	if (f->scanned - f->pos > f->max) {
		drop(f, true);
		qerr_set(e, QERR_INPUT, "message of over %zu bytes", f->max);
		return NULL;
	}
	if (rc == 0)
		return NULL;
	f->text = f->pos;
	f->text_len = f->scanned - f->pos;
	j = parse(f->buf + f->text, f->text_len, e);
	drop(f, j == NULL);
	return j;
}

const char *
qmp_framer_text(const struct qmp_framer *f, size_t *len)
{
	*len = f->text_len;
	return f->buf + f->text;
}

void
qmp_framer_free(struct qmp_framer *f)
{
	free(f->buf);
	*f = (struct qmp_framer){ .max = f->max };
}

/* The first place from i on that is no blank, or size. */
static size_t
skip_blank(const char *s, size_t size, size_t i)
{
	while (i < size && blank(s[i]))
		i++;
	return i;
}

/* Just behind the value that begins at i. */
static size_t
skip_value(const char *s, size_t size, size_t i)
{
	bool string = false;
	int depth = 0;

	for (; i < size; i++) {
		char c = s[i];

		if (string && c == '\\') {
			i++;
			continue;
		}
		if (c == '"')
			string = !string;
		else if (string)
			continue;
		else if (c == '{' || c == '[')
			depth++;
		else if (depth == 0 && (c == ',' || c == '}' || c == ']' ||
		    c == ':' || blank(c)))
			return i;
		else if (c == '}' || c == ']')
			depth--;
		else
			continue;
		if (depth == 0 && !string)
			return i + 1;
	}
	return size;
}

struct member {
	size_t key, value, end;
};

static bool
find_member(const char *s, size_t size, struct member *m)
{
	static const char id[] = "\"id\"";
	size_t i = 1;

	while ((i = skip_blank(s, size, i)) < size && s[i] == '"') {
		size_t key_end = skip_value(s, size, i);

		m->key = i;
		m->value = skip_blank(s, size,
		    skip_blank(s, size, key_end) + 1);
		m->end = skip_value(s, size, m->value);
		if (key_end - i == sizeof(id) - 1 &&
		    memcmp(s + i, id, sizeof(id) - 1) == 0)
			return m->end <= size && m->value < m->end;
		i = skip_blank(s, size, m->end);
		if (i < size && s[i] == ',')
			i++;
	}
	return false;
}

const char *
qmp_id_find(const char *text, size_t size, size_t *len)
{
	struct member m;

	if (!find_member(text, size, &m))
		return NULL;
	*len = m.end - m.value;
	return text + m.value;
}

/* s with its bytes from..to replaced by the two pieces a and b. */
static char *
splice(const char *s, size_t size, size_t from, size_t to, const char *a,
    const char *b, size_t b_len, size_t *len)
{
	size_t a_len = strlen(a);
	char *out;

	*len = size - (to - from) + a_len + b_len;
	out = xcalloc(1, *len + 1);
	memcpy(out, s, from);
	memcpy(out + from, a, a_len);
	if (b_len > 0)
		memcpy(out + from + a_len, b, b_len);
	memcpy(out + from + a_len + b_len, s + to, size - to);
	return out;
}

char *
qmp_id_set(const char *text, size_t size, const char *id, size_t id_len,
    size_t *len)
{
	struct member m;
	size_t i;

	if (!find_member(text, size, &m)) {
		if (id == NULL)
			return splice(text, size, 0, 0, "", NULL, 0, len);
		/* Last, where QEMU puts it too. */
		for (i = size - 1; i > 1 && blank(text[i - 1]); i--)
			continue;
		return splice(text, size, i, i,
		    text[i - 1] == '{' ? "\"id\": " : ", \"id\": ", id, id_len,
		    len);
	}
	if (id != NULL)
		return splice(text, size, m.value, m.end, "", id, id_len, len);
	/* With the member goes the comma behind it, else the one before it. */
	i = skip_blank(text, size, m.end);
	if (i < size && text[i] == ',')
		return splice(text, size, m.key, skip_blank(text, size, i + 1),
		    "", NULL, 0, len);
	i = m.key;
	while (i > 1 && (blank(text[i - 1]) || text[i - 1] == ','))
		i--;
	return splice(text, size, i, m.end, "", NULL, 0, len);
}
