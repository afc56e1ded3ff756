/* SPDX-License-Identifier: ISC */
/* logpreset_test.c - presets are predicates that our own code understands */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "logpreset.h"
#include "predicate.h"

/* What each lets through, of these. */
static const struct {
	const char *process, *subsystem, *message, *presets;
} records[] = {
	{ "InternetSharing", "com.apple.NetworkSharing", "mis_network_start",
	    "vmnet" },
	{ "InternetSharing", "com.apple.NetworkSharing",
	    "port forwarding enabled on bridge100", "vmnet nat" },
	{ "bootpd", "", "DHCP REQUEST", "dhcp" },
	{ "dnsmasq-dhcp", "", "DHCPACK(lan) 10.0.0.1", "vmnet dhcp" },
	{ "dnsmasq", "", "started", "dhcp" },
	{ "kernel", "", "lan: port 1(tap0) entered blocking state",
	    "vmnet kernel" },
	{ "kernel", "", "tap0: left promiscuous mode", "vmnet kernel" },
	{ "kernel", "", "vmenet0: promiscuous mode enable succeeded",
	    "vmnet kernel" },
	{ "kernel", "", "usb 1-1: new device", "" },
	{ "kernel", "", "nf_conntrack: table full, dropping packet", "nat" },
	{ "qemu-system-aarch64", "", "hello", "qemu" },
	{ "qlab", "", "network lan is up", "vmnet" },
	{ "qlab", "", "a: QEMU was killed by signal 9", "vmnet qemu" },
	{ "qlab", "", "the way out to the Internet ended", "vmnet nat" },
	{ "sshd", "", "tap", "" },
};

static void
choosing(void **state)
{
	(void)state;
	for (int k = 0; k < logpresets_n; k++) {
		const char *name = logpresets[k].name;
		char *text = logpreset_predicate(name, false, NULL);
		struct predicate *p = NULL;
		struct qerr e;

		if (*text != '\0' &&
		    (p = predicate_parse(text, NULL, &e)) == NULL)
			fail_msg("%s: %s", name, e.msg);
		for (size_t i = 0; i < sizeof(records) / sizeof(*records);
		    i++) {
			struct logrec r;
			bool want = strcmp(name, "all") == 0 ||
			    strstr(records[i].presets, name) != NULL;

			logrec_clear(&r);
			r.process = slice_str(records[i].process);
			r.subsystem = slice_str(records[i].subsystem);
			r.message = slice_str(records[i].message);
			if (predicate_match(p, &r) != want)
				fail_msg("%s: '%s' should%s match", name,
				    records[i].message, want ? "" : " not");
		}
		predicate_free(p);
		free(text);
	}
}

static void
names(void **state)
{
	struct qerr e;
	char *text = logpreset_predicate("vmnet", true, &e);

	(void)state;
	assert_string_equal(text, "subsystem == \"com.apple.NetworkSharing\"");
	free(text);
	text = logpreset_predicate("dhcp,vmnet", true, &e);
	assert_string_equal(text, "process == \"bootpd\" OR "
	    "subsystem == \"com.apple.NetworkSharing\"");
	free(text);
	text = logpreset_predicate("dhcp,all", true, &e);
	assert_string_equal(text, "");
	free(text);
	assert_null(logpreset_predicate("dhcp,,vmnet", true, &e));
	assert_string_equal(e.msg, "no preset ''; there are vmnet dhcp kernel "
	    "qemu nat all");
	assert_null(logpreset_predicate("", true, &e));
}

static void
journal(void **state)
{
	struct strv argv = { 0 };
	char *line;

	(void)state;
	logpreset_journal("dhcp,nat", &argv);
	line = strv_join(&argv, " ", 99);
	assert_string_equal(line, "SYSLOG_IDENTIFIER=dnsmasq-dhcp + "
	    "SYSLOG_IDENTIFIER=dnsmasq + _TRANSPORT=kernel + "
	    "SYSLOG_IDENTIFIER=pasta + SYSLOG_IDENTIFIER=slirp4netns");
	free(line);
	strv_free(&argv);
	logpreset_journal("dhcp,all", &argv);
	assert_int_equal(argv.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(choosing),
		cmocka_unit_test(names),
		cmocka_unit_test(journal),
	};

	return cmocka_run_group_tests_name("logpreset", tests, NULL, NULL);
}
