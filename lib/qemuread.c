/* SPDX-License-Identifier: ISC */
/* qemuread.c - any QEMU command line as a lab with one VM */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel.h"
#include "qemuargv.h"
#include "qemuopts.h"

struct reader {
	struct lab *lab;
	struct lab_vm *vm;
	struct qemu_items *items;
	const char *bus;	/* of the first disk; NULL: none yet */
};

static void
set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static bool
begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* The last item of an option, marked as understood, or NULL. */
static struct qemu_item *
last(struct reader *r, const char *option)
{
	struct qemu_item *found = NULL;

	for (size_t i = 0; i < r->items->n; i++)
		if (strcmp(r->items->v[i].option, option) == 0) {
			found = &r->items->v[i];
			found->used = true;
		}
	return found;
}

/* The last value of key in all items of an option: QEMU merges them. */
static const char *
merged(struct reader *r, const char *option, const char *key)
{
	const char *value = NULL, *v;

	for (size_t i = 0; i < r->items->n; i++) {
		struct qemu_item *it = &r->items->v[i];

		if (strcmp(it->option, option) != 0 || it->broken)
			continue;
		it->used = true;
		if ((v = qemu_opts_get(&it->o, key)) != NULL)
			value = v;
	}
	return value;
}

/* A name out of a free text: what does not fit a name is '_' or left out. */
static void
fit_name(char name[LAB_NAMESZ], const char *text, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < LAB_NAMESZ - 1; i++) {
		unsigned char c = (unsigned char)text[i];
		bool plain = c < 0x80 && isalnum(c);

		if (plain || (n > 0 && strchr("_.-", c) != NULL))
			name[n++] = (char)c;
		else if (n > 0)
			name[n++] = '_';
	}
	name[n] = '\0';
	if (n > 0 && !lab_name_ok(name))
		snprintf(name + n, LAB_NAMESZ - n, "_vm");
	if (!lab_name_ok(name))
		snprintf(name, LAB_NAMESZ, "qemu");
}

static void
read_name(struct reader *r)
{
	const char *name = merged(r, "name", "guest"), *dot;

	if (name == NULL)
		name = "";
	if (name[0] != '\0' || r->vm->ndisks == 0) {
		fit_name(r->vm->name, name, strlen(name));
		return;
	}
	name = strrchr(r->vm->disks[0].file, '/');
	name = name == NULL ? r->vm->disks[0].file : name + 1;
	dot = strrchr(name, '.');
	fit_name(r->vm->name, name,
	    dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name));
}

/*
 * A size as QEMU takes it, "1.5G" too, in MiB; without suffix it is MiB.
 * Returns false when it is none, or out of reach.
 */
static bool
parse_mib(const char *s, uint64_t *mib)
{
	static const char units[] = "bkmgtpe";
	double n = 0, scale = 1;
	const char *unit;

	if (!isdigit((unsigned char)*s))
		return false;
	for (; isdigit((unsigned char)*s); s++)
		n = n * 10 + (*s - '0');
	if (*s == '.')
		for (s++; isdigit((unsigned char)*s); s++)
			n += (*s - '0') * (scale /= 10);
	if (*s != '\0') {
		unit = strchr(units, tolower((unsigned char)*s));
		if (unit == NULL || s[1] != '\0')
			return false;
		for (ptrdiff_t i = unit - units; i < 2; i++)
			n /= 1024;
		for (ptrdiff_t i = unit - units; i > 2; i--)
			n *= 1024;
	}
	if (!(n >= 1 && n < 1e12))
		return false;
	*mib = (uint64_t)n;
	return true;
}

/* -smp N, cpus=N, or what the topology multiplies to. */
static int
read_smp(struct reader *r)
{
	static const char *const levels[] = { "cpus", "drawers", "books",
	    "sockets", "dies", "clusters", "modules", "cores", "threads" };
	long cpus = 1;

	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		const char *s = merged(r, "smp", levels[i]);
		char *end;
		long n;

		if (s == NULL)
			continue;
		n = strtol(s, &end, 10);
		if (end == s || *end != '\0' || n < 1 || n > INT_MAX / cpus)
			return 1;
		cpus *= n;
		if (i == 0)
			break;
	}
	return (int)cpus;
}

static void
read_machine(struct reader *r)
{
	const char *type = merged(r, "machine", "type");
	char *text;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		abort();
	if (type != NULL)
		fputs(type, f);
	for (size_t i = 0; i < r->items->n; i++) {
		const struct qemu_item *it = &r->items->v[i];

		if (strcmp(it->option, "machine") != 0)
			continue;
		for (size_t k = 0; k < it->o.kv.n; k += 2) {
			const char *key = it->o.kv.v[k];

			if (strcmp(key, "type") != 0 &&
			    strcmp(key, "accel") != 0)
				fprintf(f, ",%s=%s", key, it->o.kv.v[k + 1]);
		}
	}
	if (fclose(f) != 0)
		abort();
	if (len > 0)
		set(&r->vm->machine, text + (text[0] == ','));
	free(text);
}

