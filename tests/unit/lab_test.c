/* SPDX-License-Identifier: ISC */
/* lab_test.c - lab files that are right, defaults, single values, names */
#include <sys/stat.h>

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
#include "lab.h"

static void
parse(struct lab *lab, const char *text)
{
	struct qerr e;

	if (lab_parse(lab, text, strlen(text), "t.yaml", ".", &e) == -1)
		fail_msg("%s", e.msg);
}

static uint32_t
ip(const char *text)
{
	uint32_t v;

	assert_int_equal(ip4_parse(text, &v), 0);
	return v;
}

/* Every key of a lab file. */
static const char every_key[] =
    "lab: all-keys\n"
    "networks:\n"
    "  s:\n"
    "    mode: shared\n"
    "    subnet: 10.1.0.0/24\n"
    "    gateway: 10.1.0.9\n"
    "    range: 10.1.0.10-10.1.0.20\n"
    "    dhcp: on\n"
    "    isolated: yes\n"
    "    nat66-prefix: 'fd00:1:2:3::'\n"
    "    mtu: 1400\n"
    "    transparent: true\n"
    "    backend: bridge\n"
    "  h: {mode: host, dhcp: off,\n"
    "    uuid: 154780B0-F499-4968-9B20-E58C02FDF5FB}\n"
    "  b: {mode: bridged, uplink: eth0}\n"
    "vms:\n"
    "  v:\n"
    "    disks: [a.qcow2, {file: b.qcow2, base: c.img},\n"
    "      {file: d.qcow2, create: 20M}]\n"
    "    cdrom: x.iso\n"
    "    boot: order=cd,once=d\n"
    "    kernel: vmlinuz\n"
    "    initrd: initrd.gz\n"
    "    append: >-\n"
    "      console=ttyS0\n"
    "      quiet\n"
    "    arch: arm64\n"
    "    machine: virt,gic-version=3\n"
    "    accel: tcg\n"
    "    cpu: max\n"
    "    memory: 2G\n"
    "    cpus: 4\n"
    "    disk-bus: scsi\n"
    "    nics:\n"
    "      - s\n"
    "      - {net: h, mac: 2:0:0:0:0:1, model: e1000, link: down}\n"
    "      - {mode: user}\n"
    "    forward: ['tcp:127.0.0.1:2222:22', 'udp:5353:53']\n"
    "    ready:\n"
    "      - console: 'login: ?$'\n"
    "      - {tcp: 22, lease: on}\n"
    "    display: window\n"
    "    snapshot: on\n"
    "    args: [-device, edu, '-s']\n";

static void
keys_of_networks(void **state)
{
	const struct lab_net *s, *h, *b;
	struct lab lab;

	(void)state;
	parse(&lab, every_key);
	assert_string_equal(lab.name, "all-keys");
	assert_int_equal(lab.nnets, 3);
	s = lab_net_find(&lab, "s");
	assert_int_equal(s->line, 3);
	assert_int_equal(s->mode, NET_SHARED);
	assert_int_equal(s->subnet, ip("10.1.0.0"));
	assert_int_equal(s->plen, 24);
	assert_int_equal(s->gateway, ip("10.1.0.9"));
	assert_int_equal(s->range_lo, ip("10.1.0.10"));
	assert_int_equal(s->range_hi, ip("10.1.0.20"));
	assert_true(s->dhcp && s->isolated && s->transparent);
	assert_string_equal(s->nat66_prefix, "fd00:1:2:3::");
	assert_int_equal(s->mtu, 1400);
	assert_int_equal(s->backend, BACKEND_BRIDGE);
	assert_string_equal(s->uuid, "");
	assert_int_equal(s->at.subnet, 5);
	assert_int_equal(s->at.backend, 13);
	assert_int_equal(s->at.uuid, 0);
	h = lab_net_find(&lab, "h");
	assert_int_equal(h->mode, NET_HOST);
	assert_false(h->dhcp);
	assert_string_equal(h->uuid, "154780B0-F499-4968-9B20-E58C02FDF5FB");
	assert_int_equal(h->at.uuid, 15);
	b = lab_net_find(&lab, "b");
	assert_int_equal(b->mode, NET_BRIDGED);
	assert_string_equal(b->uplink, "eth0");
	assert_null(lab_net_find(&lab, "x"));
	lab_free(&lab);
}

