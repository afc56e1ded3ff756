/* SPDX-License-Identifier: ISC */
/* cappoint_test.c - lib/cappoint: words of a command line */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cappoint.h"

static void
test_filter_words(void **state)
{
	static const char *const filters[] = { "icmp", "host", "not", "vlan",
		"aarp", "fddi", "wlanhost", "port", "10.0.0.1", "10.0.0.0/8",
		"fe80::1", "80", "(tcp", "ether[0]", "tcp port 80", "a=b",
		"!arp", "" };
	static const char *const points[] = { "router", "router/lan", "net:lan",
		"lab:", "lab:router/lan.2", "if:eth0", "pid:17", "a.b-c_d",
		"hosts", "ICMP", "vm1", "1vm" };

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(filters) / sizeof(*filters); i++)
		assert_true(cappoint_is_filter(filters[i]));
	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++)
		assert_false(cappoint_is_filter(points[i]));
}

static void
test_may_grow(void **state)
{
	(void)state;
	assert_true(cappoint_may_grow("router"));
	assert_true(cappoint_may_grow("lab:"));
	assert_true(cappoint_may_grow("lab:router"));
	assert_true(cappoint_may_grow("pid:3"));
	assert_false(cappoint_may_grow("router/lan"));
	assert_false(cappoint_may_grow("net:lan"));
	assert_false(cappoint_may_grow("lab:net:lan"));
	assert_false(cappoint_may_grow("if:eth0"));
}

static void
test_vias(void **state)
{
	enum cap_via v;

	(void)state;
	assert_int_equal(cap_via_parse("switch", &v), 0);
	assert_int_equal(v, VIA_SWITCH);
	assert_string_equal(cap_via_name(VIA_QMP), "qmp");
	assert_int_equal(cap_via_parse("", &v), -1);
	assert_int_equal(cap_via_parse("Ring", &v), -1);
}

/* A lab with a VM on two networks, seen by nobody but the registry. */
static struct state_nic nics[] = {
	{ .id = "wan", .net = "wan", .mode = "host",
	    .mac = { 2, 0, 0, 0, 0, 1 } },
	{ .id = "user", .mode = "user", .mac = { 2, 0, 0, 0, 0, 2 } },
};
static struct lab_net nets[] = { { .name = "wan", .mode = NET_HOST } };
static struct state_vm vms[] = { { .name = "router", .nics = nics, .nnics = 2,
	.qmp = (char *)"/x/qmp.sock", .alive = true } };
static struct state_lab homes[] = { { .name = "home", .dir = (char *)"/x",
	.backend = BACKEND_USERSPACE, .nets = nets, .nnets = 1, .vms = vms,
	.nvms = 1, .alive = true } };
static struct state st = { .labs = homes, .nlabs = 1 };

static void
test_a_vm(void **state)
{
	struct map_lab ml = { .lab = &homes[0] };
	struct map_nic mn[] = {
		{ .lab = &homes[0], .vm = &vms[0], .nic = &nics[0],
		    .net = &nets[0] },
		{ .lab = &homes[0], .vm = &vms[0], .nic = &nics[1] },
	};
	struct map map = { .labs = &ml, .nlabs = 1, .nreal = 1, .nics = mn,
		.nnics = 2 };
	struct cappoints ps = { 0 };
	struct qerr e;
	char *text;

	(void)state;
	assert_int_equal(cappoint_find(&ps, &map, &st, "router", VIA_AUTO, &e),
	    0);
	assert_int_equal(ps.n, 2);
	assert_string_equal(ps.p[0].name, "router/wan");
	assert_string_equal(ps.p[0].key, "home:router/wan");
	assert_int_equal(ps.p[0].via, VIA_SWITCH);
	assert_string_equal(ps.p[1].name, "router/user");
	assert_int_equal(ps.p[1].via, VIA_QMP);
	assert_string_equal(ps.p[1].qmp, "/x/qmp.sock");
	text = cappoint_describe(&ps.p[0]);
	assert_string_equal(text, "network wan, 02:00:00:00:00:01");
	free(text);
	/* What is there already is not there twice. */
	assert_int_equal(cappoint_find(&ps, &map, &st, "home:router/wan",
	    VIA_AUTO, &e), 0);
	assert_int_equal(cappoint_find(&ps, &map, &st, "net:wan", VIA_AUTO,
	    &e), 0);
	assert_int_equal(ps.n, 3);
	assert_string_equal(ps.p[2].name, "net:wan");
	assert_int_equal(cappoint_find(&ps, &map, &st, "ruoter", VIA_AUTO, &e),
	    -1);
	assert_int_equal(e.kind, QERR_NOTFOUND);
	assert_non_null(strstr(e.msg, "near: router"));
	cappoint_release(&ps);
	/* On a Mac QEMU is asked where no vmenet is known; never the bridge. */
	homes[0].backend = BACKEND_VMNET;
	assert_int_equal(cappoint_find(&ps, &map, &st, "router/wan", VIA_AUTO,
	    &e), 0);
	assert_int_equal(ps.p[0].via, VIA_QMP);
	assert_int_equal(cappoint_find(&ps, &map, &st, "net:wan", VIA_AUTO,
	    &e), 0);
	assert_int_equal(ps.p[1].via, VIA_AUTO);
	assert_int_equal(ps.p[1].why.kind, QERR_FAIL);
	assert_non_null(strstr(ps.p[1].why.msg, "name its NICs"));
	cappoint_release(&ps);
	homes[0].backend = BACKEND_USERSPACE;
	/* Forced. */
	assert_int_equal(cappoint_find(&ps, &map, &st, "router", VIA_RING, &e),
	    0);
	assert_int_equal(ps.p[0].via, VIA_AUTO);
	assert_string_equal(ps.p[0].why.msg,
	    "router/wan cannot be captured via ring");
	cappoint_release(&ps);
}