static void
read_accel(struct reader *r)
{
	const char *accel = merged(r, "machine", "accel"), *a;

	if (last(r, "enable-kvm") != NULL)
		accel = "kvm";
	/* Of several -accel QEMU tries the first one first. */
	for (size_t i = r->items->n; i-- > 0;) {
		struct qemu_item *it = &r->items->v[i];

		if (strcmp(it->option, "accel") != 0)
			continue;
		it->used = true;
		if ((a = qemu_opts_get(&it->o, "accel")) != NULL)
			accel = a;
	}
	set(&r->vm->accel, accel != NULL ? accel : "tcg");
}

static void
read_display(struct reader *r)
{
	struct qemu_item *it, *serial;

	set(&r->vm->display, "window");
	if ((it = last(r, "display")) != NULL)
		set(&r->vm->display, it->value);
	if (last(r, "sdl") != NULL)
		set(&r->vm->display, "sdl");
	if (last(r, "curses") != NULL)
		set(&r->vm->display, "curses");
	if ((it = last(r, "vnc")) != NULL) {
		free(r->vm->display);
		r->vm->display = xasprintf("vnc=%s", it->value);
	}
	if (last(r, "nographic") != NULL)
		set(&r->vm->display, "none");
	/* What every VM of ours has anyway. */
	serial = last(r, "serial");
	for (size_t i = 0; i < r->items->n; i++) {
		it = &r->items->v[i];
		if (strcmp(it->option, "serial") == 0)
			it->used = it == serial &&
			    strcmp(it->value, "mon:stdio") == 0;
		else if (strcmp(it->option, "vga") == 0)
			it->used = strcmp(it->value, "std") == 0;
	}
	last(r, "nodefaults");
}

/* The name of a file on this machine, or NULL: another protocol, no file. */
static const char *
local_file(const char *file)
{
	if (file == NULL || file[0] == '\0' || begins(file, "/dev/fdset/"))
		return NULL;
	if (begins(file, "file:"))
		return file + 5;
	return file[strcspn(file, "/:")] == ':' ? NULL : file;
}

static void
add_disk(struct reader *r, const char *file, size_t at, const char *bus)
{
	struct lab_disk *disk = lab_disk_add(r->vm);

	disk->file = xstrdup(file);
	disk->line = (int)at;
	if (r->bus == NULL)
		r->bus = bus;
}

static bool
add_cdrom(struct reader *r, const char *file, size_t at)
{
	if (r->vm->cdrom != NULL)
		return false;
	r->vm->cdrom = xstrdup(file);
	r->vm->cdrom_line = (int)at;
	return true;
}

/* What -hda means where nothing else is said. */
static const char *
default_bus(const struct reader *r)
{
	const char *m = r->vm->machine;

	if (!accel_is_x86(r->items->arch))
		return "virtio";
	return m != NULL && begins(m, "microvm") ? "virtio" : "ide";
}

static const char *
driver_of(const struct qemu_item *device)
{
	const char *driver = qemu_opts_get(&device->o, "driver");

	return driver == NULL ? "" : driver;
}

static const char *
bus_of(const char *driver)
{
	return begins(driver, "scsi-") ? "scsi" :
	    begins(driver, "ide-") ? "ide" : "virtio";
}

static bool
is_cd(const char *driver)
{
	size_t len = strlen(driver);

	return len > 3 && strcmp(driver + len - 3, "-cd") == 0;
}

/* A -drive or -blockdev that device puts into the machine. */
static bool
add_medium(struct reader *r, const char *file, size_t at,
    struct qemu_item *device, bool cdrom)
{
	const char *driver = driver_of(device);

	if (!cdrom && !is_cd(driver))
		add_disk(r, file, at, bus_of(driver));
	else if (!add_cdrom(r, file, at))
		return false;
	device->used = true;
	return true;
}

static struct qemu_item *
device_of(const struct reader *r, const char *drive)
{
	for (size_t i = 0; drive != NULL && i < r->items->n; i++) {
		struct qemu_item *it = &r->items->v[i];

		if (strcmp(it->option, "device") == 0 && it->drive != NULL &&
		    strcmp(it->drive, drive) == 0)
			return it;
	}
	return NULL;
}

static void
read_drive(struct reader *r, struct qemu_item *it)
{
	const char *file = local_file(qemu_opts_get(&it->o, "file"));
	const char *iface = qemu_opts_get(&it->o, "if");
	const char *media = qemu_opts_get(&it->o, "media");
	bool cdrom = media != NULL && strcmp(media, "cdrom") == 0;
	struct qemu_item *device;

	if (iface == NULL)
		iface = default_bus(r);
	if (file == NULL)
		return;
	if (strcmp(iface, "none") == 0) {
		device = device_of(r, it->id);
		it->used = device != NULL &&
		    add_medium(r, file, it->at, device, cdrom);
	} else if (strcmp(iface, "ide") == 0 || strcmp(iface, "scsi") == 0 ||
	    strcmp(iface, "virtio") == 0) {
		it->used = !cdrom || add_cdrom(r, file, it->at);
		if (!cdrom)
			add_disk(r, file, it->at, iface);
	}
}

