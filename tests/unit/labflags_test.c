/* SPDX-License-Identifier: ISC */
/* labflags_test.c - labs from flags, and flags beside a lab file */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "addr.h"
#include "labflags.h"

struct flag {
	enum lab_flag flag;
	const char *value;
};

/* A lab as qlab-run makes it without a file. */
static int
make(struct lab *lab, const struct flag *flags, size_t n, struct qerr *e)
{
	struct lab_flags f = { 0 };
	int rc;

	lab_init(lab);
	snprintf(lab->name, sizeof(lab->name), "adhoc");
	lab->dir = xstrdup(".");
	for (size_t i = 0; i < n; i++)
		lab_flags_add(&f, flags[i].flag, flags[i].value);
	rc = lab_flags_apply(&f, lab, lab_vm_add(lab, "vm"), e);
	free(f.v);
	return rc;
}

#define N(a)	(sizeof(a) / sizeof(*(a)))

static void
every_flag(void **state)
{
	static const struct flag flags[] = {
		{ FLAG_DISK, "a.qcow2" },
		{ FLAG_DISK, "b.qcow2,base=/img/pristine.img" },
		{ FLAG_DISK, "c.qcow2,create=2G" },
		{ FLAG_NIC, "shared" },
		{ FLAG_NIC, "host:192.168.2.0/24,dhcp=off,"
		    "mac=52:54:0:1:2:3,model=e1000" },
		{ FLAG_NIC, "user" },
		{ FLAG_NIC, "bridged,uplink=eth0" },
		{ FLAG_FORWARD, "tcp:127.0.0.1:2222:22" },
		{ FLAG_FORWARD, "udp:127.0.0.1:5353:53" },
		{ FLAG_MEMORY, "2G" }, { FLAG_CPUS, "4" },
		{ FLAG_CDROM, "x.iso" }, { FLAG_BOOT, "once=d" },
		{ FLAG_KERNEL, "/boot/k" }, { FLAG_INITRD, "i" },
		{ FLAG_APPEND, "" }, { FLAG_APPEND, "quiet console=ttyS0" },
		{ FLAG_ARCH, "arm64" }, { FLAG_MACHINE, "virt" },
		{ FLAG_ACCEL, "tcg" }, { FLAG_CPU, "max" },
		{ FLAG_DISPLAY, "window" },
		{ FLAG_READY, "console:login:" }, { FLAG_READY, "tcp:22" },
		{ FLAG_READY, "lease" },
	};
	struct lab lab;
	struct lab_vm *vm;
	struct qerr e;
	char mac[MAC_STRSZ];

	(void)state;
	if (make(&lab, flags, N(flags), &e) == -1)
		fail_msg("%s", e.msg);
	vm = &lab.vms[0];
	assert_int_equal(vm->ndisks, 3);
	assert_string_equal(vm->disks[0].file, "a.qcow2");
	assert_null(vm->disks[0].base);
	assert_string_equal(vm->disks[1].base, "/img/pristine.img");
	assert_true(vm->disks[2].create_bytes == 2ull << 30);
	assert_int_equal(vm->nnics, 4);
	assert_string_equal(vm->nics[0].id, "shared");
	assert_string_equal(vm->nics[1].id, "host");
	assert_string_equal(mac_format(vm->nics[1].mac, mac),
	    "52:54:00:01:02:03");
	assert_true(vm->nics[1].has_mac);
	assert_string_equal(vm->nics[1].model, "e1000");
	assert_int_equal(vm->nics[2].mode, NET_USER);
	assert_string_equal(vm->nics[3].id, "bridged");
	assert_int_equal(lab.nnets, 3);
	assert_int_equal(lab.nets[0].mode, NET_SHARED);
	assert_true(lab.nets[0].dhcp);
	assert_int_equal(lab.nets[1].subnet, 0xc0a80200);
	assert_false(lab.nets[1].dhcp);
	assert_string_equal(lab.nets[2].uplink, "eth0");
	assert_int_equal(vm->nforwards, 2);
	assert_int_equal(vm->forwards[0].host_port, 2222);
	assert_true(vm->memory_mib == 2048 && vm->cpus == 4);
	assert_string_equal(vm->cdrom, "x.iso");
	assert_string_equal(vm->boot, "once=d");
	assert_string_equal(vm->kernel, "/boot/k");
	assert_string_equal(vm->initrd, "i");
	assert_string_equal(vm->append, "quiet console=ttyS0");
	assert_string_equal(vm->arch, "aarch64");
	assert_string_equal(vm->machine, "virt");
	assert_string_equal(vm->accel, "tcg");
	assert_string_equal(vm->cpu, "max");
	assert_string_equal(vm->display, "window");
	assert_int_equal(vm->nready, 3);
	assert_string_equal(vm->ready[0].pattern, "login:");
	assert_int_equal(vm->ready[1].port, 22);
	assert_int_equal(vm->ready[2].kind, READY_LEASE);
	lab_free(&lab);
}

