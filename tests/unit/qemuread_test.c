/* SPDX-License-Identifier: ISC */
/* qemuread_test.c - all kinds of QEMU command lines, read and looked at */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"
#include "lint.h"
#include "qemuargv.h"
#include "qemuopts.h"

/* The commands of the RouterOS lab as people type them. */
#define ROUTER "sudo qemu-system-x86_64 -m 2048 -smp cpus=4 " \
	"-serial mon:stdio -device virtio-scsi-pci,id=scsi0 " \
	"-drive file=./chr-7.18.2.qcow2,if=none,format=qcow2,discard=unmap," \
	"id=hda -device scsi-hd,drive=hda,bus=scsi0.0 " \
	"-device virtio-net-pci,netdev=net1 -netdev vmnet-shared,id=net1," \
	"start-address=172.16.0.1,end-address=172.31.255.254," \
	"subnet-mask=255.240.0.0 -device virtio-net-pci,netdev=net2 " \
	"-netdev vmnet-host,id=net2,start-address=192.168.2.1," \
	"end-address=192.168.2.254,subnet-mask=255.255.255.0," \
	"net-uuid=154780B0-F499-4968-9B20-E58C02FDF5FB"
#define INSTALL "qemu-system-x86_64 -m 2048 -smp cpus=4 -serial stdio " \
	"-boot once=d -cdrom ./alpine-standard-3.21.2-x86_64.iso " \
	"-hda ./alpine_disk.qcow2 -net nic,model=virtio -net user"
#define ALPINE "sudo qemu-system-x86_64 -m 2048 -smp cpus=4 " \
	"-serial mon:stdio -boot c -hda alpine_disk.qcow2 " \
	"-device virtio-net-pci,netdev=net2 -netdev vmnet-host,id=net2," \
	"start-address=192.168.2.1,end-address=192.168.2.254," \
	"subnet-mask=255.255.255.0," \
	"net-uuid=154780B0-F499-4968-9B20-E58C02FDF5FB"

/* What a lab of one VM is about, in a line of text that is easy to compare. */
static char *
describe(const struct lab *lab)
{
	const struct lab_vm *vm = &lab->vms[0];
	char *text, *args, mac[MAC_STRSZ], cidr[CIDR_STRSZ], ip[2][IP4_STRSZ];
	size_t len;
	FILE *f = open_memstream(&text, &len);

	fprintf(f, "%s %s %lluM %d %s %s", vm->name, vm->arch,
	    (unsigned long long)vm->memory_mib, vm->cpus, vm->accel,
	    vm->display);
	if (vm->machine != NULL)
		fprintf(f, " -M %s", vm->machine);
	if (vm->cpu != NULL)
		fprintf(f, " -cpu %s", vm->cpu);
	for (size_t i = 0; i < vm->ndisks; i++)
		fprintf(f, " disk:%s:%s", vm->disk_bus, vm->disks[i].file);
	if (vm->cdrom != NULL)
		fprintf(f, " cd:%s", vm->cdrom);
	if (vm->boot != NULL)
		fprintf(f, " boot:%s", vm->boot);
	if (vm->kernel != NULL)
		fprintf(f, " kernel:%s", vm->kernel);
	if (vm->initrd != NULL)
		fprintf(f, " initrd:%s", vm->initrd);
	if (vm->append != NULL)
		fprintf(f, " append:(%s)", vm->append);
	if (vm->snapshot)
		fprintf(f, " snapshot");
	for (size_t i = 0; i < vm->nnics; i++) {
		const struct lab_nic *n = &vm->nics[i];

		fprintf(f, " nic:%s/%s/%s/%s/%s%s", n->id, n->net,
		    net_mode_name(n->mode), n->model, n->has_mac ? "" : "~",
		    mac_format(n->mac, mac));
	}
	for (size_t i = 0; i < vm->nforwards; i++)
		fprintf(f, " fwd:%s:%s:%d:%d", vm->forwards[i].proto,
		    vm->forwards[i].has_addr ?
		    ip4_format(vm->forwards[i].host_addr, ip[0]) : "*",
		    vm->forwards[i].host_port, vm->forwards[i].guest_port);
	for (size_t i = 0; i < lab->nnets; i++) {
		const struct lab_net *n = &lab->nets[i];

		fprintf(f, " net:%s/%s", n->name, net_mode_name(n->mode));
		if (n->plen >= 0)
			fprintf(f, "/%s/%s-%s",
			    cidr4_format(n->subnet, n->plen, cidr),
			    ip4_format(n->gateway, ip[0]),
			    ip4_format(n->range_hi, ip[1]));
		fprintf(f, "%s%s%s%s%s", n->dhcp ? "/dhcp" : "",
		    n->isolated ? "/isolated" : "",
		    n->uuid[0] != '\0' ? "/uuid" : "",
		    n->uplink != NULL ? "/" : "",
		    n->uplink != NULL ? n->uplink : "");
	}
	if (vm->args.n > 0) {
		args = strv_quote(vm->args.v);
		fprintf(f, " args:(%s)", args);
		free(args);
	}
	fclose(f);
	return text;
}

