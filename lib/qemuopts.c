/* SPDX-License-Identifier: ISC */
/* qemuopts.c - a QEMU command line cut into its options */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "accel.h"
#include "addr.h"
#include "qemuargv.h"
#include "qemuopts.h"
#include "text.h"

enum takes { NOTHING, TEXT, OPTS };

/*
 * The options that are looked into, and all that take no argument.  Of others
 * it is enough to know that they take one.
 */
static const struct option {
	const char *name, *option;
	enum takes takes;
	const char *implied;
} options[] = {
	{ "M", "machine", OPTS, "type" },
	{ "accel", "accel", OPTS, "accel" },
	{ "append", "append", TEXT, NULL },
	{ "blockdev", "blockdev", OPTS, "driver" },
	{ "boot", "boot", TEXT, NULL },
	{ "cdrom", "cdrom", TEXT, NULL },
	{ "chardev", "chardev", OPTS, "backend" },
	{ "cpu", "cpu", TEXT, NULL },
	{ "device", "device", OPTS, "driver" },
	{ "display", "display", TEXT, NULL },
	{ "drive", "drive", OPTS, NULL },
	{ "hda", "hda", TEXT, NULL },
	{ "hdb", "hdb", TEXT, NULL },
	{ "hdc", "hdc", TEXT, NULL },
	{ "hdd", "hdd", TEXT, NULL },
	{ "initrd", "initrd", TEXT, NULL },
	{ "kernel", "kernel", TEXT, NULL },
	{ "m", "m", OPTS, "size" },
	{ "machine", "machine", OPTS, "type" },
	{ "name", "name", OPTS, "guest" },
	{ "net", "net", OPTS, "type" },
	{ "netdev", "netdev", OPTS, "type" },
	{ "nic", "nic", OPTS, "type" },
	{ "readconfig", "readconfig", TEXT, NULL },
	{ "serial", "serial", TEXT, NULL },
	{ "smp", "smp", OPTS, "cpus" },
	{ "vga", "vga", TEXT, NULL },
	{ "vnc", "vnc", TEXT, NULL },
	{ "S", "S", NOTHING, NULL },
	{ "alt-grab", "alt-grab", NOTHING, NULL },
	{ "async-teardown", "async-teardown", NOTHING, NULL },
	{ "ctrl-grab", "ctrl-grab", NOTHING, NULL },
	{ "curses", "curses", NOTHING, NULL },
	{ "daemonize", "daemonize", NOTHING, NULL },
	{ "enable-fips", "enable-fips", NOTHING, NULL },
	{ "enable-kvm", "enable-kvm", NOTHING, NULL },
	{ "enable-sync-profile", "enable-sync-profile", NOTHING, NULL },
	{ "full-screen", "full-screen", NOTHING, NULL },
	{ "h", "help", NOTHING, NULL },
	{ "help", "help", NOTHING, NULL },
	{ "jitdump", "jitdump", NOTHING, NULL },
	{ "mem-prealloc", "mem-prealloc", NOTHING, NULL },
	{ "no-acpi", "no-acpi", NOTHING, NULL },
	{ "no-fd-bootchk", "no-fd-bootchk", NOTHING, NULL },
	{ "no-frame", "no-frame", NOTHING, NULL },
	{ "no-hpet", "no-hpet", NOTHING, NULL },
	{ "no-kvm", "no-kvm", NOTHING, NULL },
	{ "no-quit", "no-quit", NOTHING, NULL },
	{ "no-reboot", "no-reboot", NOTHING, NULL },
	{ "no-shutdown", "no-shutdown", NOTHING, NULL },
	{ "no-user-config", "no-user-config", NOTHING, NULL },
	{ "nodefaults", "nodefaults", NOTHING, NULL },
	{ "nographic", "nographic", NOTHING, NULL },
	{ "old-param", "old-param", NOTHING, NULL },
	{ "one-insn-per-tb", "one-insn-per-tb", NOTHING, NULL },
	{ "only-migratable", "only-migratable", NOTHING, NULL },
	{ "perfmap", "perfmap", NOTHING, NULL },
	{ "portrait", "portrait", NOTHING, NULL },
	{ "preconfig", "preconfig", NOTHING, NULL },
	{ "s", "s", NOTHING, NULL },
	{ "sdl", "sdl", NOTHING, NULL },
	{ "semihosting", "semihosting", NOTHING, NULL },
	{ "singlestep", "singlestep", NOTHING, NULL },
	{ "snapshot", "snapshot", NOTHING, NULL },
	{ "usb", "usb", NOTHING, NULL },
	{ "version", "version", NOTHING, NULL },
	{ "win2k-hack", "win2k-hack", NOTHING, NULL },
	{ "xen-attach", "xen-attach", NOTHING, NULL },
	{ "xen-domid-restrict", "xen-domid-restrict", NOTHING, NULL },
};

