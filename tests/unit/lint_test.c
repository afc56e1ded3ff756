/* SPDX-License-Identifier: ISC */
/* lint_test.c - what is wrong with labs that can be read */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lint.h"
#include "text.h"

static const struct lint_conf linux_conf = { .target = QEMU_LINUX,
	.backend = BACKEND_BRIDGE };
static const struct lint_conf root_conf = { .target = QEMU_LINUX,
	.backend = BACKEND_BRIDGE, .host_net = true };
static const struct lint_conf user_conf = { .target = QEMU_LINUX,
	.backend = BACKEND_USERSPACE };
static const struct lint_conf mac_conf = { .target = QEMU_DARWIN,
	.backend = BACKEND_VMNET };

static void
parse(struct lab *lab, const char *text)
{
	struct qerr e;

	if (lab_parse(lab, text, strlen(text), "t.yaml", ".", &e) == -1)
		fail_msg("%s", e.msg);
}

/* Findings as lines "LINE: error: text"; caller frees. */
static char *
show(const struct findings *f)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < f->n; i++) {
		char *more = xasprintf("%s%d: %s: %s\n", all, f->f[i].line,
		    f->f[i].error ? "error" : "warning", f->f[i].text);

		free(all);
		all = more;
	}
	return all;
}

static char *
lint(const char *text, const struct lint_conf *conf)
{
	struct findings found = { 0 };
	struct lab lab;
	char *all;

	parse(&lab, text);
	lint_lab(&lab, conf, &found);
	all = show(&found);
	if (text_clean(all, strlen(all), true) != strlen(all))
		fail_msg("not clean: %s", all);
	findings_free(&found);
	lab_free(&lab);
	return all;
}

struct cases {
	const struct lint_conf *conf;
	const char *text;
	const char *found;	/* all of it; "": nothing */
};

static void
check(const struct cases *c, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *found = lint(c[i].text, c[i].conf);

		if (strcmp(found, c[i].found) != 0)
			fail_msg("%s--- found:\n%s--- wanted:\n%s",
			    c[i].text, found, c[i].found);
		free(found);
	}
}

#define CHECK(c) check(c, sizeof(c) / sizeof(*(c)))

#define SUB(s) "networks:\n  n: {mode: host,\n    subnet: " s "}\n"
#define NET(s) "networks:\n  n: {" s "}\n"

static void
subnets(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, SUB("192.168.2.0/24"), "" },
		{ &linux_conf, SUB("172.16.0.0/12"), "" },
		{ &linux_conf, SUB("10.0.0.0/30"), "" },
		{ &linux_conf, SUB("192.168.2.1/24"), "3: error: subnet "
		    "'192.168.2.1/24' has host bits set; the network is "
		    "192.168.2.0/24\n" },
		{ &linux_conf, SUB("192.168.2.1/32"), "3: error: subnet "
		    "'192.168.2.1/32' has no room for a gateway and a VM: /32, "
		    "was /24 meant?\n" },
		{ &linux_conf, SUB("10.0.0.0/31"), "3: error: subnet "
		    "'10.0.0.0/31' has no room for a gateway and a VM: /31, "
		    "was /24 meant?\n" },
		{ &linux_conf, SUB("0.0.0.0/0"), "3: error: subnet "
		    "'0.0.0.0/0' is larger than a /8\n" },
		{ &linux_conf, SUB("127.0.0.0/8"), "3: error: subnet "
		    "'127.0.0.0/8' holds loopback addresses\n" },
		{ &linux_conf, SUB("169.254.7.0/24"), "3: error: subnet "
		    "'169.254.7.0/24' holds link-local addresses\n" },
		{ &linux_conf, SUB("239.0.0.0/8"), "3: error: subnet "
		    "'239.0.0.0/8' holds multicast addresses\n" },
		{ &linux_conf, SUB("255.255.255.0/24"), "3: error: subnet "
		    "'255.255.255.0/24' holds reserved addresses\n" },
		{ &linux_conf, SUB("0.1.0.0/16"), "3: error: subnet "
		    "'0.1.0.0/16' holds \"this network\" addresses\n" },
		/* public addresses: on a host network nobody is cut off */
		{ &linux_conf, SUB("8.8.8.0/24"), "" },
		{ &linux_conf, NET("mode: shared, subnet: 8.8.8.0/24"),
		    "2: warning: subnet '8.8.8.0/24' holds public addresses: "
		    "the VMs cannot reach the real ones\n" },
		{ &linux_conf, NET("mode: shared, subnet: 203.0.113.0/24"),
		    "" },
		{ &linux_conf, NET("mode: shared, subnet: 100.64.0.0/10"), "" },
		{ &mac_conf, NET("mode: shared, subnet: 203.0.113.0/24"),
		    "2: error: subnet '203.0.113.0/24' is not within "
		    "10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, which vmnet "
		    "wants\n" },
		{ &mac_conf, NET("mode: shared, subnet: 172.16.0.0/11"),
		    "2: error: subnet '172.16.0.0/11' has host bits set; the "
		    "network is 172.0.0.0/11\n"
		    "2: error: subnet '172.16.0.0/11' is not within "
		    "10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16, which vmnet "
		    "wants\n" },
	};

	(void)state;
	CHECK(c);
}