static void
keys_of_vms(void **state)
{
	const struct lab_vm *v;
	struct lab lab;

	(void)state;
	parse(&lab, every_key);
	assert_int_equal(lab.nvms, 1);
	v = lab_vm_find(&lab, "v");
	assert_null(lab_vm_find(&lab, "s"));
	assert_int_equal(v->ndisks, 3);
	assert_string_equal(v->disks[0].file, "a.qcow2");
	assert_string_equal(v->disks[1].file, "b.qcow2");
	assert_string_equal(v->disks[1].base, "c.img");
	assert_null(v->disks[2].base);
	assert_int_equal(v->disks[2].create_bytes, 20 << 20);
	assert_int_equal(v->disks[2].line, 20);
	assert_string_equal(v->cdrom, "x.iso");
	assert_int_equal(v->cdrom_line, 21);
	assert_string_equal(v->boot, "order=cd,once=d");
	assert_string_equal(v->kernel, "vmlinuz");
	assert_int_equal(v->kernel_line, 23);
	assert_string_equal(v->initrd, "initrd.gz");
	assert_string_equal(v->append, "console=ttyS0 quiet");
	assert_string_equal(v->arch, "aarch64");
	assert_string_equal(v->machine, "virt,gic-version=3");
	assert_string_equal(v->accel, "tcg");
	assert_string_equal(v->cpu, "max");
	assert_int_equal(v->memory_mib, 2048);
	assert_int_equal(v->cpus, 4);
	assert_string_equal(v->disk_bus, "scsi");
	assert_string_equal(v->display, "window");
	assert_true(v->snapshot);
	assert_int_equal(v->args.n, 3);
	assert_string_equal(v->args.v[2], "-s");
	lab_free(&lab);
}

static void
keys_of_nics(void **state)
{
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	const struct lab_vm *v;
	struct lab lab;

	(void)state;
	parse(&lab, every_key);
	v = lab_vm_find(&lab, "v");
	assert_int_equal(v->nnics, 3);
	assert_string_equal(v->nics[0].id, "s");
	assert_false(v->nics[0].has_mac);
	assert_string_equal(v->nics[0].model, "virtio-net-pci");
	assert_false(v->nics[0].link_down);
	assert_string_equal(v->nics[1].net, "h");
	assert_int_equal(v->nics[1].mode, NET_HOST);
	assert_true(v->nics[1].has_mac);
	assert_memory_equal(v->nics[1].mac, mac, 6);
	assert_string_equal(v->nics[1].model, "e1000");
	assert_true(v->nics[1].link_down);
	assert_int_equal(v->nics[1].line, 37);
	assert_int_equal(v->nics[1].mac_line, 37);
	assert_string_equal(v->nics[2].id, "user");
	assert_string_equal(v->nics[2].net, "");
	assert_int_equal(v->nics[2].mode, NET_USER);
	lab_free(&lab);
}

/* What a VM offers to the host, and how it tells that it is ready. */
static void
keys_of_services(void **state)
{
	const struct lab_vm *v;
	struct lab lab;

	(void)state;
	parse(&lab, every_key);
	v = lab_vm_find(&lab, "v");
	assert_int_equal(v->nforwards, 2);
	assert_string_equal(v->forwards[0].proto, "tcp");
	assert_true(v->forwards[0].has_addr);
	assert_int_equal(v->forwards[0].host_addr, ip("127.0.0.1"));
	assert_int_equal(v->forwards[0].host_port, 2222);
	assert_int_equal(v->forwards[0].guest_port, 22);
	assert_false(v->forwards[1].has_addr);
	assert_int_equal(v->nready, 3);
	assert_int_equal(v->ready[0].kind, READY_CONSOLE);
	assert_string_equal(v->ready[0].pattern, "login: ?$");
	assert_int_equal(v->ready[1].kind, READY_TCP);
	assert_int_equal(v->ready[1].port, 22);
	assert_int_equal(v->ready[2].kind, READY_LEASE);
	assert_int_equal(v->ready[2].line, 42);
	lab_free(&lab);
}

