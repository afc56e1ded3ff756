/* SPDX-License-Identifier: ISC */
/* resolve_test.c - what names on a command line mean */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "state.h"

/*
 * Three labs: demo and home have a router each, old is dead.  Their files lie
 * in the directories that the tests go to.
 */
static struct state_nic demo_nics[] = {
	{ .id = "wan", .net = "wan" }, { .id = "lan", .net = "lan" },
	{ .id = "lan.2", .net = "lan" },
};
static struct state_nic home_nics[] = { { .id = "lan", .net = "lan" } };
static struct state_vm demo_vms[] = {
	{ .name = "client", .alive = true, .nics = home_nics, .nnics = 1 },
	{ .name = "gone", .alive = false },
	{ .name = "router", .alive = true, .nics = demo_nics, .nnics = 3 },
};
static struct state_vm home_vms[] = {
	{ .name = "nas", .alive = true },
	{ .name = "router", .alive = true, .nics = home_nics, .nnics = 1 },
};
static struct state_vm old_vms[] = { { .name = "router", .alive = false } };
static struct lab_net demo_nets[] = { { .name = "wan" }, { .name = "lan" } };
static struct lab_net home_nets[] = { { .name = "lan" } };
static char demo_file[PATH_MAX], home_file[PATH_MAX];
static struct state_lab registry[] = {
	{ .name = "demo", .file = demo_file, .nets = demo_nets, .nnets = 2,
	    .vms = demo_vms, .nvms = 3, .alive = true, .holder_alive = true },
	{ .name = "home", .file = home_file, .nets = home_nets, .nnets = 1,
	    .vms = home_vms, .nvms = 2, .alive = true },
	{ .name = "old", .vms = old_vms, .nvms = 1, .alive = false },
};
static const struct state all = { registry, 3 };

static char top[PATH_MAX];

static void
here(const char *demo, const char *home)
{
	snprintf(demo_file, sizeof(demo_file), "%s%s", *demo == '@' ? top : "",
	    demo + (*demo == '@'));
	snprintf(home_file, sizeof(home_file), "%s%s", *home == '@' ? top : "",
	    home + (*home == '@'));
}

static int
setup(void **state)
{
	char tmpl[] = "/tmp/qlab-resolve-test.XXXXXX";

	(void)state;
	return mkdtemp(tmpl) == NULL || chdir(tmpl) == -1 ||
	    getcwd(top, sizeof(top)) == NULL ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	return chdir("/") | rmdir(top);
}

static const struct {
	const char *word;
	const char *lab, *vm, *nic, *net;	/* "": none */
} good[] = {
	{ "client", "demo", "client", "", "" },
	{ "nas", "home", "nas", "", "" },
	{ "client/lan", "demo", "client", "lan", "" },
	{ "router/wan", "demo", "router", "wan", "" },	/* one of them has it */
	{ "demo:router", "demo", "router", "", "" },
	{ "home:router/lan", "home", "router", "lan", "" },
	{ "demo:router/lan.2", "demo", "router", "lan.2", "" },
	{ "demo:", "demo", "", "", "" },
	{ "net:wan", "demo", "", "", "wan" },
	{ "home:net:lan", "home", "", "", "lan" },
};

static void
names(void **state)
{
	(void)state;
	here("/elsewhere/lab.yaml", "/away/lab.yaml");
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct state_target t;
		struct qerr e;

		if (state_resolve(&all, good[i].word, &t, &e) == -1)
			fail_msg("%s: %s", good[i].word, e.msg);
		assert_string_equal(t.lab->name, good[i].lab);
		assert_string_equal(t.vm != NULL ? t.vm->name : "", good[i].vm);
		assert_string_equal(t.nic != NULL ? t.nic->id : "",
		    good[i].nic);
		assert_string_equal(t.net != NULL ? t.net->name : "",
		    good[i].net);
	}
}

