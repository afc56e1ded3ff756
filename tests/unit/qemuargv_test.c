/* SPDX-License-Identifier: ISC */
/* qemuargv_test.c - VMs as command lines, exactly, and does QEMU take them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "accel.h"
#include "addr.h"
#include "proc.h"
#include "qemuargv.h"

static const struct qemu_cable taps[] = { { 5, "tap0" }, { 6, "tap1" } };

/* A lab of one network of each mode, as lab_finish() would leave it. */
static struct lab_vm *
make_lab(struct lab *lab)
{
	struct lab_net *net;
	struct lab_vm *vm;

	lab_init(lab);
	strcpy(lab->name, "t");
	net = lab_net_add(lab, "wan");
	net->mode = NET_SHARED;
	cidr4_parse("172.16.0.0/12", &net->subnet, &net->plen);
	net = lab_net_add(lab, "lan");
	net->mode = NET_HOST;
	net->dhcp = false;
	cidr4_parse("192.168.2.0/24", &net->subnet, &net->plen);
	strcpy(net->uuid, "154780B0-F499-4968-9B20-E58C02FDF5FB");
	net = lab_net_add(lab, "air");
	net->mode = NET_BRIDGED;
	net->uplink = strdup("en0");
	vm = lab_vm_add(lab, "router");
	vm->arch = strdup("x86_64");
	return vm;
}

static struct lab_nic *
add_nic(struct lab_vm *vm, const char *net, const char *mac)
{
	struct lab_nic *nic = lab_nic_add(vm);

	snprintf(nic->net, sizeof(nic->net), "%s", net);
	nic->has_mac = true;
	assert_int_equal(mac_parse(mac, nic->mac), 0);
	return nic;
}

static void
add_disk(struct lab_vm *vm, const char *file)
{
	lab_disk_add(vm)->file = strdup(file);
}

static void
replace(char **field, const char *text)
{
	free(*field);
	*field = strdup(text);
}

/* Build and compare word for word; frees the lab. */
static void
expect(struct lab *lab, const struct qemu_conf *conf, const char *want)
{
	struct strv argv = { 0 }, words = { 0 };
	struct qerr e = { 0 };
	char *got, *should;

	lab_finish(lab);
	if (qemu_argv_build(lab, &lab->vms[0], conf, &argv, &e) == -1)
		fail_msg("%s", e.msg);
	assert_int_equal(strv_split(&words, want, &e), 0);
	got = strv_quote(argv.v);
	should = strv_quote(words.v);
	assert_string_equal(got, should);
	free(got);
	free(should);
	strv_free(&argv);
	strv_free(&words);
	lab_free(lab);
}

static void
refused(struct lab *lab, const struct qemu_conf *conf, const char *text)
{
	struct strv argv = { 0 };
	struct qerr e = { 0 };

	lab_finish(lab);
	assert_int_equal(qemu_argv_build(lab, &lab->vms[0], conf, &argv, &e),
	    -1);
	assert_int_equal(e.kind, QERR_INPUT);
	if (strstr(e.msg, text) == NULL)
		fail_msg("'%s' does not say '%s'", e.msg, text);
	assert_int_equal(argv.n, 0);
	lab_free(lab);
}

static void
test_least(void **state)
{
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg" };
	struct lab lab;

	(void)state;
	make_lab(&lab);
	expect(&lab, &conf, "qemu-system-x86_64 -name router -accel tcg -m 256 "
	    "-smp cpus=1 -nodefaults -display none -serial mon:stdio");
}

