/* SPDX-License-Identifier: ISC */
/* qmp_test.c - QMP's framing, its ids, and the blocking client */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "loop.h"
#include "qmp.h"
#include "qmppeer.h"

/*
 * Feed text in pieces of step bytes.  The result: each object's text in <>,
 * each error as '!'.
 */
static char *
frame(const char *text, size_t len, size_t step, size_t max)
{
	static char out[1024];
	struct qmp_framer f = { .max = max };
	size_t n = 0;

	for (size_t i = 0; i < len; i += step) {
		struct qerr e;
		json_t *j;

		qmp_framer_feed(&f, text + i, len - i < step ? len - i : step);
		while ((j = qmp_framer_next(&f, &e)) != NULL ||
		    e.kind != QERR_NONE) {
			size_t size;
			const char *s;

			if (j == NULL) {
				assert_int_equal(e.kind, QERR_INPUT);
				out[n++] = '!';
				continue;
			}
			s = qmp_framer_text(&f, &size);
			out[n++] = '<';
			memcpy(out + n, s, size);
			n += size;
			out[n++] = '>';
			json_decref(j);
		}
	}
	qmp_framer_free(&f);
	out[n] = '\0';
	return out;
}

static void
objects_are_cut_out(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ " \r\n\t", "" },
		{ "{}", "<{}>" },
		{ "{}{} {}", "<{}><{}><{}>" },
		{ "{\"a\":\n[1,\n{}]}\r\n{}", "<{\"a\":\n[1,\n{}]}><{}>" },
		{ "{\"a\":\"}\\\"{\"}", "<{\"a\":\"}\\\"{\"}>" },
		{ "{\"a\":\"\\\\\"}{}", "<{\"a\":\"\\\\\"}><{}>" },
		{ "{\"a\":\"\\u0000\"}", "<{\"a\":\"\\u0000\"}>" },
		{ "{\"n\":18446744073709551615}",
		    "<{\"n\":18446744073709551615}>" },
		/* Garbage costs its line. */
		{ "hello {}\n{}", "!<{}>" },
		{ "[1]\n{}", "!<{}>" },
		{ "}\n{}", "!<{}>" },
		{ "{]}{}\n{}", "!<{}>" },
		{ "{\"a\":1,}\n{}", "!<{}>" },
		{ "{\"a\":1,\"a\":2}\n{}", "!<{}>" },
		{ "{\"a\":\"x\n{}", "!<{}>" },
		{ "{\"a\":\"\\\n{}", "!<{}>" },
		{ "{\"n\":1e999}\n{}", "!<{}>" },
		{ "\001\377\n{}", "!<{}>" },
		/* Not there yet. */
		{ "{\"a\":", "" },
		{ "{\"a\":\"", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (size_t step = 1; step < 12; step++)
			assert_string_equal(frame(cases[i].in,
			    strlen(cases[i].in), step, 100), cases[i].out);
	/* A raw NUL is as wrong as any. */
	assert_string_equal(frame("{\0}\n{}", 6, 1, 100), "!<{}>");
}

static void
long_messages_are_refused(void **state)
{
	(void)state;
	assert_string_equal(frame("{\"a\":12345}\n{}", 14, 1, 11),
	    "<{\"a\":12345}><{}>");
	assert_string_equal(frame("{\"a\":123456}\n{}", 15, 1, 11), "!<{}>");
	assert_string_equal(frame("{\"a\":123456}\n{}", 15, 15, 11), "!<{}>");
	assert_string_equal(frame("{\"a\":\"..............", 20, 3, 11), "!");
}

/* jansson gives up in good order, and so do we. */
static void
deep_nesting(void **state)
{
	size_t n = 300000;
	char *text = malloc(2 * n + 6);

	(void)state;
	memcpy(text, "{\"a\":", 5);
	memset(text + 5, '[', n);
	memset(text + 5 + n, ']', n);
	text[5 + 2 * n] = '}';
	assert_string_equal(frame(text, 2 * n + 6, 65536, 1 << 20), "!");
	free(text);
}

