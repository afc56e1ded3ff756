/* SPDX-License-Identifier: ISC */
/* qemulint_test.c - what is wrong with raw QEMU command lines */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lint.h"
#include "qemuargv.h"

#define Q "qemu-system-x86_64 "
#define CARD " -device e1000,mac=02:00:00:00:00:01,netdev=n"
#define VMNET "-netdev vmnet-host,id=n,start-address=192.168.2.1," \
	"end-address=192.168.2.254,subnet-mask=255.255.255.0"

/*
 * Every finding, as "E3 text" or "W3 text" with '|' between; want is what each
 * must hold, in order.  "" means that nothing is wrong.
 */
static const struct { enum qemu_target target; const char *line, *want; }
    rows[] = {
	/* nothing to say */
	{ QEMU_DARWIN, Q VMNET CARD, "" },
	{ QEMU_LINUX, Q "-netdev tap,id=n,ifname=tap0" CARD, "" },
	{ QEMU_LINUX, Q "-nic user,hostfwd=tcp:127.0.0.1:1-:2", "" },
	{ QEMU_LINUX, Q "-net nic -net user", "" },
	{ QEMU_LINUX, Q "-nic none -drive file=a,if=none,id=d "
	    "-device virtio-blk-pci,drive=d", "" },
	{ QEMU_DARWIN, Q "-netdev user,id=n -device e1000,netdev=n", "" },
	{ QEMU_LINUX, Q "-netdev user,id=n -netdev hubport,id=h,hubid=0,"
	    "netdev=n -device e1000,netdev=h,mac=02:00:00:00:00:01", "" },

	/* vmnet */
	{ QEMU_DARWIN, Q "-netdev vmnet-host,id=n,start-address=192.168.2.1"
	    CARD, "E2 start-address, end-address and subnet-mask go" },
	{ QEMU_DARWIN, Q "-netdev vmnet-shared,id=n,start-address=192.168.2.1,"
	    "end-address=x,subnet-mask=255.255.0.255" CARD,
	    "E2 end-address: 'x' is no IPv4 address" },
	{ QEMU_DARWIN, Q "-netdev vmnet-shared,id=n,start-address=192.168.2.1,"
	    "end-address=192.168.2.9,subnet-mask=255.0.255.0" CARD,
	    "E2 subnet-mask: the ones of '255.0.255.0'" },
	{ QEMU_DARWIN, Q "-netdev vmnet-shared,id=n,start-address=192.168.2.1,"
	    "end-address=192.168.3.9,subnet-mask=255.255.255.0" CARD,
	    "E2 start-address and end-address are not in one subnet" },
	{ QEMU_DARWIN, Q "-netdev vmnet-shared,id=n,start-address=192.168.2.9,"
	    "end-address=192.168.2.1,subnet-mask=255.255.255.0" CARD,
	    "E2 end-address is not after" },
	{ QEMU_DARWIN, Q VMNET ",net-uuid=12-34" CARD,
	    "E2 net-uuid: '12-34' is no UUID" },
	{ QEMU_DARWIN, Q "-netdev vmnet-shared,id=n,net-uuid="
	    "154780B0-F499-4968-9B20-E58C02FDF5FB" CARD,
	    "E2 net-uuid is for vmnet-host only" },
	{ QEMU_DARWIN, Q "-netdev vmnet-bridged,id=n" CARD,
	    "E2 vmnet-bridged needs ifname=" },

	{ QEMU_DARWIN, Q VMNET ",net-uuid=00000000-0000-0000-0000-000000000000"
	    CARD, "E2 net-uuid: '00000000-0000-0000-0000-000000000000' is no" },
	{ QEMU_DARWIN, Q "-netdev vmnet-shared,id=n,nat66-prefix=fd00::,"
	    "isolated=on,start-address=10.1.0.1,end-address=10.1.0.9,"
	    "subnet-mask=255.255.255.0" CARD, "" },
	{ QEMU_DARWIN, Q VMNET ",nat66-prefix=fd00::" CARD,
	    "E2 vmnet-host has no option 'nat66-prefix'" },
	{ QEMU_DARWIN, Q "-netdev vmnet-bridged,id=n,ifname=en0,"
	    "start-address=10.1.0.1" CARD,
	    "E2 vmnet-bridged has no option 'start-address'" },
	{ QEMU_DARWIN, Q VMNET ",ifname=en0" CARD,
	    "E2 vmnet-host has no option 'ifname'" },
	{ QEMU_DARWIN, Q VMNET ",isolated=yes" CARD,
	    "E2 isolated: 'yes' is neither on nor off" },
	{ QEMU_DARWIN, Q "-nic vmnet-shared,mac=02:00:00:00:00:01,"
	    "model=e1000", "" },

	/* the system's netdevs */
	{ QEMU_LINUX, Q VMNET CARD, "E2 netdev 'vmnet-host' is not there on "
	    "Linux" },
	{ QEMU_DARWIN, Q "-netdev tap,id=n" CARD, "E2 netdev 'tap' is not" },
	{ QEMU_DARWIN, Q "-nic socket,mcast=230.0.0.1:1234,mac=2:0:0:0:0:1",
	    "E2 mcast= joins only one" },
	{ QEMU_LINUX, Q "-netdev vmnet,id=n" CARD,
	    "E2 unknown netdev type 'vmnet'" },
	{ QEMU_LINUX, Q "-netdev id=n" CARD, "E2 -netdev needs a type" },
	{ QEMU_LINUX, Q "-netdev tap,id=n,ifname=abcdefghijklmnop" CARD,
	    "E2 ifname 'abcdefghijklmnop' has more than 15 bytes" },

	/* ids and references */
	{ QEMU_LINUX, Q "-netdev user" CARD,
	    "E2 -netdev needs id=|E4 there is no netdev 'n'" },
	{ QEMU_LINUX, Q "-netdev user,id=n -netdev user,id=n" CARD,
	    "E4 -netdev: id 'n' is there already (word 2)" },
	{ QEMU_LINUX, Q "-netdev user,id=n", "W2 netdev 'n' has no card: add "
	    "-device virtio-net-pci,netdev='n'" },
	{ QEMU_LINUX, Q "-netdev user,id=n" CARD
	    " -device e1000,mac=02:00:00:00:00:02,netdev=n",
	    "E6 netdev 'n' has a card already (word 4)" },
	{ QEMU_LINUX, Q "-nodefaults -device e1000", "W3 this card has no" },
	{ QEMU_LINUX, Q "-nic none -device ide-hd,drive=d",
	    "E4 there is no drive 'd'" },
	{ QEMU_LINUX, Q "-nic none -drive if=none,id=d,file=f",
	    "W4 drive 'd' has no -device" },
	{ QEMU_LINUX, Q "-nic none -device qemu-xhci,id=a "
	    "-device qemu-xhci,id=a", "E6 -device: id 'a' is there already" },

	/* port forwards */
	{ QEMU_LINUX, Q "-nic user,hostfwd=udp:0.0.0.0:22-:22",
	    "W2 hostfwd 'udp:0.0.0.0:22-:22' lets everybody in" },
	{ QEMU_LINUX, Q "-nic user,hostfwd=tcp:22:22",
	    "E2 hostfwd 'tcp:22:22' is not" },
	{ QEMU_LINUX, Q "-nic user,hostfwd=tcp:127.0.0.1:70000-:22",
	    "E2 hostfwd 'tcp:127.0.0.1:70000-:22' is not" },
	{ QEMU_LINUX, Q "-nic user,hostfwd=sctp:127.0.0.1:7-:22",
	    "E2 hostfwd 'sctp" },

	/* MACs */
	{ QEMU_LINUX, Q "-nic user,mac=02:00:00:00:01",
	    "E2 '02:00:00:00:01' is no MAC" },
	{ QEMU_DARWIN, Q "-netdev vmnet-shared,id=n -device e1000,netdev=n",
	    "W4 NIC 'n' has QEMU's default MAC 52:54:00:12:34:56" },

	/* what cannot be looked at */
	{ QEMU_LINUX, Q "-nic none -readconfig f",
	    "W4 -readconfig: what that file says" },
	{ QEMU_LINUX, Q "-netdev '{x'", "E2 -netdev: what begins like JSON|"
	    "E2 -netdev needs id=" },
	{ QEMU_LINUX, Q "-m", "E0 option '-m' needs an argument" },
	{ QEMU_LINUX, "ls -l", "E0 not a QEMU command line" },
	{ QEMU_LINUX, Q "-netdev '\033[2J,id=n'" CARD,
	    "E2 unknown netdev type '\\x1b[2J'" },
};

/* The first finding that is not the next one of want, or NULL. */
static const char *
unexpected(const struct findings *found, const char *want)
{
	for (size_t i = 0; i < found->n; i++) {
		const struct finding *f = &found->f[i];
		size_t len = strcspn(want, "|");
		char *text = xasprintf("%c%d %s", f->error ? 'E' : 'W',
		    f->line, f->text);
		bool same = len > 0 && strncmp(text, want, len) == 0;

		free(text);
		if (!same)
			return f->text;
		want += len + (want[len] == '|');
	}
	return want[0] != '\0' ? "(a finding is missing)" : NULL;
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct findings found = { 0 };
		struct strv words = { 0 };
		const char *text;

		assert_int_equal(strv_split(&words, rows[i].line, NULL), 0);
		qemu_argv_lint(words.v, rows[i].target, &found);
		text = unexpected(&found, rows[i].want);
		if (text != NULL)
			fail_msg("%s\nwant: %s\n got: %s", rows[i].line,
			    rows[i].want, text);
		findings_free(&found);
		strv_free(&words);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