static void
test_linux(void **state)
{
	static char qcow2[] = "qcow2", d[] = "-d", errors[] = "guest_errors";
	static char *const formats[] = { qcow2 };
	static char *const extra[] = { d, errors, NULL };
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "kvm",
	    .freeze = true, .cables = taps,
	    .qmp_path = "/tmp/a,b/q", .console_path = "/tmp/a,b/c",
	    .disk_formats = formats, .extra = extra };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);

	(void)state;
	lab.dir = strdup("/l");
	vm->memory_mib = 2048;
	vm->cpus = 4;
	vm->snapshot = true;
	add_disk(vm, "r,1.qcow2");
	strv_add(&vm->args, "-rtc");
	strv_add(&vm->args, "base=utc");
	add_nic(vm, "wan", "02:00:00:00:00:01");
	replace(&add_nic(vm, "lan", "02:00:00:00:00:02")->model, "e1000");
	lab_net_find(&lab, "wan")->mtu = 1400;
	expect(&lab, &conf, "qemu-system-x86_64 -name router -accel kvm "
	    "-m 2048 -smp cpus=4 -nodefaults -display none "
	    "-drive if=none,id=disk0,file=/l/r,,1.qcow2,format=qcow2,"
	    "discard=unmap -device virtio-blk-pci,drive=disk0 "
	    "-netdev tap,id=wan,fd=5 -device virtio-net-pci,netdev=wan,"
	    "id=nic-wan,mac=02:00:00:00:00:01,host_mtu=1400,romfile= "
	    "-netdev tap,id=lan,fd=6 -device e1000,netdev=lan,id=nic-lan,"
	    "mac=02:00:00:00:00:02,romfile= "
	    "-chardev socket,id=con,path=/tmp/a,,b/c,server=off,mux=on "
	    "-serial chardev:con -mon chardev=con,mode=readline "
	    "-chardev socket,id=qmp,path=/tmp/a,,b/q,server=off "
	    "-mon chardev=qmp,mode=control -snapshot -S "
	    "-rtc base=utc -d guest_errors");
}

/* The commands of the RouterOS lab, in our words. */
static void
test_darwin(void **state)
{
	struct qemu_conf conf = { .target = QEMU_DARWIN, .accel = "tcg" };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);

	(void)state;
	replace(&vm->disk_bus, "scsi");
	vm->memory_mib = 2048;
	vm->cpus = 4;
	add_disk(vm, "chr-7.18.2.qcow2");
	add_nic(vm, "wan", "02:00:00:00:00:01");
	add_nic(vm, "lan", "02:00:00:00:00:02");
	add_nic(vm, "air", "02:00:00:00:00:03");
	lab.nets[2].isolated = true;
	lab.nets[0].nat66_prefix = strdup("fd00:1::");
	expect(&lab, &conf, "qemu-system-x86_64 -name router -accel tcg "
	    "-m 2048 -smp cpus=4 -nodefaults -display none "
	    "-drive if=none,id=disk0,file=chr-7.18.2.qcow2,discard=unmap "
	    "-device virtio-scsi-pci,id=scsi0 "
	    "-device scsi-hd,drive=disk0,bus=scsi0.0 "
	    "-netdev vmnet-shared,id=wan,start-address=172.16.0.1,"
	    "end-address=172.31.255.254,subnet-mask=255.240.0.0,"
	    "nat66-prefix=fd00:1:: "
	    "-device virtio-net-pci,netdev=wan,id=nic-wan,"
	    "mac=02:00:00:00:00:01,romfile= "
	    "-netdev vmnet-host,id=lan,start-address=192.168.2.1,"
	    "end-address=192.168.2.254,subnet-mask=255.255.255.0,"
	    "net-uuid=154780B0-F499-4968-9B20-E58C02FDF5FB "
	    "-device virtio-net-pci,netdev=lan,id=nic-lan,"
	    "mac=02:00:00:00:00:02,romfile= "
	    "-netdev vmnet-bridged,id=air,ifname=en0,isolated=on "
	    "-device virtio-net-pci,netdev=air,id=nic-air,"
	    "mac=02:00:00:00:00:03,romfile= -serial mon:stdio");
}

