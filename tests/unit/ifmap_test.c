/* SPDX-License-Identifier: ISC */
/* ifmap_test.c - claims on NICs: agreement, contradiction, what is shown */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "ifmap.h"

#define NOW	1000

/*
 * A lab "lab" with a network "lan" (bridge "lan", index 5), a VM "router" whose
 * NIC "lan" has tap3 (index 7); tap4 (index 8) is somebody else's.
 */
struct world {
	struct lab_net net;
	struct state_nic nic;
	struct state_vm vm;
	struct state_lab lab;
	struct hostif ifs[3];
	struct hostif_fdb fdb;
	struct lease lease;
	struct fact_space space;
	struct facts facts;
	struct map_lab ml;
	struct map_nic n;
};

static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 7 };

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -1;
	w->net = (struct lab_net){ .name = "lan", .mode = NET_HOST,
		.subnet = 0x0a4d0100, .plen = 24 };
	w->nic = (struct state_nic){ .id = "lan", .net = "lan",
		.mode = "host", .model = "virtio-net-pci", .hostif = "tap3" };
	memcpy(w->nic.mac, mac, 6);
	w->vm = (struct state_vm){ .name = "router", .nics = &w->nic,
		.nnics = 1, .alive = true };
	w->lab = (struct state_lab){ .name = "lab", .nets = &w->net,
		.nnets = 1, .vms = &w->vm, .nvms = 1, .alive = true };
	w->ifs[0] = (struct hostif){ .name = "lan", .index = 5,
		.kind = "bridge", .alias = "qlab:lab/lan" };
	w->ifs[1] = (struct hostif){ .name = "tap3", .index = 7, .master = 5,
		.alias = "qlab:lab/router/lan", .rx_bytes = 100,
		.tx_bytes = 200 };
	w->ifs[2] = (struct hostif){ .name = "tap4", .index = 8, .master = 5,
		.alias = "qlab:lab/other/lan" };
	w->fdb = (struct hostif_fdb){ .bridge = 5, .port = 7 };
	memcpy(w->fdb.mac, mac, 6);
	w->lease = (struct lease){ .expiry = NOW + 1, .ip = 0x0a4d0109 };
	memcpy(w->lease.mac, mac, 6);
	w->space = (struct fact_space){ .seen = true, .handle = -1,
		.ifs = { .ifs = w->ifs, .nifs = 3, .fdb = &w->fdb,
		.nfdb = 1 } };
	w->facts.now = NOW;
	w->ml = (struct map_lab){ .lab = &w->lab, .space = &w->space,
		.leases = { .l = &w->lease, .n = 1 } };
	w->n = (struct map_nic){ .lab = &w->lab, .vm = &w->vm, .nic = &w->nic,
		.net = &w->net, .picked = true };
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	struct map m = { .nnics = 1 };

	m.nics = calloc(1, sizeof(w->n));
	if (m.nics == NULL)
		return -1;
	*m.nics = w->n;
	ifmap_free(&m);
	free(w);
	return 0;
}

static void
check_dispute(const struct map_nic *n, enum map_edge_kind kind,
    const char *want)
{
	char *text = map_dispute(n, kind);

	assert_false(map_sure(n, kind));
	assert_string_equal(text, want);
	free(text);
}

static void
test_all_agree(void **state)
{
	struct world *w = *state;

	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IF), "tap3");
	assert_string_equal(map_value(&w->n, MAP_BRIDGE), "lan");
	assert_string_equal(map_value(&w->n, MAP_IP), "10.77.1.9");
	for (int k = 0; k < MAP_NEDGES; k++)
		assert_true(map_sure(&w->n, k));
	assert_int_equal(w->n.edges[MAP_IF].n, 3);
	assert_ptr_equal(w->n.hostif, &w->ifs[1]);
}

/* A guest that has not said a word yet is no contradiction. */
static void
test_silent_guest(void **state)
{
	struct world *w = *state;

	w->space.ifs.nfdb = 0;
	w->ml.leases.n = 0;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IF), "tap3");
	assert_true(map_sure(&w->n, MAP_IF));
	assert_string_equal(map_value(&w->n, MAP_IP), "");
	assert_true(map_sure(&w->n, MAP_IP));
}

static void
test_kernel_unseen(void **state)
{
	struct world *w = *state;

	w->space.seen = false;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IF), "tap3");
	assert_true(map_sure(&w->n, MAP_IF));
	assert_string_equal(map_value(&w->n, MAP_BRIDGE), "");
	assert_null(w->n.hostif);
}

static void
test_registry_names_anothers_tap(void **state)
{
	struct world *w = *state;

	snprintf(w->nic.hostif, sizeof(w->nic.hostif), "%s", "tap4");
	w->space.ifs.nfdb = 0;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IF), "tap3");
	check_dispute(&w->n, MAP_IF, "registry says tap4, alias says tap3");
}

