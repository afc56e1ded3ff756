/* SPDX-License-Identifier: ISC */
/* logknown_test.c - what messages mean */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "logknown.h"

#define COUNT(a)	(sizeof(a) / sizeof(*(a)))

struct row {
	const char *process, *message;
	const char *event;		/* NULL: not known; "": known */
	const char *ifname, *mac, *ip;
};

static struct logrec
apply(const char *process, const char *message)
{
	struct logrec r;

	logrec_clear(&r);
	r.process = slice_str(process);
	r.message = slice_str(message);
	logknown_apply(&r);
	return r;
}

static void
check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct logrec r = apply(rows[i].process, rows[i].message);
		const char *event = r.known == NULL ? NULL :
		    logrec_event_name(r.event);

		if ((event == NULL) != (rows[i].event == NULL) ||
		    (event != NULL && strcmp(event, rows[i].event) != 0) ||
		    !slice_eq(r.ifname, slice_str(rows[i].ifname)) ||
		    !slice_eq(r.mac, slice_str(rows[i].mac)) ||
		    !slice_eq(r.ip, slice_str(rows[i].ip)))
			fail_msg("'%s': %s if=%.*s mac=%.*s ip=%.*s",
			    rows[i].message, event != NULL ? event :
			    "not known", (int)r.ifname.len, r.ifname.s,
			    (int)r.mac.len, r.mac.s, (int)r.ip.len, r.ip.s);
	}
}