#define TWO(a, b) "networks:\n  a: {" a "}\n  b:\n    mode: host\n    " b "\n"

static void
pairs(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, TWO("mode: host, subnet: 10.0.0.0/24",
		    "subnet: 10.0.1.0/24"), "" },
		{ &linux_conf, TWO("mode: host, subnet: 10.0.0.0/8",
		    "subnet: 10.2.0.0/16"), "5: error: subnet '10.2.0.0/16' "
		    "overlaps 10.0.0.0/8 of network 'a'\n" },
		{ &linux_conf, TWO("mode: host, subnet: 10.0.0.0/24",
		    "subnet: 10.0.0.0/24"), "5: error: subnet '10.0.0.0/24' "
		    "is that of network 'a' too\n" },
		{ &linux_conf, TWO("mode: shared, subnet: 10.0.0.0/24",
		    "subnet: 10.0.0.0/24"), "5: error: subnet '10.0.0.0/24' "
		    "in mode host is that of network 'a' in mode shared\n" },
	};
	static const char uuids[] = "networks:\n"
	    "  a: {mode: host, dhcp: off, uuid: "
	    "154780b0-f499-4968-9b20-e58c02fdf5fb}\n"
	    "  b: {mode: host, dhcp: off, uuid: "
	    "154780B0-F499-4968-9B20-E58C02FDF5FB}\n";
	static const char uplinks[] = "networks:\n"
	    "  a: {mode: bridged, uplink: eth0}\n"
	    "  b: {mode: bridged,\n    uplink: eth0}\n";
	static const struct cases more[] = {
		{ &linux_conf, uuids, "3: error: uuid '154780B0-F499-4968-"
		    "9B20-E58C02FDF5FB' is that of network 'a' too\n" },
		{ &root_conf, uplinks, "4: error: uplink 'eth0' is in the "
		    "bridge of network 'a' already\n" },
		{ &mac_conf, uplinks, "" },
	};

	(void)state;
	CHECK(c);
	CHECK(more);
}

#define HOST24 "mode: host, subnet: 10.0.0.0/24, "

static void
addresses(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, NET(HOST24 "gateway: 10.0.0.254"), "" },
		{ &linux_conf, NET(HOST24 "gateway: 10.0.1.1"),
		    "2: error: gateway '10.0.1.1' is outside subnet "
		    "10.0.0.0/24\n" },
		{ &linux_conf, NET(HOST24 "gateway: 10.0.0.0"),
		    "2: error: gateway '10.0.0.0' is the network address of "
		    "subnet 10.0.0.0/24\n" },
		{ &linux_conf, NET(HOST24 "gateway: 10.0.0.255"),
		    "2: error: gateway '10.0.0.255' is the broadcast address "
		    "of subnet 10.0.0.0/24\n" },
		{ &linux_conf, NET(HOST24 "dhcp: off, gateway: 10.0.0.1"),
		    "2: warning: gateway '10.0.0.1' is not used: with 'dhcp: "
		    "off' the host has no address on network 'n'\n" },
		{ &linux_conf, NET(HOST24 "range: 10.0.0.50-10.0.0.99"), "" },
		{ &linux_conf, NET(HOST24 "range: 10.0.0.9-10.0.0.9"), "" },
		{ &linux_conf, NET(HOST24 "range: 10.0.0.9-10.0.0.5"),
		    "2: error: range '10.0.0.9-10.0.0.5' is reversed\n" },
		{ &linux_conf, NET(HOST24 "range: 10.0.0.1-10.0.0.99"),
		    "2: error: range '10.0.0.1-10.0.0.99' holds the gateway "
		    "10.0.0.1\n" },
		{ &linux_conf, NET(HOST24 "range: 10.0.0.2-10.0.0.255"),
		    "2: error: range end '10.0.0.255' is the broadcast "
		    "address of subnet 10.0.0.0/24\n" },
		{ &linux_conf, NET(HOST24 "range: 10.0.0.200-10.0.1.20"),
		    "2: error: range end '10.0.1.20' is outside subnet "
		    "10.0.0.0/24\n" },
		{ &linux_conf, NET(HOST24 "range: 9.9.9.9-10.0.0.20, "
		    "gateway: 10.0.0.77"), "2: error: range start '9.9.9.9' "
		    "is outside subnet 10.0.0.0/24\n" },
		{ &linux_conf, NET(HOST24 "dhcp: off, range: "
		    "10.0.0.5-10.0.0.9"), "2: warning: range "
		    "'10.0.0.5-10.0.0.9' is not used with 'dhcp: off'\n" },
		{ &linux_conf, "networks:\n"
		    "  a: {mode: host, subnet: 10.77.0.0/16}\n"
		    "  b: {mode: host}\n", "3: error: network 'b' needs a "
		    "subnet: 10.77.0.0/16 has none left\n" },
	};

	(void)state;
	CHECK(c);
}

