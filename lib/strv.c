/* SPDX-License-Identifier: ISC */
/* strv.c - growing NULL-terminated string vectors, and shell quoting */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strv.h"

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (p == NULL)
		abort();
	return p;
}

void *
xrealloc(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (p == NULL)
		abort();
	return p;
}

void *
xgrow(void *p, size_t n, size_t size)
{
	if ((n & (n - 1)) == 0)
		p = xrealloc(p, (n ? 2 * n : 1) * size);
	memset((char *)p + n * size, 0, size);
	return p;
}

char *
xstrdup(const char *s)
{
	size_t size = strlen(s) + 1;

	return memcpy(xcalloc(1, size), s, size);
}

static char *
xvasprintf(const char *fmt, va_list ap)
{
	va_list again;
	char *s;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		abort();
	s = xcalloc(1, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	return s;
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

/* Takes ownership of str. */
static void
append(struct strv *s, char *str)
{
	s->v = xgrow(s->v, s->n + 1, sizeof(*s->v));
	s->v[s->n++] = str;
}

void
strv_add(struct strv *s, const char *str)
{
	append(s, xstrdup(str));
}

void
strv_addf(struct strv *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(s, xvasprintf(fmt, ap));
	va_end(ap);
}

void
strv_free(struct strv *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i]);
	free(s->v);
	*s = (struct strv){ 0 };
}

bool
strv_has(const struct strv *s, const char *str)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i], str) == 0)
			return true;
	return false;
}

char *
strv_join(const struct strv *s, const char *sep, size_t max)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < s->n && i <= max; i++) {
		char *more = xasprintf("%s%s%s", all, i > 0 ? sep : "",
		    i < max ? s->v[i] : "...");

		free(all);
		all = more;
	}
	return all;
}

static int
harmless(const char *w)
{
	return *w != '\0' && w[strspn(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_./:=,+-@%")] == '\0';
}

char *
strv_quote(char *const *v)
{
	size_t size = 1;
	char *out, *o;

	for (size_t i = 0; v != NULL && v[i] != NULL; i++)
		size += 4 * strlen(v[i]) + 3;
	o = out = xcalloc(1, size);
	for (size_t i = 0; v != NULL && v[i] != NULL; i++) {
		if (i > 0)
			*o++ = ' ';
		if (harmless(v[i])) {
			o = stpcpy(o, v[i]);
			continue;
		}
		*o++ = '\'';
		for (const char *p = v[i]; *p != '\0'; p++)
			if (*p == '\'')
				o = stpcpy(o, "'\\''");
			else
				*o++ = *p;
		*o++ = '\'';
	}
	*o = '\0';
	return out;
}

/*
 * Copy one word starting at p to out (big enough for the rest of the text).
 * Returns where it ended, or NULL on an unclosed quote.
 */
static const char *
split_word(const char *p, char *out)
{
	char quote = '\0';

	for (; *p != '\0'; p++) {
		if (quote == '\0' && isspace((unsigned char)*p))
			break;
		if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p;
		} else if (quote != '\0' && *p == quote) {
			quote = '\0';
		} else if (*p == '\\' && quote != '\'' && p[1] != '\0') {
			p++;
			if (*p == '\n')
				continue;
			if (quote == '"' && strchr("\\\"$`", *p) == NULL)
				*out++ = '\\';
			*out++ = *p;
		} else
			*out++ = *p;
	}
	*out = '\0';
	return quote == '\0' ? p : NULL;
}

int
strv_split(struct strv *s, const char *text, struct qerr *e)
{
	const char *p = text;
	char *word = xcalloc(1, strlen(text) + 1);

	for (;;) {
		while (isspace((unsigned char)*p) ||
		    (p[0] == '\\' && p[1] == '\n'))
			p += *p == '\\' ? 2 : 1;
		if (*p == '#') {
			p += strcspn(p, "\n");
			continue;
		}
		if (*p == '\0')
			break;
		p = split_word(p, word);
		if (p == NULL) {
			free(word);
			return qerr_set(e, QERR_INPUT, "unclosed quote");
		}
		strv_add(s, word);
	}
	free(word);
	return 0;
}
