/* SPDX-License-Identifier: ISC */
/* logcorpus_test.c - real logs of macOS, where $QLAB_CORPUS has them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "logknown.h"
#include "logread.h"
#include "strv.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

/* The columns that a row of what is expected has. */
struct row {
	int64_t us;		/* 0: does not matter */
	int zone;
	enum logrec_level level;
	unsigned int pid;
	const char *process, *sender, *subsystem, *category, *message;
	const char *event, *ifname;
};

/* 2026-01-01 00:00:00 UTC. */
#define REF	INT64_C(1767225600000000)

static void
check_row(const struct logrec *r, const struct row *row)
{
	if (row->us != 0)
		assert_true(r->us == row->us);
	assert_int_equal(r->zone, row->zone);
	assert_int_equal(r->level, row->level);
	assert_int_equal(r->pid, row->pid);
	assert_true(slice_is(r->process, row->process));
	assert_true(slice_is(r->sender, row->sender));
	assert_true(slice_is(r->subsystem, row->subsystem));
	assert_true(slice_is(r->category, row->category));
	assert_int_equal(r->message.len, strlen(row->message));
	assert_true(slice_is(r->message, row->message));
	assert_string_equal(logrec_event_name(r->event), row->event);
	assert_true(slice_is(r->ifname, row->ifname));
}

/* Nothing but these records, whatever pieces the file comes in. */
static void
check_file(const char *name, const struct row *rows, size_t n)
{
	const char *corpus = getenv("QLAB_CORPUS");
	static const size_t pieces[] = { 1, 100, 65536 };
	static char buf[65536];

	if (corpus == NULL || *corpus == '\0')
		skip();
	for (size_t p = 0; p < COUNT(pieces); p++) {
		struct logread_conf conf = { .ref_us = REF };
		struct logread *l = logread_new(&conf);
		char *path = xasprintf("%s/macos/%s", corpus, name);
		FILE *f = fopen(path, "r");
		struct logrec r;
		struct qerr e;
		size_t got, seen = 0;

		free(path);
		if (f == NULL)
			skip();
		do {
			got = fread(buf, 1, pieces[p], f);
			if (got > 0)
				logread_feed(l, buf, got);
			else
				logread_end(l);
			int ret;

			while ((ret = logread_next(l, &r, &e)) != 0) {
				assert_int_equal(ret, 1);
				assert_true(seen < n);
				logknown_apply(&r);
				check_row(&r, &rows[seen++]);
			}
		} while (got > 0);
		assert_int_equal(seen, n);
		fclose(f);
		logread_free(l);
	}
}

/* The second record is cut off in its brackets. */
static void
network_sharing(void **state)
{
	static const struct row rows[] = {
		{ INT64_C(1765211876572274), -180, LOGREC_DEBUG, 38322,
		    "InternetSharing", "", "com.apple.NetworkSharing",
		    "daemon", "netrbCreateInterface: network handle was "
		    "passed in", "interface-attached", "" },
		{ INT64_C(1765211876572233), -180, LOGREC_INFO, 38321,
		    "com.apple.Virtualization.VirtualMachine", "Netrb", "",
		    "", "[com.app", "", "" },
	};

	(void)state;
	check_file("log-01.txt", rows, COUNT(rows));
}

static void
bare_messages(void **state)
{
#define NS(us, text, event) { us, LOGREC_NOZONE, LOGREC_NOLEVEL, 0, "", "", \
	"com.apple.NetworkSharing", "", text, event, "" }
#define OTHER(us, text, event) { us, LOGREC_NOZONE, LOGREC_NOLEVEL, 0, "", \
	"", "", "", text, event, "" }