static void
test_user(void **state)
{
	struct qemu_conf conf = { .target = QEMU_DARWIN, .accel = "tcg" };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);
	struct lab_forward *f;
	struct qerr e;

	(void)state;
	add_nic(vm, "", "02:00:00:00:00:01");
	add_nic(vm, "", "02:00:00:00:00:02");
	f = lab_forward_add(vm);
	assert_int_equal(lab_parse_forward("tcp:127.0.0.1:2222:22", f, &e), 0);
	f = lab_forward_add(vm);
	assert_int_equal(lab_parse_forward("udp:53:5353", f, &e), 0);
	vm->boot = strdup("order=nc,menu=off");
	expect(&lab, &conf, "qemu-system-x86_64 -name router -accel tcg -m 256 "
	    "-smp cpus=1 -nodefaults -display none -boot order=nc,menu=off "
	    "-netdev user,id=user,hostfwd=tcp:127.0.0.1:2222-:22,"
	    "hostfwd=udp::53-:5353 "
	    "-device virtio-net-pci,netdev=user,id=nic-user,"
	    "mac=02:00:00:00:00:01 -netdev user,id=user.2 "
	    "-device virtio-net-pci,netdev=user.2,id=nic-user.2,"
	    "mac=02:00:00:00:00:02 -serial mon:stdio");
}

static void
test_boot_rom(void **state)
{
	static const struct { const char *boot; bool rom; } rows[] = {
		{ "n", true }, { "once=n", true }, { "cn", true },
		{ "order=c,once=n", true }, { "c", false }, { "d", false },
		{ "menu=on", false }, { "order=c,menu=on", false },
		{ "once=d,splash=n.bmp", false },
	};
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg" };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct strv argv = { 0 };
		struct lab lab;
		struct lab_vm *vm = make_lab(&lab);
		char *line;

		vm->boot = strdup(rows[i].boot);
		add_nic(vm, "", "02:00:00:00:00:01");
		lab_finish(&lab);
		assert_int_equal(qemu_argv_build(&lab, vm, &conf, &argv, NULL),
		    0);
		line = strv_quote(argv.v);
		if ((strstr(line, "romfile=") == NULL) != rows[i].rom)
			fail_msg("boot '%s': %s", rows[i].boot, line);
		free(line);
		strv_free(&argv);
		lab_free(&lab);
	}
}

static void
test_userspace_shared(void **state)
{
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg" };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);

	(void)state;
	lab.nets[0].backend = BACKEND_USERSPACE;
	add_nic(vm, "wan", "02:00:00:00:00:01");
	expect(&lab, &conf, "qemu-system-x86_64 -name router -accel tcg -m 256 "
	    "-smp cpus=1 -nodefaults -display none "
	    "-netdev user,id=wan,net=172.16.0.0/12,host=172.16.0.1,"
	    "dhcpstart=172.16.0.2 -device virtio-net-pci,netdev=wan,"
	    "id=nic-wan,mac=02:00:00:00:00:01,romfile= -serial mon:stdio");
}

/* The lab is on that backend though its networks do not ask for it. */
static void
test_userspace_lab(void **state)
{
	static const struct qemu_cable cables[] = { { .fd = -1 }, { .fd = 3 },
		{ .fd = -1 } };
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg",
	    .backend = BACKEND_USERSPACE, .cables = cables };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);

	(void)state;
	add_nic(vm, "wan", "02:00:00:00:00:01");
	add_nic(vm, "lan", "02:00:00:00:00:02");
	add_nic(vm, "", "02:00:00:00:00:03");
	expect(&lab, &conf, "qemu-system-x86_64 -name router -accel tcg -m 256 "
	    "-smp cpus=1 -nodefaults -display none "
	    "-netdev user,id=wan,net=172.16.0.0/12,host=172.16.0.1,"
	    "dhcpstart=172.16.0.2 -device virtio-net-pci,netdev=wan,"
	    "id=nic-wan,mac=02:00:00:00:00:01,romfile= "
	    "-netdev socket,id=lan,fd=3 -device virtio-net-pci,netdev=lan,"
	    "id=nic-lan,mac=02:00:00:00:00:02,romfile= "
	    "-netdev user,id=user -device virtio-net-pci,netdev=user,"
	    "id=nic-user,mac=02:00:00:00:00:03,romfile= -serial mon:stdio");
}