/* A Mac: vmenetN, then QEMU, else whose devices they are. */
static void
test_choose(void **state)
{
	const bool nic[CAP_NVIAS] = { [VIA_RING] = true, [VIA_PCAP] = true,
		[VIA_QMP] = true };
	const bool by_hand[CAP_NVIAS] = { [VIA_RING] = true,
		[VIA_PCAP] = true };
	const bool slirp[CAP_NVIAS] = { [VIA_QMP] = true };
	const bool none[CAP_NVIAS] = { false };
	const struct qerr yes = { 0 };
	struct qerr no, busy, why = { 0 };

	(void)state;
	qerr_set(&no, QERR_PERM, "cannot open /dev/bpf0: Permission denied");
	qerr_set(&busy, QERR_FAIL, "all devices /dev/bpf* are in use");
	assert_int_equal(cappoint_choose(nic, &yes, &why), VIA_RING);
	assert_int_equal(cappoint_choose(by_hand, &yes, &why), VIA_RING);
	assert_int_equal(cappoint_choose(slirp, &no, &why), VIA_QMP);
	assert_int_equal(cappoint_choose(none, &no, &why), VIA_AUTO);
	assert_int_equal(cappoint_choose(nic, &busy, &why), VIA_QMP);
	assert_int_equal(cappoint_choose(by_hand, &busy, &why), VIA_PCAP);
	assert_int_equal(why.kind, QERR_NONE);
	assert_int_equal(cappoint_choose(nic, &no, &why), VIA_QMP);
	assert_int_equal(why.kind, QERR_PERM);
	assert_string_equal(why.msg, "cannot open /dev/bpf0: Permission denied "
	    "(root, or Wireshark's ChmodBPF for ever, gives the right)");
	why = (struct qerr){ 0 };
	assert_int_equal(cappoint_choose(by_hand, &no, &why), VIA_AUTO);
	assert_int_equal(why.kind, QERR_PERM);
	assert_non_null(strstr(why.msg, "ChmodBPF"));
}

/* What no lab has is found by its name alone unless a lab has such a one. */
static void
test_outside(void **state)
{
	static struct state_nic theirs[] = { { .id = "wan", .mode = "user" },
		{ .id = "n1", .mode = "user" } };
	static struct state_vm vm = { .name = "router", .nics = theirs,
		.nnics = 2, .qmp = (char *)"/y", .alive = true };
	struct state_lab none = { .name = "", .vms = &vm, .nvms = 1,
		.alive = true };
	struct map_lab ml[] = { { .lab = &homes[0] }, { .lab = &none } };
	struct map_nic mn[] = {
		{ .lab = &homes[0], .vm = &vms[0], .nic = &nics[0],
		    .net = &nets[0] },
		{ .lab = &none, .vm = &vm, .nic = &theirs[0] },
		{ .lab = &none, .vm = &vm, .nic = &theirs[1] },
	};
	struct map map = { .labs = ml, .nlabs = 2, .nreal = 1, .nics = mn,
		.nnics = 3 };
	struct hostif tap = { .name = "tap9", .index = 9 };
	struct fact_space here = { .ifs = { .ifs = &tap, .nifs = 1 } };
	struct fact_space there = here;
	struct cappoints ps = { 0 };
	struct qerr e;

	(void)state;
	cappoint_all(&ps, &map, VIA_AUTO, false);
	assert_int_equal(ps.n, 3);
	assert_string_equal(ps.p[0].name, "router/wan");
	assert_string_equal(ps.p[1].name, ":router/wan");
	assert_string_equal(ps.p[2].name, "router/n1");
	cappoint_release(&ps);
	/* And so they are found. */
	assert_int_equal(cappoint_find(&ps, &map, &st, ":router/wan",
	    VIA_AUTO, &e), 0);
	assert_string_equal(ps.p[0].qmp, "/y");
	cappoint_release(&ps);
	/* So it is with interfaces. */
	ml[0].space = &here;
	ml[1].space = &there;
	assert_int_equal(cappoint_find(&ps, &map, &st, "if:tap9", VIA_AUTO,
	    &e), 0);
	assert_string_equal(ps.p[0].key, "home:if:tap9");
	cappoint_release(&ps);
	assert_int_equal(cappoint_find(&ps, &map, &st, ":if:tap9", VIA_AUTO,
	    &e), 0);
	assert_string_equal(ps.p[0].key, ":if:tap9");
	cappoint_release(&ps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filter_words),
		cmocka_unit_test(test_may_grow),
		cmocka_unit_test(test_vias),
		cmocka_unit_test(test_a_vm),
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
