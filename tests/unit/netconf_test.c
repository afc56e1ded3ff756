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

/* Only what differs from the rules in a namespace of the lab's own. */
static void
host_rules(void **state)
{
	const struct lab_net nets[] = { wan, lan };
	const unsigned down[] = { 7, 12 };
	struct netconf_host host = { .lab = "my.lab", .forward_was_off = true,
	    .down = down, .ndown = 2 };
	char *text = netconf_host_nft(&host, nets, 2);

	(void)state;
	assert_ptr_equal(strstr(text, "table inet qlab-my.lab\n"
	    "delete table inet qlab-my.lab\n"
	    "table inet qlab-my.lab {\n"
	    "\tchain made_by_qlab {\n\t}\n"
	    "\tchain note_forward_was_off {\n\t}\n"
	    "\tchain note_was_down_7 {\n\t}\n"
	    "\tchain note_was_down_12 {\n\t}\n"
	    "\tset nets {\n"), text);
	/* With br_netfilter, frames on one bridge pass here, too. */
	assert_non_null(strstr(text, "hook forward priority filter\n"
	    "\t\tiifname \"wan\" oifname \"wan\" accept\n"
	    "\t\tiifname \"lan\" oifname \"lan\" accept\n"
	    "\t\tiifname @nets oifname @nets drop\n"));
	free(text);
	host.fresh = true;
	host.forward_was_off = false;
	host.ndown = 0;
	text = netconf_host_nft(&host, nets, 2);
	assert_ptr_equal(strstr(text, "create table inet qlab-my.lab\n"
	    "table inet qlab-my.lab {\n"), text);
	assert_null(strstr(text, "note_"));
	free(text);
}

static void
host_notes(void **state)
{
	struct netconf_notes notes;
	char many[NETCONF_MAXDOWN * 64] = "chain made_by_qlab {\n}\n";
	size_t len = strlen(many);

	(void)state;
	assert_true(netconf_host_read("table inet qlab-x {\n"
	    "\tchain made_by_qlab {\n\t}\n\n"
	    "\tchain note_forward_was_off {\n\t}\n\n"
	    "\tchain note_was_down_7 {\n\t}\n\n"
	    "\tchain note_was_down_12 {\n\t}\n}\n", &notes));
	assert_true(notes.forward_was_off);
	assert_int_equal(notes.ndown, 2);
	assert_int_equal(notes.down[0], 7);
	assert_int_equal(notes.down[1], 12);
	assert_true(netconf_host_read("table inet qlab-x {\n"
	    "\tchain made_by_qlab {\n\t}\n}\n", &notes));
	assert_false(notes.forward_was_off);
	assert_int_equal(notes.ndown, 0);
	/* Somebody else's, and what is no interface. */
	assert_false(netconf_host_read("table inet qlab-x {\n"
	    "\tchain made_by_qlab_not {\n\t}\n"
	    "\tchain note_was_down_0 {\n\t}\n"
	    "\tchain note_was_down_99999999999999999999 {\n\t}\n"
	    "\tchain note_was_down_ {\n\t}\n}\n", &notes));
	assert_int_equal(notes.ndown, 0);
	assert_false(netconf_host_read("", &notes));
	/* No more than there is room for. */
	for (int i = 1; i <= NETCONF_MAXDOWN + 1; i++)
		len += (size_t)snprintf(many + len, sizeof(many) - len,
		    "chain note_was_down_%d {\n}\n", i);
	assert_true(netconf_host_read(many, &notes));
	assert_int_equal(notes.ndown, NETCONF_MAXDOWN);
	assert_int_equal(notes.down[NETCONF_MAXDOWN - 1], NETCONF_MAXDOWN);
}

/* The host's own resolvers are in a file. */
static void
host_dns(void **state)
{
	struct strv argv = { 0 };
	char *line;

	(void)state;
	netconf_dnsmasq(&wan, 1, "/etc/resolv.conf", "/s/leases",
	    &argv);
	line = strv_join(&argv, " ", 99);
	assert_non_null(strstr(line, " --resolv-file=/etc/resolv.conf "));
	assert_null(strstr(line, "--no-resolv"));
	assert_null(strstr(line, "--server"));
	free(line);
	strv_free(&argv);
}

static const char *const fixed[] = {
	"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
	"--user=", "--group=", "--pid-file=", "--bind-dynamic",
	"--except-interface=lo", "--no-hosts", "--no-resolv", "--no-ping",
	"--dhcp-authoritative", "--dhcp-leasefile=/s/leases",
	"--log-facility=-", NULL
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
	    &argv);
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
	netconf_dnsmasq(&fix, 1, NULL, "/s/leases", &argv);
	check_argv(&argv, (const char *const[]){ "--interface=fix", NULL });
	/* No shared network: no DNS at all. */
	netconf_dnsmasq(&mgmt, 1, "169.254.77.53", "/s/leases",
	    &argv);
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

	(void)state;
	assert_true(netconf_has_address(&wan) && netconf_has_address(&fix));
	assert_true(netconf_has_address(&mgmt));
	assert_false(netconf_has_address(&lan));
	assert_false(netconf_has_address(&user));
	assert_false(netconf_has_address(&bridged));
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
		cmocka_unit_test(host_rules),
		cmocka_unit_test(host_notes),
		cmocka_unit_test(dnsmasq),
		cmocka_unit_test(host_dns),
		cmocka_unit_test(addresses),
		cmocka_unit_test(wayout),
	};

	return cmocka_run_group_tests_name("netconf", tests, NULL, NULL);
}