/* Where QEMU's own choice of a resolver's address would be taken. */
static void
test_userspace_dns(void **state)
{
	static const struct {
		const char *subnet;
		uint32_t gateway, first;	/* 0: the lab's choice */
		const char *dns;
	} cases[] = {
		{ "10.1.2.0/24", 0x0a010203, 0, "dns=10.1.2.254" },
		{ "10.1.2.0/24", 0, 0x0a010203, "dns=10.1.2.254" },
		{ "10.1.2.0/24", 0x0a0102fe, 0x0a010203, "dns=10.1.2.253" },
		{ "10.0.0.0/8", 0x0a000203, 0, "dns=10.255.255.254" },
		{ "10.1.2.0/24", 0, 0, NULL },
		{ "10.1.0.0/16", 0, 0x0a010003, NULL },
	};
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg",
	    .backend = BACKEND_USERSPACE };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab lab;
		struct lab_vm *vm = make_lab(&lab);
		struct lab_net *net = &lab.nets[0];
		struct strv argv = { 0 };
		char *line;
		struct qerr e;

		cidr4_parse(cases[i].subnet, &net->subnet, &net->plen);
		net->gateway = cases[i].gateway;
		net->range_lo = cases[i].first;
		net->range_hi = cases[i].first != 0 ? net->subnet + 99 : 0;
		add_nic(vm, "wan", "02:00:00:00:00:01");
		lab_finish(&lab);
		assert_int_equal(qemu_argv_build(&lab, vm, &conf, &argv, &e),
		    0);
		line = strv_quote(argv.v);
		if (cases[i].dns != NULL)
			assert_non_null(strstr(line, cases[i].dns));
		else
			assert_null(strstr(line, "dns="));
		free(line);
		strv_free(&argv);
		lab_free(&lab);
	}
}

static void
test_aarch64(void **state)
{
	struct qemu_conf conf = { .target = QEMU_DARWIN, .accel = "hvf" };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);

	(void)state;
	replace(&vm->arch, "aarch64");
	replace(&vm->display, "window");
	vm->cdrom = strdup("a.iso");
	expect(&lab, &conf, "qemu-system-aarch64 -name router -M virt "
	    "-accel hvf -cpu host -m 256 -smp cpus=1 -nodefaults "
	    "-device virtio-gpu-pci -device qemu-xhci -device usb-kbd "
	    "-device usb-tablet -drive if=none,id=cd0,media=cdrom,file=a.iso "
	    "-device virtio-scsi-pci,id=scsi0 "
	    "-device scsi-cd,drive=cd0,bus=scsi0.0 -serial mon:stdio");
	vm = make_lab(&lab);
	replace(&vm->arch, "aarch64");
	conf.accel = "tcg,thread=multi";
	expect(&lab, &conf, "qemu-system-aarch64 -name router -M virt "
	    "-accel tcg,thread=multi -cpu cortex-a72 -m 256 -smp cpus=1 "
	    "-nodefaults -display none -serial mon:stdio");
}

static void
test_microvm(void **state)
{
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg",
	    .cables = taps };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);

	(void)state;
	vm->machine = strdup("microvm,acpi=off");
	vm->kernel = strdup("-k");
	vm->initrd = strdup("i");
	vm->append = strdup("console=ttyS0 a,b");
	add_disk(vm, "nbd:1");
	add_nic(vm, "wan", "02:00:00:00:00:01");
	expect(&lab, &conf, "qemu-system-x86_64 -name router "
	    "-M microvm,acpi=off -accel tcg -m 256 -smp cpus=1 -nodefaults "
	    "-display none -drive if=none,id=disk0,file=./nbd:1,discard=unmap "
	    "-device virtio-blk-device,drive=disk0 -kernel ./-k -initrd i "
	    "-append 'console=ttyS0 a,b' -netdev tap,id=wan,fd=5 "
	    "-device virtio-net-device,netdev=wan,id=nic-wan,"
	    "mac=02:00:00:00:00:01 -serial mon:stdio");
}

