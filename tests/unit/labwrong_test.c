/* SPDX-License-Identifier: ISC */
/* labwrong_test.c - wrong lab files: the line and the value are told */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "lab.h"
#include "text.h"

#define VMS	"vms:\n  v:\n    "
#define NETS	"networks:\n  n:\n    mode: host\n    "

struct wrong {
	const char *text;
	int line;		/* of the first error; 0: the file's */
	const char *says;	/* part of its message */
};

static const struct wrong wrong[] = {
	/* not a lab file at all */
	{ "", 1, "empty" },
	{ "# nothing\n", 1, "empty" },
	{ "---\n# c\n", 3, "nothing" },
	{ "hello\n", 1, "a single value" },
	{ "- a\n", 1, "a list" },
	{ "lab: x\n", 1, "neither networks nor vms" },
	{ "vms: {}\nvmz: {}\n", 2, "'vmz' in the lab file (did you mean "
	    "'vms'?)" },
	{ "vms: {}\nxyzzy: {}\n", 2, "unknown key 'xyzzy' in the lab file" },
	{ "vms: {}\nvms: {}\n", 2, "'vms' twice" },
	{ "vms:\n  a: {}\n<<: {}\n", 3, "unknown key '<<'" },
	/* YAML */
	{ "vms:\n  a: {}\n b: {}\n", 3, "'b: {}'" },
	{ "vms: {a: {}\n", 2, "the end of the file (while parsing a flow "
	    "mapping from line 1)" },
	{ "\nvms: {a: {disks: ['x]}}\n\n", 4, "(while scanning a quoted "
	    "scalar from line 2)" },
	{ "vms:\n\ta: {}\n", 2, "tab in the indentation" },
	{ "vms:\n  a: b: c\n", 2, "'a: b: c'" },
	{ "vms: {}\n---\nvms: {}\n", 2, "a second document" },
	{ "vms: &x {}\n", 1, "anchor 'x'" },
	{ "vms: {a: &y {}, b: *y}\n", 1, "anchor 'y'" },
	{ "vms:\n  a: *z\n", 2, "alias 'z'" },
	{ "vms:\n  a: !local {}\n", 2, "tag '!local'" },
	{ "lab: !!str x\nvms: {}\n", 1, "tag 'tag:yaml.org,2002:str'" },
	{ "vms:\n  ? [a]\n  : {}\n", 2, "a list where a key should stand" },
	{ "vms:\n  ? {a: b}\n  : {}\n", 2, "a map where a key should stand" },
	{ "%YAML 3.0\n---\nvms: {}\n", 1, "'%YAML 3.0'" },
	{ "vms: @x\n", 1, "'vms: @x'" },
	{ VMS "args: [[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]\n", 3,
	    "nested more than" },
	/* characters */
	{ "vms:\n  a\x01: {}\n", 2, "control character U+0001" },
	{ "vms:\n  a: \x1b[2J\n", 2, "control character U+001B" },
	{ "vms:\r  a: {}\n", 1, "control character U+000D" },
	{ "vms:\n\n  \x7f\n", 3, "control character U+007F" },
	{ "vms:\n  \xff: {}\n", 2, "invalid UTF-8 byte 0xff" },
	{ "vms:\n  \xc0\x80: {}\n", 2, "invalid UTF-8 byte 0xc0" },
	{ "vms:\n  \xed\xa0\x80: {}\n", 2, "invalid UTF-8 byte 0xed" },
	{ "vms:\n  a: {} # \xc2", 2, "invalid UTF-8 byte 0xc2" },
	{ "vms:\n  a: {} # \xe2\x80\xae\n", 2, "character U+202E" },
	{ "vms:\n  a: {} # \xc2\x85\n", 2, "control character U+0085" },
	{ VMS "cpu: \"a\\0b\"\n", 3, "NUL byte" },
	{ VMS "cpu: \"a\\eb\"\n", 3, "control character U+001B in the value "
	    "'a\\x1bb'" },
	{ VMS "cpu: \"a\\tb\"\n", 3, "tab in the value" },
	{ VMS "append: |\n      a\n", 3, "line break" },
	/* names */
	{ "lab: a/b\nvms: {}\n", 1, "lab name 'a/b' has a character" },
	{ "lab: [a]\nvms: {}\n", 1, "lab wants a single value, not a list" },
	{ "lab:\nvms: {}\n", 1, "lab wants a single value, not nothing" },
	{ "vms:\n  pid: {}\n", 2, "VM name 'pid' is reserved" },
	{ "vms:\n  qlab-up: {}\n", 2, "VM name 'qlab-up' is reserved" },
	{ "vms:\n  -a: {}\n", 2, "VM name '-a' does not start" },
	{ "vms:\n  '': {}\n", 2, "VM name '' is empty" },
	{ "vms:\n  a23456789012345678901234567890123: {}\n", 2,
	    "'a23456789012345678901234567890123' has more than 31" },
	{ "networks:\n  lo: {mode: host}\n", 2, "network name 'lo' is "
	    "reserved" },
	{ "vms:\n  a: {}\n  b: {}\n  a: {}\n", 4, "VM 'a' twice, first in "
	    "line 2" },
	{ "networks:\n  a: {mode: host}\n  a: {mode: host}\n", 3,
	    "network 'a' twice, first in line 2" },
	/* networks */
	{ "networks:\n", 1, "networks wants a map" },
	{ "networks: [a]\n", 1, "not a list" },
	{ "networks:\n  wan:\n", 2, "network 'wan' wants a map of its keys, "
	    "not nothing" },
	{ "networks:\n  wan: shared\n", 2, "not a single value" },
	{ "networks:\n  wan: {subnet: 10.0.0.0/8}\n", 2, "network 'wan' has "
	    "no mode" },
	{ "networks:\n  n: {mode: nat}\n", 2, "mode 'nat' is not shared" },
	{ "networks:\n  n: {mode: [host]}\n", 2, "mode wants a single value" },
	{ NETS "gatway: 10.0.0.1\n", 4, "unknown key 'gatway' in network 'n' "
	    "(did you mean 'gateway'?)" },
	{ NETS "mode: host\n", 4, "key 'mode' twice in network 'n'" },
	{ NETS "subnet: 10.0.0.0\n", 4, "subnet '10.0.0.0'" },
	{ NETS "subnet: 10.0.0.0/33\n", 4, "subnet '10.0.0.0/33'" },
	{ NETS "subnet: 10.0.0.256/24\n", 4, "subnet '10.0.0.256/24'" },
	{ NETS "subnet: fd00::/64\n", 4, "subnet 'fd00::/64'" },
	{ NETS "subnet:\n", 4, "subnet wants a single value, not nothing" },
	{ NETS "gateway: 10.0.0\n", 4, "gateway '10.0.0'" },
	{ NETS "gateway: 0.0.0.0\n", 4, "gateway '0.0.0.0'" },
	{ NETS "range: 10.0.0.5\n", 4, "range '10.0.0.5'" },
	{ NETS "range: 10.0.0.5-9\n", 4, "range '10.0.0.5-9'" },
	{ NETS "dhcp: of\n", 4, "dhcp 'of' is neither on nor off" },
	{ NETS "dhcp: {}\n", 4, "dhcp wants a single value, not a map" },
	{ NETS "isolated: 1\n", 4, "isolated '1'" },
	{ NETS "transparent: y\n", 4, "transparent 'y'" },
	{ NETS "uuid: 154780B0-F499\n", 4, "uuid '154780B0-F499'" },
	{ NETS "uplink: wlan0123456789ab\n", 4, "'wlan0123456789ab'" },
	{ NETS "uplink: a/b\n", 4, "uplink 'a/b'" },
	{ NETS "mtu: 575\n", 4, "mtu '575' is not a number from 576 to "
	    "65521" },
	{ NETS "mtu: 65522\n", 4, "mtu '65522'" },
	{ NETS "mtu: 1500.0\n", 4, "mtu '1500.0'" },
	{ NETS "mtu: 99999999999999999999999\n", 4, "mtu '999999999" },
	{ NETS "backend: tap\n", 4, "backend 'tap'" },
	/* VMs */
	{ "vms:\n", 1, "vms wants a map" },
	{ "vms: {a}\n", 1, "VM 'a' wants a map of its keys, not nothing" },
	{ VMS "ram: 2G\n", 3, "unknown key 'ram' in VM 'v'" },
	{ VMS "mem: 2G\n", 3, "(did you mean 'memory'?)" },
	{ VMS "cpus: 1\n    cpus: 2\n", 4, "key 'cpus' twice in VM 'v'" },
	{ VMS "disks: a.img\n", 3, "disks wants a list such as [router.qcow2]"
	    ", not 'a.img'" },
	{ VMS "disks: [[a]]\n", 3, "disks wants a single value, not a list" },
	{ VMS "disks: ['']\n", 3, "disks wants a single value, not nothing" },
	{ VMS "disks: [{base: a}]\n", 3, "a disk without file" },
	{ VMS "disks:\n    - a\n    - {file: b, base: c, create: 1G}\n", 5,
	    "both base and create" },
	{ VMS "disks: [{file: a, size: 1G}]\n", 3, "unknown key 'size' in a "
	    "disk" },
	{ VMS "disks: [{file: a, create: 20}]\n", 3, "disk size '20' is less "
	    "than 1M" },
	{ VMS "disks: [{file: a, create: 2X}]\n", 3, "disk size '2X'" },
	{ VMS "cdrom: [a]\n", 3, "cdrom wants a single value" },
	{ VMS "memory: 2.5G\n", 3, "memory '2.5G'" },
	{ VMS "memory: 0\n", 3, "memory '0'" },
	{ VMS "memory: 18446744073709551616\n", 3, "memory '1844674407370955"
	    "1616'" },
	{ VMS "cpus: 0\n", 3, "cpus '0'" },
	{ VMS "cpus: -1\n", 3, "cpus '-1'" },
	{ VMS "cpus: two\n", 3, "cpus 'two'" },
	{ VMS "accel: HVF\n", 3, "accel 'HVF' is not auto, hvf, kvm or tcg" },
	{ VMS "disk-bus: sata\n", 3, "disk-bus 'sata' is not virtio" },
	{ VMS "arch: ../x86\n", 3, "arch '../x86'" },
	{ VMS "nics: wan\n", 3, "nics wants a list such as [wan, lan], not "
	    "'wan'" },
	{ VMS "nics: ['a b']\n", 3, "network name 'a b' has a character" },
	{ VMS "nics: [{mac: 2:0:0:0:0:1}]\n", 3, "a NIC without net" },
	{ VMS "nics: [{net: a, mode: user}]\n", 3, "both net and mode" },
	{ VMS "nics: [{mode: shared}]\n", 3, "mode 'shared'" },
	{ VMS "nics:\n    - a\n    - net: b\n      mac: 02:00:00\n", 6,
	    "mac '02:00:00'" },
	{ VMS "nics: [{net: a, link: off}]\n", 3, "link 'off' is neither up "
	    "nor down" },
	{ VMS "nics: [{net: a, model: 'e1000,mq=on'}]\n", 3,
	    "model 'e1000,mq=on'" },
	{ VMS "nics: [{net: a, vlan: 3}]\n", 3, "unknown key 'vlan' in a "
	    "NIC" },
	{ VMS "forward: tcp:2222:22\n", 3, "forward wants a list" },
	{ VMS "forward: ['icmp:1:2']\n", 3, "forward 'icmp:1:2'" },
	{ VMS "forward: [{tcp: 22}]\n", 3, "forward wants a single value" },
	{ VMS "forward:\n    - 'tcp:1:2'\n    - 'tcp:0:2'\n", 5,
	    "forward 'tcp:0:2'" },
	{ VMS "ready: login\n", 3, "ready wants a list" },
	{ VMS "ready: [login]\n", 3, "ready wants maps" },
	{ VMS "ready: {shell: x}\n", 3, "unknown key 'shell' in ready" },
	{ VMS "ready: {console: '('}\n", 3, "console pattern '('" },
	{ VMS "ready: {console: 'a{2,1}'}\n", 3, "console pattern 'a{2,1}'" },
	{ VMS "ready: {console: '((a{255}){255}){255}'}\n", 3,
	    "repeats too often" },
	{ VMS "ready: {console: ''}\n", 3, "console wants a single value" },
	{ VMS "ready: {tcp: 0}\n", 3, "tcp port '0'" },
	{ VMS "ready: {tcp: ssh}\n", 3, "tcp port 'ssh'" },
	{ VMS "ready: {lease: off}\n", 3, "lease 'off': leave it out" },
	{ VMS "ready: {lease: maybe}\n", 3, "lease 'maybe'" },
	{ VMS "snapshot: once\n", 3, "snapshot 'once'" },
	{ VMS "args: '-s -S'\n", 3, "args wants a list such as [-device, "
	    "edu], not '-s -S'" },
	{ VMS "args: [{a: b}]\n", 3, "args wants a single value, not a map" },
};