/* QEMU has other taps open than those it was started with. */
static void
test_taps_swapped(void **state)
{
	static const char *const line[] = { "qemu-system-x86_64", "-netdev",
		"tap,id=lan,fd=7", "-netdev", "tap,id=wan,fd=8", NULL };
	struct world *w = *state;
	struct fact_tap taps[] = { { .fd = 7, .name = "tap4" },
		{ .fd = 8, .name = "tap3" } };
	struct fact_proc p = { .argv = (char **)line, .taps = taps,
		.ntaps = 2, .fds_seen = true };
	struct state_nic wan = w->nic;
	struct map_nic other = w->n;

	strcpy(wan.id, "wan");
	strcpy(wan.hostif, "tap4");
	strcpy(w->ifs[2].alias, "qlab:lab/router/wan");
	other.nic = &wan;
	w->n.proc = other.proc = &p;
	w->space.ifs.nfdb = 0;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	ifmap_claim_nic(&other, &w->ml, &w->facts);
	check_dispute(&w->n, MAP_IF,
	    "registry says tap3, alias says tap3, fd says tap4");
	check_dispute(&other, MAP_IF,
	    "registry says tap4, alias says tap4, fd says tap3");
	map_nic_release(&other);
}

static void
test_tap_is_gone(void **state)
{
	struct world *w = *state;

	w->space.ifs.nifs = 1;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IF), "tap3");
	check_dispute(&w->n, MAP_IF, "registry says tap3, alias says none");
	assert_null(w->n.hostif);
}

static void
test_mac_seen_elsewhere(void **state)
{
	struct world *w = *state;

	w->fdb.port = 8;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IF), "tap3");
	check_dispute(&w->n, MAP_IF,
	    "registry says tap3, alias says tap3, fdb says tap4");
}

/* On another bridge the same MAC is nothing to us. */
static void
test_mac_on_another_bridge(void **state)
{
	struct world *w = *state;

	w->fdb.port = 8;
	w->fdb.bridge = 6;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_true(map_sure(&w->n, MAP_IF));
}

static void
test_not_on_its_bridge(void **state)
{
	struct world *w = *state;

	w->ifs[1].master = 0;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	check_dispute(&w->n, MAP_BRIDGE, "master says none, network says lan");
	assert_string_equal(map_value(&w->n, MAP_BRIDGE), "lan");
}

static void
test_lease_over(void **state)
{
	struct world *w = *state;

	w->lease.expiry = NOW;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IP), "");
}

/* The server gives an hour: that one was given before the VM was started. */
static void
test_lease_of_last_run(void **state)
{
	struct world *w = *state;

	w->facts.now = 1000000;
	w->lease.expiry = 1000000;
	w->vm.started_us = 996401 * (int64_t)1000000;
	w->facts.now--;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IP), "10.77.1.9");
	map_nic_release(&w->n);
	w->vm.started_us += 1000000;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IP), "");
}

/* A server's word and a later one by ARP that differs, on one MAC. */
static void
test_wire(void **state)
{
	struct world *w = *state;
	struct wire_fact f = { .ip = 0x0a4d0121, .kind = WIRE_ACK, .at = 10 };

	w->ml.leases.n = 0;
	memcpy(f.mac, mac, 6);
	wire_note(&w->space.wire, &f);
	f.kind = WIRE_ARP;
	f.at = 9;
	f.ip = 0x0a4d0199;		/* older: of no interest */
	wire_note(&w->space.wire, &f);
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IP), "10.77.1.33");
	assert_true(map_sure(&w->n, MAP_IP));
	map_nic_release(&w->n);
	f.at = 11;
	f.ip = 0x0a4d0144;		/* 10.77.1.68 */
	wire_note(&w->space.wire, &f);
	f.at = 12;
	f.ip = 0x01020304;		/* not of this network */
	wire_note(&w->space.wire, &f);
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	check_dispute(&w->n, MAP_IP, "wire says 10.77.1.33, wire says "
	    "10.77.1.68");
	wire_free(&w->space.wire);
}

static void
test_lease_of_another_network(void **state)
{
	struct world *w = *state;

	w->lease.expiry = 0;		/* for ever */
	w->lease.ip = 0x0a4d0209;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	assert_string_equal(map_value(&w->n, MAP_IP), "");
}

/* Slirp's NIC: no network, no interface, no claim, no doubt. */
static void
test_user_mode(void **state)
{
	struct world *w = *state;

	*w->nic.hostif = *w->nic.net = '\0';
	snprintf(w->nic.id, sizeof(w->nic.id), "%s", "nic1");
	snprintf(w->nic.mode, sizeof(w->nic.mode), "%s", "user");
	w->n.net = NULL;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	for (int k = 0; k < MAP_NEDGES; k++) {
		assert_string_equal(map_value(&w->n, k),
		    k == MAP_MODE ? "user" : "");
		assert_true(map_sure(&w->n, k));
	}
}

