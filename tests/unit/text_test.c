/* SPDX-License-Identifier: ISC */
/* text_test.c - is text from outside clean, and how it is shown */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "text.h"

static void
clean(void **state)
{
	static const struct {
		const char *text;
		size_t len, ok, ok_lines;
	} c[] = {
		{ "", 0, 0, 0 },
		{ "abc ~", 5, 5, 5 },
		{ "a\nb\tc\r\n", 7, 1, 7 },
		{ "a\rb", 3, 1, 1 },
		{ "a\r", 2, 1, 1 },
		{ "a\0b", 3, 1, 1 },
		{ "\x1b[2J", 4, 0, 0 },
		{ "a\x7f", 2, 1, 1 },
		{ "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 9, 9, 9 },
		{ "\xc2\x80", 2, 0, 0 },		/* C1 */
		{ "\xc2\x9f", 2, 0, 0 },
		{ "\xc2\xa0", 2, 2, 2 },
		{ "\xc0\xaf", 2, 0, 0 },		/* overlong */
		{ "\xe0\x80\xaf", 3, 0, 0 },
		{ "\xf0\x80\x80\xaf", 4, 0, 0 },
		{ "\xed\xa0\x80", 3, 0, 0 },		/* surrogate */
		{ "\xed\x9f\xbf", 3, 3, 3 },
		{ "\xf4\x90\x80\x80", 4, 0, 0 },	/* above U+10FFFF */
		{ "\xf5\x80\x80\x80", 4, 0, 0 },
		{ "\xff", 1, 0, 0 },
		{ "a\xc3", 2, 1, 1 },			/* cut off */
		{ "a\xe2\x82", 3, 1, 1 },
		{ "\xe2\x82\x28", 3, 0, 0 },
		{ "\xe2\x80\xa8", 3, 0, 0 },		/* line separator */
		{ "\xe2\x80\xae", 3, 0, 0 },		/* right to left */
		{ "\xe2\x81\xa6", 3, 0, 0 },
		{ "\xef\xbb\xbf", 3, 0, 0 },		/* BOM */
		{ "\xef\xbf\xbf", 3, 0, 0 },		/* U+FFFF */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		if (text_clean(c[i].text, c[i].len, false) != c[i].ok)
			fail_msg("case %zu", i);
		if (text_clean(c[i].text, c[i].len, true) != c[i].ok_lines)
			fail_msg("case %zu, lines", i);
	}
}

static void
characters(void **state)
{
	char buf[TEXT_CHARSZ];

	(void)state;
	assert_string_equal(text_char("\0", 1, buf), "NUL byte");
	assert_string_equal(text_char("\n", 1, buf), "line break");
	assert_string_equal(text_char("\t", 1, buf), "tab");
	assert_string_equal(text_char("\x1b", 1, buf),
	    "control character U+001B");
	assert_string_equal(text_char("\xe2\x80\xae", 3, buf),
	    "character U+202E");
	assert_string_equal(text_char("\xfe", 1, buf),
	    "invalid UTF-8 byte 0xfe");
	assert_string_equal(text_char("\xe2\x80\xae", 2, buf),
	    "invalid UTF-8 byte 0xe2");
}

static void
shown(void **state)
{
	char buf[TEXT_SHOWSZ], longest[400];

	(void)state;
	assert_string_equal(text_show("", buf), "''");
	assert_string_equal(text_show("a 'b' \xc3\xbc", buf),
	    "'a 'b' \xc3\xbc'");
	assert_string_equal(text_show("\x1b[2J\n\xff", buf),
	    "'\\x1b[2J\\x0a\\xff'");
	assert_string_equal(text_show("\xe2\x80\xae", buf),
	    "'\\xe2\\x80\\xae'");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	text_show(longest, buf);
	assert_true(strlen(buf) < TEXT_SHOWSZ);
	assert_true(strlen(buf) > TEXT_SHOWSZ - 8);
	assert_string_equal(buf + strlen(buf) - 5, "x...'");
	/* Neither an escape nor a character is cut in two. */
	for (size_t i = 0; i < 8; i++) {
		memset(longest, 'x', i);
		memset(longest + i, '\x01', sizeof(longest) - 1 - i);
		text_show(longest, buf);
		assert_string_equal(buf + strlen(buf) - 8, "\\x01...'");
		for (size_t j = i; j + 1 < sizeof(longest); j += 2)
			memcpy(longest + j, "\xc3\xbc", 2);
		longest[sizeof(longest) - 1] = '\0';
		text_show(longest, buf);
		assert_int_equal(text_clean(buf, strlen(buf), false),
		    strlen(buf));
	}
}

static void
one_character(void **state)
{
	static const struct {
		uint32_t cp;
		const char *utf8;
	} rows[] = {
		{ 'a', "a" }, { 0x7f, "\x7f" }, { 0x80, "\xc2\x80" },
		{ 0x7ff, "\xdf\xbf" }, { 0x800, "\xe0\xa0\x80" },
		{ 0xfffd, "\xef\xbf\xbd" }, { 0x10000, "\xf0\x90\x80\x80" },
		{ 0x10ffff, "\xf4\x8f\xbf\xbf" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char buf[8] = "";

		assert_ptr_equal(text_put(buf, rows[i].cp),
		    buf + strlen(rows[i].utf8));
		assert_string_equal(buf, rows[i].utf8);
	}
}

static void
hexadecimal(void **state)
{
	static const char digits[] = "0123456789abcdef", large[] = "ABCDEF",
	    others[] = "/:@G`g\x10\x19\xb0\xe1";

	(void)state;
	for (int i = 0; i < 16; i++)
		assert_int_equal(text_hex(digits[i]), i);
	for (int i = 0; i < 6; i++)
		assert_int_equal(text_hex(large[i]), 10 + i);
	for (size_t i = 0; i < sizeof(others); i++)	/* and NUL */
		assert_int_equal(text_hex(others[i]), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_character),
		cmocka_unit_test(hexadecimal),
		cmocka_unit_test(clean),
		cmocka_unit_test(characters),
		cmocka_unit_test(shown),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