static void
read_line(struct lab *lab, const char *line)
{
	struct strv words = { 0 };
	struct qerr e = { 0 };

	assert_int_equal(strv_split(&words, line, &e), 0);
	if (qemu_argv_read(lab, words.v, &e) == -1)
		fail_msg("%s: %s", line, e.msg);
	strv_free(&words);
}

#define PC "x86_64 128M 1 tcg window"
#define BARE "x86_64 128M 1 tcg none"
#define DEFNIC "nic:nic0//user/e1000/~52:54:00:12:34:56"

static const struct { const char *line, *want; } rows[] = {
	{ ROUTER, "chr-7.18.2 x86_64 2048M 4 tcg window "
	    "disk:scsi:./chr-7.18.2.qcow2 "
	    "nic:net1/net1/shared/virtio-net-pci/~52:54:00:12:34:56 "
	    "nic:net2/net2/host/virtio-net-pci/~52:54:00:12:34:57 "
	    "net:net1/shared/172.16.0.0/12/172.16.0.1-172.31.255.254/"
	    "dhcp net:net2/host/192.168.2.0/24/"
	    "192.168.2.1-192.168.2.254/uuid" },
	{ INSTALL, "alpine_disk x86_64 2048M 4 tcg window "
	    "disk:ide:./alpine_disk.qcow2 "
	    "cd:./alpine-standard-3.21.2-x86_64.iso boot:once=d "
	    "nic:nic0//user/virtio-net-pci/~52:54:00:12:34:56 "
	    "args:(-serial stdio)" },
	{ ALPINE, "alpine_disk x86_64 2048M 4 tcg window "
	    "disk:ide:alpine_disk.qcow2 boot:c "
	    "nic:net2/net2/host/virtio-net-pci/~52:54:00:12:34:56 "
	    "net:net2/host/192.168.2.0/24/192.168.2.1-192.168.2.254/"
	    "uuid" },

	/* the program and what stands before it */
	{ "qemu-system-x86_64", "qemu " PC " " DEFNIC },
	{ "/opt/homebrew/bin/qemu-system-aarch64 -M virt -nic none",
	    "qemu aarch64 128M 1 tcg window -M virt" },
	{ "qemu-system-x86_64-unsigned -net none", "qemu " PC
	    " args:(-net none)" },
	{ "sudo -u nobody -E env A=b LC_ALL=C nice -n 5 qemu-system-x86_64 "
	    "-nodefaults", "qemu " PC },
	{ "DISPLAY=:0 exec qemu-system-i386 -nodefaults",
	    "qemu i386 128M 1 tcg window" },
	{ "timeout 20 qemu-system-ppc64 -nodefaults",
	    "qemu ppc64 128M 1 tcg window" },

	/* names */
	{ "qemu-system-x86_64 -nodefaults -name vm1", "vm1 " PC },
	{ "qemu-system-x86_64 -nodefaults --name guest=vm1,debug-threads=on",
	    "vm1 " PC },
	{ "qemu-system-x86_64 -nodefaults -name 'my vm/1'", "my_vm_1 " PC },
	{ "qemu-system-x86_64 -nodefaults -name ' -x'", "x " PC },
	{ "qemu-system-x86_64 -nodefaults -name all", "all_vm " PC },
	{ "qemu-system-x86_64 -nodefaults -name ''", "qemu " PC },
	{ "qemu-system-x86_64 -nodefaults -name "
	    "aaaaaaaaaabbbbbbbbbbccccccccccddddd",
	    "aaaaaaaaaabbbbbbbbbbccccccccccd " PC },
	{ "qemu-system-x86_64 -nodefaults /a.b/.hidden",
	    "hidden " PC " disk:ide:/a.b/.hidden" },

	/* memory, processors */
	{ "qemu-system-x86_64 -nodefaults -m 2G",
	    "qemu x86_64 2048M 1 tcg window" },
	{ "qemu-system-x86_64 -nodefaults -m size=1.5g,slots=2,maxmem=4G",
	    "qemu x86_64 1536M 1 tcg window" },
	{ "qemu-system-x86_64 -nodefaults -m 524288k -smp 2,cores=2",
	    "qemu x86_64 512M 2 tcg window" },
	{ "qemu-system-x86_64 -nodefaults -m 1T -smp sockets=2,cores=3,"
	    "threads=2", "qemu x86_64 1048576M 12 tcg window" },
	{ "qemu-system-x86_64 -nodefaults -m lots -smp -3", "qemu " PC },
	{ "qemu-system-x86_64 -nodefaults -m 99999999999999999999999999G "
	    "-smp 99999999999", "qemu " PC },
	{ "qemu-system-x86_64 -nodefaults -m 64 -m 96",
	    "qemu x86_64 96M 1 tcg window" },

	/* machine, accelerator, processor */
	{ "qemu-system-x86_64 -nodefaults -machine q35,accel=kvm:tcg,usb=off",
	    "qemu x86_64 128M 1 kvm:tcg window -M q35,usb=off" },
	{ "qemu-system-x86_64 -nodefaults -enable-kvm -cpu host,-vmx",
	    "qemu x86_64 128M 1 kvm window -cpu host,-vmx" },
	{ "qemu-system-x86_64 -nodefaults -M type=pc -machine accel=hvf",
	    "qemu x86_64 128M 1 hvf window -M pc" },
	{ "qemu-system-x86_64 -nodefaults -accel hvf -accel tcg",
	    "qemu x86_64 128M 1 hvf window" },
	{ "qemu-system-x86_64 -nodefaults -accel tcg,thread=multi",
	    "qemu " PC },

	/* display */
	{ "qemu-system-x86_64 -nodefaults -nographic", "qemu " BARE },
	{ "qemu-system-x86_64 -nodefaults -display none -vga std "
	    "-serial mon:stdio", "qemu " BARE },
	{ "qemu-system-x86_64 -nodefaults -vnc :1,password=on",
	    "qemu x86_64 128M 1 tcg vnc=:1,password=on" },
	{ "qemu-system-x86_64 -nodefaults -display none -vga virtio "
	    "-serial pty", "qemu " BARE " args:(-vga virtio -serial pty)" },
	{ "qemu-system-x86_64 -nodefaults -curses",
	    "qemu x86_64 128M 1 tcg curses" },

	/* disks */
	{ "qemu-system-x86_64 -nodefaults a.img -hdb b.img -cdrom c.iso",
	    "a " PC " disk:ide:a.img disk:ide:b.img cd:c.iso" },
	{ "qemu-system-aarch64 -nodefaults -hda a.img",
	    "a aarch64 128M 1 tcg window disk:virtio:a.img" },
	{ "qemu-system-x86_64 -nodefaults -drive file=a,,b.img,if=virtio",
	    "a_b " PC " disk:virtio:a,b.img" },
	{ "qemu-system-x86_64 -nodefaults -drive file=c.iso,media=cdrom "
	    "-drive file=d.iso,media=cdrom", "qemu " PC " cd:c.iso "
	    "args:(-drive file=d.iso,media=cdrom)" },
	{ "qemu-system-x86_64 -nodefaults -drive if=none,id=x,file=a.img",
	    "qemu " PC " args:(-drive if=none,id=x,file=a.img)" },
	{ "qemu-system-x86_64 -nodefaults -drive if=pflash,file=fw.fd "
	    "-drive file=nbd:localhost:1 -drive file=file:/a:b -fda f",
	    "a_b " PC " disk:ide:/a:b "
	    "args:(-drive if=pflash,file=fw.fd -drive file=nbd:localhost:1 "
	    "-fda f)" },
	{ "qemu-system-x86_64 -nodefaults -drive if=none,id=c,file=c.iso "
	    "-device ide-cd,drive=c", "qemu " PC " cd:c.iso" },
	{ "qemu-system-x86_64 -nodefaults -blockdev driver=file,node-name=f,"
	    "filename=/d/a.qcow2 -blockdev qcow2,node-name=q,file=f "
	    "-device virtio-blk-pci,drive=q",
	    "a " PC " disk:virtio:/d/a.qcow2" },
	{ "qemu-system-x86_64 -nodefaults -blockdev "
	    "'{\"driver\":\"qcow2\",\"node-name\":\"q\",\"file\":{\"driver\":"
	    "\"file\",\"filename\":\"/d/a.qcow2\"}}' "
	    "-device '{\"driver\":\"scsi-hd\",\"drive\":\"q\"}'",
	    "a " PC " disk:scsi:/d/a.qcow2" },
	{ "qemu-system-x86_64 -nodefaults -blockdev driver=nbd,node-name=n,"
	    "server.path=/s -device virtio-blk-pci,drive=n", "qemu " PC
	    " args:(-blockdev driver=nbd,node-name=n,server.path=/s "
	    "-device virtio-blk-pci,drive=n)" },
	{ "qemu-system-x86_64 -nodefaults -blockdev raw,node-name=a,file=b "
	    "-blockdev raw,node-name=b,file=a -device virtio-blk-pci,drive=a",
	    "qemu " PC " args:(-blockdev raw,node-name=a,file=b "
	    "-blockdev raw,node-name=b,file=a "
	    "-device virtio-blk-pci,drive=a)" },

	/* what a kernel is given, and unknown things */
	{ "qemu-system-x86_64 -nodefaults -kernel k -initrd i -append "
	    "'console=ttyS0 -x' -snapshot -boot order=c,menu=on",
	    "qemu " PC " boot:order=c,menu=on kernel:k initrd:i "
	    "append:(console=ttyS0 -x) snapshot" },
	{ "qemu-system-x86_64 -nodefaults -S -s -daemonize -pidfile p "
	    "-readconfig c -newoption -newer x -object rng-random,id=r",
	    "qemu " PC " args:(-S -s -daemonize -pidfile p -readconfig c "
	    "-newoption -newer x -object rng-random,id=r)" },

	/* NICs */
	{ "qemu-system-x86_64 -nic user,hostfwd=tcp:127.0.0.1:2222-:22,"
	    "hostfwd=udp::53-10.0.2.15:53,mac=2:0:0:0:0:1,model=e1000e",
	    "qemu " PC " nic:nic0//user/e1000e/02:00:00:00:00:01 "
	    "fwd:tcp:127.0.0.1:2222:22 fwd:udp:*:53:53" },
	{ "qemu-system-x86_64 -M q35 -nic user,id=u", "qemu " PC " -M q35 "
	    "nic:u//user/e1000e/~52:54:00:12:34:56" },
	{ "qemu-system-x86_64 -net nic -net nic,macaddr=52:54:00:12:34:58 "
	    "-net tap,ifname=t0", "qemu " PC " "
	    "nic:nic0//bridged/e1000/~52:54:00:12:34:56 "
	    "nic:nic1//bridged/e1000/52:54:00:12:34:58 "
	    "args:(-net tap,ifname=t0)" },
	{ "qemu-system-x86_64 -device e1000,netdev=b -device "
	    "e1000,netdev=a,mac=52:54:00:12:34:57 -nic user -netdev "
	    "bridge,id=a -netdev tap,br=br0,id=b", "qemu " PC " "
	    "nic:nic0//user/e1000/~52:54:00:12:34:56 "
	    "nic:b/b/bridged/e1000/~52:54:00:12:34:57 "
	    "nic:a/b/bridged/e1000/52:54:00:12:34:57 "
	    "net:b/bridged/br0" },
	{ "qemu-system-x86_64 -netdev vmnet-host,id=a -netdev vmnet-host,id=b "
	    "-netdev vmnet-shared,id=all,isolated=on -device e1000,netdev=a "
	    "-device e1000,netdev=b -device e1000,netdev=all", "qemu " PC
	    " nic:a/a/host/e1000/~52:54:00:12:34:56"
	    " nic:b/a/host/e1000/~52:54:00:12:34:57"
	    " nic:all/network2/shared/e1000/~52:54:00:12:34:58"
	    " net:a/host/dhcp net:network2/shared/dhcp/isolated" },
	{ "qemu-system-x86_64 -netdev vmnet-bridged,id=a,ifname=en0 "
	    "-device virtio-net,netdev=a", "qemu " PC
	    " nic:a/a/bridged/virtio-net-pci/~52:54:00:12:34:56"
	    " net:a/bridged/en0" },
	{ "qemu-system-x86_64 -netdev stream,id=s,server=off,addr.type=unix,"
	    "addr.path=/s -device virtio-net-pci,netdev=s", "qemu " PC
	    " nic:s//host/virtio-net-pci/~52:54:00:12:34:56 args:(-netdev "
	    "stream,id=s,server=off,addr.type=unix,addr.path=/s)" },
	{ "qemu-system-x86_64 -netdev '{\"type\":\"user\",\"id\":\"h\","
	    "\"hostfwd\":[{\"str\":\"tcp:127.0.0.1:1-:2\"}]}' -device "
	    "'{\"driver\":\"e1000\",\"netdev\":\"h\",\"mac\":"
	    "\"52:54:00:aa:bb:cc\"}'", "qemu " PC
	    " nic:h//user/e1000/52:54:00:aa:bb:cc fwd:tcp:127.0.0.1:1:2" },
	{ "qemu-system-x86_64 -device e1000,netdev=gone -device e1000 "
	    "-netdev user,id=left", "qemu " PC
	    " nic:gone//host/e1000/~52:54:00:12:34:56 "
	    "args:(-device e1000 -netdev user,id=left)" },
	{ "qemu-system-x86_64 -netdev tap,id=n,fd=7 -device e1000 "
	    "-device rtl8139,netdev=n", "qemu " PC
	    " nic:n//bridged/rtl8139/~52:54:00:12:34:57 args:(-device e1000)" },
	{ "qemu-system-x86_64 -netdev '{broken' -device '{\"netdev\":1}'",
	    "qemu " PC " nic:1//host/e1000/~52:54:00:12:34:56 "
	    "args:(-netdev '{broken')" },
};

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab;
		char *got;

		read_line(&lab, rows[i].line);
		got = describe(&lab);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s\n got: %s\nwant: %s", rows[i].line, got,
			    rows[i].want);
		free(got);
		lab_free(&lab);
	}
}