static void
modes(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, NET("mode: user"), "" },
		{ &linux_conf, NET("mode: user, subnet: 10.0.0.0/24, "
		    "dhcp: on, isolated: on, mtu: 1400"),
		    "2: error: subnet means nothing on network 'n' of mode "
		    "user\n"
		    "2: error: dhcp means nothing on network 'n' of mode "
		    "user\n"
		    "2: error: isolated means nothing on network 'n' of mode "
		    "user\n"
		    "2: error: mtu means nothing on network 'n' of mode "
		    "user\n" },
		{ &root_conf, NET("mode: bridged, uplink: eth0, isolated: on, "
		    "mtu: 9000, transparent: on"), "" },
		{ &root_conf, NET("mode: bridged, uplink: eth0, "
		    "gateway: 10.0.0.1, range: 1.1.1.1-1.1.1.2"),
		    "2: error: gateway means nothing on network 'n' of mode "
		    "bridged\n"
		    "2: error: range means nothing on network 'n' of mode "
		    "bridged\n" },
		{ &root_conf, NET("mode: bridged"), "2: error: bridged "
		    "network 'n' has no uplink, such as eth0\n" },
		{ &linux_conf, NET("mode: shared, uplink: eth0"), "2: error: "
		    "uplink means nothing on network 'n' of mode shared\n" },
		{ &linux_conf, NET("mode: shared, uuid: "
		    "154780B0-F499-4968-9B20-E58C02FDF5FB"), "2: error: uuid "
		    "means nothing on network 'n' of mode shared\n" },
		{ &linux_conf, NET("mode: host, uuid: "
		    "154780B0-F499-4968-9B20-E58C02FDF5FB"), "2: error: uuid "
		    "'154780B0-F499-4968-9B20-E58C02FDF5FB' needs 'dhcp: off' "
		    "on network 'n': vmnet serves no DHCP there\n" },
		{ &linux_conf, NET("mode: host, isolated: on"), "" },
		{ &linux_conf, NET("mode: host, dhcp: off, isolated: on"),
		    "2: warning: isolated: with 'dhcp: off' nothing on "
		    "network 'n' can reach anything\n" },
		{ &mac_conf, NET("mode: shared, nat66-prefix: 'fd00:1:2:3::'"),
		    "" },
		{ &linux_conf, NET("mode: shared, nat66-prefix: 'fd00::'"),
		    "2: warning: nat66-prefix 'fd00::' has an effect on vmnet "
		    "only\n" },
		{ &mac_conf, NET("mode: host, nat66-prefix: 'fd00::'"),
		    "2: error: nat66-prefix means nothing on network 'n' of "
		    "mode host\n" },
	};
	static const char *const bad[] = { "fc00::", "2001:db8::",
		"fd00::1", "fd00::/64", "fd00", "10.0.0.0", "fd00:::",
		"fd00:1:2:3:4:5:6:7:8" };

	(void)state;
	CHECK(c);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *text = xasprintf(NET("mode: shared, nat66-prefix: '%s'"),
		    bad[i]);
		char *want = xasprintf("2: error: nat66-prefix '%s' is not a "
		    "unique local prefix of 64 bits, such as "
		    "fd00:1:2:3::\n", bad[i]);
		char *found = lint(text, &mac_conf);

		assert_string_equal(found, want);
		free(text);
		free(want);
		free(found);
	}
}

