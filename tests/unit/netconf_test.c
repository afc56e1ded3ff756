/* SPDX-License-Identifier: ISC */
/* netconf_test.c - rules for nft, command lines of dnsmasq, pasta, slirp */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab.h"
#include "netconf.h"

#define IP(a, b, c, d)	((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

static const struct lab_net wan = { .name = "wan", .mode = NET_SHARED,
    .subnet = IP(172, 16, 0, 0), .plen = 12, .gateway = IP(172, 16, 0, 1),
    .range_lo = IP(172, 16, 0, 2), .range_hi = IP(172, 31, 255, 254),
    .dhcp = true };
static const struct lab_net lan = { .name = "lan", .mode = NET_HOST,
    .subnet = IP(192, 168, 2, 0), .plen = 24, .gateway = IP(192, 168, 2, 1) };
static const struct lab_net mgmt = { .name = "mgmt", .mode = NET_HOST,
    .subnet = IP(10, 0, 0, 0), .plen = 30, .gateway = IP(10, 0, 0, 1),
    .range_lo = IP(10, 0, 0, 2), .range_hi = IP(10, 0, 0, 2), .dhcp = true,
    .mtu = 9000 };
/* The VMs have addresses of their own there; the host still is the way out. */
static const struct lab_net fix = { .name = "fix", .mode = NET_SHARED,
    .subnet = IP(10, 9, 0, 0), .plen = 16, .gateway = IP(10, 9, 0, 254) };

static void
rules(void **state)
{
	const struct lab_net nets[] = { wan, lan, mgmt };
	char *text = netconf_nft(nets, 3);

	(void)state;
	assert_string_equal(text,
	    "table inet qlab\n"
	    "delete table inet qlab\n"
	    "table inet qlab {\n"
	    "\tset nets {\n"
	    "\t\ttype ifname\n"
	    "\t\telements = { \"wan\", \"lan\", \"mgmt\" }\n"
	    "\t}\n"
	    "\tset shared {\n"
	    "\t\ttype ifname\n"
	    "\t\telements = { \"wan\" }\n"
	    "\t}\n"
	    "\tchain input {\n"
	    "\t\ttype filter hook input priority filter\n"
	    "\t\tiifname \"wan\" ip daddr != { 172.16.0.1, 172.31.255.255, "
	    "255.255.255.255, 224.0.0.0/4 } drop\n"
	    "\t\tiifname \"lan\" drop\n"
	    "\t\tiifname \"mgmt\" ip daddr != { 10.0.0.1, 10.0.0.3, "
	    "255.255.255.255, 224.0.0.0/4 } drop\n"
	    "\t\tiifname \"mgmt\" meta l4proto { tcp, udp } th dport 53 drop\n"
	    "\t\tiifname @nets meta nfproto ipv6 drop\n"
	    "\t}\n"
	    "\tchain forward {\n"
	    "\t\ttype filter hook forward priority filter\n"
	    "\t\tiifname @nets oifname @nets drop\n"
	    "\t\tiifname @shared meta nfproto ipv4 accept\n"
	    "\t\tiifname @nets drop\n"
	    "\t\toifname @shared ct state established,related accept\n"
	    "\t\toifname @nets drop\n"
	    "\t}\n"
	    "\tchain postrouting {\n"
	    "\t\ttype nat hook postrouting priority srcnat\n"
	    "\t\tip saddr 172.16.0.0/12 oifname != @nets masquerade\n"
	    "\t}\n"
	    "}\n");
	free(text);
}

static void
rules_without_a_way_out(void **state)
{
	char *text = netconf_nft(&lan, 1);

	(void)state;
	/* An empty set has no elements line: nft would not take one. */
	assert_non_null(strstr(text, "\tset shared {\n\t\ttype ifname\n\t}\n"));
	assert_null(strstr(text, "masquerade"));
	free(text);
	text = netconf_nft(NULL, 0);
	assert_non_null(strstr(text, "\tset nets {\n\t\ttype ifname\n\t}\n"));
	free(text);
}

static const char *const fixed[] = {
	"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
	"--user=", "--group=", "--pid-file=", "--bind-dynamic",
	"--except-interface=lo", "--no-hosts", "--no-resolv", "--no-ping",
	"--dhcp-authoritative", "--dhcp-leasefile=/s/leases",
	"--log-facility=/l/dnsmasq.log", NULL
};