static void
test_lines(void **state)
{
	struct lab lab;

	(void)state;
	read_line(&lab, "sudo qemu-system-x86_64 -hda d -netdev "
	    "vmnet-host,id=n -device e1000,netdev=n,mac=02:00:00:00:00:01 "
	    "-kernel k");
	assert_int_equal(lab.vms[0].disks[0].line, 3);
	assert_int_equal(lab.nets[0].line, 5);
	assert_int_equal(lab.vms[0].nics[0].line, 7);
	assert_int_equal(lab.vms[0].nics[0].mac_line, 7);
	assert_int_equal(lab.vms[0].kernel_line, 9);
	lab_free(&lab);
}

static void
test_refused(void **state)
{
	static const struct { const char *line, *text; } bad[] = {
		{ "vi qemu-system-x86_64", "begins with 'vi'" },
		{ "qemu-img create a", "not a QEMU command line" },
		{ "qemu-system-6502 -m 1", "not a QEMU command line" },
		{ "sudo ls -l", "begins with 'sudo'" },
		{ "qemu-system-x86_64 -m", "'-m' needs an argument" },
		{ "qemu-system-x86_64 --netdev", "'--netdev' needs an" },
		{ "'\033[2J'", "'\\x1b[2J'" },
	};
	static char *const empty[] = { NULL };
	struct strv words;
	struct qerr e;
	struct lab lab;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		words = (struct strv){ 0 };
		assert_int_equal(strv_split(&words, bad[i].line, &e), 0);
		assert_int_equal(qemu_argv_read(&lab, words.v, &e), -1);
		assert_int_equal(e.kind, QERR_INPUT);
		if (strstr(e.msg, bad[i].text) == NULL)
			fail_msg("%s: '%s'", bad[i].line, e.msg);
		lab_free(&lab);
		strv_free(&words);
	}
	assert_int_equal(qemu_argv_read(&lab, empty, &e), -1);
	lab_free(&lab);
	words = (struct strv){ 0 };
	strv_add(&words, "qemu-system-x86_64");
	for (int i = 0; i <= QEMU_ITEMS_MAX; i++)
		strv_add(&words, "-S");
	assert_int_equal(qemu_argv_read(&lab, words.v, &e), -1);
	lab_free(&lab);
	strv_free(&words);
}

