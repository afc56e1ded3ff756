/* SPDX-License-Identifier: ISC */
/* logstring_test.c - strings of JSON: their ends and escapes */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logstring.h"
#include "strv.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* A copy of its own size, so that a byte too many is seen. */
static enum walk
walk(const char *text, size_t len, char **copy, struct slice *s, bool *esc)
{
	char *p = *copy = xcalloc(len, 1);
	enum walk w;

	memcpy(p, text, len);
	w = logstring_walk(&p, *copy + len, s, esc);
	if (w != WALK_OK)
		assert_ptr_equal(p, *copy);
	else
		assert_ptr_equal(p, s->s + s->len + 1);
	return w;
}

static void
good(const char *text, const char *value, size_t len)
{
	size_t n = strlen(text);
	struct slice s;
	char *copy;
	bool esc;

	assert_int_equal(walk(text, n, &copy, &s, &esc), WALK_OK);
	assert_int_equal(esc, memchr(s.s, '\\', s.len) != NULL);
	if (esc)
		logstring_unescape(&s);
	assert_int_equal(s.len, len);
	assert_memory_equal(s.s, value, len);
	free(copy);
	/* What is cut anywhere may go on. */
	for (size_t i = 1; i < n; i++) {
		assert_int_equal(walk(text, i, &copy, &s, &esc), WALK_MORE);
		free(copy);
	}
}

static void
values(void **state)
{
	(void)state;
	good("\"\"", "", 0);
	good("\"a\"", "a", 1);
	good("\"0123456789abcdef\"", "0123456789abcdef", 16);
	good("\"\xc3\xa4\xff\x7f\"", "\xc3\xa4\xff\x7f", 4);
	good("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
	good("\"a\\nbcdefghijklm\\\\\"", "a\nbcdefghijklm\\", 15);
	good("\"\\u0041\\u00e4\\u20AC\\u0000\"", "A\xc3\xa4\xe2\x82\xac\0", 7);
}

/* Two are one character, and half of one is none. */
static void
surrogates(void **state)
{
	(void)state;
	good("\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 4);
	good("\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf", 4);
	good("\"\\ud83d\"", "\xef\xbf\xbd", 3);
	good("\"\\ude00x\"", "\xef\xbf\xbdx", 4);
	good("\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A", 4);
	good("\"\\ud83d\\n12345\"", "\xef\xbf\xbd\n12345", 9);
}

/* Bad from this byte on, whether more is there or not; before it may go on. */
static void
bad(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} rows[] = {
		{ "\"a\nb\"", 3 }, { "\"01234567\x1f\"", 10 },
		{ "\"\\a\"", 3 }, { "\"\\x41\"", 3 }, { "\"\\u00g0\"", 6 },
		{ "\"\\u\"000\"", 4 }, { "\"\\\n\"", 3 },
	};
	struct slice s;
	char *copy;
	bool esc;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		for (size_t n = 1; n <= strlen(rows[i].text); n++) {
			assert_int_equal(walk(rows[i].text, n, &copy, &s, &esc),
			    n < rows[i].at ? WALK_MORE : WALK_BAD);
			free(copy);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(surrogates),
		cmocka_unit_test(bad),
	};

	return cmocka_run_group_tests_name("logstring", tests, NULL, NULL);
}
