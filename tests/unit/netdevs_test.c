/* SPDX-License-Identifier: ISC */
/* netdevs_test.c - what QEMU's monitor says about netdevs */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"
#include "netdevs.h"

/* QEMU 7.2, with all that it can show. */
static const char text[] =
    "hub 0\r\n"
    " \\ hub0port1: #net281: index=0,type=user,net=10.0.2.0,restrict=off\r\n"
    " \\ hub0port0: e1000.0: index=0,type=nic,model=e1000,"
    "macaddr=52:54:00:12:34:57\r\n"
    "hub 3\r\n"
    " \\ hq: e1000.2: index=0,type=nic,model=e1000,"
    "macaddr=52:54:00:12:34:59\r\n"
    " \\ hp: hn: index=0,type=user,net=10.0.2.0,restrict=off\r\n"
    "d0: index=0,type=dgram,udp=127.0.0.1:47772/127.0.0.1:47773\r\n"
    "virtio-net-pci.0: index=0,type=nic,model=virtio-net-pci,"
    "macaddr=52:54:00:12:34:56\r\n"
    " \\ #net060: index=0,type=user,net=10.0.2.0,restrict=off\r\n"
    "alone: index=0,type=nic,model=ne2k_pci,macaddr=52:54:00:12:34:5b\r\n"
    "eth0: index=0,type=nic,model=e1000,macaddr=52:54:00:12:34:58\r\n"
    " \\ x: index=0,type=user,net=10.0.2.0,restrict=off\r\n"
    "filters:\r\n"
    "  - qcap-1-1-rx: type=filter-dump,file=/x,netdev=x: index=0,type=user\r\n"
    "nic-m: index=0,type=nic,model=virtio-net-pci,"
    "macaddr=52:54:00:12:34:5a\r\n"
    " \\ m: index=0,type=tap,fd=10\r\n"
    "nic-m: index=1,type=nic,model=virtio-net-pci,"
    "macaddr=52:54:00:12:34:5a\r\n"
    " \\ m: index=1,type=tap,fd=11\r\n"
    "filters:\r\n"
    "  - qcap-1-2-rx: type=filter-dump,file=/x,netdev=x: index=0,type=user\r\n";

static void
found(const char *id, const char *mac, const char *expected)
{
	uint8_t bytes[6];
	struct netdev n;
	char said[256];

	if (mac != NULL)
		assert_int_equal(mac_parse(mac, bytes), 0);
	if (netdevs_find(text, id, mac != NULL ? bytes : NULL, &n))
		snprintf(said, sizeof(said), "%s %s [%s]", n.id, n.type,
		    n.model);
	else
		strcpy(said, "none");
	assert_string_equal(said, expected);
}

static void
finds(void **state)
{
	(void)state;
	found("x", NULL, "x user [e1000]");
	found("d0", NULL, "d0 dgram []");
	found("hn", NULL, "hn user [e1000]");
	found("m", NULL, "m tap [virtio-net-pci]");
	/* Ids that QEMU made up are found by the card's address. */
	found("nic0", "52:54:00:12:34:56", "#net060 user [virtio-net-pci]");
	found(NULL, "52:54:00:12:34:57", "#net281 user [e1000]");
	found(NULL, "52:54:00:12:34:59", "hn user [e1000]");
	/* The id is believed before the address. */
	found("x", "52:54:00:12:34:56", "x user [e1000]");
}

static void
finds_not(void **state)
{
	(void)state;
	found("eth0", NULL, "none");
	found("qcap-1-1-rx", NULL, "none");
	found("qcap-1-2-rx", NULL, "none");
	found(NULL, "52:54:00:12:34:5b", "none");
	found(NULL, "52:54:00:00:00:00", "none");
	found(NULL, NULL, "none");
	found("", NULL, "none");
}

static void
odd_text(void **state)
{
	static const char *const odd[] = { "", "\n", ": index=", " : index=\n",
		" \\ : index=0,type=nic\n \\ : index=0,type=", "filters:",
		"a: index=0,type=tap,\nb", " \\ x" };
	struct netdev n;

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_false(netdevs_find(odd[i], "x", (const uint8_t *)
		    "RT\0\0224V", &n));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds),
		cmocka_unit_test(finds_not),
		cmocka_unit_test(odd_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
