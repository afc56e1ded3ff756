/* SPDX-License-Identifier: ISC */
/* state.c - the registry of running labs on disk: reading it */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "labjson.h"
#include "state.h"

/* No file of the registry is as big. */
#define JSON_MAX	(16 << 20)

uid_t
state_owner(void)
{
	const char *s = getenv("SUDO_UID");
	char *end;
	unsigned long uid;

	if (geteuid() != 0 || s == NULL || *s == '\0')
		return geteuid();
	uid = strtoul(s, &end, 10);
	return *end == '\0' ? (uid_t)uid : 0;
}

const char *
state_root(bool create, struct qerr *e)
{
	static char root[256];
	const char *env = getenv("QLAB_STATE");
	struct stat st;
	uid_t owner = state_owner();
	int n;

	if (env != NULL && *env != '\0')
		n = snprintf(root, sizeof(root), "%s", env);
	else
		n = snprintf(root, sizeof(root), "/tmp/qlab-%u",
		    (unsigned)owner);
	if (n >= (int)sizeof(root) || root[0] != '/') {
		qerr_set(e, QERR_INPUT, "QLAB_STATE must be a short absolute "
		    "path, not '%s'", env != NULL ? env : root);
		return NULL;
	}
	if (create && mkdir(root, 0700) == 0) {
		if (owner != geteuid() && chown(root, owner, (gid_t)-1) == -1) {
			qerr_sys(e, "cannot give '%s' to its owner", root);
			return NULL;
		}
	} else if (create && errno != EEXIST) {
		qerr_sys(e, "cannot make '%s'", root);
		return NULL;
	}
	if (lstat(root, &st) == -1) {
		if (!create && errno == ENOENT)
			return root;
		qerr_sys(e, "cannot look at '%s'", root);
		return NULL;
	}
	if (!S_ISDIR(st.st_mode) || st.st_uid != owner ||
	    (st.st_mode & 077) != 0) {
		qerr_set(e, QERR_PERM, "'%s' is not a private directory of "
		    "ours (owner %u, mode %04o): refused", root,
		    (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
		return NULL;
	}
	return root;
}

static const char *
text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? s : "";
}

static char *
strdup_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s != NULL ? xstrdup(s) : NULL;
}

static void
copy_of(char *buf, size_t size, const json_t *j, const char *key)
{
	snprintf(buf, size, "%s", text_of(j, key));
}

static void
proc_from_json(struct proc_id *id, const json_t *j)
{
	id->pid = (pid_t)json_integer_value(json_object_get(j, "pid"));
	id->start = (uint64_t)json_integer_value(json_object_get(j, "start"));
}

static void
nic_from_json(struct state_nic *nic, const json_t *j)
{
	copy_of(nic->id, sizeof(nic->id), j, "id");
	copy_of(nic->net, sizeof(nic->net), j, "network");
	copy_of(nic->mode, sizeof(nic->mode), j, "mode");
	copy_of(nic->model, sizeof(nic->model), j, "model");
	copy_of(nic->hostif, sizeof(nic->hostif), j, "hostif");
	copy_of(nic->evidence, sizeof(nic->evidence), j, "evidence");
	if (mac_parse(text_of(j, "mac"), nic->mac) == -1)
		memset(nic->mac, 0, sizeof(nic->mac));
}

static void
vm_from_json(struct state_vm *vm, const char *name, const json_t *j)
{
	const json_t *nics = json_object_get(j, "nics");
	const json_t *argv = json_object_get(j, "argv");
	size_t n = json_array_size(argv);

	snprintf(vm->name, sizeof(vm->name), "%.31s", name);
	proc_from_json(&vm->qemu, json_object_get(j, "qemu"));
	proc_from_json(&vm->runner, json_object_get(j, "runner"));
	vm->started_us = json_integer_value(json_object_get(j, "started_us"));
	vm->qmp = strdup_of(j, "qmp");
	vm->console = strdup_of(j, "console");
	vm->console_log = strdup_of(j, "console_log");
	vm->qemu_log = strdup_of(j, "qemu_log");
	vm->argv = xcalloc(n + 1, sizeof(*vm->argv));
	for (size_t i = 0; i < n; i++) {
		const char *s = json_string_value(json_array_get(argv, i));

		vm->argv[i] = xstrdup(s != NULL ? s : "");
	}
	vm->nnics = json_array_size(nics);
	vm->nics = xcalloc(vm->nnics, sizeof(*vm->nics));
	for (size_t i = 0; i < vm->nnics; i++)
		nic_from_json(&vm->nics[i], json_array_get(nics, i));
	vm->alive = proc_id_alive(&vm->qemu) && proc_id_alive(&vm->runner);
}