static void
defaults(void **state)
{
	const struct lab_net *n;
	const struct lab_vm *v;
	struct lab lab;

	(void)state;
	parse(&lab, "networks:\n"
	    "  a: {mode: shared}\n"
	    "  b: {mode: host, subnet: 10.77.1.128/25}\n"
	    "  c: {mode: host, dhcp: off}\n"
	    "  d: {mode: bridged, uplink: eth0}\n"
	    "  e: {mode: user}\n"
	    "  f: {mode: host, subnet: 192.168.1.0/24,\n"
	    "    gateway: 192.168.1.254}\n"
	    "  g: {mode: host, subnet: 192.168.2.0/30}\n"
	    "vms:\n"
	    "  v: {disks: [x]}\n");
	assert_string_equal(lab.name, "t");
	n = lab_net_find(&lab, "a");
	assert_int_equal(n->subnet, ip("10.77.0.0"));
	assert_int_equal(n->plen, 24);
	assert_int_equal(n->gateway, ip("10.77.0.1"));
	assert_int_equal(n->range_lo, ip("10.77.0.2"));
	assert_int_equal(n->range_hi, ip("10.77.0.254"));
	assert_true(n->dhcp);
	assert_int_equal(n->mtu, 0);
	assert_int_equal(n->backend, BACKEND_AUTO);
	assert_string_equal(n->uuid, "");
	n = lab_net_find(&lab, "b");
	assert_int_equal(n->gateway, ip("10.77.1.129"));
	n = lab_net_find(&lab, "c");	/* 10.77.1.0/24 overlaps b's */
	assert_int_equal(n->subnet, ip("10.77.2.0"));
	assert_int_equal(strlen(n->uuid), 36);
	n = lab_net_find(&lab, "d");
	assert_int_equal(n->plen, -1);
	assert_false(n->dhcp);
	n = lab_net_find(&lab, "e");
	assert_int_equal(n->plen, -1);
	assert_false(n->dhcp);
	n = lab_net_find(&lab, "f");
	assert_int_equal(n->range_lo, ip("192.168.1.1"));
	assert_int_equal(n->range_hi, ip("192.168.1.253"));
	n = lab_net_find(&lab, "g");
	assert_int_equal(n->gateway, ip("192.168.2.1"));
	assert_int_equal(n->range_lo, ip("192.168.2.2"));
	assert_int_equal(n->range_hi, ip("192.168.2.2"));
	v = lab_vm_find(&lab, "v");
	assert_int_equal(v->memory_mib, 256);
	assert_int_equal(v->cpus, 1);
	assert_string_equal(v->disk_bus, "virtio");
	assert_string_equal(v->display, "none");
	assert_null(v->arch);
	assert_null(v->accel);
	assert_false(v->snapshot);
	lab_free(&lab);
}

/* The goldens of ids_test.c, so that the text hashed is pinned too. */
static void
derived(void **state)
{
	static const char text[] = "networks: {lan: {mode: host, dhcp: off}}\n"
	    "vms: {router: {nics: [lan, lan, {mode: user}]}}\n";
	uint8_t first[6];
	char mac[MAC_STRSZ];
	struct lab lab;
	struct qerr e;

	(void)state;
	assert_int_equal(lab_parse(&lab, text, strlen(text), "/labs/a.yaml",
	    "/labs", &e), 0);
	assert_string_equal(lab.path, "/labs/a.yaml");
	assert_string_equal(lab.nets[0].uuid,
	    "1dd84831-c008-5f48-8f27-97de914b76af");
	assert_string_equal(mac_format(lab.vms[0].nics[0].mac, mac),
	    "02:7c:ef:b9:38:aa");
	assert_string_equal(lab.vms[0].nics[1].id, "lan.2");
	assert_memory_not_equal(lab.vms[0].nics[0].mac,
	    lab.vms[0].nics[1].mac, 6);
	memcpy(first, lab.vms[0].nics[1].mac, 6);
	lab_finish(&lab);
	assert_memory_equal(first, lab.vms[0].nics[1].mac, 6);
	assert_string_equal(lab.vms[0].nics[1].id, "lan.2");
	lab_free(&lab);
}

/* Without a path the lab's name takes its place. */
static void
derived_by_name(void **state)
{
	struct lab a, b;

	(void)state;
	parse(&a, "lab: one\nvms: {v: {nics: [{mode: user}]}}\n");
	parse(&b, "lab: two\nvms: {v: {nics: [{mode: user}]}}\n");
	assert_null(a.path);
	assert_memory_not_equal(a.vms[0].nics[0].mac, b.vms[0].nics[0].mac, 6);
	lab_free(&a);
	lab_free(&b);
}

