/* SPDX-License-Identifier: ISC */
/* stamper_test.c - lines of a service, each with its time */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "stamper.h"

static char path[] = "/tmp/qlab-stamper.XXXXXX";
static FILE *log_file;

static void
say(struct stamper *s, const char *text)
{
	assert_int_equal(write(s->in, text, strlen(text)),
	    (ssize_t)strlen(text));
	stamper_run(s);
}

/* The next line of the log: what stands behind a time, or NULL. */
static char *
next_line(void)
{
	static char line[8192];

	clearerr(log_file);
	if (fgets(line, sizeof(line), log_file) == NULL)
		return NULL;
	assert_int_equal(strcspn(line, " "), 32);
	assert_int_equal(line[4], '-');
	assert_int_equal(line[10], 'T');
	assert_int_equal(line[19], '.');
	return line + 33;
}

static void
lines(void **state)
{
	struct stamper *s = *state;

	say(s, "dnsmasq[1]: started\n");
	assert_string_equal(next_line(), "dnsmasq[1]: started\n");
	assert_null(next_line());
	say(s, "dnsmasq[1]: in ");
	assert_null(next_line());
	say(s, "pieces\n\nand two more\nnot yet");
	assert_string_equal(next_line(), "dnsmasq[1]: in pieces\n");
	assert_string_equal(next_line(), "\n");
	assert_string_equal(next_line(), "and two more\n");
	assert_null(next_line());
	say(s, "\n");
	assert_string_equal(next_line(), "not yet\n");
	stamper_run(s);		/* does not wait */
	assert_null(next_line());
}

/* Without an end: cut up, nothing lost. */
static void
endless(void **state)
{
	struct stamper *s = *state;
	char text[5001];
	const char *got;

	memset(text, 'x', 5000);
	text[5000] = '\0';
	say(s, text);
	got = next_line();
	assert_non_null(got);
	assert_int_equal(strlen(got), sizeof(s->buf) + 1);
	say(s, "y\n");
	got = next_line();
	assert_non_null(got);
	assert_int_equal(strlen(got), 5000 - sizeof(s->buf) + 2);
	assert_null(next_line());
}

static int
set_up(void **state)
{
	static struct stamper s;
	int fd = mkstemp(path);

	if (fd == -1 || stamper_open(&s, path, NULL) == -1)
		return -1;
	log_file = fdopen(fd, "r");
	*state = &s;
	return log_file == NULL;
}

static int
tear_down(void **state)
{
	stamper_close(*state);
	fclose(log_file);
	return unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(endless),
	};

	return cmocka_run_group_tests_name("stamper", tests, set_up,
	    tear_down);
}