/* What we write, we read as what it was. */
static void
test_round_trip(void **state)
{
	static const char want[] = "r x86_64 512M 2 tcg none -M pc -cpu max "
	    "disk:scsi:a,b.qcow2 disk:scsi:b.img cd:c.iso boot:c kernel:k "
	    "initrd:i append:(a=b,c) snapshot "
	    "nic:user//user/virtio-net-pci/02:00:00:00:00:01 "
	    "nic:lan/lan/host/e1000/02:00:00:00:00:02 "
	    "fwd:tcp:127.0.0.1:2222:22 "
	    "net:lan/host/192.168.2.0/24/192.168.2.1-192.168.2.254/uuid "
	    "args:(-rtc base=utc)";
	struct qemu_conf conf = { .target = QEMU_DARWIN };
	struct lab lab, again;

	(void)state;
	read_line(&lab, "qemu-system-x86_64 -name r -M pc -cpu max -m 512 "
	    "-smp 2 -display none -drive file=a,,b.qcow2,if=scsi -hdb b.img "
	    "-cdrom c.iso -boot c -kernel k -initrd i -append a=b,c -snapshot "
	    "-nic user,id=user,mac=02:00:00:00:00:01,"
	    "hostfwd=tcp:127.0.0.1:2222-:22,model=virtio -netdev vmnet-host,"
	    "id=lan,start-address=192.168.2.1,end-address=192.168.2.254,"
	    "subnet-mask=255.255.255.0,"
	    "net-uuid=154780B0-F499-4968-9B20-E58C02FDF5FB "
	    "-device e1000,netdev=lan,mac=02:00:00:00:00:02 -rtc base=utc");
	for (int i = 0; i < 3; i++) {
		struct strv argv = { 0 };
		struct qerr e = { 0 };
		char *got = describe(&lab);

		assert_string_equal(got, want);
		free(got);
		conf.accel = lab.vms[0].accel;
		if (qemu_argv_build(&lab, lab.vms, &conf, &argv, &e) == -1)
			fail_msg("%s", e.msg);
		assert_int_equal(qemu_argv_read(&again, argv.v, &e), 0);
		strv_free(&argv);
		lab_free(&lab);
		lab = again;
	}
	lab_free(&lab);
}