static void
backends(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, "networks:\n  a23456789012345: {mode: host}\n",
		    "" },
		{ &linux_conf, "networks:\n  a234567890123456: {mode: host}\n",
		    "2: error: network name 'a234567890123456' has 16 "
		    "characters: its bridge's name can have 15\n" },
		{ &mac_conf, "networks:\n  a234567890123456: {mode: host}\n",
		    "" },
		{ &user_conf, "networks:\n  a234567890123456: {mode: host}\n",
		    "" },
		{ &linux_conf, "networks:\n  a234567890123456: {mode: user}\n",
		    "" },
		{ &linux_conf, "networks:\n  default: {mode: host}\n",
		    "2: error: network name 'default' cannot be a bridge's "
		    "name\n" },
		{ &linux_conf, "networks:\n  tap12: {mode: host}\n",
		    "2: error: network name 'tap12' cannot be a bridge's "
		    "name\n" },
		{ &linux_conf, "networks: {tap: {mode: host},\n"
		    "  tap1a: {mode: host}}\n", "" },
		{ &linux_conf, NET("mode: host, backend: vmnet"), "2: error: "
		    "backend 'vmnet' is macOS'\n" },
		{ &mac_conf, NET("mode: host, backend: bridge"), "2: error: "
		    "backend 'bridge' is Linux'\n" },
		{ &mac_conf, NET("mode: host, mtu: 1400"), "2: error: mtu "
		    "'1400': vmnet has 1500 only\n" },
		{ &mac_conf, NET("mode: host, mtu: 1500"), "" },
		{ &mac_conf, NET("mode: host, mtu: 1400, backend: userspace"),
		    "" },
		{ &mac_conf, NET("mode: host, transparent: on"), "2: error: "
		    "transparent: vmnet's bridges are not\n" },
		{ &mac_conf, NET("mode: host, dhcp: off"), "" },
		{ &mac_conf, NET("mode: shared, dhcp: off"), "2: error: dhcp "
		    "'off': vmnet always serves DHCP on shared network 'n'; "
		    "host networks can do without\n" },
		{ &linux_conf, NET("mode: shared, dhcp: off"), "" },
		{ &mac_conf, NET(HOST24 "range: 10.0.0.2-10.0.0.99"), "" },
		{ &mac_conf, NET(HOST24 "range: 10.0.0.50-10.0.0.99"),
		    "2: error: range start '10.0.0.50': vmnet's begins after "
		    "the gateway, at 10.0.0.2\n" },
		{ &mac_conf, NET(HOST24 "gateway: 10.0.0.254"), "2: error: "
		    "gateway '10.0.0.254': vmnet hands out only the addresses "
		    "above it\n" },
		{ &linux_conf, NET("mode: bridged, uplink: eth0"), "2: error: "
		    "bridged network 'n' needs the host's own network: "
		    "--host-net, as root\n" },
		{ &user_conf, NET("mode: bridged, uplink: eth0"), "2: error: "
		    "bridged network 'n' cannot run on backend userspace\n" },
		{ &root_conf, NET("mode: bridged, uplink: wlp3s0"),
		    "2: warning: uplink 'wlp3s0' looks like Wi-Fi, where "
		    "access points drop what other MACs send\n" },
		{ &user_conf, "networks:\n  w: {mode: shared}\nvms:\n"
		    "  a: {nics: [w]}\n  b: {nics: [w]}\n", "2: warning: VMs "
		    "on shared network 'w' cannot reach each other on backend "
		    "userspace\n" },
		{ &user_conf, "networks:\n  w: {mode: shared}\nvms:\n"
		    "  a: {nics: [w, w]}\n", "" },
	};

	(void)state;
	CHECK(c);
}

