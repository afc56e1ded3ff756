/* SPDX-License-Identifier: ISC */
/* predicate_test.c - the subset of NSPredicate: read, applied, written back */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "predicate.h"
#include "strv.h"

/* A record like those of macOS' daemon. */
static struct logrec
record(void)
{
	struct logrec r;

	logrec_clear(&r);
	r.level = LOGREC_DEBUG;
	r.type = SLICE("logEvent");
	r.process = SLICE("InternetSharing");
	r.subsystem = SLICE("com.apple.NetworkSharing");
	r.category = SLICE("daemon");
	r.message = SLICE("mis_network_start: network <private> has been "
	    "started, he said \"caf\xc3\xa9\"");
	r.pid = 38322;
	return r;
}

static const struct {
	const char *text;
	bool wanted;
} matches[] = {
	{ "subsystem == \"com.apple.NetworkSharing\"", true },
	{ "subsystem = 'com.apple.NetworkSharing'", true },
	{ "subsystem == \"com.apple.networksharing\"", false },
	{ "subsystem ==[c] \"com.apple.networksharing\"", true },
	{ "subsystem != \"com.apple.NetworkSharing\"", false },
	{ "subsystem <> 'com.apple.NetworkSharin'", true },
	{ "process BEGINSWITH \"Internet\"", true },
	{ "process BEGINSWITH \"internet\"", false },
	{ "process beginswith[c] \"INTERNET\"", true },
	{ "process ENDSWITH \"Sharing\"", true },
	{ "process ENDSWITH \"sharing\"", false },
	{ "process ENDSWITH[c] \"sharING\"", true },
	{ "process ENDSWITH \"xInternetSharing\"", false },	/* longer */
	{ "eventMessage CONTAINS \"has been\"", true },
	{ "eventMessage CONTAINS \"Has Been\"", false },
	{ "eventMessage CONTAINS[c] \"HAS BEEN STARTED\"", true },
	{ "eventMessage CONTAINS[C] \"has been stopped\"", false },
	{ "eventMessage CONTAINS \"\"", true },
	{ "eventMessage CONTAINS 'said \"caf'", true },
	{ "eventMessage CONTAINS \"said \\\"caf\\u00e9\\\"\"", true },
	{ "eventMessage ENDSWITH \"caf\xc3\xa9\\\"\"", true },
	{ "processID == 38322", true },
	{ "processID != 38322", false },
	{ "processID == 3832", false },
	{ "messageType == debug", true },
	{ "messageType == \"Debug\"", true },
	{ "messageType == error", false },
	{ "messageType != default", true },
	{ "eventType == logEvent", true },
	{ "eventType == activityCreateEvent", false },
	{ "sender == \"\"", true },		/* it has none */
	{ "sender != \"vmnet\"", true },
	{ "sender CONTAINS \"vm\"", false },
	{ "TRUEPREDICATE", true },
	{ "falsepredicate", false },
	/* NOT before AND before OR. */
	{ "process == 'x' AND process == 'x' OR category == 'daemon'", true },
	{ "process == 'x' AND (process == 'x' OR category == 'daemon')",
	    false },
	{ "category == 'daemon' OR process == 'x' AND process == 'x'", true },
	{ "NOT process == 'x' AND category == 'daemon'", true },
	{ "NOT (process == 'x' OR category == 'daemon')", false },
	{ "NOT process == 'x' OR category == 'daemon'", true },
	{ "!process == 'x'", true },
	{ "NOT NOT category == 'daemon'", true },
	{ "category=='daemon'&&!(process=='x'||process=='y')", true },
	{ "\tcategory\n==\r'daemon' and not process == 'x' ", true },
};

static void
matching(void **state)
{
	struct logrec r = record();

	(void)state;
	for (size_t i = 0; i < sizeof(matches) / sizeof(*matches); i++) {
		struct qerr e = { 0 };
		struct predicate *p = predicate_parse(matches[i].text, NULL,
		    &e);

		if (p == NULL)
			fail_msg("%s: %s", matches[i].text, e.msg);
		if (predicate_match(p, &r) != matches[i].wanted)
			fail_msg("%s: not %d", matches[i].text,
			    matches[i].wanted);
		predicate_free(p);
	}
	assert_true(predicate_match(NULL, &r));
}