/* The longer of two that begin alike stands first. */
static const char *const arches[] = { "aarch64", "alpha", "arm", "avr", "cris",
    "hppa", "i386", "loongarch64", "m68k", "microblazeel", "microblaze",
    "mips64el", "mips64", "mipsel", "mips", "nios2", "or1k", "ppc64", "ppc",
    "riscv32", "riscv64", "rx", "s390x", "sh4eb", "sh4", "sparc64", "sparc",
    "tricore", "x86_64", "xtensaeb", "xtensa", NULL };

/* What people put before a command to run it otherwise. */
static const char *const wrappers[] = { "QEMULauncher", "caffeinate", "chrt",
    "doas", "env", "exec", "ionice", "nice", "nohup", "numactl", "setsid",
    "stdbuf", "sudo", "taskset", "time", "timeout", NULL };

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

const char *
qemu_arch_of(const char *program)
{
	const char *name = base_name(program);
	size_t len;
	bool utm;

	if (strcmp(name, "kvm") == 0 || strcmp(name, "qemu-kvm") == 0)
		return accel_host_arch();
	/* UTM has it as a library that its launcher runs. */
	utm = (len = strlen(name)) > 13 && strncmp(name, "qemu-", 5) == 0 &&
	    strcmp(name + len - 8, "-softmmu") == 0;
	if (!utm && strncmp(name, "qemu-system-", 12) != 0)
		return NULL;
	name += utm ? 5 : 12;
	for (size_t i = 0; arches[i] != NULL; i++) {
		len = strlen(arches[i]);

		/* Packagers add "-microvm", "-unsigned", ".exe". */
		if (strncmp(name, arches[i], len) == 0 &&
		    (name[len] == '\0' || name[len] == '-' || name[len] == '.'))
			return arches[i];
	}
	return NULL;
}

static void
pair(struct qemu_opts *o, const char *key, const char *value)
{
	strv_add(&o->kv, key);
	strv_add(&o->kv, value);
}

/* Copy up to a single comma, halving doubled ones; returns where it stands. */
static const char *
copy_value(const char *p, char *out)
{
	for (; *p != '\0'; p++) {
		if (*p == ',' && *++p != ',')
			break;
		*out++ = *p;
	}
	*out = '\0';
	return p;
}

static void
parse_plain(struct qemu_opts *o, const char *text, const char *implied)
{
	char *key = xcalloc(1, strlen(text) + 1);
	char *value = xcalloc(1, strlen(text) + 1);

	for (const char *p = text; *p != '\0'; implied = NULL) {
		size_t len = strcspn(p, "=,");

		if (p[len] == '=') {
			memcpy(key, p, len);
			key[len] = '\0';
			p = copy_value(p + len + 1, value);
			pair(o, key, value);
			continue;
		}
		p = copy_value(p, value);
		if (implied != NULL)
			pair(o, implied, value);
		else if (strncmp(value, "no", 2) == 0)
			pair(o, value + 2, "off");
		else
			pair(o, value, "on");
	}
	free(key);
	free(value);
}