/* What vmnet bridges to, and what of it stands in QEMU's own words. */
static void
vmnets(void **state)
{
	static const struct cases c[] = {
		{ &mac_conf, NET("mode: bridged, uplink: en0"), "" },
		{ &mac_conf, NET("mode: bridged, uplink: loft0"), "" },
		{ &mac_conf, NET("mode: bridged, uplink: lo0"), "2: error: "
		    "uplink 'lo0': vmnet cannot bridge to the loopback\n" },
		{ &mac_conf, NET("mode: bridged, uplink: utun4"), "2: error: "
		    "uplink 'utun4': vmnet cannot bridge to a tunnel\n" },
		{ &mac_conf, NET("mode: bridged, uplink: vmenet0"),
		    "2: error: uplink 'vmenet0': vmnet cannot bridge to a "
		    "VM's cable\n" },
		{ &mac_conf, "vms:\n  a:\n    args: [-netdev, "
		    "'vmnet-host,id=x,start-address=10.0.0.1']\n", "2: error: "
		    "start-address, end-address and subnet-mask go together: "
		    "give all or none\n" },
		{ &linux_conf, "vms:\n  a:\n    args: [-netdev, "
		    "'vmnet-shared,id=x']\n", "2: error: netdev "
		    "'vmnet-shared' is not there on Linux\n" },
		{ &mac_conf, "vms:\n  a:\n    args: [-netdev, "
		    "'vmnet-shared,id=x', -device, edu]\n", "" },
		{ &mac_conf, NET("mode: bridged, uplink: vlan7"), "2: error: "
		    "uplink 'vlan7': vmnet cannot bridge to a VLAN "
		    "interface\n" },
	};

	(void)state;
	CHECK(c);
}

#define LAN "networks: {lan: {mode: host}, wan: {mode: host},\n" \
	    "  u: {mode: user}}\nvms:\n"

static void
nics(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, LAN "  a: {nics: [lan, wan, u, lan]}\n"
		    "  b: {nics: [lan]}\n", "" },
		{ &linux_conf, LAN "  a:\n    nics:\n    - lan\n    - lna\n",
		    "7: error: network 'lna' is not defined (did you mean "
		    "'lan'?)\n" },
		{ &linux_conf, LAN "  a: {nics: [somewhere]}\n", "4: error: "
		    "network 'somewhere' is not defined\n" },
		{ &linux_conf, "vms:\n  a: {nics: [user]}\n", "2: error: "
		    "network 'user' is not defined (did you mean {mode: "
		    "user}?)\n" },
		{ &linux_conf, LAN
		    "  a: {nics: [{net: lan, mac: 2:0:0:0:0:1}]}\n"
		    "  b: {nics: [{net: lan,\n      mac: 2:0:0:0:0:1}]}\n",
		    "6: error: mac '02:00:00:00:00:01' is also that of NIC "
		    "'a/lan', on the same network\n" },
		{ &linux_conf, LAN
		    "  a: {nics: [{net: lan, mac: 2:0:0:0:0:1}]}\n"
		    "  b: {nics: [{net: wan, mac: 2:0:0:0:0:1}]}\n",
		    "5: warning: mac '02:00:00:00:00:01' is also that of NIC "
		    "'a/lan', on another network\n" },
		/* a user network is each NIC's own */
		{ &linux_conf, LAN
		    "  a: {nics: [{net: u, mac: 2:0:0:0:0:1}]}\n"
		    "  b: {nics: [{net: u, mac: 2:0:0:0:0:1}]}\n",
		    "5: warning: mac '02:00:00:00:00:01' is also that of NIC "
		    "'a/u', on another network\n" },
		{ &linux_conf, LAN
		    "  a: {nics: [{net: lan, mac: 3:0:0:0:0:1}]}\n",
		    "4: error: mac '03:00:00:00:00:01' is a multicast "
		    "address: a NIC's first octet is even\n" },
		{ &linux_conf, LAN
		    "  a: {nics: [{net: lan, mac: ff:ff:ff:ff:ff:ff}]}\n",
		    "4: error: mac 'ff:ff:ff:ff:ff:ff' is a multicast "
		    "address: a NIC's first octet is even\n" },
		{ &linux_conf, LAN
		    "  a: {nics: [{net: lan, mac: 0:0:0:0:0:0}]}\n",
		    "4: error: mac '00:00:00:00:00:00' is all zero\n" },
		{ &linux_conf, "networks: {n: {mode: host, "
		    "subnet: 10.0.0.0/16}}\nvms:\n"
		    "  a: {nics: [{mode: user}, n]}\n", "3: warning: subnet "
		    "10.0.0.0/16 of network 'n' overlaps 10.0.2.0/24, which "
		    "VM 'a' has on its user NIC\n" },
	};

	(void)state;
	CHECK(c);
}

#define USER "nics: [{mode: user}], "