/* The first error's line and text, and that it is fit for a terminal. */
static void
check_wrong(const struct wrong *w)
{
	struct qerr e = { 0 };
	struct lab lab;
	char want[32];
	int rv;

	rv = lab_parse(&lab, w->text, strlen(w->text), "t.yaml", ".", &e);
	lab_free(&lab);
	if (rv != -1)
		fail_msg("taken:\n%s", w->text);
	assert_int_equal(e.kind, QERR_INPUT);
	snprintf(want, sizeof(want), "t.yaml:%d: ", w->line);
	if (strncmp(e.msg, want, strlen(want)) != 0)
		fail_msg("not in line %d: %s\n%s", w->line, e.msg, w->text);
	e.msg[strcspn(e.msg, "\n")] = '\0';
	if (strstr(e.msg, w->says) == NULL)
		fail_msg("does not say \"%s\": %s", w->says, e.msg);
	if (text_clean(e.msg, strlen(e.msg), false) != strlen(e.msg))
		fail_msg("not clean: %s", e.msg);
	if (e.msg[strlen(e.msg) - 1] == '.')
		fail_msg("full stop: %s", e.msg);
}

static void
wrong_files(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		check_wrong(&wrong[i]);
}

static void
nul_byte(void **state)
{
	static const char text[] = "vms:\n  a\0: {}\n";
	struct lab lab;
	struct qerr e;

	(void)state;
	assert_int_equal(lab_parse(&lab, text, sizeof(text) - 1, "t.yaml", ".",
	    &e), -1);
	assert_string_equal(e.msg, "t.yaml:2: NUL byte in the file");
	lab_free(&lab);
}