/*
 * Follow a block node down to its file; marks the nodes on the way when there
 * is one.  Format drivers stand on protocol drivers, seldom more than two deep.
 */
static const char *
node_file(const struct reader *r, const char *node, int depth)
{
	struct qemu_item *it = qemu_items_find(r->items, "blockdev", node);
	const char *driver, *file;

	if (it == NULL || depth > 4)
		return NULL;
	if ((file = qemu_opts_get(&it->o, "filename")) != NULL)
		driver = qemu_opts_get(&it->o, "driver");
	else if ((file = qemu_opts_get(&it->o, "file.filename")) != NULL)
		driver = qemu_opts_get(&it->o, "file.driver");
	else {
		node = qemu_opts_get(&it->o, "file");
		file = node == NULL ? NULL : node_file(r, node, depth + 1);
		it->used = file != NULL;
		return file;
	}
	if (driver == NULL || (strcmp(driver, "file") != 0 &&
	    strcmp(driver, "host_device") != 0))
		return NULL;
	it->used = true;
	return file;
}

static void
read_node(struct reader *r, struct qemu_item *device)
{
	const char *file;

	if (device->drive == NULL || device->used)
		return;
	file = node_file(r, device->drive, 0);
	if (file != NULL)
		add_medium(r, file, device->at, device, false);
}

static void
read_disks(struct reader *r)
{
	for (size_t i = 0; i < r->items->n; i++) {
		struct qemu_item *it = &r->items->v[i];
		const char *opt = it->option, *file = local_file(it->value);

		if (strcmp(opt, "drive") == 0)
			read_drive(r, it);
		else if (strcmp(opt, "device") == 0)
			read_node(r, it);
		else if (file == NULL)
			continue;
		else if (strcmp(opt, "cdrom") == 0)
			it->used = add_cdrom(r, file, it->at);
		else if (opt[0] == '\0' || (begins(opt, "hd") &&
		    opt[2] >= 'a' && opt[2] <= 'd' && opt[3] == '\0')) {
			add_disk(r, file, it->at, default_bus(r));
			it->used = true;
		}
	}
	if (r->bus == NULL)
		return;
	set(&r->vm->disk_bus, r->bus);
	/* The builder brings its own controller. */
	for (size_t i = 0; i < r->items->n; i++)
		if (strcmp(r->items->v[i].option, "device") == 0 &&
		    strcmp(r->bus, "scsi") == 0 &&
		    begins(driver_of(&r->items->v[i]), "virtio-scsi-"))
			r->items->v[i].used = true;
}

static void
read_text(struct reader *r, const char *option, char **field, int *line)
{
	struct qemu_item *it = last(r, option);

	if (it == NULL)
		return;
	set(field, it->value);
	if (line != NULL)
		*line = (int)it->at;
}

static void
read_vm(struct reader *r)
{
	struct lab_vm *vm = r->vm;
	const char *size = merged(r, "m", "size");

	set(&vm->arch, r->items->arch);
	vm->memory_mib = 128;
	if (size != NULL)
		parse_mib(size, &vm->memory_mib);
	vm->cpus = read_smp(r);
	read_machine(r);
	read_accel(r);
	read_display(r);
	read_text(r, "cpu", &vm->cpu, NULL);
	read_text(r, "boot", &vm->boot, NULL);
	read_text(r, "kernel", &vm->kernel, &vm->kernel_line);
	read_text(r, "initrd", &vm->initrd, &vm->initrd_line);
	read_text(r, "append", &vm->append, NULL);
	vm->snapshot = last(r, "snapshot") != NULL;
	read_disks(r);
	read_name(r);
}

/* What the lab has no word for, as it stood. */
static void
keep_rest(struct reader *r, char *const *argv)
{
	for (size_t i = 0; i < r->items->n; i++) {
		const struct qemu_item *it = &r->items->v[i];

		if (it->used)
			continue;
		if (it->value != NULL && it->option[0] != '\0')
			strv_add(&r->vm->args, argv[it->at - 1]);
		strv_add(&r->vm->args, argv[it->at]);
	}
}

int
qemu_argv_read(struct lab *lab, char *const *argv, struct qerr *e)
{
	struct qemu_items items;
	struct reader r = { .lab = lab, .items = &items };
	int ret;

	lab_init(lab);
	ret = qemu_items_parse(&items, argv, e);
	if (ret == 0) {
		lab->dir = xstrdup(".");
		r.vm = lab_vm_add(lab, "qemu");
		read_vm(&r);
		snprintf(lab->name, sizeof(lab->name), "%s", r.vm->name);
		ret = qemu_read_nics(lab, r.vm, &items, e);
	}
	if (ret == 0)
		keep_rest(&r, argv);
	qemu_items_free(&items);
	return ret;
}