static void
forwards(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, "vms:\n  a: {" USER
		    "forward: ['tcp:127.0.0.1:2222:22', "
		    "'udp:127.0.0.1:2222:22', 'tcp:127.0.0.2:2222:22']}\n",
		    "" },
		{ &linux_conf, "vms:\n  a: {" USER
		    "forward: ['tcp:2222:22']}\n", "2: warning: forward "
		    "'tcp:2222:22' has no address and listens on all of them; "
		    "say 'tcp:127.0.0.1:2222:22' for this host alone\n" },
		{ &linux_conf, "vms:\n  a: {" USER
		    "forward: ['tcp:0.0.0.0:2222:22']}\n", "" },
		{ &linux_conf, "vms:\n  a: {" USER
		    "forward: ['tcp:224.0.0.1:2222:22']}\n", "2: error: "
		    "forward address '224.0.0.1' is no host's\n" },
		{ &linux_conf, "vms:\n  a:\n    disks: [x]\n    forward: "
		    "['tcp:127.0.0.1:2222:22']\n", "4: error: forward on VM "
		    "'a' needs a NIC {mode: user}\n" },
		{ &linux_conf, "vms:\n"
		    "  a: {" USER "forward: ['tcp:127.0.0.1:2222:22']}\n"
		    "  b: {" USER "forward: ['tcp:127.0.0.1:2222:80']}\n",
		    "3: error: forward port 'tcp:2222' is taken by a forward "
		    "of VM 'a'\n" },
		{ &linux_conf, "vms:\n"
		    "  a: {" USER "forward: ['tcp:127.0.0.1:2222:22']}\n"
		    "  b: {" USER "forward: ['tcp:127.0.0.2:2222:22']}\n"
		    "  c: {" USER "forward: ['tcp:0.0.0.0:2222:22']}\n",
		    "2: error: forward port 'tcp:2222' is taken by a forward "
		    "of VM 'c'\n"
		    "3: error: forward port 'tcp:2222' is taken by a forward "
		    "of VM 'c'\n" },
	};

	(void)state;
	CHECK(c);
}

static void
disks(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, "vms:\n  a: {disks: [x]}\n  b: {disks: [y]}\n",
		    "" },
		{ &linux_conf, "vms:\n  a: {disks: [x]}\n"
		    "  b: {disks: [.//./x]}\n", "3: error: disk './/./x' is "
		    "also one of VM 'a': they cannot run together, "
		    "so name the one to start\n" },
		{ &linux_conf, "vms:\n  a: {disks: [d/x]}\n"
		    "  b: {disks: [d/./x]}\n", "3: error: disk 'd/./x' is "
		    "also one of VM 'a': they cannot run together, "
		    "so name the one to start\n" },
		{ &linux_conf, "vms:\n  a: {disks: [x,\n    x]}\n",
		    "3: error: disk 'x' twice in VM 'a'\n" },
		{ &linux_conf, "vms:\n"
		    "  a: {disks: [{file: x, base: z}]}\n"
		    "  b: {disks: [{file: y, base: z}]}\n", "" },
		{ &linux_conf, "vms:\n"
		    "  b: {disks: [{file: y, base: z}]}\n"
		    "  a: {disks: [z]}\n", "2: error: base 'z' is a disk of "
		    "VM 'a', which writes to it\n" },
		{ &linux_conf, "vms:\n  a: {disks: [{file: z, base: z}]}\n",
		    "2: error: base 'z' is a disk of VM 'a', which writes to "
		    "it\n" },
		{ &linux_conf, "vms:\n  a: {disks: [x], snapshot: on}\n"
		    "  b: {disks: [x], snapshot: on}\n", "" },
		{ &linux_conf, "vms:\n  a: {disks: [x], snapshot: on}\n"
		    "  b: {disks: [x]}\n", "3: error: disk 'x' is also one of "
		    "VM 'a': they cannot run together, "
		    "so name the one to start\n" },
		{ &linux_conf, "vms:\n  a: {disks: [z], snapshot: on}\n"
		    "  b: {disks: [{file: y, base: z}]}\n", "" },
	};

	(void)state;
	CHECK(c);
}