/* Which networks do NICs make? */
static void
networks(void **state)
{
	static const struct flag flags[] = {
		{ FLAG_NIC, "host:10.1.0.0/24" },
		{ FLAG_NIC, "host:10.2.0.0/24" },
		{ FLAG_NIC, "host:10.1.0.0/24" },	/* the first again */
		{ FLAG_NIC, "host" },			/* and again */
		{ FLAG_NIC, "shared,dhcp=off" },
		{ FLAG_NIC, "user" },
		{ FLAG_NIC, "user" },
	};
	static const char *const ids[] = { "host", "host.2", "host.3",
	    "host.4", "shared", "user", "user.2" };
	static const char *const nets[] = { "host", "host.2", "host", "host",
	    "shared", "", "" };
	struct lab lab;
	struct qerr e;

	(void)state;
	if (make(&lab, flags, N(flags), &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(lab.nnets, 3);
	assert_string_equal(lab.nets[1].name, "host.2");
	assert_int_equal(lab.nets[1].subnet, 0x0a020000);
	for (size_t i = 0; i < N(flags); i++) {
		assert_string_equal(lab.vms[0].nics[i].net, nets[i]);
		/* "host.2" is a network's name and no second NIC on "host". */
		if (strcmp(nets[i], "host") != 0)
			assert_string_equal(lab.vms[0].nics[i].id, ids[i]);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(lab.vms[0].nics[i].id,
			    lab.vms[0].nics[k].id);
	}
	lab_free(&lab);
}

static const struct {
	struct flag f;
	const char *says;
} bad[] = {
	{ { FLAG_DISK, "" }, "--disk wants a value" },
	{ { FLAG_DISK, ",base=x" }, "--disk: unknown or empty ',base=x'" },
	{ { FLAG_DISK, "a,base=" }, "'base'" },
	{ { FLAG_DISK, "a,base" }, "'base'" },
	{ { FLAG_DISK, "a,format=raw" }, "--disk: unknown or empty 'format'" },
	{ { FLAG_DISK, "a,create=lots" }, "--disk: " },
	{ { FLAG_DISK, "a,create=0" }, "--disk: " },
	{ { FLAG_DISK, "a," }, "--disk: unknown or empty ''" },
	{ { FLAG_NIC, "" }, "--nic wants a value" },
	{ { FLAG_NIC, "hots" }, "'hots' is neither a network of the lab nor a "
	    "mode (shared, host, bridged, user)" },
	{ { FLAG_NIC, "host:192.168.2.0" }, "'192.168.2.0' is no subnet" },
	{ { FLAG_NIC, "host:" }, "'' is no subnet" },
	{ { FLAG_NIC, "host:1.2.3.4/33" }, "'1.2.3.4/33' is no subnet" },
	{ { FLAG_NIC, "user:10.0.0.0/24" }, "a user network has no subnet "
	    "'10.0.0.0/24'" },
	{ { FLAG_NIC, "bridged:10.0.0.0/24" }, "a bridged network has no "
	    "subnet" },
	{ { FLAG_NIC, "host,mac=52:54" }, "'52:54' is no MAC address" },
	{ { FLAG_NIC, "host,mac=" }, "unknown or empty 'mac'" },
	{ { FLAG_NIC, "host,model=e1000,model=a b" }, "'a b' is no NIC model" },
	{ { FLAG_NIC, "host,model=-x" }, "'-x' is no NIC model" },
	{ { FLAG_NIC, "host,dhcp=maybe" }, "--nic: dhcp: 'maybe'" },
	{ { FLAG_NIC, "user,dhcp=off" }, "'dhcp' is for a network that is made "
	    "here, not QEMU's own" },
	{ { FLAG_NIC, "bridged,uplink=a/b" }, "--nic: uplink: 'a/b'" },
	{ { FLAG_NIC, "host,colour=red" }, "unknown or empty 'colour'" },
	{ { FLAG_FORWARD, "2222:22" }, "--forward: forward '2222:22' is not" },
	{ { FLAG_FORWARD, "tcp:127.0.0.1:0:22" }, "--forward: " },
	{ { FLAG_FORWARD, "tcp:127.0.0.1:65536:22" }, "--forward: " },
	{ { FLAG_FORWARD, "icmp:127.0.0.1:1:2" }, "--forward: " },
	{ { FLAG_MEMORY, "much" }, "--memory: " },
	{ { FLAG_MEMORY, "0" }, "--memory: " },
	{ { FLAG_MEMORY, "-1" }, "--memory: " },
	{ { FLAG_MEMORY, "99999999999999999999" }, "--memory: " },
	{ { FLAG_CPUS, "0" }, "--cpus: '0' is not a number from 1 to 1024" },
	{ { FLAG_CPUS, "1025" }, "--cpus: " },
	{ { FLAG_CPUS, "2x" }, "--cpus: " },
	{ { FLAG_CDROM, "" }, "--cdrom wants a value" },
	{ { FLAG_BOOT, "" }, "--boot wants a value" },
	{ { FLAG_KERNEL, "" }, "--kernel wants a value" },
	{ { FLAG_INITRD, "" }, "--initrd wants a value" },
	{ { FLAG_ARCH, "" }, "--arch wants a value" },
	{ { FLAG_ARCH, "../../bin/sh" }, "arch '../../bin/sh' is not" },
	{ { FLAG_MACHINE, "" }, "--machine wants a value" },
	{ { FLAG_ACCEL, "warp" }, "accel 'warp' is not auto, hvf, kvm or tcg" },
	{ { FLAG_CPU, "" }, "--cpu wants a value" },
	{ { FLAG_DISPLAY, "" }, "--display wants a value" },
	{ { FLAG_READY, "" }, "--ready wants a value" },
	{ { FLAG_READY, "soon" }, "--ready: 'soon' is none of "
	    "console:PATTERN, tcp:PORT, lease" },
	{ { FLAG_READY, "tcp:" }, "--ready: " },
	{ { FLAG_READY, "tcp:0" }, "--ready: " },
	{ { FLAG_READY, "tcp:80x" }, "--ready: " },
	{ { FLAG_READY, "console:" }, "--ready: console pattern '': is empty" },
	{ { FLAG_READY, "console:a(b" }, "--ready: console pattern 'a(b': " },
	{ { FLAG_READY, "console:((a{255}){255}){255}" }, "repeats too often" },
	{ { FLAG_READY, "console:a+++++++++++" }, "repeats too often" },
	{ { FLAG_READY, "console:((((((((((a)+)+)+)+)+)+)+)+)+)+" },
	    "repeats too often" },
};

static void
wrong_flags(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(bad); i++) {
		struct lab lab;
		struct qerr e = { 0 };

		if (make(&lab, &bad[i].f, 1, &e) == 0)
			fail_msg("'%s' is taken", bad[i].f.value);
		if (e.kind != QERR_INPUT || strstr(e.msg, bad[i].says) == NULL)
			fail_msg("'%s': %d, %s", bad[i].f.value, e.kind,
			    e.msg);
		lab_free(&lab);
	}
}

static const char text[] =
    "networks:\n"
    "  lan: {mode: host, subnet: 10.5.0.0/24}\n"
    "vms:\n"
    "  a:\n"
    "    disks: [one, two]\n"
    "    nics: [lan, {mode: user}]\n"
    "    forward: ['tcp:127.0.0.1:1:1']\n"
    "    ready: [{tcp: 1}, {tcp: 2}]\n"
    "    memory: 512M\n"
    "  b: {disks: [three]}\n";

/* The first of a kind replaces, the next ones add; other VMs stay. */
static void
beside_a_file(void **state)
{
	static const struct flag flags[] = {
		{ FLAG_DISK, "x" }, { FLAG_DISK, "/y" },
		{ FLAG_NIC, "lan,mac=02:00:00:00:00:01" }, { FLAG_NIC, "user" },
		{ FLAG_FORWARD, "tcp:127.0.0.1:7:7" },
		{ FLAG_READY, "lease" }, { FLAG_MEMORY, "1G" },
		{ FLAG_MEMORY, "2G" }, { FLAG_KERNEL, "k" },
	};
	struct lab_flags f = { 0 };
	struct lab lab;
	struct qerr e;
	char cwd[PATH_MAX], want[PATH_MAX + 8];

	(void)state;
	assert_int_equal(lab_parse(&lab, text, strlen(text), "/l/lab.yaml",
	    "/l", &e), 0);
	for (size_t i = 0; i < N(flags); i++)
		lab_flags_add(&f, flags[i].flag, flags[i].value);
	if (lab_flags_apply(&f, &lab, &lab.vms[0], &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(lab.vms[0].ndisks, 2);
	/* Where the command was typed, not where the file lies. */
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	snprintf(want, sizeof(want), "%s/x", cwd);
	assert_string_equal(lab.vms[0].disks[0].file, want);
	assert_string_equal(lab.vms[0].disks[1].file, "/y");
	snprintf(want, sizeof(want), "%s/k", cwd);
	assert_string_equal(lab.vms[0].kernel, want);
	assert_int_equal(lab.vms[0].nnics, 2);
	assert_string_equal(lab.vms[0].nics[0].id, "lan");
	assert_int_equal(lab.vms[0].nics[0].mac[5], 1);
	assert_int_equal(lab.nnets, 1);
	assert_int_equal(lab.vms[0].nforwards, 1);
	assert_int_equal(lab.vms[0].nready, 1);
	assert_true(lab.vms[0].memory_mib == 2048);
	assert_int_equal(lab.vms[1].ndisks, 1);
	f.n = 0;

	/* The file's networks are as the file says. */
	lab_flags_add(&f, FLAG_NIC, "lan,dhcp=off");
	assert_int_equal(lab_flags_apply(&f, &lab, &lab.vms[0], &e), -1);
	assert_non_null(strstr(e.msg, "one of the lab file"));
	assert_true(lab.nets[0].dhcp);
	f.n = 0;
	lab_flags_add(&f, FLAG_NIC, "lna");
	assert_int_equal(lab_flags_apply(&f, &lab, &lab.vms[0], &e), -1);
	assert_non_null(strstr(e.msg, "near: lan"));
	free(f.v);
	lab_free(&lab);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_flag),
		cmocka_unit_test(networks),
		cmocka_unit_test(wrong_flags),
		cmocka_unit_test(beside_a_file),
	};

	return cmocka_run_group_tests_name("labflags", tests, NULL, NULL);
}