static const struct {
	const char *text, *back;
} texts[] = {
	{ "subsystem='a'", "subsystem == \"a\"" },
	{ "process <> 'it\\'s \"x\\\\y\"'",
	    "process != \"it's \\\"x\\\\y\\\"\"" },
	{ "eventMessage contains[C] 'TAP\\t\\u001b'",
	    "eventMessage CONTAINS[c] \"tap\\t\\u001b\"" },
	{ "processID = 12 && messageType == 'ERROR'",
	    "processID == 12 AND messageType == error" },
	{ "eventType == 'logEvent'", "eventType == logEvent" },
	{ "(((process == 'a')))", "process == \"a\"" },
	{ "(process == 'a' AND process == 'b') OR process == 'c'",
	    "process == \"a\" AND process == \"b\" OR process == \"c\"" },
	{ "(process == 'a' OR process == 'b') AND process == 'c'",
	    "(process == \"a\" OR process == \"b\") AND process == \"c\"" },
	{ "not(process == 'a' and process == 'b')",
	    "NOT (process == \"a\" AND process == \"b\")" },
	{ "(!process == 'a') && process == 'b'",
	    "NOT process == \"a\" AND process == \"b\"" },
	{ "!(!truepredicate)", "NOT NOT TRUEPREDICATE" },
	{ "process == '\\ud83d\\ude00\xc3\xa9'",
	    "process == \"\xf0\x9f\x98\x80\xc3\xa9\"" },
};

static void
writing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct qerr e = { 0 };
		struct predicate *p = predicate_parse(texts[i].text, NULL, &e);
		char *back;

		if (p == NULL)
			fail_msg("%s: %s", texts[i].text, e.msg);
		back = predicate_text(p);
		assert_string_equal(back, texts[i].back);
		free(back);
		predicate_free(p);
	}
}

static const struct {
	const char *text;
	bool beyond;
	const char *error;
} wrong[] = {
	/* No predicates at all. */
	{ "", false, "column 1: a field (subsystem, process, ...) expected, "
	    "not the end" },
	{ "process == ", false, "column 12: text in quotes expected, not the "
	    "end" },
	{ "process == \"x", false, "column 12: quote is not closed" },
	{ "process == 'x' AND", false, "column 19: a field (subsystem, "
	    "process, ...) expected, not the end" },
	{ "(process == 'x'", false, "column 16: ')' expected, not the end" },
	{ "process == 'x')", false, "column 15: AND, OR or the end expected, "
	    "not ')'" },
	{ "process == 'x' process", false, "column 16: AND, OR or the end "
	    "expected, not 'process'" },
	{ "process 'x'", false, "column 9: == != CONTAINS BEGINSWITH or "
	    "ENDSWITH expected, not ''x''" },
	{ "process == '\\u12'", false, "column 13: '\\u' wants four "
	    "hexadecimal digits" },
	{ "process == '\\udc00'", false, "column 13: half a character" },
	{ "()", false, "column 2: a field (subsystem, process, ...) expected, "
	    "not ')'" },
	/* Perhaps NSPredicate, but none of ours. */
	{ "eventMessage LIKE \"*tap*\"", true, "column 14: == != CONTAINS "
	    "BEGINSWITH or ENDSWITH expected, not 'LIKE'" },
	{ "eventMessage MATCHES 'a.*'", true, "column 14: == != CONTAINS "
	    "BEGINSWITH or ENDSWITH expected, not 'MATCHES'" },
	{ "processID > 5", true, "column 11: == != CONTAINS BEGINSWITH or "
	    "ENDSWITH expected, not '>'" },
	{ "processID CONTAINS 5", true, "column 11: processID takes only == "
	    "and !=" },
	{ "processID == 'x'", true, "column 14: number expected, not ''x''" },
	{ "processID == 99999999999999999999", true, "column 14: "
	    "'99999999999999999999' is no process ID" },
	{ "proces == 'x'", true, "column 1: unknown field 'proces' (near: "
	    "process processID)" },
	{ "date > 'x'", true, "column 1: unknown field 'date'" },
	{ "'x' == process", true, "column 1: a field (subsystem, process, "
	    "...) expected, not ''x''" },
	{ "process == sender", true, "column 12: text in quotes expected, "
	    "not 'sender'" },
	{ "process ==[cd] 'x'", true, "column 11: only [c] can stand behind "
	    "an operator here" },
	{ "process CONTAINS[c] 'caf\xc3\xa9'", true, "column 21: [c] is for "
	    "ASCII text" },
	{ "messageType == wrong", true, "column 16: no message type 'wrong'" },
	{ "messageType == 16", true, "column 16: message type expected, not "
	    "'16'" },
	{ "process == 'a\\x41'", true, "column 14: unknown escape sequence" },
	{ "process IN {'a', 'b'}", true, "column 9: == != CONTAINS BEGINSWITH "
	    "or ENDSWITH expected, not 'IN'" },
};