/* What only some VMs that start together share is nobody's harm. */
static void
together(void **state)
{
	static const char text[] = "networks: {n: {mode: host}}\nvms:\n"
	    "  a: {disks: [x], nics: [{net: n, mac: 2:0:0:0:0:1}]}\n"
	    "  b: {disks: [x], nics: [{net: n, mac: 2:0:0:0:0:1}]}\n"
	    "  c: {nics: [{mode: user}], "
	    "forward: ['tcp:127.0.0.1:80:80']}\n"
	    "  d: {nics: [{mode: user}], "
	    "forward: ['tcp:127.0.0.1:80:80']}\n";
	char a[] = "a", b[] = "b", c[] = "c", d[] = "d";
	char *apart[] = { a, c, NULL }, *all[] = { a, b, c, d, NULL };
	struct lint_conf conf = linux_conf;
	char *found, *every;

	(void)state;
	conf.vms = apart;
	found = lint(text, &conf);
	assert_string_equal(found, "");
	free(found);
	conf.vms = all;
	found = lint(text, &conf);
	every = lint(text, &linux_conf);
	assert_string_equal(found, every);
	assert_non_null(strstr(found, "4: error: disk 'x'"));
	assert_non_null(strstr(found, "4: error: mac '02:00:00:00:00:01'"));
	assert_non_null(strstr(found, "6: error: forward port 'tcp:80'"));
	free(found);
	free(every);
}

static void
machines(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, "vms:\n  a: {}\n", "2: warning: VM 'a' has "
		    "nothing to boot from: no disk, cdrom, kernel or NIC\n" },
		{ &linux_conf, "vms:\n  a: {kernel: k, initrd: i, "
		    "append: x}\n", "" },
		{ &linux_conf, "vms:\n  a: {disks: [x],\n    initrd: i}\n",
		    "3: error: initrd 'i' without a kernel\n" },
		{ &linux_conf, "vms:\n  a: {disks: [x], append: quiet}\n",
		    "2: error: append 'quiet' without a kernel\n" },
		{ &linux_conf, "vms:\n  a: {disks: [x], accel: hvf}\n",
		    "2: error: accel 'hvf' is macOS'\n" },
		{ &mac_conf, "vms:\n  a: {disks: [x], accel: kvm}\n",
		    "2: error: accel 'kvm' is Linux'\n" },
		{ &mac_conf, "vms:\n  a: {disks: [chr-7.18.2-arm64.img]}\n",
		    "2: error: disk 'chr-7.18.2-arm64.img': RouterOS for "
		    "arm64 panics under hvf; say 'accel: tcg'\n" },
		{ &mac_conf, "vms:\n  a: {accel: hvf, disks: [{file: r.qcow2, "
		    "base: img/CHR-7.18.2-ARM64.img}]}\n",
		    "2: error: disk 'img/CHR-7.18.2-ARM64.img': RouterOS for "
		    "arm64 panics under hvf; say 'accel: tcg'\n" },
		{ &mac_conf, "vms:\n  a: {accel: tcg, "
		    "disks: [chr-7.18.2-arm64.img]}\n", "" },
		{ &mac_conf, "vms:\n  a: {disks: [chr-7.18.2.img]}\n", "" },
		{ &linux_conf, "vms:\n  a: {disks: [chr-7.18.2-arm64.img]}\n",
		    "" },
		{ &linux_conf, "vms:\n  a: {disks: [x],\n"
		    "    ready: {tcp: 22, lease: on}}\n",
		    "3: error: tcp '22': VM 'a' has no NIC\n"
		    "3: error: lease: VM 'a' has no NIC\n" },
		{ &linux_conf, "networks: {n: {mode: host, dhcp: off}}\n"
		    "vms:\n  a: {nics: [n], ready: {lease: on}}\n",
		    "3: warning: lease: no network of VM 'a' has a DHCP "
		    "server of qlab's\n" },
		{ &linux_conf, "networks: {n: {mode: host}}\n"
		    "vms:\n  a: {nics: [n], ready: {lease: on}}\n", "" },
		{ &linux_conf, "networks: {n: {mode: host, dhcp: off}}\n"
		    "vms:\n  a: {nics: [n, {mode: user}], ready: {tcp: 22}}\n",
		    "3: warning: tcp '22': the host has no address on any "
		    "network of VM 'a', so it cannot be tried\n" },
		{ &linux_conf, "networks: {n: {mode: host, dhcp: off}, "
		    "s: {mode: shared, dhcp: off}}\n"
		    "vms:\n  a: {nics: [n, s], ready: {tcp: 22}}\n", "" },
	};

	(void)state;
	CHECK(c);
}