static void
test_ide(void **state)
{
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg" };
	struct lab lab;
	struct lab_vm *vm = make_lab(&lab);

	(void)state;
	replace(&vm->disk_bus, "ide");
	replace(&vm->display, "window");
	vm->cdrom = strdup("c.iso");
	vm->boot = strdup("once=d");
	add_disk(vm, "0");
	add_disk(vm, "1");
	add_disk(vm, "2");
	expect(&lab, &conf, "qemu-system-x86_64 -name router -accel tcg -m 256 "
	    "-smp cpus=1 -nodefaults -vga std "
	    "-drive if=none,id=disk0,file=0,discard=unmap "
	    "-device ide-hd,drive=disk0,bus=ide.0,unit=0 "
	    "-drive if=none,id=disk1,file=1,discard=unmap "
	    "-device ide-hd,drive=disk1,bus=ide.0,unit=1 "
	    "-drive if=none,id=disk2,file=2,discard=unmap "
	    "-device ide-hd,drive=disk2,bus=ide.1,unit=1 "
	    "-cdrom c.iso -boot once=d -serial mon:stdio");
}

static void
test_ids(void **state)
{
	char buf[QEMU_IDSZ];

	(void)state;
	assert_string_equal(qemu_netdev_id("wan.2", buf), "wan.2");
	assert_string_equal(qemu_netdev_id("1", buf), "n-1");
	assert_string_equal(qemu_netdev_id("n-1", buf), "n-n-1");
	assert_string_equal(qemu_netdev_id("net1", buf), "net1");
}

static void
test_refused(void **state)
{
	struct qemu_conf linux_conf = { .target = QEMU_LINUX, .accel = "tcg" };
	struct qemu_conf mac = { .target = QEMU_DARWIN, .accel = "tcg" };
	struct lab lab;
	struct lab_vm *vm;
	struct qerr e;

	(void)state;
	vm = make_lab(&lab);
	add_nic(vm, "wan", "02:00:00:00:00:01");
	refused(&lab, &linux_conf, "no cable for NIC 'router/wan'");

	vm = make_lab(&lab);
	add_nic(vm, "moon", "02:00:00:00:00:01")->mode = NET_HOST;
	refused(&lab, &mac, "unknown network 'moon'");

	vm = make_lab(&lab);
	replace(&vm->arch, "../x");
	refused(&lab, &mac, "unknown arch '../x'");

	vm = make_lab(&lab);
	replace(&vm->arch, "x86_64-microvm");
	refused(&lab, &mac, "unknown arch");

	vm = make_lab(&lab);
	replace(&vm->disk_bus, "floppy");
	add_disk(vm, "d");
	refused(&lab, &mac, "unknown disk-bus 'floppy'");

	vm = make_lab(&lab);
	vm->machine = strdup("microvm");
	replace(&vm->disk_bus, "ide");
	add_disk(vm, "d");
	refused(&lab, &mac, "no IDE controller");

	vm = make_lab(&lab);
	replace(&vm->disk_bus, "ide");
	for (int i = 0; i < 5; i++)
		add_disk(vm, "d");
	refused(&lab, &mac, "more disks than IDE has places");

	vm = make_lab(&lab);
	assert_int_equal(lab_parse_forward("tcp:127.0.0.1:2222:22",
	    lab_forward_add(vm), &e), 0);
	refused(&lab, &mac, "forward needs a NIC with mode user");

	vm = make_lab(&lab);
	lab.nets[0].dhcp = false;
	add_nic(vm, "wan", "02:00:00:00:00:01");
	refused(&lab, &mac, "cannot switch DHCP off on a shared network");

	vm = make_lab(&lab);
	ip4_parse("172.31.255.254", &lab.nets[0].gateway);
	add_nic(vm, "wan", "02:00:00:00:00:01");
	refused(&lab, &mac, "addresses after the gateway");

	vm = make_lab(&lab);
	free(lab.nets[2].uplink);
	lab.nets[2].uplink = NULL;
	add_nic(vm, "air", "02:00:00:00:00:01");
	refused(&lab, &mac, "bridged needs an uplink");
}

