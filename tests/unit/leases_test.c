/* SPDX-License-Identifier: ISC */
/* leases_test.c - dnsmasq's lease file */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "leases.h"

static const uint8_t mac1[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static const uint8_t mac2[6] = { 2, 0, 0, 0, 0, 0xff };

static void
good_lines(void **state)
{
	static const char text[] =
	    "1763830800 52:54:00:12:34:56 10.77.0.80 router "
	    "01:52:54:00:12:34:56\n"
	    "0 02:00:00:00:00:ff 10.77.0.81 * *\n";
	const struct lease *l;
	struct leases ls;

	(void)state;
	leases_parse(&ls, text, strlen(text));
	assert_int_equal(ls.n, 2);
	l = leases_find(&ls, mac1, 1763830799);
	assert_non_null(l);
	assert_int_equal(l->ip, 0x0a4d0050);
	assert_int_equal(l->expiry, 1763830800);
	assert_string_equal(l->host, "router");
	/* Over is over, but 0 never is. */
	assert_null(leases_find(&ls, mac1, 1763830800));
	l = leases_find(&ls, mac2, 9999999999);
	assert_non_null(l);
	assert_int_equal(l->ip, 0x0a4d0051);
	assert_string_equal(l->host, "");
	leases_free(&ls);
}

static void
last_line_wins(void **state)
{
	static const char text[] =
	    "100 02:00:00:00:00:ff 10.0.0.1 a *\n"
	    "200 02:00:00:00:00:ff 10.0.0.2 b *\n"
	    "50 02:00:00:00:00:ff 10.0.0.3 c *\n";
	struct leases ls;

	(void)state;
	leases_parse(&ls, text, strlen(text));
	assert_string_equal(leases_find(&ls, mac2, 60)->host, "b");
	assert_string_equal(leases_find(&ls, mac2, 10)->host, "c");
	assert_null(leases_find(&ls, mac1, 10));
	leases_free(&ls);
}

static void
other_lines_are_passed_over(void **state)
{
	static const char *const bad[] = {
		"\n", "x\n", "duid 00:01:00:01\n",
		/* DHCPv6: an IAID, and an IPv6 address. */
		"100 123456 fd00::1 host 00:01\n",
		"100 02:00:00:00:00:ff fd00::1 host *\n",
		/* Not Ethernet. */
		"100 06-02:00:00:00:00:ff 10.0.0.1 host *\n",
		"100 02:00:00:00:00:ff 10.0.0.256 host *\n",
		"100 02:00:00:00:00 10.0.0.1 host *\n",
		"-1 02:00:00:00:00:ff 10.0.0.1 host *\n",
		"1x 02:00:00:00:00:ff 10.0.0.1 host *\n",
		"99999999999999999999 02:00:00:00:00:ff 10.0.0.1 host *\n",
		"100 02:00:00:00:00:ff 10.0.0.1\n",
		/* Still being written. */
		"100 02:00:00:00:00:ff 10.0.0.1 host *",
	};
	struct leases ls;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		leases_parse(&ls, bad[i], strlen(bad[i]));
		assert_int_equal(ls.n, 0);
		leases_free(&ls);
	}
	leases_parse(&ls, "1 02:00:00:00:00:ff 10.0.0.1 a\0 *\n", 34);
	assert_int_equal(ls.n, 0);
	leases_free(&ls);
	leases_parse(&ls, "", 0);
	assert_int_equal(ls.n, 0);
	leases_free(&ls);
}

static void
missing_file_is_empty(void **state)
{
	struct leases ls;
	struct qerr e;

	(void)state;
	assert_int_equal(leases_load(&ls, "/nonexistent/leases", &e), 0);
	assert_int_equal(ls.n, 0);
	assert_int_equal(leases_load(&ls, "/", &e), -1);
	assert_int_equal(e.kind, QERR_FAIL);
}

static void
status_of_libvirt(void **state)
{
	static const char text[] =
	    "[{\"ip-address\": \"192.168.122.88\", \"mac-address\":"
	    "\"52:54:00:12:34:56\", \"hostname\": \"vm\","
	    "\"client-id\": \"ff:00\", \"expiry-time\": 1763830800},"
	    "{\"ip-address\": \"192.168.122.89\", \"mac-address\":"
	    "\"02:00:00:00:00:ff\", \"expiry-time\": 5},"
	    "{\"ip-address\": \"fd00::1\", \"mac-address\":"
	    "\"02:00:00:00:00:ff\", \"expiry-time\": 5},"
	    "{\"ip-address\": \"192.168.122.90\", \"mac-address\":"
	    "\"02:00:00:00:00:ff\"}, 7, []]";
	struct leases ls, more;

	(void)state;
	leases_parse_status(&ls, text, strlen(text));
	assert_int_equal(ls.n, 2);
	assert_string_equal(ls.l[0].host, "vm");
	assert_int_equal(ls.l[0].expiry, 1763830800);
	assert_int_equal(ls.l[1].ip, 0xc0a87a59);
	/* One that is being written is not there yet. */
	leases_parse_status(&more, text, strlen(text) - 1);
	assert_int_equal(more.n, 0);
	leases_parse_status(&more, text, strlen(text));
	leases_sort(&ls);
	leases_append(&ls, &more);
	assert_int_equal(ls.n, 4);
	assert_int_equal(more.n, 0);
	assert_ptr_equal(leases_next(&ls, mac1, NULL), &ls.l[2]);
	leases_free(&ls);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_lines),
		cmocka_unit_test(last_line_wins),
		cmocka_unit_test(other_lines_are_passed_over),
		cmocka_unit_test(missing_file_is_empty),
		cmocka_unit_test(status_of_libvirt),
	};

	return cmocka_run_group_tests_name("leases", tests, NULL, NULL);
}