/* An id that a network's own name takes is passed over. */
static void
nic_ids(void **state)
{
	static const char *const ids[] = { "wan.2", "wan", "wan.3", "user",
		"user.2", "user.3" };
	struct lab lab;

	(void)state;
	parse(&lab, "networks: {wan: {mode: host}, wan.2: {mode: host},\n"
	    "  user: {mode: user}}\n"
	    "vms: {v: {nics: [wan.2, wan, wan, user, {mode: user}, user]}}\n");
	assert_int_equal(lab.vms[0].nnics, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(lab.vms[0].nics[i].id, ids[i]);
	lab_free(&lab);
}

static void
no_subnet_left(void **state)
{
	struct lab lab;

	(void)state;
	parse(&lab, "networks: {a: {mode: host, subnet: 10.77.0.0/16},\n"
	    "  b: {mode: host}}\n");
	assert_int_equal(lab.nets[1].plen, -1);
	assert_int_equal(lab.nets[1].gateway, 0);
	lab_free(&lab);
}

static void
yaml_is_text(void **state)
{
	static const char *const names[] = { "on", "123", "1e3", "0x10",
		"null", "22:22" };
	struct lab lab;

	(void)state;
	/* A BOM, CRLF, a comment, a directive and document marks. */
	parse(&lab, "\xef\xbb\xbf%YAML 1.1\r\n--- # c\r\nvms:\r\n"
	    "  on: {args: [on, 123, 1e3, 0x10, null, 22:22]}\r\n...\r\n");
	assert_string_equal(lab.vms[0].name, "on");
	assert_int_equal(lab.vms[0].args.n, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(lab.vms[0].args.v[i], names[i]);
	lab_free(&lab);
	parse(&lab, "vms: {v: {disks: [\"\\u00fcber.img\", ü.img]}}\n");
	assert_string_equal(lab.vms[0].disks[0].file, "\xc3\xbc" "ber.img");
	assert_string_equal(lab.vms[0].disks[1].file, "\xc3\xbc.img");
	lab_free(&lab);
}

static void
names(void **state)
{
	static const char *const good[] = { "a", "0", "A.b_c-d",
		"1234567890123456789012345678901", "lan.2", "user", "lab" };
	static const char *const bad[] = { "", ".a", "-a", "_a", "a b", "a/b",
		"a:b", "\xc3\xbc", "a\n", "12345678901234567890123456789012",
		"net", "if", "pid", "all", "lo", "qlab-up", "lock",
		"lab.json", "holder.sock" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		if (!lab_name_ok(good[i]))
			fail_msg("'%s' refused", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (lab_name_ok(bad[i]))
			fail_msg("'%s' taken", bad[i]);
}

static void
sizes(void **state)
{
	static const char *const bad[] = { "", "0", "G", "2X", "2GG", "-1",
		"1.5G", " 2G", "2 G", "2GiB", "99999999999999999999", "17T",
		"16777217", "1K" };
	static const char *const bad_disks[] = { "", "20", "1023K", "2X",
		"1025T", "18446744073709551616", "-2G", "0" };
	uint64_t n;

	(void)state;
	assert_int_equal(lab_parse_size_mib("512", &n, NULL), 0);
	assert_int_equal(n, 512);
	assert_int_equal(lab_parse_size_mib("512M", &n, NULL), 0);
	assert_int_equal(n, 512);
	assert_int_equal(lab_parse_size_mib("2g", &n, NULL), 0);
	assert_int_equal(n, 2048);
	assert_int_equal(lab_parse_size_mib("16T", &n, NULL), 0);
	assert_int_equal(n, 16 * 1024 * 1024);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (lab_parse_size_mib(bad[i], &n, NULL) != -1)
			fail_msg("'%s' taken", bad[i]);
	assert_int_equal(lab_parse_size_bytes("1024K", &n, NULL), 0);
	assert_int_equal(n, 1 << 20);
	assert_int_equal(lab_parse_size_bytes("2G", &n, NULL), 0);
	assert_int_equal(n, 2LL << 30);
	assert_int_equal(lab_parse_size_bytes("1048576", &n, NULL), 0);
	assert_int_equal(n, 1 << 20);
	for (size_t i = 0; i < sizeof(bad_disks) / sizeof(*bad_disks); i++)
		if (lab_parse_size_bytes(bad_disks[i], &n, NULL) != -1)
			fail_msg("'%s' taken", bad_disks[i]);
}

static void
numbers(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(lab_parse_number("18446744073709551615", 0, UINT64_MAX,
	    &n, NULL), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(lab_parse_number("18446744073709551616", 0, UINT64_MAX,
	    &n, NULL), -1);
	assert_int_equal(lab_parse_number("007", 1, 9, &n, NULL), 0);
	assert_int_equal(n, 7);
	assert_int_equal(lab_parse_number("0", 1, 9, &n, NULL), -1);
	assert_int_equal(lab_parse_number("10", 1, 9, &n, NULL), -1);
	assert_int_equal(lab_parse_number("+1", 1, 9, &n, NULL), -1);
	assert_int_equal(lab_parse_number("", 0, 9, &n, NULL), -1);
}

static void
forwards(void **state)
{
	static const char *const bad[] = { "", "tcp", "tcp:", "tcp:22",
		"tcp:2222:", "tcp::22", "tcp:2222:22:", "sctp:1:2", "TCP:1:2",
		"tcp:0:22", "tcp:22:0", "tcp:65536:22", "tcp:22:65536",
		"tcp:1.2.3:1:2", "tcp:localhost:1:2", "tcp:1.2.3.4:1:2:3",
		"tcp:[::1]:1:2", "tcp:1.2.3.4:1-5:2", "tcp:-1:22",
		"tcp:1.2.3.4::22", " tcp:1:2", "tcp:1:2 " };
	struct lab_forward f = { .line = 7 };
	struct qerr e;

	(void)state;
	assert_int_equal(lab_parse_forward("udp:0.0.0.0:65535:1", &f, &e), 0);
	assert_string_equal(f.proto, "udp");
	assert_true(f.has_addr);
	assert_int_equal(f.host_addr, 0);
	assert_int_equal(f.host_port, 65535);
	assert_int_equal(f.guest_port, 1);
	assert_int_equal(f.line, 7);
	/* QEMU's way to leave the address out */
	assert_int_equal(lab_parse_forward("tcp::2222:22", &f, &e), 0);
	assert_false(f.has_addr);
	assert_int_equal(f.host_port, 2222);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (lab_parse_forward(bad[i], &f, &e) != -1)
			fail_msg("'%s' taken", bad[i]);
		assert_int_equal(e.kind, QERR_INPUT);
		assert_non_null(strstr(e.msg, bad[i]));
	}
}

static void
words(void **state)
{
	enum net_backend backend;
	enum net_mode mode;
	struct qerr e;
	uint32_t lo, hi;
	bool b;

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(lab_parse_mode(net_mode_name(i), &mode, &e),
		    0);
		assert_int_equal(mode, i);
		assert_int_equal(lab_parse_backend(net_backend_name(i),
		    &backend, &e), 0);
		assert_int_equal(backend, i);
	}
	assert_int_equal(lab_parse_mode("Shared", &mode, &e), -1);
	assert_non_null(strstr(e.msg, "'Shared'"));
	assert_int_equal(lab_parse_backend("tap", &backend, &e), -1);
	assert_non_null(strstr(e.msg, "'tap'"));
	assert_int_equal(lab_parse_bool("On", &b, &e), -1);
	assert_non_null(strstr(e.msg, "'On'"));
	assert_int_equal(lab_parse_range("10.0.0.9-10.0.0.5", &lo, &hi, &e),
	    0);
	assert_int_equal(lo, ip("10.0.0.9"));
	assert_int_equal(hi, ip("10.0.0.5"));
	assert_int_equal(lab_parse_range("10.0.0.9", &lo, &hi, &e), -1);
	assert_int_equal(lab_parse_range("10.0.0.9-20", &lo, &hi, &e), -1);
	assert_int_equal(lab_parse_range("-", &lo, &hi, &e), -1);
	assert_int_equal(lab_parse_range("10.0.0.1 - 10.0.0.2", &lo, &hi, &e),
	    -1);
	assert_int_equal(lab_parse_ifname("enp0s31f6", &e), 0);
	assert_int_equal(lab_parse_ifname("123456789012345", &e), 0);
	assert_int_equal(lab_parse_ifname("1234567890123456", &e), -1);
	assert_int_equal(lab_parse_ifname("a/b", &e), -1);
	assert_int_equal(lab_parse_ifname("..", &e), -1);
	assert_int_equal(lab_parse_ifname("", &e), -1);
}

static void
paths(void **state)
{
	static const struct {
		const char *dir, *file, *path;
	} cases[] = {
		{ NULL, "a.img", "a.img" },
		{ ".", "a.img", "a.img" },
		{ "labs", "a.img", "labs/a.img" },
		{ "labs/", "a.img", "labs/a.img" },
		{ "/", "a.img", "/a.img" },
		{ "labs", "/x/a.img", "/x/a.img" },
		{ ".", "nbd:host:1", "./nbd:host:1" },
		{ ".", "-a.img", "./-a.img" },
		{ "x:y", "a.img", "./x:y/a.img" },
		{ "labs", "a:b", "labs/a:b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char dir[32];
		struct lab lab = { 0 };
		char *path;

		if (cases[i].dir != NULL) {
			snprintf(dir, sizeof(dir), "%s", cases[i].dir);
			lab.dir = dir;
		}
		path = lab_path(&lab, cases[i].file);
		assert_string_equal(path, cases[i].path);
		free(path);
	}
}

static void
put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fputs(text, f) >= 0, 1);
	assert_int_equal(fclose(f), 0);
}

static void
loading(void **state)
{
	char dir[] = "/tmp/qlab-lab-test.XXXXXX";
	char file[64], real[PATH_MAX];
	struct lab lab, again;
	struct qerr e;
	size_t len;
	char *text;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/my-lab.yml", dir);
	assert_int_equal(lab_load(&lab, file, &e), -1);
	assert_int_equal(e.kind, QERR_NOTFOUND);
	assert_non_null(strstr(e.msg, "my-lab.yml"));
	lab_free(&lab);

	put_file(file, "vms: {v: {nics: [{mode: user}]}}\n");
	if (lab_load(&lab, file, &e) == -1)
		fail_msg("%s", e.msg);
	assert_string_equal(lab.name, "my-lab");
	assert_string_equal(lab.dir, dir);
	assert_string_equal(lab.file, file);
	assert_non_null(realpath(file, real));
	assert_string_equal(lab.path, real);
	/* What was kept of it gives the same MACs again. */
	text = lab_read_file(file, &len, &e);
	assert_non_null(text);
	assert_int_equal(lab_parse(&again, text, len, lab.path, dir, &e), 0);
	assert_memory_equal(lab.vms[0].nics[0].mac,
	    again.vms[0].nics[0].mac, 6);
	free(text);
	lab_free(&again);
	lab_free(&lab);

	/* A directory cannot be read. */
	assert_int_equal(lab_load(&lab, dir, &e), -1);
	assert_int_equal(e.kind, QERR_FAIL);
	lab_free(&lab);

	assert_int_equal(chdir(dir), 0);
	if (lab_load(&lab, "my-lab.yml", &e) == -1)
		fail_msg("%s", e.msg);
	assert_string_equal(lab.dir, ".");
	assert_string_equal(lab.path, real);
	lab_free(&lab);

	assert_int_equal(unlink(file), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void
too_large(void **state)
{
	char dir[] = "/tmp/qlab-lab-test.XXXXXX";
	char file[64];
	struct lab lab;
	struct qerr e;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/a.yaml", dir);
	put_file(file, "#");
	assert_int_equal(truncate(file, 10 << 20), 0);
	assert_int_equal(lab_load(&lab, file, &e), -1);
	assert_int_equal(e.kind, QERR_INPUT);
	assert_non_null(strstr(e.msg, "more than 1048576 bytes"));
	lab_free(&lab);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_networks),
		cmocka_unit_test(keys_of_vms),
		cmocka_unit_test(keys_of_nics),
		cmocka_unit_test(keys_of_services),
		cmocka_unit_test(defaults),
		cmocka_unit_test(derived),
		cmocka_unit_test(derived_by_name),
		cmocka_unit_test(nic_ids),
		cmocka_unit_test(no_subnet_left),
		cmocka_unit_test(yaml_is_text),
		cmocka_unit_test(names),
		cmocka_unit_test(sizes),
		cmocka_unit_test(numbers),
		cmocka_unit_test(forwards),
		cmocka_unit_test(words),
		cmocka_unit_test(paths),
		cmocka_unit_test(loading),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests_name("lab", tests, NULL, NULL);
}
