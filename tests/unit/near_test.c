/* SPDX-License-Identifier: ISC */
/* near_test.c - which names are near to a wrong one, in which order */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"

static char *const names[] = { (char *)"router", (char *)"client",
	(char *)"client2", (char *)"lan", (char *)"wan", (char *)"alpine",
	(char *)"alpine-install", (char *)"net:lan", (char *)"wan" };

static const struct {
	const char *word, *near;	/* NULL: none */
} cases[] = {
	{ "routre", "router" },			/* swapped */
	{ "ruter", "router" },			/* one left out */
	{ "rooouter", "router" },		/* two too many of eight */
	{ "Router", "router" },
	{ "client", "client client2" },		/* itself first */
	{ "clint2", "client2 client" },		/* nearest first */
	{ "alp", "alpine alpine-install" },	/* begins with it */
	{ "an", "lan wan" },
	{ "l", "lan" },
	{ "xyz", NULL },
	{ "firewall", NULL },
	{ "", NULL },
};

static void
words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *got = near_names(cases[i].word, names,
		    sizeof(names) / sizeof(*names));

		if ((got == NULL) != (cases[i].near == NULL) ||
		    (got != NULL && strcmp(got, cases[i].near) != 0))
			fail_msg("'%s': '%s', not '%s'", cases[i].word,
			    got != NULL ? got : "", cases[i].near != NULL ?
			    cases[i].near : "");
		free(got);
	}
}

static void
three_at_most(void **state)
{
	char *const many[] = { (char *)"vm1", (char *)"vm2", (char *)"vm3",
	    (char *)"vm4" };
	char *got = near_names("vm", many, 4);

	(void)state;
	assert_string_equal(got, "vm1 vm2 vm3");
	free(got);
	assert_null(near_names("vm", NULL, 0));
}

static void
endless_words(void **state)
{
	char word[4096];
	char *const one[] = { word };
	char *got;

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	got = near_names("xxxx", one, 1);
	assert_string_equal(got, word);		/* begins with it */
	free(got);
	assert_null(near_names(word, names, 8));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(three_at_most),
		cmocka_unit_test(endless_words),
	};

	return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