/* All are told at once, in turn. */
static void
several(void **state)
{
	static const char text[] =
	    "networks:\n"
	    "  wan: {mode: shraed}\n"
	    "  lan: {mode: host, dhcp: of}\n"
	    "vms:\n"
	    "  r:\n"
	    "    memory: lots\n";
	struct lab lab;
	struct qerr e;

	(void)state;
	assert_int_equal(lab_parse(&lab, text, strlen(text), "t.yaml", ".", &e),
	    -1);
	assert_string_equal(e.msg,
	    "t.yaml:2: mode 'shraed' is not shared, host, bridged or user\n"
	    "t.yaml:3: dhcp 'of' is neither on nor off\n"
	    "t.yaml:6: memory 'lots' is not a size such as 512M or 2G, "
	    "at most 16T");
	lab_free(&lab);
}

static size_t
count(const char *s, char c)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == c;
	return n;
}

/* The first ten, whole lines only, and however long the file's name is. */
static void
very_many(void **state)
{
	char text[4096], file[1500], value[300];
	struct lab lab;
	struct qerr e;
	size_t at = 0;

	(void)state;
	at += (size_t)snprintf(text, sizeof(text), "vms:\n");
	for (int i = 0; i < 40; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
		    " v%d: {cpus: x}\n", i);
	assert_int_equal(lab_parse(&lab, text, at, "t.yaml", ".", &e), -1);
	assert_int_equal(count(e.msg, '\n'), 9);
	assert_non_null(strstr(e.msg, "t.yaml:11: cpus 'x'"));
	assert_null(strstr(e.msg, "t.yaml:12:"));
	lab_free(&lab);

	memset(file, 'f', sizeof(file));
	file[sizeof(file) - 1] = '\0';
	memset(value, 'x', sizeof(value));
	value[sizeof(value) - 1] = '\0';
	at = (size_t)snprintf(text, sizeof(text), "lab: a\nvms:\n"
	    " a: {cpus: %s}\n b: {cpus: %s}\n c: {cpus: %s}\n", value, value,
	    value);
	assert_int_equal(lab_parse(&lab, text, at, file, ".", &e), -1);
	assert_true(strlen(e.msg) < sizeof(e.msg) - 1);
	assert_int_equal(count(e.msg, '\n'), 1);
	assert_non_null(strstr(e.msg, ":3: cpus 'xxx"));
	assert_non_null(strstr(e.msg, "xxx...' is not a number from 1 to"));
	assert_non_null(strstr(e.msg, ":4: cpus 'xxx"));
	assert_string_equal(e.msg + strlen(e.msg) - 4, "1024");
	lab_free(&lab);
}