#define ARROW "\xe2\x86\x90"
	/* The day before the log was read: 2025-12-31 12:07:09.629. */
	static const struct row rows[] = {
		NS(INT64_C(1767182829629000), "netrbRemoveInterface: from vms",
		    "interface-detached"),
		NS(INT64_C(1767182829700000), "mis_network_cleanup_bridge: no "
		    "internal interface left, stopping network <private>", ""),
		NS(INT64_C(1767182829773000), "mis_network_stop: network "
		    "<private> reset to idle        " ARROW " /etc/bootptab "
		    "is now 0 bytes", "network-removed"),
		NS(0, "netrbCreateInterface: adding interface to existing "
		    "network <private>", "interface-attached"),
		NS(0, "mis_network_start: network <private> has been started"
		    "    " ARROW " bootptab stays empty", "network-created"),
		OTHER(INT64_C(1767182837000000), "\xe2\x80\x93 12:07:27 "
		    "bootpd: DHCP REQUEST \xc3\x97" "3, then DISCOVER, REQUEST"
		    "   " ARROW " guest lands on 192.168.65.16", ""),
		NS(INT64_C(1767186144141000), "mis_client_release: stopping "
		    "all networks of <private>", ""),
		NS(0, "mis_network_stop: network <private> reset to idle",
		    "network-removed"),
		NS(0, "mis_network_stop: network <private> has been stopped",
		    "network-removed"),
		NS(0, "mis_network_validate_resource_availability: "
		    "overlapping DHCP range between network <private> and "
		    "network <private>", "conflict"),
		NS(0, "netrbCreateNetwork: unable to fulfill network",
		    "error"),
		NS(0, "netrbRemoveNetwork: stopped idle network <private>"
		    "      " ARROW " the fresh create, released",
		    "network-removed"),
		NS(0, "netrbCreateInterface", "interface-attached"),
		NS(0, "mis_network_add_internal_interface", ""),
		NS(0, "mis_network_start", ""),
		NS(0, "netrbCreateInterface: adding interface to existing "
		    "network", "interface-attached"),
		OTHER(0, "port forwarding enabled on <if> proto tcp port 8044 "
		    "to <private> port 8080", "nat-changed"),
	};

	(void)state;
	check_file("log-02.txt", rows, COUNT(rows));
}

static void
kernel_lines(void **state)
{
#define KERNEL(us, text, event, ifname) { us, 180, LOGREC_DEFAULT, 0, \
	"kernel", "", "", "", text, event, ifname }
	static const struct row rows[] = {
		KERNEL(INT64_C(1692549045917210), "if_updown: utun5 is not "
		    "attached", "", ""),
		KERNEL(INT64_C(1692549045917273), "utun5: attached with 0 "
		    "suspended link-layer multicast membership(s)",
		    "interface-attached", "utun5"),
		KERNEL(INT64_C(1692549045917280), "ifnet_attach: Waiting for "
		    "all kernel threads created for interface utun5 to get "
		    "scheduled at least once.", "", ""),
		KERNEL(INT64_C(1692549045917447), "ifnet_attach: All kernel "
		    "threads created for interface utun5 have been scheduled "
		    "at least once. Proceeding.", "interface-attached",
		    "utun5"),
		{ INT64_C(1692549045919414), 180, LOGREC_DEFAULT, 180,
		    "airportd", "IO80211", "com.apple.WiFiManager", "",
		    "Driver Discovery: <airport[180]> _interfaceAdded: utun5 "
		    "added.", "", "" },
	};

	(void)state;
	check_file("log-06.txt", rows, COUNT(rows));
}

static void
nothing_matched(void **state)
{
	(void)state;
	check_file("log-07-default-empty.txt", NULL, 0);
}

static void
json(void **state)
{
	static const struct row rows[] = {
		{ INT64_C(1753567817745652), -240, LOGREC_DEFAULT, 1,
		    "launchd", "launchd", "system", "", "Setting service "
		    "com.apple.screensharing to enabled (initiated by "
		    "smd[379])", "", "" },
	};

	(void)state;
	check_file("json-01-launchd.json", rows, COUNT(rows));
}

static void
ndjson(void **state)
{
	static const struct row rows[] = {
		{ INT64_C(1790945239556078), 570, LOGREC_INFO, 63313,
		    "SpringBoard", "RunningBoardServices",
		    "com.apple.runningboard", "general", "Sending launch "
		    "request: <RBSLaunchRequest| osservice<com.apple."
		    "PosterBoard>; \"FBApplicationProcess\">", "", "" },
		{ INT64_C(1790945239553250), 570, LOGREC_NOLEVEL, 5222,
		    "PosterBoard", "", "", "", "Loading Preferences From "
		    "User Session CFPrefsD", "", "" },
	};

	(void)state;
	check_file("json-02-ndjson.txt", rows, COUNT(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(network_sharing),
		cmocka_unit_test(bare_messages),
		cmocka_unit_test(kernel_lines),
		cmocka_unit_test(nothing_matched),
		cmocka_unit_test(json),
		cmocka_unit_test(ndjson),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
