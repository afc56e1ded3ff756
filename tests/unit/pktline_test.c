/* SPDX-License-Identifier: ISC */
/* pktline_test.c - packets in a line */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pktline.h"

/* Hexadecimal, blanks ignored. */
static struct capsrc_packet
packet(const char *hex, uint8_t *data)
{
	uint32_t n = 0;

	for (const char *p = hex; *p != '\0';) {
		unsigned byte;

		if (*p == ' ') {
			p++;
			continue;
		}
		assert_int_equal(sscanf(p, "%2x", &byte), 1);
		data[n++] = (uint8_t)byte;
		p += 2;
	}
	return (struct capsrc_packet){ .caplen = n, .len = n, .data = data };
}

#define MACS	"525400000002 525400000001 "
#define SHOWN	"52:54:00:00:00:01 > 52:54:00:00:00:02"
#define IP4	"0800 4500 0020 0000 0000 40"
#define HOSTS	"0000 0a000001 0a000002 "
#define IP6	"86dd 60000000 0010"
#define HOSTS6	"ff fe80 0000 0000 0000 0000 0000 0000 0001" \
		   "ff02 0000 0000 0000 0000 0000 0000 0002"

static const struct {
	const char *hex, *want;
} cases[] = {
	{ "", "[cut short], length 0" },
	{ "525400", "[cut short], length 3" },
	{ MACS "88cc 00", SHOWN ", ethertype 0x88cc, length 15" },
	{ MACS "0026 4242", SHOWN ", 802.3, length 16" },
	{ MACS "0806 0001 0800 0604 0001 525400000001 0a000001 000000000000"
	    "0a000002", SHOWN ", ARP who-has 10.0.0.2 tell 10.0.0.1, length "
	    "42" },
	{ MACS "0806 0001 0800 0604 0002 525400000001 0a000001 525400000002"
	    "0a000002", SHOWN ", ARP 10.0.0.1 is-at 52:54:00:00:00:01, length "
	    "42" },
	{ MACS "0806 0001 0800 0604 0009 525400000001 0a000001 525400000002"
	    "0a000002", SHOWN ", ARP operation 9, 10.0.0.1 > 10.0.0.2, length "
	    "42" },
	{ MACS "0806 0001 86dd 0604 0001", SHOWN ", ARP for protocol 0x86dd, "
	    "length 22" },
	{ MACS "0806 0001 0800 0604 0001 52", SHOWN ", ARP [cut short], length "
	    "23" },
	{ MACS IP4 "11" HOSTS "0044 0043 000c 0000",
	    SHOWN ", 10.0.0.1.68 > 10.0.0.2.67: UDP, length 42" },
	{ MACS "8100 2005 8100 0fff" IP4 "11" HOSTS "0044 0043 000c 0000",
	    SHOWN ", vlan 5, vlan 4095, 10.0.0.1.68 > 10.0.0.2.67: UDP, "
	    "length 50" },
	{ MACS "8100 20", SHOWN ", vlan [cut short], length 15" },
	{ MACS IP4 "06" HOSTS "0016 c000 00000000 00000000 5012 0000",
	    SHOWN ", 10.0.0.1.22 > 10.0.0.2.49152: TCP [S.], length 50" },
	{ MACS IP4 "06" HOSTS "0016 c000 00000000 00000000 5000 0000",
	    SHOWN ", 10.0.0.1.22 > 10.0.0.2.49152: TCP [none], length 50" },
	{ MACS IP4 "06" HOSTS "0016 c000",
	    SHOWN ", 10.0.0.1 > 10.0.0.2: TCP [cut short], length 38" },
	{ MACS IP4 "01" HOSTS "0800 0000", SHOWN ", 10.0.0.1 > 10.0.0.2: ICMP "
	    "echo request, length 38" },
	{ MACS IP4 "01" HOSTS "6307 0000", SHOWN ", 10.0.0.1 > 10.0.0.2: ICMP "
	    "type 99 code 7, length 38" },
	{ MACS IP4 "59" HOSTS, SHOWN ", 10.0.0.1 > 10.0.0.2: protocol 89, "
	    "length 34" },
	/* Options between; a fragment; nonsense. */
	{ MACS "0800 4600 0020 0000 0000 4011" HOSTS "01010101 0044 0043 000c",
	    SHOWN ", 10.0.0.1.68 > 10.0.0.2.67: UDP, length 44" },
	{ MACS "0800 4500 0020 0000 2001 4011" HOSTS "0044 0043",
	    SHOWN ", 10.0.0.1 > 10.0.0.2: fragment, length 38" },
	{ MACS "0800 4f00 0020 0000 0000 4011" HOSTS "0044 0043",
	    SHOWN ", 10.0.0.1 > 10.0.0.2: UDP [cut short], length 38" },
	{ MACS "0800 6500 0020 0000 0000 4011" HOSTS, SHOWN ", IPv4 "
	    "[malformed], length 34" },
	{ MACS "0800 4500", SHOWN ", IPv4 [cut short], length 16" },
	{ MACS IP6 "3a" HOSTS6 "8700 0000", SHOWN ", fe80::1 > ff02::2: "
	    "ICMPv6 neighbour solicitation, length 58" },
	{ MACS IP6 "00" HOSTS6 "1100 0000 0000 0000 0222 0223",
	    SHOWN ", fe80::1.546 > ff02::2.547: UDP, length 66" },
	{ MACS IP6 "2c" HOSTS6 "1100 0008 0000 0000 0222 0223",
	    SHOWN ", fe80::1 > ff02::2: fragment, length 66" },
	{ MACS "86dd 6000", SHOWN ", IPv6 [cut short], length 16" },
};

static void
test_lines(void **state)
{
	char buf[PKTLINE_SZ];
	uint8_t data[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct capsrc_packet p = packet(cases[i].hex, data);

		assert_string_equal(pktline(&p, LINKTYPE_ETHERNET, buf),
		    cases[i].want);
	}
}

static void
test_link_types(void **state)
{
	char buf[PKTLINE_SZ];
	uint8_t data[256];
	struct capsrc_packet p = packet("4500 0020 0000 0000 4011" HOSTS
	    "0044 0043", data);

	(void)state;
	assert_string_equal(pktline(&p, 101, buf),
	    "raw, 10.0.0.1.68 > 10.0.0.2.67: UDP, length 24");
	assert_string_equal(pktline(&p, 276, buf), "link type 276, length 24");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_link_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