static void
check_set(const char *in, const char *id, const char *want)
{
	size_t len;
	char *out = qmp_id_set(in, strlen(in), id,
	    id != NULL ? strlen(id) : 0, &len);

	assert_string_equal(out, want);
	assert_int_equal(len, strlen(want));
	free(out);
}

static void
id_is_replaced_and_nothing_else(void **state)
{
	(void)state;
	check_set("{}", "7", "{\"id\": 7}");
	check_set("{ }", "7", "{\"id\": 7 }");
	check_set("{\"execute\":\"x\"}", "7", "{\"execute\":\"x\", \"id\": 7}");
	check_set("{\"id\":\"a\",\"execute\":\"x\"}", "7",
	    "{\"id\":7,\"execute\":\"x\"}");
	check_set("{ \"b\" : 1e-2 , \"id\" : [1, {\"id\":2}] }", "\"q\"",
	    "{ \"b\" : 1e-2 , \"id\" : \"q\" }");
	/* Only the top level's, and only a key. */
	check_set("{\"a\":{\"id\":1}}", "7", "{\"a\":{\"id\":1}, \"id\": 7}");
	check_set("{\"a\":\"id\"}", "7", "{\"a\":\"id\", \"id\": 7}");
	check_set("{\"a\":\"\\\"id\\\":1\"}", "7",
	    "{\"a\":\"\\\"id\\\":1\", \"id\": 7}");
}

static void
id_is_removed(void **state)
{
	(void)state;
	check_set("{\"id\": 5}", NULL, "{}");
	check_set("{\"return\": {}, \"id\": 5}", NULL, "{\"return\": {}}");
	check_set("{\"id\": 5, \"return\": {}}", NULL, "{\"return\": {}}");
	check_set("{\"a\":1,\"id\":null,\"b\":2}", NULL, "{\"a\":1,\"b\":2}");
	check_set("{\"return\": {\"id\": 1}}", NULL,
	    "{\"return\": {\"id\": 1}}");
}