/* At once: jansson itself reads a descriptor byte by byte. */
static json_t *
parse_file(int fd, size_t size)
{
	char *text = xcalloc(1, size + 1);
	size_t len = 0;
	ssize_t n;
	json_t *j;

	while (len < size && (n = read(fd, text + len, size - len)) > 0)
		len += (size_t)n;
	j = json_loadb(text, len, 0, NULL);
	free(text);
	return j;
}

static json_t *
load_json(const char *dir, const char *file)
{
	char *path = xasprintf("%s/%s", dir, file);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	json_t *j = NULL;

	free(path);
	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size <= JSON_MAX)
		j = parse_file(fd, (size_t)st.st_size);
	close(fd);
	if (!json_is_object(j)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static void
load_vms(struct state_lab *lab)
{
	DIR *d = opendir(lab->dir);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL) {
		char *sub;
		json_t *j;

		if (!lab_name_ok(de->d_name))
			continue;
		sub = xasprintf("%s/%s", lab->dir, de->d_name);
		j = load_json(sub, "vm.json");
		free(sub);
		if (j == NULL)
			continue;
		lab->vms = xrealloc(lab->vms,
		    (lab->nvms + 1) * sizeof(*lab->vms));
		lab->vms[lab->nvms] = (struct state_vm){ 0 };
		vm_from_json(&lab->vms[lab->nvms++], de->d_name, j);
		json_decref(j);
	}
	if (d != NULL)
		closedir(d);
}