static void
test_accel(void **state)
{
	static const char vmx[] = "processor\t: 0\nflags\t\t: fpu vmx sse\n";
	static const char svm[] = "flags: svm";
	static const char none[] = "model name : vmx\nflags : fpu svm_lock "
	    "avmx\nbugs : svm\n";

	(void)state;
#define CHOOSE(...) accel_choose(__VA_ARGS__)
	assert_string_equal(CHOOSE(QEMU_LINUX, "x86_64", "x86_64", true, vmx),
	    "kvm");
	assert_string_equal(CHOOSE(QEMU_LINUX, "i386", "x86_64", true, svm),
	    "kvm");
	assert_string_equal(CHOOSE(QEMU_LINUX, "x86_64", "i386", true, svm),
	    "tcg");
	assert_string_equal(CHOOSE(QEMU_LINUX, "x86_64", "x86_64", true, none),
	    "tcg");
	assert_string_equal(CHOOSE(QEMU_LINUX, "x86_64", "x86_64", true, NULL),
	    "tcg");
	assert_string_equal(CHOOSE(QEMU_LINUX, "x86_64", "x86_64", false, vmx),
	    "tcg");
	assert_string_equal(CHOOSE(QEMU_LINUX, "aarch64", "x86_64", true, vmx),
	    "tcg");
	assert_string_equal(CHOOSE(QEMU_LINUX, "aarch64", "aarch64", true,
	    NULL), "kvm");
	assert_string_equal(CHOOSE(QEMU_DARWIN, "aarch64", "aarch64", true,
	    NULL), "hvf");
	assert_string_equal(CHOOSE(QEMU_DARWIN, "aarch64", "aarch64", false,
	    NULL), "tcg");
	assert_string_equal(CHOOSE(QEMU_DARWIN, "x86_64", "aarch64", true,
	    NULL), "tcg");
#undef CHOOSE
	assert_non_null(qemu_accel_auto(QEMU_LINUX, NULL));
	assert_string_equal(qemu_accel_auto(QEMU_LINUX, "sparc"), "tcg");
}

/*
 * The real thing takes what we build: it starts, stands still (-S), and ends
 * by Ctrl-A X on the console that it shares with the monitor.
 */
static void
run_qemu(struct lab *lab)
{
	static char raw[] = "raw";
	static char *const formats[] = { raw, raw, raw, raw, raw, raw };
	struct qemu_conf conf = { .target = QEMU_LINUX, .accel = "tcg",
	    .freeze = true, .disk_formats = formats };
	struct strv argv = { 0 };
	struct qerr e = { 0 };
	char *errs = NULL, *line;
	int status;

	lab_finish(lab);
	if (qemu_argv_build(lab, &lab->vms[0], &conf, &argv, &e) == -1)
		fail_msg("%s", e.msg);
	status = proc_run(argv.v, "\001x", NULL, &errs, 30000, &e);
	line = strv_quote(argv.v);
	if (status != 0)
		fail_msg("%s\nends with %d: %s", line, status,
		    errs == NULL ? e.msg : errs);
	/* It may warn of nothing either. */
	assert_null(strstr(errs, "warning"));
	free(line);
	free(errs);
	strv_free(&argv);
	lab_free(lab);
}