static void
id_is_found(void **state)
{
	static const struct {
		const char *in, *id;
	} cases[] = {
		{ "{\"id\":1}", "1" },
		{ "{\"id\": -1.5e3 }", "-1.5e3" },
		{ "{\"id\":\"a,}\\\"b\",\"x\":1}", "\"a,}\\\"b\"" },
		{ "{\"x\":[{},2],\"id\":{\"a\":[]}}", "{\"a\":[]}" },
		{ "{\"x\":true,\"id\":null}", "null" },
		{ "{}", NULL },
		{ "{\"idx\":1}", NULL },
		{ "{\"x\":{\"id\":1}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = 0;
		const char *s = qmp_id_find(cases[i].in, strlen(cases[i].in),
		    &len);

		if (cases[i].id == NULL) {
			assert_null(s);
			continue;
		}
		assert_int_equal(len, strlen(cases[i].id));
		assert_memory_equal(s, cases[i].id, len);
	}
}

static void
reply_is_found_among_events(void **state)
{
	static const char answer[] =
	    "{\"event\": \"RESUME\"}\n{\"return\": 1, \"id\": \"old\"}\n"
	    "{\"event\": \"STOP\"}\n{\"return\": 42, \"id\": \"qlab-2\"}\n";
	static const char *const script[] = { GREETING, CAPABLE, answer, "",
	    NULL };
	struct qerr e;
	struct qmp *q;
	json_t *j;

	(void)state;
	start_peer(script);
	q = qmp_open(path, 5000, &e);
	assert_non_null(q);
	j = qmp_execute(q, "x", json_pack("{s:i}", "a", 1), 5000, &e);
	assert_int_equal(json_integer_value(j), 42);
	json_decref(j);
	j = qmp_event(q, "STOP", 5000, &e);
	assert_string_equal(json_string_value(json_object_get(j, "event")),
	    "STOP");
	json_decref(j);
	j = qmp_event(q, NULL, 5000, &e);
	assert_string_equal(json_string_value(json_object_get(j, "event")),
	    "RESUME");
	json_decref(j);
	assert_null(qmp_event(q, NULL, 20, &e));
	assert_int_equal(e.kind, QERR_TIMEOUT);
	qmp_close(q);
}

static void
text_passes_unchanged(void **state)
{
	static const char request[] =
	    "{\"id\":[18446744073709551615, \"x\"], \"execute\":\"y\"}";
	static const char *const script[] = { GREETING, CAPABLE,
	    "{\"return\": 18446744073709551615, \"id\": \"qlab-2\"}\n",
	    "", NULL };
	json_t *reply = NULL;
	struct qerr e;
	struct qmp *q;
	size_t len;
	char *out;

	(void)state;
	start_peer(script);
	q = qmp_open(path, 5000, &e);
	assert_non_null(q);
	out = qmp_request_text(q, request, strlen(request), 5000, &len, &reply,
	    &e);
	assert_string_equal(out, "{\"return\": 18446744073709551615, "
	    "\"id\": [18446744073709551615, \"x\"]}");
	assert_non_null(json_object_get(reply, "return"));
	json_decref(reply);
	free(out);
	qmp_close(q);
}

static void
errors_become_errors(void **state)
{
	static const char error[] =
	    "{\"error\": {\"class\": \"GenericError\", \"desc\": "
	    "\"no \\u001b[31m disk\"}, \"id\": \"qlab-2\"}\n";
	static const char *const script[] = { GREETING, CAPABLE, error,
	    "garbage\n", "{\"return\": {}, \"id\": \"qlab-4\"}\n", NULL };
	struct qerr e;
	struct qmp *q;

	(void)state;
	start_peer(script);
	q = qmp_open(path, 5000, &e);
	assert_non_null(q);
	assert_null(qmp_execute(q, "x", NULL, 5000, &e));
	assert_int_equal(e.kind, QERR_FAIL);
	assert_string_equal(e.msg, "GenericError: no ?[31m disk");
	assert_null(qmp_execute(q, "x", NULL, 5000, &e));
	assert_int_equal(e.kind, QERR_FAIL);
	assert_non_null(strstr(e.msg, "malformed JSON"));
	json_decref(qmp_execute(q, "x", NULL, 5000, &e));
	/* The peer has ended. */
	assert_null(qmp_execute(q, "x", NULL, 5000, &e));
	assert_int_equal(e.kind, QERR_FAIL);
	assert_int_equal(e.sys, EPIPE);
	qmp_close(q);
}

static void
silence_is_a_timeout(void **state)
{
	static const char *const script[] = { GREETING, CAPABLE, "", "", NULL };
	int64_t start;
	struct qerr e;
	struct qmp *q;

	(void)state;
	start_peer(script);
	q = qmp_open(path, 5000, &e);
	assert_non_null(q);
	start = loop_now_ms();
	assert_null(qmp_execute(q, "x", NULL, 50, &e));
	assert_int_equal(e.kind, QERR_TIMEOUT);
	assert_in_range(loop_now_ms() - start, 50, 2000);
	qmp_close(q);
}

static void
not_qmp(void **state)
{
	static const char *const script[] = { "{\"hello\": 1}\n", "", NULL };
	char longer[200];
	struct qerr e;

	(void)state;
	start_peer(script);
	assert_null(qmp_open(path, 5000, &e));
	assert_int_equal(e.kind, QERR_FAIL);
	unlink(path);
	assert_null(qmp_open(path, 5000, &e));
	assert_int_equal(e.sys, ENOENT);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(qmp_open(longer, 5000, &e));
	assert_int_equal(e.kind, QERR_INPUT);
}

static void
nobody_accepts(void **state)
{
	struct qerr e;
	int fd = sock_listen(path, &e);
	struct stat st;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_null(qmp_open(path, 50, &e));
	assert_int_equal(e.kind, QERR_TIMEOUT);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		cmocka_unit_test(objects_are_cut_out),
		cmocka_unit_test(long_messages_are_refused),
		cmocka_unit_test(deep_nesting),
		cmocka_unit_test(id_is_replaced_and_nothing_else),
		cmocka_unit_test(id_is_removed),
		cmocka_unit_test(id_is_found),
		T(reply_is_found_among_events),
		T(text_passes_unchanged),
		T(errors_become_errors),
		T(silence_is_a_timeout),
		T(not_qmp),
		T(nobody_accepts),
	};

	return cmocka_run_group_tests_name("qmp", tests, NULL, NULL);
}