static const struct {
	const char *word;
	enum qerr_kind kind;
	const char *says;
} bad[] = {
	{ "router", QERR_NOTFOUND, "'router' is ambiguous: demo:router "
	    "home:router" },
	{ "router/lan", QERR_NOTFOUND, "ambiguous: demo:router/lan "
	    "home:router/lan" },
	{ "net:lan", QERR_NOTFOUND, "ambiguous: demo:net:lan home:net:lan" },
	{ "gone", QERR_NOTFOUND, "no such VM 'gone' is running" },
	{ "old:", QERR_NOTFOUND, "no such lab 'old:' is running (" },
	{ "demo", QERR_NOTFOUND, "no such VM 'demo' is running: the lab is "
	    "'demo:'" },
	{ "old", QERR_NOTFOUND, "(there are: " },
	{ "old:router", QERR_NOTFOUND, "no such VM" },
	{ "demo:nas", QERR_NOTFOUND, "no such VM 'demo:nas'" },
	{ "cleint", QERR_NOTFOUND, "no such VM 'cleint' is running (near: "
	    "client)" },
	{ "zzzzzz", QERR_NOTFOUND, "(there are: client router nas router)" },
	{ "router/wna", QERR_NOTFOUND, "no such NIC 'router/wna' is running "
	    "(near: router/" },
	{ "demo:routre", QERR_NOTFOUND, "(near: router" },
	{ "dmeo:", QERR_NOTFOUND, "no such lab 'dmeo:' is running (near: "
	    "demo:)" },
	{ "net:wna", QERR_NOTFOUND, "no such network 'net:wna' is running "
	    "(near: net:wan" },
	{ "nas/lan", QERR_NOTFOUND, "no such NIC" },
	{ "", QERR_INPUT, "'' names nothing: write VM" },
	{ ":", QERR_INPUT, "names nothing" },
	{ ":router", QERR_INPUT, "names nothing" },
	{ "router/", QERR_INPUT, "names nothing" },
	{ "/lan", QERR_INPUT, "names nothing" },
	{ "demo:/lan", QERR_INPUT, "names nothing" },
	{ "net:", QERR_INPUT, "names nothing" },
	{ "demo:net:", QERR_INPUT, "names nothing" },
	{ "net:a b", QERR_INPUT, "names nothing" },
	{ "pid:1", QERR_INPUT, "names nothing" },
	{ "../x:", QERR_INPUT, "names nothing" },
	{ "x\x1b[2J", QERR_INPUT, "names nothing" },
	{ "0123456789012345678901234567890123456789", QERR_INPUT,
	    "names nothing" },
	{ "router/0123456789012345678901234567890123456789012345678901234567",
	    QERR_INPUT, "names nothing" },
};

static void
wrong_names(void **state)
{
	(void)state;
	here("/elsewhere/lab.yaml", "/away/lab.yaml");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct state_target t;
		struct qerr e;

		if (state_resolve(&all, bad[i].word, &t, &e) == 0)
			fail_msg("'%s' is taken for %s", bad[i].word,
			    t.lab->name);
		if (e.kind != bad[i].kind ||
		    strstr(e.msg, bad[i].says) == NULL)
			fail_msg("'%s': %d, %s", bad[i].word, e.kind, e.msg);
	}
}

static void
nothing_runs(void **state)
{
	struct state none = { 0 };
	struct state_target t;
	struct qerr e;

	(void)state;
	assert_int_equal(state_resolve(&none, "router", &t, &e), -1);
	assert_int_equal(e.kind, QERR_NOTFOUND);
	assert_string_equal(e.msg, "no such VM 'router': nothing of the kind "
	    "is running");
}

/* Where do the two files lie, and which lab does "router" then mean? */
static const struct {
	const char *demo, *home;
	const char *wins;		/* NULL: ambiguous */
} places[] = {
	{ "@/lab.yaml", "/x/lab.yaml", "demo" },
	{ "/x/lab.yaml", "@/other.yaml", "home" },
	{ "@/a.yaml", "@/b.yaml", NULL },
	{ "@/sub/lab.yaml", "/x/lab.yaml", NULL },	/* not just here */
	{ "@x/lab.yaml", "/x/lab.yaml", NULL },
	{ "@", "/x/lab.yaml", NULL },
	{ "/lab.yaml", "/x/lab.yaml", NULL },
};

static void
current_directory(void **state)
{
	struct state_target t;
	struct qerr e;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		int rc;

		here(places[i].demo, places[i].home);
		rc = state_resolve(&all, "router", &t, &e);
		if (rc != (places[i].wins != NULL ? 0 : -1))
			fail_msg("%s, %s: %d", demo_file, home_file, rc);
		if (rc == 0)
			assert_string_equal(t.lab->name, places[i].wins);
	}
	/* A directory whose name ends in the slash. */
	assert_int_equal(chdir("/"), 0);
	here("/lab.yaml", "/x/lab.yaml");
	assert_int_equal(state_resolve(&all, "router", &t, &e), 0);
	assert_string_equal(t.lab->name, "demo");
	assert_int_equal(chdir(top), 0);
	/* A lab of the command line has no file. */
	registry[0].file = NULL;
	assert_int_equal(state_resolve(&all, "router", &t, &e), -1);
	registry[0].file = demo_file;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(wrong_names),
		cmocka_unit_test(nothing_runs),
		cmocka_unit_test(current_directory),
	};

	return cmocka_run_group_tests_name("resolve", tests, setup, teardown);
}
