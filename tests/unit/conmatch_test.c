/* SPDX-License-Identifier: ISC */
/* conmatch_test.c - patterns in what a console prints */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conmatch.h"
#include "ready.h"

/* The same answer, however the text is cut into pieces. */
static bool
matches(const char *pattern, const char *text, size_t len)
{
	struct conmatch m;
	bool first = false;

	for (size_t step = 1; step <= len + 1; step += step < 8 ? 1 : len) {
		bool got = false;

		assert_int_equal(conmatch_init(&m, pattern, NULL), 0);
		for (size_t i = 0; i < len; i += step)
			got = conmatch_feed(&m, text + i,
			    len - i < step ? len - i : step);
		conmatch_release(&m);
		if (step == 1)
			first = got;
		assert_int_equal(got, first);
	}
	return first;
}

#define yes(p, t)	assert_true(matches(p, t, sizeof(t) - 1))
#define no(p, t)	assert_false(matches(p, t, sizeof(t) - 1))

static void
plain_text(void **state)
{
	(void)state;
	yes("login:", "Debian 12 router ttyS0\r\n\r\nrouter login: ");
	no("login:", "loading: please wait\n");
	yes("^ready$", "not\r\nready\r\nyet\r\n");
	no("^ready$", "already\r\n");
	yes("a+b|c{3}", "xx ccc");
	no("a.b", "a\nb");
}

static void
login_prompts(void **state)
{
	(void)state;
	yes(READY_LOGIN, "\r\nrouter login: ");
	yes(READY_LOGIN, "\r\nMikroTik Login: ");
	yes(READY_LOGIN, "\r\nlogin:");
	no(READY_LOGIN, "systemd-logind: started\n");
}

static void
what_is_not_seen_does_not_count(void **state)
{
	(void)state;
	yes("login:", "\033[1;32mlog\033[0min\033[K:\033[m ");
	yes("login:", "lo\0g\r\0in\a:");
	yes("^login:", "\033]0;title of login window\007login:");
	yes("^login:", "\033]0;title\033\\login:");
	yes("^login:", "\033(Blogin:");
	no("title", "\033]0;title\007x");
	no("31m", "\033[31m");
	/* A sequence that is broken off hides no more than its line. */
	yes("^login:", "\033]0;never ends\nlogin:");
	yes("^login:", "\033[12\nlogin:");
}

static void
long_output(void **state)
{
	size_t n = 50000;
	char *text = malloc(n + 16);

	(void)state;
	for (size_t i = 0; i < n; i++)
		text[i] = i % 77 == 76 ? '\n' : 'x';
	memcpy(text + n, "\nrouter login: ", 15);
	assert_true(matches("^router login:", text, n + 15));
	/* Early, and long scrolled away by the end. */
	memcpy(text + 500, "\nfind me\n", 9);
	assert_true(matches("^find me$", text, n));
	/* Lines without an end; each piece is a look at the whole window. */
	n = 2 * CONMATCH_WINDOW + 100;
	memset(text, 'x', n);
	memcpy(text + n, "login:", 6);
	assert_true(matches("xlogin:", text, n + 6));
	free(text);
}

/* Across every place where the window may be cut. */
static void
at_every_offset(void **state)
{
	char *text = malloc(3 * CONMATCH_WINDOW);
	struct conmatch m;

	(void)state;
	for (size_t at = CONMATCH_WINDOW - 20; at < 2 * CONMATCH_WINDOW + 20;
	    at += 3) {
		memset(text, '.', 3 * CONMATCH_WINDOW);
		text[at - 1] = '\n';
		memcpy(text + at, "here it is", 10);
		assert_int_equal(conmatch_init(&m, "^here it is", NULL), 0);
		assert_true(conmatch_feed(&m, text, 3 * CONMATCH_WINDOW));
		conmatch_release(&m);
	}
	free(text);
}

static void
across_lines(void **state)
{
	(void)state;
	yes("one\ntwo", "zero\none\ntwo\n");
	yes("done[[:space:]]+login:", "done\n\nlogin:");
	yes("done\\s+login:", "done\n\nlogin:");
	yes("^two$", "one\ntwo\nthree\n");
	/* "$" may match before the line goes on. */
	yes("two$", "one\ntwo");
}

static void
bad_patterns(void **state)
{
	static const char *const bad[] = { "(", "[", "a{2", "*\033(" };
	struct conmatch m;
	struct qerr e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(conmatch_init(&m, bad[i], &e), -1);
		assert_int_equal(e.kind, QERR_INPUT);
		assert_null(strchr(e.msg, '\033'));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_text),
		cmocka_unit_test(login_prompts),
		cmocka_unit_test(what_is_not_seen_does_not_count),
		cmocka_unit_test(long_output),
		cmocka_unit_test(at_every_offset),
		cmocka_unit_test(across_lines),
		cmocka_unit_test(bad_patterns),
	};

	return cmocka_run_group_tests_name("conmatch", tests, NULL, NULL);
}
