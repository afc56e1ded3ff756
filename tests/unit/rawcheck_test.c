/* SPDX-License-Identifier: ISC */
/* rawcheck_test.c - QEMU command lines found in scripts */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rawcheck.h"

/* A command with one mistake that is known without looking at this machine. */
#define BAD	"qemu-system-x86_64 -netdev user,id=a -device e1000,netdev=b"
#define SAYS	"'b'"
#define GOOD	"qemu-system-x86_64 -nodefaults -m 64"

static const struct {
	const char *text;
	size_t commands;
	int line;		/* of the finding that says SAYS; 0: none */
} scripts[] = {
	{ "", 0, 0 },
	{ "\n\n", 0, 0 },
	{ "echo hello\nls -l\n", 0, 0 },
	{ "# " BAD "\n", 0, 0 },
	{ GOOD, 1, 0 },
	{ BAD "\n", 1, 1 },
	{ BAD, 1, 1 },
	{ "#!/bin/sh\n\nset -e\n" BAD "\n", 1, 4 },
	{ GOOD "\n" BAD "\n", 2, 2 },
	/* Continued lines: where the command begins. */
	{ "x=1\nqemu-system-x86_64 \\\n  -netdev user,id=a \\\n\t-device "
	    "e1000,netdev=b\n", 1, 2 },
	{ "qemu-system-x86_64 -m 64 \\\n  -nodefaults\n" BAD "\n", 2, 3 },
	/* A backslash that is itself escaped continues nothing. */
	{ "echo a\\\\\n" BAD "\n", 1, 2 },
	/* Quotes over several lines belong together. */
	{ GOOD " -name 'a\nb'\n" BAD "\n", 2, 3 },
	{ GOOD " -append \"a\nb\nc\"\n", 1, 0 },
	/* Behind other programs, before other commands. */
	{ "sudo -E env A=b " BAD "\n", 1, 1 },
	{ "exec /usr/local/bin/" BAD " &\n", 1, 1 },
	{ GOOD " -device e1000,netdev=z 2>/dev/null\n", 1, 0 },
	{ GOOD " && echo -device e1000,netdev=b\n", 1, 0 },
	{ GOOD " > log -device e1000,netdev=b\n", 1, 0 },
	{ GOOD " | tee -device\n", 1, 0 },
	/* Not QEMU's system emulators. */
	{ "qemu-img create x 1G\n", 0, 0 },
	{ "qemu-x86_64 ./prog\n", 0, 0 },
	/* Windows' line ends. */
	{ GOOD "\r\n" BAD "\r\n", 2, 2 },
};

static bool
has(const struct findings *f, const char *says, int *line)
{
	for (size_t i = 0; i < f->n; i++)
		if (strstr(f->f[i].text, says) != NULL) {
			*line = f->f[i].line;
			return true;
		}
	return false;
}

static void
texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scripts) / sizeof(*scripts); i++) {
		struct findings f = { 0 };
		size_t n = rawcheck_text(scripts[i].text, &f);
		int line = 0;

		if (n != scripts[i].commands)
			fail_msg("%zu, not %zu commands in:\n%s", n,
			    scripts[i].commands, scripts[i].text);
		if (has(&f, SAYS, &line) != (scripts[i].line != 0) ||
		    line != scripts[i].line)
			fail_msg("line %d, not %d in:\n%s", line,
			    scripts[i].line, scripts[i].text);
		findings_free(&f);
	}
}

static void
unclosed(void **state)
{
	struct findings f = { 0 };
	int line;

	(void)state;
	assert_int_equal(rawcheck_text("\n" GOOD " -name 'x\n", &f), 1);
	assert_true(has(&f, "unclosed quote", &line));
	assert_int_equal(line, 2);
	assert_int_equal(findings_errors(&f), 1);
	findings_free(&f);
	/* What is no shell text at all ends, too. */
	memset(&f, 0, sizeof(f));
	assert_int_equal(rawcheck_text("it's\nfine\n", &f), 0);
	assert_int_equal(rawcheck_text("\\\n\\\n\\", &f), 0);
	assert_int_equal(rawcheck_text("\\", &f), 0);
	findings_free(&f);
}

static void
one_command(void **state)
{
	static const char *const words[] = { "qemu-system-x86_64", "-netdev",
	    "user,id=a", "-device", "e1000,netdev=b", NULL };
	static const char *const none[] = { "ls", "-l", NULL };
	static const char *const mac[] = { "qemu-system-x86_64", "-nic",
	    "vmnet-shared,start-address=8.8.8.1,end-address=8.8.8.9,"
	    "subnet-mask=255.255.255.0", NULL };
	struct findings f = { 0 };
	int line = 0;

	(void)state;
	rawcheck_argv((char *const *)words, &f);
	assert_true(has(&f, SAYS, &line));
	assert_string_equal(words[line], "e1000,netdev=b");
	findings_free(&f);
	memset(&f, 0, sizeof(f));
	rawcheck_argv((char *const *)none, &f);
	assert_int_equal(findings_errors(&f), 1);
	findings_free(&f);
	/* Meant for a Mac: what vmnet wants. */
	memset(&f, 0, sizeof(f));
	rawcheck_argv((char *const *)mac, &f);
	assert_true(has(&f, "which vmnet wants", &line));
	findings_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(unclosed),
		cmocka_unit_test(one_command),
	};

	return cmocka_run_group_tests_name("rawcheck", tests, NULL, NULL);
}