static void
refusing(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct qerr e = { 0 };
		bool beyond = !wrong[i].beyond;

		assert_null(predicate_parse(wrong[i].text, &beyond, &e));
		assert_string_equal(e.msg, wrong[i].error);
		assert_int_equal(e.kind, QERR_INPUT);
		if (beyond != wrong[i].beyond)
			fail_msg("%s: beyond is %d", wrong[i].text, beyond);
	}
}

/* Nothing of the input's length is on the stack. */
static void
deep(void **state)
{
	struct logrec r = record();
	char *text = xcalloc(1, 400000), *p = text;
	struct predicate *pr;
	struct qerr e;

	(void)state;
	for (int i = 0; i < 10000; i++)
		p = stpcpy(p, i ? " OR process == 'x'" : "process == 'y'");
	pr = predicate_parse(text, NULL, &e);
	assert_non_null(pr);
	assert_false(predicate_match(pr, &r));
	predicate_free(pr);
	memset(text, '(', 399999);
	assert_null(predicate_parse(text, NULL, &e));
	assert_string_equal(e.msg, "column 65: more than 64 parentheses and "
	    "NOTs within each other");
	free(text);
}

static void
both(void **state)
{
	static const char *const cases[][3] = {
		{ "process == 'a'", "", "process == 'a'" },
		{ NULL, "process == 'a'", "process == 'a'" },
		{ NULL, NULL, "" },
		{ "process == 'a' OR process == 'b'", "category == 'c'",
		    "(process == \"a\" OR process == \"b\") AND "
		    "category == \"c\"" },
		{ "process == 'a'", "date > 1 OR date < 2",
		    "(process == 'a') AND (date > 1 OR date < 2)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = predicate_and(cases[i][0], cases[i][1]);

		assert_string_equal(text, cases[i][2]);
		free(text);
	}
}

static void
demands(void **state)
{
	static const char *const cases[][3] = {
		{ "process == 'a'", "process", "a" },
		{ "category == 'c' AND (process == 'a' AND sender == 's')",
		    "process", "a" },
		{ "process == 'a' OR process == 'b'", "process", NULL },
		{ "NOT process == 'a'", "process", NULL },
		{ "process != 'a'", "process", NULL },
		{ "process ==[c] 'a'", "process", NULL },
		{ "process CONTAINS 'a'", "process", NULL },
		{ "category == 'c'", "process", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct predicate *p = predicate_parse(cases[i][0], NULL, NULL);
		const char *v = predicate_demands(p, cases[i][1]);

		if (cases[i][2] == NULL)
			assert_null(v);
		else
			assert_string_equal(v, cases[i][2]);
		predicate_free(p);
	}
	assert_null(predicate_demands(NULL, "process"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matching),
		cmocka_unit_test(writing),
		cmocka_unit_test(refusing),
		cmocka_unit_test(deep),
		cmocka_unit_test(both),
		cmocka_unit_test(demands),
	};

	return cmocka_run_group_tests_name("predicate", tests, NULL, NULL);
}
