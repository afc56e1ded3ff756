/* SPDX-License-Identifier: ISC */
/* labjson_test.c - networks as JSON, there and back */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "labjson.h"

static const struct lab_net full = {
	.name = "lan", .line = 3,
	.at = { .subnet = 4, .gateway = 5, .range = 6, .dhcp = 7, .uuid = 8,
	    .isolated = 9, .nat66_prefix = 10, .uplink = 11, .mtu = 12,
	    .transparent = 13, .backend = 14 },
	.mode = NET_BRIDGED, .backend = BACKEND_USERSPACE,
	.subnet = 0xc0a80205, .plen = 24, .gateway = 0xc0a80201,
	.range_lo = 0xc0a80232, .range_hi = 0xc0a80264, .dhcp = true,
	.uuid = "154780B0-F499-4968-9B20-E58C02FDF5FB", .isolated = true,
	.mtu = 1400, .transparent = true,
};

static void
same(const struct lab_net *a, const struct lab_net *b)
{
	assert_string_equal(a->name, b->name);
	assert_int_equal(a->line, b->line);
	assert_memory_equal(&a->at, &b->at, sizeof(a->at));
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->backend, b->backend);
	assert_int_equal(a->subnet, b->subnet);
	assert_int_equal(a->plen, b->plen);
	assert_int_equal(a->gateway, b->gateway);
	assert_int_equal(a->range_lo, b->range_lo);
	assert_int_equal(a->range_hi, b->range_hi);
	assert_int_equal(a->dhcp, b->dhcp);
	assert_string_equal(a->uuid, b->uuid);
	assert_int_equal(a->isolated, b->isolated);
	assert_int_equal(a->nat66_prefix == NULL, b->nat66_prefix == NULL);
	if (a->nat66_prefix != NULL)
		assert_string_equal(a->nat66_prefix, b->nat66_prefix);
	assert_int_equal(a->uplink == NULL, b->uplink == NULL);
	if (a->uplink != NULL)
		assert_string_equal(a->uplink, b->uplink);
	assert_int_equal(a->mtu, b->mtu);
	assert_int_equal(a->transparent, b->transparent);
}

/* Through text, as the registry and the holder do. */
static void
there_and_back(const struct lab_net *net)
{
	json_t *j = lab_net_to_json(net), *again;
	char *text = json_dumps(j, JSON_COMPACT);
	struct lab_net back;
	struct qerr e;

	assert_non_null(text);
	again = json_loads(text, 0, NULL);
	assert_non_null(again);
	if (lab_net_from_json(&back, again, &e) == -1)
		fail_msg("%s: %s", e.msg, text);
	same(net, &back);
	lab_net_release(&back);
	json_decref(again);
	json_decref(j);
	free(text);
}

static void
round_trip(void **state)
{
	struct lab_net bare = { .name = "x", .plen = -1 };
	struct lab_net net = full;

	(void)state;
	there_and_back(&bare);
	net.nat66_prefix = xstrdup("fd00:1:2:3::");
	net.uplink = xstrdup("eth0");
	there_and_back(&net);
	lab_net_release(&net);
}

/* The words are the lab file's, so that other programs can read them. */
static void
written(void **state)
{
	static const char want[] = "{\"name\":\"lan\",\"mode\":\"bridged\","
	    "\"backend\":\"userspace\",\"subnet\":\"192.168.2.5/24\","
	    "\"gateway\":\"192.168.2.1\",\"range-start\":\"192.168.2.50\","
	    "\"range-end\":\"192.168.2.100\",\"dhcp\":true,"
	    "\"uuid\":\"154780B0-F499-4968-9B20-E58C02FDF5FB\","
	    "\"isolated\":true,\"mtu\":1400,\"transparent\":true,\"line\":3,"
	    "\"lines\":{\"subnet\":4,\"gateway\":5,\"range\":6,\"dhcp\":7,"
	    "\"uuid\":8,\"isolated\":9,\"nat66-prefix\":10,\"uplink\":11,"
	    "\"mtu\":12,\"transparent\":13,\"backend\":14}}";
	json_t *j = lab_net_to_json(&full);
	char *text = json_dumps(j, JSON_COMPACT | JSON_PRESERVE_ORDER);

	(void)state;
	assert_string_equal(text, want);
	free(text);
	json_decref(j);
}

/* One value of a good network replaced (NULL: removed) must be refused. */
static void
refused(void **state)
{
	static const struct {
		const char *key, *value;
	} bad[] = {
		{ "name", NULL }, { "name", "\"\"" }, { "name", "\"a/b\"" },
		{ "name", "\"pid\"" }, { "name", "3" }, { "mode", NULL },
		{ "mode", "\"nat\"" }, { "mode", "0" }, { "backend", NULL },
		{ "backend", "\"\"" }, { "subnet", "\"10.0.0.0\"" },
		{ "subnet", "10" }, { "gateway", "\"10.0.0\"" },
		{ "range-start", "\"x\"" }, { "range-end", "[]" },
		{ "dhcp", NULL }, { "dhcp", "\"on\"" }, { "isolated", "1" },
		{ "transparent", NULL }, { "uuid", "\"154780B0\"" },
		{ "uuid", "true" }, { "uplink", "\"../../x\"" },
		{ "uplink", "\"\"" }, { "nat66-prefix", "{}" },
		{ "nat66-prefix", "\"fd00::\\u001b\"" }, { "mtu", "-1" },
		{ "mtu", "65522" }, { "mtu", "1.5" }, { "mtu", "\"1\"" },
		{ "line", "-1" }, { "line", "4294967296" },
		{ "lines", "{\"mtu\": \"x\"}" }, { "lines", "{\"mtu\": -1}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *j = lab_net_to_json(&full);
		struct lab_net net;
		struct qerr e;

		if (bad[i].value == NULL)
			json_object_del(j, bad[i].key);
		else
			json_object_set_new(j, bad[i].key, json_loads(
			    bad[i].value, JSON_DECODE_ANY, NULL));
		if (lab_net_from_json(&net, j, &e) != -1)
			fail_msg("%s %s taken", bad[i].key, bad[i].value);
		assert_int_equal(e.kind, QERR_INPUT);
		assert_non_null(strstr(e.msg, strcmp(bad[i].key, "lines") ==
		    0 ? "mtu" : bad[i].key));
		json_decref(j);
	}
}

static void
no_object(void **state)
{
	json_t *j = json_array();
	struct lab_net net;
	struct qerr e;

	(void)state;
	assert_int_equal(lab_net_from_json(&net, NULL, &e), -1);
	assert_int_equal(lab_net_from_json(&net, j, &e), -1);
	json_decref(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(written),
		cmocka_unit_test(refused),
		cmocka_unit_test(no_object),
	};

	return cmocka_run_group_tests_name("labjson", tests, NULL, NULL);
}
