/* SPDX-License-Identifier: ISC */
/* table_test.c - aligned columns, and cells that cannot harm a terminal */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "table.h"

static const char *const header[] = { "NAME", "IF", "IP" };

/* What table_write() prints; caller frees. */
static char *
written(const struct table *t, bool with_header)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	table_write(t, f, with_header);
	fclose(f);
	return text;
}

static void
check(const struct table *t, bool with_header, const char *expected)
{
	char *text = written(t, with_header);

	assert_string_equal(text, expected);
	free(text);
}

static void
test_aligned(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, 3, header);
	check(&t, true, "NAME  IF  IP\n");
	check(&t, false, "");
	table_cell(&t, "router/lan");
	table_cell(&t, "tap3");
	table_cell(&t, "10.0.0.1");
	table_cell(&t, "c");
	table_cell(&t, NULL);
	table_cell(&t, "");
	check(&t, true,
	    "NAME        IF    IP\n"
	    "router/lan  tap3  10.0.0.1\n"
	    "c           -     -\n");
	check(&t, false,
	    "router/lan  tap3  10.0.0.1\n"
	    "c           -     -\n");
	table_free(&t);
}

static void
test_header_not_counted_when_not_shown(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, 3, header);
	for (int i = 0; i < 3; i++)
		table_cell(&t, "x");
	check(&t, false, "x  x  x\n");
	table_free(&t);
}

static void
test_unfinished_row(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, 3, header);
	table_cell(&t, "x");
	check(&t, false, "x  -  -\n");
	table_free(&t);
}

static void
test_clean(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "plain text", "plain text" },
		{ "a\tb\nc", "a\\x09b\\x0ac" },
		{ "\x1b[2J\x7f", "\\x1b[2J\\x7f" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xe2\x82\xac \xf0\x9f\x90\xa7",
		    "\xe2\x82\xac \xf0\x9f\x90\xa7" },
		/* C1 controls: 0x9b is an escape sequence on some terminals. */
		{ "\xc2\x9b" "2J", "\\xc2\\x9b2J" },
		{ "\x9b", "\\x9b" },
		/* Overlong, surrogate, beyond the last, cut short. */
		{ "\xc0\x80", "\\xc0\\x80" },
		{ "\xe0\x80\xaf", "\\xe0\\x80\\xaf" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xff\xfe", "\\xff\\xfe" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *s = table_clean(cases[i].in);

		assert_string_equal(s, cases[i].out);
		free(s);
	}
}

static void
test_utf8_counts_characters(void **state)
{
	struct table t;

	(void)state;
	table_init(&t, 3, header);
	table_cell(&t, "gr\xc3\xbc\xc3\x9f");
	table_cell(&t, "a");
	table_cell(&t, "b");
	table_cell(&t, "grins");
	table_cell(&t, "a");
	table_cell(&t, "b");
	check(&t, false, "gr\xc3\xbc\xc3\x9f   a  b\ngrins  a  b\n");
	table_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_header_not_counted_when_not_shown),
		cmocka_unit_test(test_unfinished_row),
		cmocka_unit_test(test_clean),
		cmocka_unit_test(test_utf8_counts_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