static int
by_vm_name(const void *a, const void *b)
{
	const struct state_vm *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_lab_name(const void *a, const void *b)
{
	const struct state_lab *x = a, *y = b;

	return strcmp(x->name, y->name);
}

int
state_load_lab(struct state_lab *lab, const char *dir)
{
	const char *base = strrchr(dir, '/');
	json_t *j = load_json(dir, "lab.json"), *h;
	const json_t *nets = json_object_get(j, "networks");

	*lab = (struct state_lab){ .dir = xstrdup(dir) };
	snprintf(lab->name, sizeof(lab->name), "%s",
	    base != NULL ? base + 1 : dir);
	lab->file = strdup_of(j, "file");
	if (lab_parse_backend(text_of(j, "backend"), &lab->backend, NULL) == -1)
		lab->backend = BACKEND_AUTO;
	for (size_t i = 0; i < json_array_size(nets); i++) {
		lab->nets = xrealloc(lab->nets,
		    (lab->nnets + 1) * sizeof(*lab->nets));
		if (lab_net_from_json(&lab->nets[lab->nnets],
		    json_array_get(nets, i), NULL) == 0)
			lab->nnets++;
	}
	h = load_json(dir, "holder.json");
	if (h != NULL) {
		proc_from_json(&lab->holder, h);
		lab->holder_alive = proc_id_alive(&lab->holder);
		lab->host_net = json_is_true(json_object_get(h, "host-net"));
	}
	json_decref(h);
	load_vms(lab);
	if (lab->nvms > 1)
		qsort(lab->vms, lab->nvms, sizeof(*lab->vms), by_vm_name);
	lab->alive = lab->holder_alive;
	for (size_t i = 0; i < lab->nvms; i++)
		lab->alive |= lab->vms[i].alive;
	json_decref(j);
	return 0;
}

void
state_lab_release(struct state_lab *lab)
{
	for (size_t i = 0; i < lab->nvms; i++) {
		struct state_vm *vm = &lab->vms[i];

		for (size_t k = 0; vm->argv != NULL && vm->argv[k] != NULL; k++)
			free(vm->argv[k]);
		free(vm->argv);
		free(vm->nics);
		free(vm->qmp);
		free(vm->console);
		free(vm->console_log);
		free(vm->qemu_log);
	}
	for (size_t i = 0; i < lab->nnets; i++)
		lab_net_release(&lab->nets[i]);
	free(lab->vms);
	free(lab->nets);
	free(lab->dir);
	free(lab->file);
	*lab = (struct state_lab){ 0 };
}

int
state_load(struct state *st, struct qerr *e)
{
	const char *root = state_root(false, e);
	struct dirent *de;
	DIR *d;

	*st = (struct state){ 0 };
	if (root == NULL)
		return -1;
	d = opendir(root);
	if (d == NULL)
		return errno == ENOENT ? 0 :
		    qerr_sys(e, "cannot read '%s'", root);
	while ((de = readdir(d)) != NULL) {
		struct stat sb;
		char *dir;

		if (!lab_name_ok(de->d_name) || fstatat(dirfd(d), de->d_name,
		    &sb, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISDIR(sb.st_mode))
			continue;
		dir = xasprintf("%s/%s", root, de->d_name);
		st->labs = xrealloc(st->labs,
		    (st->nlabs + 1) * sizeof(*st->labs));
		state_load_lab(&st->labs[st->nlabs++], dir);
		free(dir);
	}
	closedir(d);
	if (st->nlabs > 1)
		qsort(st->labs, st->nlabs, sizeof(*st->labs), by_lab_name);
	return 0;
}

/* FNV-1a, over what tells one version of a directory from another. */
static void
add_stamp(uint64_t *stamp, const struct stat *sb)
{
	const uint64_t words[] = { sb->st_ino, (uint64_t)sb->st_mtim.tv_sec,
		(uint64_t)sb->st_mtim.tv_nsec };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		*stamp = (*stamp ^ words[i]) * UINT64_C(0x100000001b3);
}

/* A directory and, depth times, the directories in it. */
static void
stamp_dir(uint64_t *stamp, int at, const char *name, int depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	DIR *d = fd != -1 ? fdopendir(fd) : NULL;
	struct dirent *de;
	struct stat sb;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	if (fstat(fd, &sb) == 0)
		add_stamp(stamp, &sb);
	while (depth > 0 && (de = readdir(d)) != NULL) {
		if (!lab_name_ok(de->d_name))
			continue;
		if (depth > 1)
			stamp_dir(stamp, fd, de->d_name, depth - 1);
		else if (fstatat(fd, de->d_name, &sb,
		    AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(sb.st_mode))
			add_stamp(stamp, &sb);
	}
	closedir(d);
}

uint64_t
state_stamp(void)
{
	const char *root = state_root(false, NULL);
	uint64_t stamp = UINT64_C(0xcbf29ce484222325);

	if (root != NULL)
		stamp_dir(&stamp, AT_FDCWD, root, 2);
	return stamp;
}

void
state_free(struct state *st)
{
	for (size_t i = 0; i < st->nlabs; i++)
		state_lab_release(&st->labs[i]);
	free(st->labs);
	*st = (struct state){ 0 };
}

struct state_lab *
state_lab_find(const struct state *st, const char *name)
{
	for (size_t i = 0; i < st->nlabs; i++)
		if (strcmp(st->labs[i].name, name) == 0)
			return &st->labs[i];
	return NULL;
}

struct state_vm *
state_vm_find(const struct state_lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->nvms; i++)
		if (strcmp(lab->vms[i].name, name) == 0)
			return &lab->vms[i];
	return NULL;
}

int
state_socket_path(char *buf, size_t size, struct qerr *e, const char *fmt, ...)
{
	size_t max = size < 104 ? size : 104;	/* macOS' sun_path */
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= max)
		return qerr_set(e, QERR_INPUT, "socket path is %d bytes long, "
		    "%zu at most: '%s' (set QLAB_STATE to a shorter directory)",
		    n, max - 1, buf);
	return 0;
}