/* In the order of lines, whatever finds them. */
static void
sorted(void **state)
{
	static const struct cases c[] = {
		{ &linux_conf, "vms:\n  a: {nics: [west]}\nnetworks:\n"
		    "  n: {mode: host, subnet: 10.0.0.1/24}\n",
		    "2: error: network 'west' is not defined\n"
		    "4: error: subnet '10.0.0.1/24' has host bits set; the "
		    "network is 10.0.0.0/24\n" },
	};

	(void)state;
	CHECK(c);
}

/* A raw command line's names may hold anything. */
static void
raw_names(void **state)
{
	struct findings found = { 0 };
	struct lab lab;
	char *all;

	(void)state;
	lab_init(&lab);
	lab_vm_add(&lab, "\x1b[2J");
	snprintf(lab_nic_add(&lab.vms[0])->net, LAB_NAMESZ, "\x1b]0;x");
	lab_net_add(&lab, "n")->uplink = xstrdup("\xff");
	lab.nets[0].mode = NET_SHARED;
	lint_lab(&lab, &linux_conf, &found);
	all = show(&found);
	assert_true(found.n >= 2);
	assert_int_equal(text_clean(all, strlen(all), true), strlen(all));
	assert_non_null(strstr(all, "network '\\x1b]0;x' is not defined"));
	free(all);
	findings_free(&found);
	lab_free(&lab);
}

static void
routes(void **state)
{
	static const char text[] = "networks:\n"
	    "  a: {mode: shared, subnet: 10.1.0.0/16}\n"
	    "  b: {mode: host,\n"
	    "    subnet: 192.168.2.0/24}\n"
	    "  c: {mode: user}\n"
	    "  d: {mode: host, subnet: 172.16.0.0/24, backend: userspace}\n";
	static const char *const none[] = { "0.0.0.0/0", "0.0.0.0/1",
		"128.0.0.0/1", "junk", "10.2.0.0/16", "192.168.3.0/24", NULL };
	static const char *const some[] = { "0.0.0.0/0", "10.0.0.0/8",
		"10.1.2.3/24", "10.1.0.0/17", "192.168.2.77/32",
		"172.16.0.0/12", NULL };
	static const char warned[] =
	    "2: warning: subnet 10.1.0.0/16 of network 'a' overlaps this "
	    "host's route '10.1.2.3/24': the VMs cannot reach what is there\n"
	    "4: warning: subnet 192.168.2.0/24 of network 'b' overlaps this "
	    "host's route '192.168.2.77/32': the VMs cannot reach what is "
	    "there\n"
	    "6: warning: subnet 172.16.0.0/24 of network 'd' overlaps this "
	    "host's route '172.16.0.0/12': the VMs cannot reach what is "
	    "there\n";
	static const char refused[] =
	    "2: error: subnet 10.1.0.0/16 of network 'a' overlaps this "
	    "host's route '10.1.2.3/24'; choose another\n"
	    "4: error: subnet 192.168.2.0/24 of network 'b' overlaps this "
	    "host's route '192.168.2.77/32'; choose another\n"
	    "6: warning: subnet 172.16.0.0/24 of network 'd' overlaps this "
	    "host's route '172.16.0.0/12': the VMs cannot reach what is "
	    "there\n";
	const struct {
		const struct lint_conf *conf;
		const char *const *routes;
		const char *found;
		size_t errors;
	} c[] = {
		{ &linux_conf, none, "", 0 },
		{ &linux_conf, some, warned, 0 },
		{ &root_conf, some, refused, 2 },
		{ &mac_conf, some, refused, 2 },
	};
	struct lab lab;

	(void)state;
	parse(&lab, text);
	for (size_t i = 0; i < sizeof(c) / sizeof(*c); i++) {
		struct findings found = { 0 };
		char *all;

		lint_routes(&lab, c[i].conf, c[i].routes, &found);
		all = show(&found);
		assert_string_equal(all, c[i].found);
		assert_int_equal(findings_errors(&found), c[i].errors);
		free(all);
		findings_free(&found);
	}
	lab_free(&lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subnets),
		cmocka_unit_test(pairs),
		cmocka_unit_test(addresses),
		cmocka_unit_test(modes),
		cmocka_unit_test(backends),
		cmocka_unit_test(vmnets),
		cmocka_unit_test(nics),
		cmocka_unit_test(forwards),
		cmocka_unit_test(disks),
		cmocka_unit_test(together),
		cmocka_unit_test(machines),
		cmocka_unit_test(sorted),
		cmocka_unit_test(raw_names),
		cmocka_unit_test(routes),
	};

	return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