/* QEMU's own objects are two or three deep; what lies deeper is not wanted. */
static void
flatten(struct qemu_opts *o, const char *key, const json_t *j, int depth)
{
	const char *dot = key[0] == '\0' ? "" : ".", *name;
	json_t *value, *object = (json_t *)(uintptr_t)j;
	char *inner;
	size_t i;

	if (json_is_object(j) && depth < 5) {
		json_object_foreach(object, name, value) {
			inner = xasprintf("%s%s%s", key, dot, name);
			flatten(o, inner, value, depth + 1);
			free(inner);
		}
	} else if (json_is_array(j) && depth < 5) {
		json_array_foreach(j, i, value) {
			inner = xasprintf("%s%s%zu", key, dot, i);
			flatten(o, inner, value, depth + 1);
			free(inner);
		}
	} else if (json_is_string(j))
		pair(o, key, json_string_value(j));
	else if (json_is_boolean(j))
		pair(o, key, json_is_true(j) ? "on" : "off");
	else if (json_is_integer(j)) {
		inner = xasprintf("%lld", (long long)json_integer_value(j));
		pair(o, key, inner);
		free(inner);
	}
}

int
qemu_opts_parse(struct qemu_opts *o, const char *text, const char *implied)
{
	json_t *j;

	*o = (struct qemu_opts){ 0 };
	if (text[0] != '{') {
		parse_plain(o, text, implied);
		return 0;
	}
	j = json_loads(text, 0, NULL);
	if (j == NULL)
		return -1;
	flatten(o, "", j, 0);
	json_decref(j);
	return 0;
}

const char *
qemu_opts_get(const struct qemu_opts *o, const char *key)
{
	for (size_t i = o->kv.n; i >= 2; i -= 2)
		if (strcmp(o->kv.v[i - 2], key) == 0)
			return o->kv.v[i - 1];
	return NULL;
}

void
qemu_opts_free(struct qemu_opts *o)
{
	strv_free(&o->kv);
}

static bool
listed(const char *const *list, const char *word)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, word) == 0)
			return true;
	return false;
}

/*
 * The index of the program.  What stands between a wrapper and it are the
 * wrapper's options and their arguments, too many kinds to know.
 */
static int
find_program(char *const *argv, size_t *pos, struct qerr *e)
{
	char show[TEXT_SHOWSZ];

	*pos = 0;
	if (argv[0] == NULL)
		return qerr_set(e, QERR_INPUT, "empty command line");
	if (listed(wrappers, base_name(argv[0])) ||
	    strchr(argv[0], '=') != NULL)
		for (size_t i = 1; argv[i] != NULL; i++)
			if (qemu_arch_of(argv[i]) != NULL) {
				*pos = i;
				break;
			}
	if (qemu_arch_of(argv[*pos]) == NULL)
		return qerr_set(e, QERR_INPUT,
		    "not a QEMU command line: it begins with %s",
		    text_show(argv[0], show));
	return 0;
}

static const struct option *
option_find(const char *name)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (strcmp(options[i].name, name) == 0)
			return &options[i];
	return NULL;
}

/* The option at argv[*pos]; moves *pos behind it. */
static int
next_item(struct qemu_item *it, char *const *argv, size_t *pos, struct qerr *e)
{
	const char *word = argv[(*pos)++];
	const struct option *opt;
	char show[TEXT_SHOWSZ];

	*it = (struct qemu_item){ .option = "", .at = *pos - 1 };
	if (word[0] != '-') {
		it->value = word;
		return 0;
	}
	it->option = word + (word[1] == '-' ? 2 : 1);
	opt = option_find(it->option);
	if (opt == NULL) {
		/* One that this table does not know may be a flag too. */
		if (argv[*pos] == NULL || argv[*pos][0] == '-')
			return 0;
	} else {
		it->option = opt->option;
		if (opt->takes == NOTHING)
			return 0;
		if (argv[*pos] == NULL)
			return qerr_set(e, QERR_INPUT, "option %s needs an "
			    "argument", text_show(word, show));
	}
	it->at = *pos;
	it->value = argv[(*pos)++];
	if (opt == NULL || opt->takes != OPTS)
		return 0;
	it->broken = qemu_opts_parse(&it->o, it->value, opt->implied) == -1;
	it->id = qemu_opts_get(&it->o, strcmp(it->option, "blockdev") == 0 ?
	    "node-name" : "id");
	it->drive = qemu_opts_get(&it->o, "drive");
	it->netdev = qemu_opts_get(&it->o, "netdev");
	return 0;
}

