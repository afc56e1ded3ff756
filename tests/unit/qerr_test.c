/* SPDX-License-Identifier: ISC */
/* qerr_test.c - the error record */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "qerr.h"

static void
set(void **state)
{
	struct qerr e = { .sys = 5 };

	(void)state;
	assert_int_equal(qerr_set(&e, QERR_NOTFOUND, "no VM '%s'", "x"), -1);
	assert_int_equal(e.kind, QERR_NOTFOUND);
	assert_int_equal(e.sys, 0);
	assert_string_equal(e.msg, "no VM 'x'");
	assert_int_equal(qerr_set(NULL, QERR_FAIL, "unheard"), -1);
}

static void
from_errno(void **state)
{
	struct qerr e;

	(void)state;
	errno = ENOENT;
	assert_int_equal(qerr_sys(&e, "cannot open '%s'", "x"), -1);
	assert_int_equal(e.kind, QERR_FAIL);
	assert_int_equal(e.sys, ENOENT);
	assert_string_equal(e.msg,
	    "cannot open 'x': No such file or directory");
	assert_int_equal(errno, ENOENT);
	errno = EACCES;
	qerr_sys(&e, "x");
	assert_int_equal(e.kind, QERR_PERM);
	errno = EPERM;
	qerr_sys(&e, "x");
	assert_int_equal(e.kind, QERR_PERM);
	assert_int_equal(qerr_sys(NULL, "unheard"), -1);
}

static void
prefixed(void **state)
{
	struct qerr e;

	(void)state;
	qerr_set(&e, QERR_TIMEOUT, "no answer");
	assert_int_equal(qerr_prefix(&e, "VM '%s'", "r"), -1);
	assert_int_equal(e.kind, QERR_TIMEOUT);
	assert_string_equal(e.msg, "VM 'r': no answer");
	assert_int_equal(qerr_prefix(NULL, "unheard"), -1);
}

/* Too long is cut, never written past the end. */
static void
long_messages(void **state)
{
	char text[3000];
	struct qerr e;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	qerr_set(&e, QERR_FAIL, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	errno = ENOENT;
	qerr_sys(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	qerr_prefix(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	qerr_set(&e, QERR_FAIL, "short");
	qerr_prefix(&e, "%s", text);
	assert_int_equal(strlen(e.msg), sizeof(e.msg) - 1);
	assert_int_equal(e.msg[0], 'x');
}

/* They are the tools' exit statuses. */
static void
kinds(void **state)
{
	(void)state;
	assert_int_equal(QERR_NONE, 0);
	assert_int_equal(QERR_NO, 1);
	assert_int_equal(QERR_INPUT, 2);
	assert_int_equal(QERR_NOTFOUND, 3);
	assert_int_equal(QERR_PERM, 4);
	assert_int_equal(QERR_FAIL, 5);
	assert_int_equal(QERR_TIMEOUT, 124);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set),
		cmocka_unit_test(from_errno),
		cmocka_unit_test(prefixed),
		cmocka_unit_test(long_messages),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests_name("qerr", tests, NULL, NULL);
}