static void
have_qemu(void)
{
	char *path = proc_find("qemu-system-x86_64");

	free(path);
	if (path == NULL) {
		print_message("qemu-system-x86_64 is not installed\n");
		skip();
	}
}

static void
test_real_disks(void **state)
{
	static const struct { const char *bus, *machine; size_t n; bool cd; }
	    rows[] = {
		{ "virtio", NULL, 2, true }, { "virtio", "q35", 1, true },
		{ "virtio", "microvm", 2, true }, { "scsi", NULL, 3, true },
		{ "scsi", "q35", 2, false }, { "scsi", "microvm", 1, true },
		{ "ide", NULL, 4, false }, { "ide", NULL, 3, true },
		{ "ide", "q35", 6, false }, { "ide", "q35", 5, true },
	};
	char dir[] = "/tmp/qlab,test:XXXXXX";
	char *file;
	FILE *f;

	(void)state;
	have_qemu();
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/d:0", dir);
	f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(ftruncate(fileno(f), 1 << 20), 0);
	fclose(f);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab;
		struct lab_vm *vm = make_lab(&lab);

		lab.dir = strdup(dir);
		replace(&vm->disk_bus, rows[i].bus);
		if (rows[i].machine != NULL)
			vm->machine = strdup(rows[i].machine);
		/* One and the same file; -snapshot lets it be shared. */
		vm->snapshot = true;
		for (size_t d = 0; d < rows[i].n; d++)
			add_disk(vm, "d:0");
		if (rows[i].cd)
			vm->cdrom = strdup("d:0");
		run_qemu(&lab);
	}
	unlink(file);
	free(file);
	rmdir(dir);
}

static void
test_real_nics(void **state)
{
	static const char *const models[] = { "virtio-net-pci", "e1000",
	    "e1000e", "rtl8139", "pcnet", "ne2k_pci", "vmxnet3", "i82559er",
	    "tulip", "virtio-net-pci-transitional", NULL };
	struct lab lab;
	struct lab_vm *vm;

	(void)state;
	have_qemu();
	for (size_t i = 0; models[i] != NULL; i++) {
		vm = make_lab(&lab);
		replace(&add_nic(vm, "", "02:00:00:00:00:01")->model,
		    models[i]);
		run_qemu(&lab);
	}
	vm = make_lab(&lab);
	vm->machine = strdup("microvm");
	add_nic(vm, "", "02:00:00:00:00:01");
	run_qemu(&lab);
	/* Names that QEMU would not take, and a network with an mtu. */
	vm = make_lab(&lab);
	strcpy(lab.nets[0].name, "0.wan");
	lab.nets[0].backend = BACKEND_USERSPACE;
	lab.nets[0].mtu = 1400;
	add_nic(vm, "0.wan", "02:00:00:00:00:01");
	add_nic(vm, "0.wan", "02:00:00:00:00:02");
	run_qemu(&lab);
	/* The gateway where QEMU's resolver would be; no room for one. */
	for (int plen = 24; plen <= 30; plen++) {
		vm = make_lab(&lab);
		lab.nets[0].backend = BACKEND_USERSPACE;
		lab.nets[0].subnet = 0x0a010200;
		lab.nets[0].plen = plen;
		lab.nets[0].gateway = plen < 30 ? 0x0a010203 : 0;
		add_nic(vm, "wan", "02:00:00:00:00:01");
		run_qemu(&lab);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least),
		cmocka_unit_test(test_linux),
		cmocka_unit_test(test_darwin),
		cmocka_unit_test(test_user),
		cmocka_unit_test(test_boot_rom),
		cmocka_unit_test(test_userspace_shared),
		cmocka_unit_test(test_userspace_lab),
		cmocka_unit_test(test_userspace_dns),
		cmocka_unit_test(test_aarch64),
		cmocka_unit_test(test_microvm),
		cmocka_unit_test(test_ide),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_accel),
		cmocka_unit_test(test_real_disks),
		cmocka_unit_test(test_real_nics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