static void
default_name(void **state)
{
	static const char text[] = "vms: {}\n";
	struct lab lab;
	struct qerr e;

	(void)state;
	assert_int_equal(lab_parse(&lab, text, strlen(text), "/x/my lab.yaml",
	    "/x", &e), -1);
	assert_string_equal(e.msg, "/x/my lab.yaml: lab name 'my lab', from "
	    "the file's, has a character that is not a letter, digit, '_', "
	    "'.' or '-'; give one with 'lab: NAME'");
	lab_free(&lab);
	/* A file's name must not drive the terminal. */
	assert_int_equal(lab_parse(&lab, text, strlen(text), "\x1b[2J.yml",
	    ".", &e), -1);
	assert_int_equal(strncmp(e.msg, "?[2J.yml: lab name '\\x1b[2J'", 27),
	    0);
	lab_free(&lab);
	assert_int_equal(lab_parse(&lab, text, strlen(text), "x.yaml.txt",
	    ".", &e), 0);
	assert_string_equal(lab.name, "x.yaml.txt");
	lab_free(&lab);
}

/* n times what, then tail; caller frees. */
static char *
many(const char *head, const char *what, size_t n, const char *tail)
{
	size_t hlen = strlen(head), len = strlen(what), tlen = strlen(tail);
	char *text = malloc(hlen + n * len + tlen + 1);

	assert_non_null(text);
	memcpy(text, head, hlen);
	for (size_t i = 0; i < n; i++)
		memcpy(text + hlen + i * len, what, len);
	memcpy(text + hlen + n * len, tail, tlen + 1);
	return text;
}