static void
macos(void **state)
{
	static const struct row rows[] = {
		{ "InternetSharing", "mis_network_start: network <private> "
		    "has been started", "network-created", 0, 0, 0 },
		{ "InternetSharing", "mis_network_start: network a b has been "
		    "started", "network-created", 0, 0, 0 },
		{ "InternetSharing", "mis_network_stop: network x reset to "
		    "idle", "network-removed", 0, 0, 0 },
		{ "InternetSharing", "mis_network_stop: network <private> has "
		    "been stopped", "network-removed", 0, 0, 0 },
		{ NULL, "netrbRemoveNetwork: stopped idle network <private>",
		    "network-removed", 0, 0, 0 },
		{ NULL, "netrbCreateInterface: network handle was passed in",
		    "interface-attached", 0, 0, 0 },
		{ NULL, "netrbRemoveInterface: from vms",
		    "interface-detached", 0, 0, 0 },
		{ NULL, "netrbCreateNetwork: unable to fulfill network",
		    "error", 0, 0, 0 },
		{ NULL, "mis_network_validate_resource_availability: "
		    "overlapping DHCP range between network a and network b",
		    "conflict", 0, 0, 0 },
		{ "anything", "has an overlapping DHCP range", "conflict",
		    0, 0, 0 },
		{ NULL, "VMNet in NAT mode can't be started now due to an "
		    "active InternetSharing session on en0", "conflict",
		    "en0", 0, 0 },
		{ NULL, "port forwarding enabled on <if> proto tcp port 8044 "
		    "to <private> port 8080", "nat-changed", 0, 0, 0 },
		{ NULL, "mis_client_release: stopping all networks of x", "",
		    0, 0, 0 },
		{ "socketfilterfw", "Deny bootpd data in from 0.0.0.0:68 to "
		    "port 0.0.0.0:67 proto=17", "lease-refused", 0, 0, 0 },
		{ "bootpd", "ACK sent alpine 192.168.64.5 pktsize 300",
		    "lease-given", 0, 0, "192.168.64.5" },
		{ "bootpd", "ACK sent <no hostname> 192.168.64.5 pktsize 300",
		    "lease-given", 0, 0, "192.168.64.5" },
		{ "bootpd", "NAK sent <no hostname> 192.168.64.5 pktsize 300",
		    "lease-refused", 0, 0, "192.168.64.5" },
		{ "bootpd", "DHCP DISCOVER [bridge100]: 1,52:54:0:12:34:56 "
		    "<alpine>", "", "bridge100", "52:54:0:12:34:56", 0 },
		{ "kernel", "vmenet0: attached with 0 suspended link-layer "
		    "multicast membership(s)", "interface-attached",
		    "vmenet0", 0, 0 },
		{ "kernel", "ifnet_attach: All kernel threads created for "
		    "interface vmenet12 have been scheduled at least once. "
		    "Proceeding.", "interface-attached", "vmenet12", 0, 0 },
		{ "kernel", "ifnet_attach: Waiting for all kernel threads "
		    "created for interface utun5 to get scheduled at least "
		    "once.", NULL, 0, 0, 0 },
		/* Another program's words. */
		{ "Mail", "ACK sent alpine 192.168.64.5 pktsize 300", NULL,
		    0, 0, 0 },
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void
on_linux(void **state)
{
	static const struct row rows[] = {
		{ "kernel", "lan: port 2(tap-x.1) entered forwarding state",
		    "interface-attached", "tap-x.1", 0, 0 },
		{ "kernel", "lan: port 2(tap0) entered blocking state", NULL,
		    0, 0, 0 },
		{ "kernel", "device tap0 left promiscuous mode",
		    "interface-detached", "tap0", 0, 0 },
		{ "kernel", "tap0 (unregistering): left promiscuous mode",
		    "interface-detached", "tap0", 0, 0 },
		{ "kernel", "tap0: left promiscuous mode",
		    "interface-detached", "tap0", 0, 0 },
		{ "kernel", "tap0: entered promiscuous mode", NULL, 0, 0, 0 },
		{ "kernel", "br0: received packet on tap0 with own address "
		    "as source address (addr:52:54:00:12:34:56, vlan:0)",
		    "conflict", "tap0", "52:54:00:12:34:56", 0 },
		{ "kernel", "IPv6: eth0: IPv6 duplicate address fe80::1 used "
		    "by 52:54:00:12:34:56 detected!", "conflict", "eth0",
		    "52:54:00:12:34:56", "fe80::1" },
		{ "kernel", "Bridge firewalling registered", "", 0, 0, 0 },
		{ "kernel", "[UFW BLOCK] IN=br0 OUT=br0 PHYSIN=tap0 "
		    "PHYSOUT=tap1 MAC=52 SRC=10.0.0.2 DST=10.0.0.3", "error",
		    "tap0", 0, 0 },
		{ "kernel", "[UFW BLOCK] IN=br0 OUT= MAC=52 SRC=0.0.0.0 "
		    "DST=255.255.255.255", "error", "br0", 0, 0 },
		{ "kernel", "nf_conntrack: nf_conntrack: table full, "
		    "dropping packet", "error", 0, 0, 0 },
		{ "NetworkManager", "<info>  [1763.1] manager: (tap0): new "
		    "Tun device (/org/x/5)", "interface-attached", "tap0", 0,
		    0 },
		{ "kernel", "audit: type=1400 audit(1): apparmor=\"DENIED\" "
		    "operation=\"capable\" comm=\"x\"", "error", 0, 0, 0 },
		{ "dnsmasq-dhcp", "DHCPACK(lan) 10.77.1.80 52:54:00:77:00:01 "
		    "host", "lease-given", "lan", "52:54:00:77:00:01",
		    "10.77.1.80" },
		{ "dnsmasq-dhcp", "1234567 DHCPACK(lan) 10.77.1.80 "
		    "52:54:00:77:00:01", "lease-given", "lan",
		    "52:54:00:77:00:01", "10.77.1.80" },
		{ "dnsmasq-dhcp", "DHCPNAK(lan) 10.0.0.9 52:54:00:77:00:01 "
		    "wrong network", "lease-refused", "lan",
		    "52:54:00:77:00:01", "10.0.0.9" },
		{ "dnsmasq-dhcp", "DHCPDISCOVER(lan) 52:54:00:77:00:01 no "
		    "address available", "lease-refused", "lan",
		    "52:54:00:77:00:01", 0 },
		{ "dnsmasq-dhcp", "DHCPDISCOVER(lan) 10.0.0.9 "
		    "52:54:00:77:00:01  no address available",
		    "lease-refused", "lan", "52:54:00:77:00:01", "10.0.0.9" },
		{ "dnsmasq-dhcp", "DHCPDISCOVER(lan) 52:54:00:77:00:01 ", "",
		    "lan", "52:54:00:77:00:01", 0 },
		{ "dnsmasq-dhcp", "DHCPOFFER(lan) 10.0.0.9 52:54:00:77:00:01",
		    "", "lan", "52:54:00:77:00:01", "10.0.0.9" },
		{ "dnsmasq-dhcp", "no address range available for DHCP "
		    "request via lan", "lease-refused", "lan", 0, 0 },
		{ "dnsmasq", "failed to create listening socket for "
		    "10.0.0.1: Address already in use", "conflict", 0, 0, 0 },
		{ "dnsmasq", "using nameserver 10.0.0.1#53", NULL, 0, 0, 0 },
		{ "dnsmasq-dhcp", "DHCPACK(lan) 10.77.1.80 52:54:00:77:00",
		    NULL, 0, 0, 0 },
		{ "dnsmasq-dhcp", "DHCPACK(", NULL, 0, 0, 0 },
		{ "dnsmasq-dhcp", "", NULL, 0, 0, 0 },
	};

	(void)state;
	check(rows, COUNT(rows));
}

static void
qemu(void **state)
{
	static const struct row rows[] = {
		{ "qemu-system-x86_64", "-netdev vmnet-bridged,ifname=x,id=n:"
		    " unsupported ifname 'x', expected one of [ en0 ]",
		    "error", "x", 0, 0 },
		{ "qemu-system-x86_64", "-netdev tap,id=n,ifname=tap0: could "
		    "not configure /dev/net/tun (tap0): Device or resource "
		    "busy", "conflict", "tap0", 0, 0 },
		{ NULL, "Could not set up host forwarding rule "
		    "'tcp::22-:22'", "conflict", 0, 0, 0 },
		{ NULL, "vmnet-host.isolated feature is unavailable: "
		    "outdated vmnet.framework API", "error", 0, 0, 0 },
	};

	(void)state;
	check(rows, COUNT(rows));
}

/* All nine, however they are written. */
static void
vmnet(void **state)
{
	static const char *const words[] = {
		"general failure (possibly not enough privileges)",
		"memory allocation failure", "invalid argument specified",
		"interface setup is not complete",
		"invalid access, permission denied",
		"packet size is larger than MTU",
		"buffers exhausted in kernel", "packet count exceeds limit",
		"conflict, sharing service is in use",
	};
	static const char *const no[] = {
		"vmnet helper[1001] started", "vmnet uid 1001",
		"status 1001", "vmnet status 10010", "vmnet_start_interface ok",
		"vmnet status 1000", "vmnet returned 1010",
	};
	char text[160];
	struct logrec r;

	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		char number[16];

		snprintf(text, sizeof(text), "-netdev vmnet-shared,id=n: "
		    "cannot create vmnet interface: %s", words[i]);
		r = apply("qemu-system-aarch64", text);
		assert_non_null(r.known);
		assert_int_equal(r.event, i == 8 ? LOGREC_CONFLICT :
		    LOGREC_ERROR_EVENT);
		snprintf(number, sizeof(number), "(100%zu)", i + 1);
		assert_non_null(strstr(r.known->explain, number));
		snprintf(text, sizeof(text), "vmnet_start_interface: "
		    "status = 100%zu", i + 1);
		assert_ptr_equal(apply(NULL, text).known, r.known);
		snprintf(text, sizeof(text), "vmnet_write failed (100%zu)",
		    i + 1);
		assert_ptr_equal(apply("x", text).known, r.known);
	}
	r = apply("socket_vmnet", "vmnet_start_interface: [1009] "
	    "VMNET_SHARING_SERVICE_BUSY");
	assert_int_equal(r.event, LOGREC_CONFLICT);
	for (size_t i = 0; i < COUNT(no); i++)
		assert_null(apply(NULL, no[i]).known);
}

/* What the log itself says stays; a long message costs no time. */
static void
keeps_what_is_known(void **state)
{
	static char huge[1 << 20];
	struct logrec r;

	(void)state;
	logrec_clear(&r);
	r.process = SLICE("dnsmasq-dhcp");
	r.message = SLICE("DHCPACK(lan) 10.77.1.80 52:54:00:77:00:01");
	r.ifname = SLICE("tap9");
	r.event = LOGREC_VM_ENDED;
	logknown_apply(&r);
	assert_true(slice_is(r.ifname, "tap9"));
	assert_int_equal(r.event, LOGREC_VM_ENDED);
	assert_true(slice_is(r.ip, "10.77.1.80"));
	memset(huge, 'I', sizeof(huge) - 1);
	assert_null(apply("kernel", huge).known);
	assert_null(apply(NULL, NULL).known);
}

static void
explained(void **state)
{
	(void)state;
	assert_int_equal(apply("dnsmasq-dhcp", "DHCPDISCOVER(lan) "
	    "52:54:00:77:00:01 no address available").known->severity,
	    LOGREC_ERROR);
	assert_int_equal(apply("dnsmasq-dhcp", "DHCPACK(lan) 10.77.1.80 "
	    "52:54:00:77:00:01").known->severity, LOGREC_DEFAULT);
	assert_non_null(strstr(apply(NULL, "netrbCreateNetwork: unable to "
	    "fulfill network").known->explain, "choose another subnet"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(macos),
		cmocka_unit_test(on_linux),
		cmocka_unit_test(qemu),
		cmocka_unit_test(vmnet),
		cmocka_unit_test(keeps_what_is_known),
		cmocka_unit_test(explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
