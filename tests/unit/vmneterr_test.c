/* SPDX-License-Identifier: ISC */
/* vmneterr_test.c - what QEMU says when vmnet fails, and what it means */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "vmneterr.h"

#define HEAD	"qemu-system-x86_64: -netdev vmnet-shared,id=wan: "
#define CREATE	HEAD "cannot create vmnet interface: "

/* Each must be told apart by words of its own, and with its status. */
static const struct {
	const char *text;
	enum qerr_kind kind, root_kind;
	const char *has, *root_has;
} cases[] = {
	{ HEAD "'start-address', 'end-address', 'subnet-mask' should be "
	    "provided together\n", QERR_FAIL, QERR_FAIL, "three addresses",
	    "three addresses" },
	{ "qemu-system-x86_64: -netdev vmnet-host,id=lan: Invalid UUID "
	    "provided in 'net-uuid'\n", QERR_FAIL, QERR_FAIL, "uuid", "uuid" },
	{ HEAD "vmnet-shared.isolated feature is unavailable: outdated "
	    "vmnet.framework API\n", QERR_FAIL, QERR_FAIL, "macOS 11",
	    "macOS 11" },
	{ HEAD "vmnet-host.net-uuid feature is unavailable: outdated "
	    "vmnet.framework API\n", QERR_FAIL, QERR_FAIL, "macOS 11",
	    "macOS 11" },
	{ HEAD "unsupported ifname 'en7', expected one of [ en0 en1 ]\n",
	    QERR_FAIL, QERR_FAIL,
	    "uplink: ''en7', expected one of [ en0 en1 ]'", "en7" },
	{ HEAD "unsupported ifname 'en7', no supported interfaces available\n",
	    QERR_FAIL, QERR_FAIL, "no interface of this Mac",
	    "no interface of this Mac" },
	{ HEAD "unable to create interface with requested params\n", QERR_PERM,
	    QERR_FAIL, "root", "overlaps" },
	{ CREATE "general failure (possibly not enough privileges)\n",
	    QERR_PERM, QERR_FAIL, "sudo", "overlaps" },
	{ CREATE "memory allocation failure\n", QERR_FAIL, QERR_FAIL, "memory",
	    "memory" },
	{ CREATE "invalid argument specified\n", QERR_FAIL, QERR_FAIL,
	    "addresses", "overlaps" },
	{ CREATE "interface setup is not complete\n", QERR_FAIL, QERR_FAIL,
	    "try again", "try again" },
	{ CREATE "invalid access, permission denied\n", QERR_PERM, QERR_PERM,
	    "entitlement", "even to root" },
	{ CREATE "packet size is larger than MTU\n", QERR_FAIL, QERR_FAIL,
	    "MTU", "MTU" },
	{ CREATE "buffers exhausted in kernel\n", QERR_FAIL, QERR_FAIL,
	    "buffers", "buffers" },
	{ CREATE "packet count exceeds limit\n", QERR_FAIL, QERR_FAIL,
	    "at once", "at once" },
	{ CREATE "conflict, sharing service is in use\n", QERR_FAIL, QERR_FAIL,
	    "Internet Sharing", "Internet Sharing" },
	{ CREATE "unknown vmnet error\n", QERR_FAIL, QERR_FAIL,
	    "does not know", "does not know" },
	{ CREATE "something new\n", QERR_FAIL, QERR_FAIL, "'something new'",
	    "'something new'" },
	{ "vmnet: packet is too big, 9014 > 1514\n", QERR_FAIL, QERR_FAIL,
	    "longer than vmnet takes", "longer than vmnet takes" },
	{ "qemu-system-x86_64: vmnet: write error: general failure\n",
	    QERR_FAIL, QERR_FAIL, "does not take the guest's frames: "
	    "'general failure'", "guest's frames" },
	{ "qemu-system-x86_64: vmnet: read failed: buffers\n", QERR_FAIL,
	    QERR_FAIL, "gives no frames: 'buffers'", "no frames" },
	{ HEAD "Parameter 'type' expects a netdev backend type\n", QERR_FAIL,
	    QERR_FAIL, "without vmnet", "without vmnet" },
	{ HEAD "Invalid parameter 'vmnet-shared'\n", QERR_FAIL, QERR_FAIL,
	    "without vmnet", "without vmnet" },
	{ "/opt/homebrew/bin/qemu-system-aarch64: -netdev vmnet-host,id=n: "
	    "network backend 'vmnet-host' is not compiled into this binary\n",
	    QERR_FAIL, QERR_FAIL, "without vmnet", "without vmnet" },
	{ "/opt/homebrew/bin/qemu-system-aarch64: -nic vmnet-shared: cannot "
	    "create vmnet interface: general failure (possibly not enough "
	    "privileges)\n", QERR_PERM, QERR_FAIL, "sudo", "overlaps" },
	{ "qemu: -netdev {\"type\":\"vmnet-shared\",\"id\":\"n\"}: cannot "
	    "create vmnet interface: conflict, sharing service is in use\n",
	    QERR_FAIL, QERR_FAIL, "Internet Sharing", "Internet Sharing" },
	{ "sudo: Ein Passwort ist notwendig\n", QERR_PERM, QERR_PERM,
	    "does not run QEMU: 'Ein Passwort", "'Ein Passwort" },
	{ "sudo: a password is required\n", QERR_PERM, QERR_PERM, "sudo -v",
	    "sudo -v" },
	{ "eve is not in the sudoers file.\n", QERR_PERM, QERR_PERM,
	    "may not use sudo", "may not use sudo" },
	{ "Sorry, user eve is not allowed to execute '/opt/homebrew/bin/"
	    "qemu-system-x86_64' as root on mac.\n", QERR_PERM, QERR_PERM,
	    "for this user", "for this user" },
};