static void
check_argv(struct strv *got, const char *const *more)
{
	size_t n = 0;

	for (; fixed[n] != NULL; n++)
		assert_string_equal(got->v[n], fixed[n]);
	for (; *more != NULL; more++, n++) {
		if (n >= got->n)
			fail_msg("'%s' is missing", *more);
		assert_string_equal(got->v[n], *more);
	}
	if (got->n != n)
		fail_msg("too much: '%s'", got->v[n]);
	strv_free(got);
}

static void
dnsmasq(void **state)
{
	const struct lab_net nets[] = { wan, lan, mgmt, fix };
	struct strv argv = { 0 };

	(void)state;
	netconf_dnsmasq(nets, 4, "169.254.77.53", "/s/leases",
	    "/l/dnsmasq.log", &argv);
	check_argv(&argv, (const char *const[]){
	    "--server=169.254.77.53",
	    "--interface=wan",
	    "--dhcp-range=set:wan,172.16.0.2,172.31.255.254,255.240.0.0,1h",
	    "--dhcp-option=tag:wan,3,172.16.0.1",
	    "--dhcp-option=tag:wan,6,172.16.0.1",
	    "--interface=mgmt",
	    "--dhcp-range=set:mgmt,10.0.0.2,10.0.0.2,255.255.255.252,1h",
	    "--dhcp-option=tag:mgmt,3", "--dhcp-option=tag:mgmt,6",
	    "--dhcp-option=tag:mgmt,26,9000",
	    "--interface=fix", NULL });
	/* No way out: DNS answers, but knows nothing. */
	netconf_dnsmasq(&fix, 1, NULL, "/s/leases", "/l/dnsmasq.log", &argv);
	check_argv(&argv, (const char *const[]){ "--interface=fix", NULL });
	/* No shared network: no DNS at all. */
	netconf_dnsmasq(&mgmt, 1, "169.254.77.53", "/s/leases",
	    "/l/dnsmasq.log", &argv);
	check_argv(&argv, (const char *const[]){ "--port=0",
	    "--interface=mgmt",
	    "--dhcp-range=set:mgmt,10.0.0.2,10.0.0.2,255.255.255.252,1h",
	    "--dhcp-option=tag:mgmt,3", "--dhcp-option=tag:mgmt,6",
	    "--dhcp-option=tag:mgmt,26,9000", NULL });
}

static void
addresses(void **state)
{
	struct lab_net user = { .name = "u", .mode = NET_USER, .dhcp = true };
	struct lab_net bridged = { .name = "b", .mode = NET_BRIDGED };
	struct lab_net both[] = { lan, user };

	(void)state;
	assert_true(netconf_has_address(&wan) && netconf_has_address(&fix));
	assert_true(netconf_has_address(&mgmt));
	assert_false(netconf_has_address(&lan));
	assert_false(netconf_has_address(&user));
	assert_false(netconf_has_address(&bridged));
	assert_false(netconf_any_dhcp(both, 2));
	assert_false(netconf_any_dhcp(&fix, 1));
	assert_true(netconf_any_dhcp(&mgmt, 1));
	assert_false(netconf_any_dhcp(NULL, 0));
}

static void
wayout(void **state)
{
	struct strv argv = { 0 };
	char *line;

	(void)state;
	netconf_pasta(4711, false, &argv);
	line = strv_join(&argv, " ", 99);
	assert_string_equal(line, "pasta --foreground --quiet --ipv4-only "
	    "--config-net --no-map-gw --tcp-ports none --udp-ports none "
	    "--tcp-ns none --udp-ns none --ns-ifname qlab-up --address "
	    "169.254.77.2 --netmask 24 --gateway 169.254.77.1 --dns-forward "
	    "169.254.77.53 4711");
	free(line);
	strv_free(&argv);
	netconf_pasta(4711, true, &argv);
	line = strv_join(&argv, " ", 99);
	assert_non_null(strstr(line, " --dns-forward 169.254.77.53 --runas 0 "
	    "--netns-only --netns /proc/4711/ns/net"));
	free(line);
	strv_free(&argv);
	netconf_slirp(4711, &argv);
	line = strv_join(&argv, " ", 99);
	assert_string_equal(line, "slirp4netns --configure --mtu=65520 "
	    "--disable-host-loopback --cidr=169.254.77.0/24 4711 qlab-up");
	free(line);
	strv_free(&argv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(rules_without_a_way_out),
		cmocka_unit_test(dnsmasq),
		cmocka_unit_test(addresses),
		cmocka_unit_test(wayout),
	};

	return cmocka_run_group_tests_name("netconf", tests, NULL, NULL);
}