static void
test_bridge_lookup(void **state)
{
	struct world *w = *state;

	assert_ptr_equal(ifmap_bridge(&w->ml, &w->net),
	    &w->ifs[0]);
	assert_ptr_equal(ifmap_net_of_bridge(&w->ml, "lan"), &w->net);
	assert_null(ifmap_net_of_bridge(&w->ml, "tap3"));
}

static void
test_pick(void **state)
{
	struct world *w = *state;
	struct map m = { .nics = &w->n, .nnics = 1 };
	struct map_target t = { .t.lab = &w->lab, .ifname = "tap3" };

	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	w->n.picked = false;
	t.ifname = "tap4";
	ifmap_pick(&m, &t);
	assert_false(w->n.picked);
	t.ifname = "lan";
	ifmap_pick(&m, &t);
	assert_true(w->n.picked);
}

/* JSON with ' for ", for the eye. */
static json_t *
single_quoted(const char *s)
{
	char *copy = strdup(s), *p;
	json_t *j;

	assert_non_null(copy);
	for (p = copy; *p != '\0'; p++)
		if (*p == '\'')
			*p = '"';
	j = json_loads(copy, 0, NULL);
	free(copy);
	assert_non_null(j);
	return j;
}

static void
test_json(void **state)
{
	struct world *w = *state;
	struct map m = { .labs = &w->ml, .nlabs = 1, .nreal = 1,
		.nics = &w->n, .nnics = 1 };
	json_t *got, *want;

	struct hostif_neigh neigh = { .index = 5, .ip = 0x0a4d0108 };

	memcpy(neigh.mac, mac, 6);
	w->space.ifs.neighs = &neigh;
	w->space.ifs.nneighs = 1;
	w->space.ifs.nfdb = 0;
	w->vm.qemu.pid = 4711;
	w->lab.backend = BACKEND_BRIDGE;
	ifmap_claim_nic(&w->n, &w->ml, &w->facts);
	got = ifmap_json(&m);
	want = single_quoted("{'schema': 1, 'labs': [{'name': 'lab',"
	    "'file': null, 'backend': 'bridge', 'error': null,"
	    "'networks': [{'name': 'lan', 'mode': 'host',"
	    "'subnet': '10.77.1.0/24', 'bridge': 'lan'}],"
	    "'vms': [{'name': 'router', 'pid': 4711, 'nics': ["
	    "{'id': 'lan', 'network': 'lan', 'mode': 'host',"
	    "'subnet': '10.77.1.0/24', 'mac': '02:00:00:00:00:07',"
	    "'model': 'virtio-net-pci', 'interface': 'tap3',"
	    "'bridge': 'lan', 'ip': '10.77.1.9',"
	    "'counters': {'rx_packets': 0, 'rx_bytes': 200,"
	    "'rx_dropped': 0, 'tx_packets': 0, 'tx_bytes': 100,"
	    "'tx_dropped': 0}, 'filter': null, 'contradictions': ['ip'],"
	    "'doubts': ['ip: lease says 10.77.1.9, arp says 10.77.1.8'],"
	    "'evidence': ["
	    "{'about': 'if', 'source': 'registry', 'value': 'tap3',"
	    "'confidence': 'medium'},"
	    "{'about': 'if', 'source': 'alias', 'value': 'tap3',"
	    "'confidence': 'high'},"
	    "{'about': 'bridge', 'source': 'master', 'value': 'lan',"
	    "'confidence': 'high'},"
	    "{'about': 'bridge', 'source': 'network', 'value': 'lan',"
	    "'confidence': 'medium'},"
	    "{'about': 'mode', 'source': 'registry', 'value': 'host',"
	    "'confidence': 'medium'},"
	    "{'about': 'ip', 'source': 'lease', 'value': '10.77.1.9',"
	    "'confidence': 'high'},"
	    "{'about': 'ip', 'source': 'arp', 'value': '10.77.1.8',"
	    "'confidence': 'medium'}"
	    "]}]}]}]}");
	assert_true(json_equal(got, want));
	json_decref(want);
	json_decref(got);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_all_agree),
		T(test_silent_guest),
		T(test_kernel_unseen),
		T(test_registry_names_anothers_tap),
		T(test_taps_swapped),
		T(test_tap_is_gone),
		T(test_mac_seen_elsewhere),
		T(test_mac_on_another_bridge),
		T(test_not_on_its_bridge),
		T(test_lease_over),
		T(test_lease_of_last_run),
		T(test_wire),
		T(test_lease_of_another_network),
		T(test_user_mode),
		T(test_bridge_lookup),
		T(test_pick),
		T(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