/* Hostile megabytes are refused, and soon. */
static void
large(void **state)
{
	static const struct {
		const char *head, *what, *tail, *says;
	} cases[] = {
		{ "vms: ", "[", "", "nested more than" },
		{ "vms: ", "{a: ", "", "nested more than" },
		{ "", "- ", "", "nested more than" },
		{ "vms: {v: {args: [", "a,", "]}}\n", "more than 1024" },
		{ "vms: {v: {nics: [", "a,", "]}}\n", "more than 64" },
		{ "vms: {", "a,", "}\n", "more than 1024" },
		{ "networks: {", "a,", "}\n", "more than 256" },
		{ "", "b: c\n", "", "unknown key 'b'" },
		{ "vms: {v: {", "dissk: c,", "}}", "unknown key 'dissk'" },
		{ "", "lab: c\n", "", "twice" },
		{ "vms: {v: {cpu: ", "x", "}}\n", NULL },
		{ "vms: {v: {ready: {console: ", "(", "}}}\n",
		    "more than 256 characters" },
		{ "", "#\n", "", "empty" },
		{ "vms: {v: {cpus: ", "9", "}}\n", "cpus '999" },
		{ "vms: {v: {cpus: \"", "\\n", "\"}}\n", "line break" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *text = many(cases[i].head, cases[i].what,
		    900000 / strlen(cases[i].what), cases[i].tail);
		clock_t start = clock();
		struct qerr e = { 0 };
		struct lab lab;
		int rv;

		rv = lab_parse(&lab, text, strlen(text), "t.yaml", ".", &e);
		assert_int_equal(rv, cases[i].says == NULL ? 0 : -1);
		if (rv == -1 && strstr(e.msg, cases[i].says) == NULL)
			fail_msg("does not say \"%s\": %s", cases[i].says,
			    e.msg);
		/* Generous: sanitizers, a busy machine.  Quadratic is hours. */
		if (clock() - start > 20 * CLOCKS_PER_SEC)
			fail_msg("case %zu took too long", i);
		lab_free(&lab);
		free(text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_files),
		cmocka_unit_test(nul_byte),
		cmocka_unit_test(several),
		cmocka_unit_test(very_many),
		cmocka_unit_test(default_name),
		cmocka_unit_test(large),
	};

	return cmocka_run_group_tests_name("labwrong", tests, NULL, NULL);
}