int
qemu_option_takes(const char *name)
{
	const struct option *opt = option_find(name);

	return opt == NULL ? -1 : opt->takes != NOTHING;
}

int
qemu_items_parse(struct qemu_items *items, char *const *argv, struct qerr *e)
{
	size_t pos, max = 0;

	*items = (struct qemu_items){ 0 };
	if (find_program(argv, &pos, e) == -1)
		return -1;
	items->arch = qemu_arch_of(argv[pos++]);
	while (max < QEMU_ITEMS_MAX && argv[pos + max] != NULL)
		max++;
	items->v = xcalloc(max, sizeof(*items->v));
	while (argv[pos] != NULL) {
		if (items->n == QEMU_ITEMS_MAX)
			return qerr_set(e, QERR_INPUT,
			    "more than %d options on one command line",
			    QEMU_ITEMS_MAX);
		if (next_item(&items->v[items->n++], argv, &pos, e) == -1)
			return -1;
	}
	return 0;
}

void
qemu_items_free(struct qemu_items *items)
{
	for (size_t i = 0; i < items->n; i++)
		qemu_opts_free(&items->v[i].o);
	free(items->v);
	*items = (struct qemu_items){ 0 };
}

struct qemu_item *
qemu_items_find(const struct qemu_items *items, const char *option,
    const char *id)
{
	for (size_t i = 0; i < items->n; i++)
		if (items->v[i].id != NULL &&
		    strcmp(items->v[i].option, option) == 0 &&
		    strcmp(items->v[i].id, id) == 0)
			return &items->v[i];
	return NULL;
}

/* A port number that ends at one of the characters in end. */
static const char *
parse_port(const char *p, const char *end, uint16_t *port)
{
	unsigned n = 0;
	const char *start = p;

	for (; isdigit((unsigned char)*p) && n <= UINT16_MAX; p++)
		n = n * 10 + (unsigned)(*p - '0');
	if (p == start || n > UINT16_MAX || strchr(end, *p) == NULL)
		return NULL;
	*port = (uint16_t)n;
	return p;
}

int
qemu_hostfwd_parse(const char *s, struct lab_forward *f)
{
	char addr[IP4_STRSZ];
	size_t len = strcspn(s, ":");

	*f = (struct lab_forward){ 0 };
	if (s[len] == '\0' || (len > 0 && strncmp(s, "tcp:", 4) != 0 &&
	    strncmp(s, "udp:", 4) != 0))
		return -1;
	snprintf(f->proto, sizeof(f->proto), "%.3s", len > 0 ? s : "tcp");
	s += len + 1;
	len = strcspn(s, ":");
	if (s[len] == '\0' || len >= sizeof(addr))
		return -1;
	memcpy(addr, s, len);
	addr[len] = '\0';
	f->has_addr = len > 0;
	if (f->has_addr && ip4_parse(addr, &f->host_addr) == -1)
		return -1;
	s = parse_port(s + len + 1, "-", &f->host_port);
	if (s == NULL || *s != '-')
		return -1;
	s = strchr(s, ':');
	if (s == NULL)
		return -1;
	s = parse_port(s + 1, "", &f->guest_port);
	return s == NULL || f->guest_port == 0 ? -1 : 0;
}

bool
qemu_hostfwd_key(const char *key)
{
	size_t len = strlen(key);

	return strcmp(key, "hostfwd") == 0 || (len > 12 &&
	    strncmp(key, "hostfwd.", 8) == 0 &&
	    strcmp(key + len - 4, ".str") == 0);
}