static void
test_each_is_explained(void **state)
{
	struct qerr e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		print_message("%s", cases[i].text);
		assert_true(vmneterr_explain(cases[i].text, false, &e));
		assert_int_equal(e.kind, cases[i].kind);
		assert_non_null(strstr(e.msg, cases[i].has));
		assert_null(strchr(e.msg, '\n'));
		assert_true(vmneterr_explain(cases[i].text, true, &e));
		assert_int_equal(e.kind, cases[i].root_kind);
		assert_non_null(strstr(e.msg, cases[i].root_has));
	}
}

static void
test_no_two_are_the_same(void **state)
{
	struct qerr a, b;

	(void)state;
	/* those that a user must do different things about */
	for (size_t i = 0; i < 17; i++)
		for (size_t k = 0; k < i; k++) {
			if (i == 3 && k == 2)
				continue;	/* one thing, two options */
			vmneterr_explain(cases[i].text, false, &a);
			vmneterr_explain(cases[k].text, false, &b);
			assert_string_not_equal(a.msg, b.msg);
		}
}

static void
test_other_text_is_not(void **state)
{
	struct qerr e = { .kind = QERR_NONE };

	(void)state;
	assert_false(vmneterr_explain("", false, &e));
	assert_false(vmneterr_explain("\n\n", false, &e));
	assert_false(vmneterr_explain("qemu-system-x86_64: -drive file=a: "
	    "Could not open 'a': No such file or directory\n", false, &e));
	/* the words of a status alone are anybody's */
	assert_false(vmneterr_explain("qemu-system-x86_64: memory allocation "
	    "failure\n", false, &e));
	assert_int_equal(e.kind, QERR_NONE);
}

static void
test_first_line_wins_and_noise_does_not(void **state)
{
	struct qerr e;

	(void)state;
	assert_true(vmneterr_explain("warning: host doesn't support this\r\n"
	    CREATE "conflict, sharing service is in use\r\n"
	    CREATE "memory allocation failure\r\n", false, &e));
	assert_non_null(strstr(e.msg, "Internet Sharing"));
}

static void
test_hostile_rest(void **state)
{
	struct qerr e;

	(void)state;
	assert_true(vmneterr_explain("vmnet: unsupported ifname '\033[2Jx'",
	    false, &e));
	assert_null(strchr(e.msg, '\033'));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_explained),
		cmocka_unit_test(test_no_two_are_the_same),
		cmocka_unit_test(test_other_text_is_not),
		cmocka_unit_test(test_first_line_wins_and_noise_does_not),
		cmocka_unit_test(test_hostile_rest),
	};

	return cmocka_run_group_tests_name("vmneterr", tests, NULL, NULL);
}