static void
test_arch(void **state)
{
	(void)state;
	assert_string_equal(qemu_arch_of("/usr/bin/qemu-system-x86_64"),
	    "x86_64");
	assert_string_equal(qemu_arch_of("qemu-system-x86_64-microvm"),
	    "x86_64");
	assert_string_equal(qemu_arch_of("qemu-system-mipsel"), "mipsel");
	assert_string_equal(qemu_arch_of("qemu-system-microblazeel"),
	    "microblazeel");
	assert_string_equal(qemu_arch_of("qemu-system-ppc"), "ppc");
	assert_string_equal(qemu_arch_of("/a/qemu-aarch64-softmmu"), "aarch64");
	assert_null(qemu_arch_of("qemu-softmmu"));
	assert_null(qemu_arch_of("qemu--softmmu"));
	assert_null(qemu_arch_of("qemu-aarch64"));
	assert_non_null(qemu_arch_of("/usr/libexec/qemu-kvm"));
	assert_null(qemu_arch_of("qemu-system-"));
	assert_null(qemu_arch_of("qemu-system-x86_6"));
	assert_null(qemu_arch_of("qemu-system-x86_64x"));
	assert_null(qemu_arch_of("qemu-img"));
	assert_null(qemu_arch_of("qemu-system-x86_64/ls"));
	assert_null(qemu_arch_of(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_arch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
