/* SPDX-License-Identifier: ISC */
/* strv_test.c - string vectors, shell quoting and splitting */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "strv.h"

static void
growing(void **state)
{
	struct strv s = { 0 };
	char *joined;

	(void)state;
	strv_add(&s, "a");
	assert_null(s.v[1]);
	strv_addf(&s, "%s-%d", "b", 7);
	strv_add(&s, "");
	assert_int_equal(s.n, 3);
	assert_string_equal(s.v[0], "a");
	assert_string_equal(s.v[1], "b-7");
	assert_string_equal(s.v[2], "");
	assert_null(s.v[3]);
	assert_true(strv_has(&s, "b-7"));
	assert_true(strv_has(&s, ""));
	assert_false(strv_has(&s, "b"));
	joined = strv_join(&s, ", ", 3);
	assert_string_equal(joined, "a, b-7, ");
	free(joined);
	joined = strv_join(&s, ", ", 2);
	assert_string_equal(joined, "a, b-7, ...");
	free(joined);
	strv_free(&s);
	assert_null(s.v);
	assert_int_equal(s.n, 0);
	assert_false(strv_has(&s, "a"));
	strv_free(&s);
}

static void
quoting(void **state)
{
	char *words[] = { (char[]){ "qemu" }, (char[]){ "-drive" },
		(char[]){ "file=a.img,if=none" }, (char[]){ "" },
		(char[]){ "a b" }, (char[]){ "it's" }, (char[]){ "$HOME" },
		(char[]){ "~" }, (char[]){ "#x" }, (char[]){ "a\nb" },
		(char[]){ "*" }, (char[]){ "a;b" }, (char[]){ "\xc3\xbc" },
		NULL };
	char *line = strv_quote(words);

	(void)state;
	assert_string_equal(line, "qemu -drive file=a.img,if=none '' 'a b' "
	    "'it'\\''s' '$HOME' '~' '#x' 'a\nb' '*' 'a;b' '\xc3\xbc'");
	free(line);
	line = strv_quote(NULL);
	assert_string_equal(line, "");
	free(line);
}

static void
splitting(void **state)
{
	static const struct {
		const char *text;
		const char *words[6];
	} c[] = {
		{ "", { NULL } },
		{ "  \t\n ", { NULL } },
		{ "a", { "a" } },
		{ " a  b\tc\nd ", { "a", "b", "c", "d" } },
		{ "'a b' \"c d\"", { "a b", "c d" } },
		{ "a'b'\"c\"d", { "abcd" } },
		{ "'' \"\" a''", { "", "", "a" } },
		{ "a\\ b \\'c", { "a b", "'c" } },
		{ "\"a\\\"b\\\\c\\$d\\e\"", { "a\"b\\c$d\\e" } },
		{ "'a\\b'", { "a\\b" } },
		{ "'\"' \"'\"", { "\"", "'" } },
		{ "a \\\n b", { "a", "b" } },
		{ "a\\\nb", { "ab" } },
		{ "\"a\\\nb\"", { "ab" } },
		{ "a # b c\nd", { "a", "d" } },
		{ "a#b", { "a#b" } },
		{ "#", { NULL } },
		{ "a\\", { "a\\" } },
		{ "$x `y` >z", { "$x", "`y`", ">z" } },
		{ "\"a\nb\"", { "a\nb" } },
	};
	static const char *const unclosed[] = { "'", "\"", "a 'b", "\"a\\\"",
		"'a\\'b'" };

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct strv s = { 0 };
		struct qerr e;
		size_t n = 0;

		while (c[i].words[n] != NULL)
			n++;
		assert_int_equal(strv_split(&s, c[i].text, &e), 0);
		if (s.n != n)
			fail_msg("%zu words, not %zu: %s", s.n, n, c[i].text);
		for (size_t j = 0; j < n; j++)
			assert_string_equal(s.v[j], c[i].words[j]);
		strv_free(&s);
	}
	for (size_t i = 0; i < sizeof(unclosed) / sizeof(*unclosed); i++) {
		struct strv s = { 0 };
		struct qerr e;

		if (strv_split(&s, unclosed[i], &e) != -1)
			fail_msg("taken: %s", unclosed[i]);
		assert_int_equal(e.kind, QERR_INPUT);
		strv_free(&s);
	}
}

/* A fixed sequence (xorshift), so that a failure comes again. */
static uint32_t
next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Whatever is quoted splits into itself. */
static void
there_and_back(void **state)
{
	static const char chars[] = "ab '\"\\$#\n\t`;=~*\xc3\x01";
	uint32_t x = 2463534242;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct strv words = { 0 }, back = { 0 };
		size_t n = next(&x) % 5;
		struct qerr e;
		char *line;

		for (size_t i = 0; i < n; i++) {
			size_t len = next(&x) % 7;
			char word[8] = "";

			for (size_t j = 0; j < len; j++)
				word[j] = chars[next(&x) %
				    (sizeof(chars) - 1)];
			strv_add(&words, word);
		}
		line = strv_quote(words.v);
		assert_int_equal(strv_split(&back, line, &e), 0);
		assert_int_equal(back.n, words.n);
		for (size_t i = 0; i < words.n; i++)
			assert_string_equal(back.v[i], words.v[i]);
		free(line);
		strv_free(&words);
		strv_free(&back);
	}
}

/* A real shell understands the quoting too. */
static void
a_shell_agrees(void **state)
{
	static const char want[] = "<a b><it's><$HOME><`x`><\\><*><><\"><#>";
	char *words[] = { (char[]){ "printf" }, (char[]){ "<%s>" },
		(char[]){ "a b" }, (char[]){ "it's" }, (char[]){ "$HOME" },
		(char[]){ "`x`" }, (char[]){ "\\" }, (char[]){ "*" },
		(char[]){ "" }, (char[]){ "\"" }, (char[]){ "#" }, NULL };
	char *line = strv_quote(words);
	char got[128];
	size_t n;
	FILE *p;

	(void)state;
	p = popen(line, "r");	/* NOLINT: what is tested is the shell */
	assert_non_null(p);
	n = fread(got, 1, sizeof(got) - 1, p);
	got[n] = '\0';
	assert_int_equal(pclose(p), 0);
	assert_string_equal(got, want);
	free(line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(growing),
		cmocka_unit_test(quoting),
		cmocka_unit_test(splitting),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(a_shell_agrees),
	};

	return cmocka_run_group_tests_name("strv", tests, NULL, NULL);
}
