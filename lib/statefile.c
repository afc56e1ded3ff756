/* SPDX-License-Identifier: ISC */
/* statefile.c - the registry of running labs on disk: changing it */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "addr.h"
#include "labjson.h"
#include "loop.h"
#include "sock.h"
#include "state.h"
#include "vnet.h"

/* A log is turned over when it is bigger than this at its next opening. */
#define LOG_MAX_BYTES	(4 << 20)

/* Root works for the user who called sudo: what it makes is the user's. */
static void
give(const char *path)
{
	if (state_owner() != geteuid() &&
	    lchown(path, state_owner(), (gid_t)-1) == -1) {
		/* It stays root's: readable, removed by root's gc. */
	}
}

static int
mkdir_ours(const char *path, struct qerr *e)
{
	struct stat st = { 0 };

	do {
		if (mkdir(path, 0700) == 0) {
			give(path);
			return 0;
		}
		if (errno != EEXIST)
			return qerr_sys(e, "cannot make '%s'", path);
		/* It may have been removed just now. */
	} while (lstat(path, &st) == -1 && errno == ENOENT);
	if (!S_ISDIR(st.st_mode) ||
	    (st.st_uid != state_owner() && st.st_uid != geteuid()))
		return qerr_set(e, QERR_PERM,
		    "'%s' is not a directory of ours: refused", path);
	return 0;
}

/*
 * mkdir -p, for paths outside the state root.  A parent that cannot be made may
 * be there all the same; if not, it is the reason.
 */
static int
mkdirs(const char *path, struct qerr *e)
{
	char *copy = xstrdup(path);
	int why = 0;
	size_t at = 0;

	for (char *p = copy + 1;; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, 0700) == 0)
			give(copy);
		else if (errno != EEXIST && errno != EISDIR) {
			if (why == 0) {
				why = errno;
				at = (size_t)(p - copy);
			}
			if (c == '\0') {
				if (errno == ENOENT) {
					errno = why;
					copy[at] = '\0';
				}
				qerr_sys(e, "cannot make '%s'", copy);
				free(copy);
				return -1;
			}
		}
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return 0;
}

char *
state_log_root(void)
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state_owner() != geteuid() || home == NULL || *home != '/') {
		const struct passwd *pw = getpwuid(state_owner());

		home = pw != NULL ? pw->pw_dir : "/";
	}
	return base != NULL && *base == '/' ? xasprintf("%s/qlab", base) :
	    xasprintf("%s/.local/state/qlab", home);
}

char *
state_log_dir(const char *lab, struct qerr *e)
{
	char *root = state_log_root(), *dir = xasprintf("%s/%s", root, lab);

	free(root);
	if (mkdirs(dir, e) == -1) {
		free(dir);
		return NULL;
	}
	return dir;
}

int
state_lock(const char *lab, int wait_ms, char **dir, struct qerr *e)
{
	const char *root = state_root(true, e);
	int64_t until = loop_now_ms() + wait_ms;
	char *path = NULL;
	int fd = -1;

	*dir = NULL;
	if (root == NULL)
		return -1;
	if (!lab_name_ok(lab))
		return qerr_set(e, QERR_INPUT, "bad lab name '%s'", lab);
	*dir = xasprintf("%s/%s", root, lab);
	path = xasprintf("%s/lock", *dir);
	for (;;) {
		struct stat a, b;

		if (mkdir_ours(*dir, e) == -1)
			goto fail;
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0600);
		if (fd == -1 && errno != ENOENT) {
			qerr_sys(e, "cannot open '%s'", path);
			goto fail;
		}
		if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
			/* The last holder may have removed the lab. */
			if (fstat(fd, &a) == 0 && stat(path, &b) == 0 &&
			    a.st_ino == b.st_ino && a.st_dev == b.st_dev)
				break;
		}
		if (fd != -1)
			close(fd);
		if (loop_now_ms() >= until) {
			qerr_set(e, QERR_TIMEOUT, "lab '%s' is locked by "
			    "another qlab command for over %d s", lab,
			    wait_ms / 1000);
			goto fail;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	give(path);
	free(path);
	return fd;
fail:
	free(path);
	free(*dir);
	*dir = NULL;
	return -1;
}

/* Whole or not at all: under a temporary name, then renamed. */
static int
write_file(const char *dir, const char *name, const char *text, size_t len,
    struct qerr *e)
{
	char *tmp = xasprintf("%s/.%s.%d", dir, name, (int)getpid());
	char *path = xasprintf("%s/%s", dir, name);
	int fd, rc = -1;

	unlink(tmp);
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1) {
		qerr_sys(e, "cannot make '%s'", tmp);
		goto out;
	}
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, text + done, len - done);

		if (n == -1 && errno != EINTR) {
			qerr_sys(e, "cannot write '%s'", tmp);
			close(fd);
			goto out;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (close(fd) == -1 || rename(tmp, path) == -1) {
		qerr_sys(e, "cannot write '%s'", path);
		goto out;
	}
	give(path);
	rc = 0;
out:
	if (rc == -1)
		unlink(tmp);
	free(tmp);
	free(path);
	return rc;
}

static int
write_json(const char *dir, const char *name, json_t *j, struct qerr *e)
{
	char *text = json_dumps(j, JSON_INDENT(2));
	int rc;

	json_decref(j);
	if (text == NULL)
		return qerr_set(e, QERR_FAIL, "cannot encode '%s'", name);
	rc = write_file(dir, name, text, strlen(text), e);
	free(text);
	return rc;
}

static json_t *
proc_to_json(const struct proc_id *id)
{
	return json_pack("{s:i,s:I}", "pid", (int)id->pid, "start",
	    (json_int_t)id->start);
}

int
state_write_lab(const char *dir, const struct lab *lab,
    enum net_backend backend, const char *text, size_t len, struct qerr *e)
{
	json_t *j = json_pack("{s:i,s:s,s:s}", "schema", 1, "lab", lab->name,
	    "backend", net_backend_name(backend));
	json_t *nets = json_array();

	if (lab->path != NULL)
		json_object_set_new(j, "file", json_string(lab->path));
	for (size_t i = 0; i < lab->nnets; i++)
		json_array_append_new(nets, lab_net_to_json(&lab->nets[i]));
	json_object_set_new(j, "networks", nets);
	if (write_json(dir, "lab.json", j, e) == -1)
		return -1;
	return text == NULL ? 0 : write_file(dir, "lab.yaml", text, len, e);
}

int
state_write_vm(const char *dir, const struct state_vm *vm, struct qerr *e)
{
	json_t *j = json_pack("{s:i,s:s,s:o,s:o,s:I,s:s*,s:s*,s:s*,s:s*}",
	    "schema", 1, "vm", vm->name, "qemu", proc_to_json(&vm->qemu),
	    "runner", proc_to_json(&vm->runner), "started_us",
	    (json_int_t)vm->started_us, "qmp", vm->qmp, "console", vm->console,
	    "console_log", vm->console_log, "qemu_log", vm->qemu_log);
	json_t *nics = json_array(), *argv = json_array();
	char *sub = xasprintf("%s/%s", dir, vm->name);
	int rc;

	for (size_t i = 0; i < vm->nnics; i++) {
		const struct state_nic *nic = &vm->nics[i];
		char mac[MAC_STRSZ];

		json_array_append_new(nics, json_pack(
		    "{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id", nic->id, "network",
		    nic->net, "mode", nic->mode, "mac",
		    mac_format(nic->mac, mac), "model", nic->model, "hostif",
		    nic->hostif, "evidence", nic->evidence));
	}
	for (size_t i = 0; vm->argv != NULL && vm->argv[i] != NULL; i++) {
		json_t *s = json_string(vm->argv[i]);

		/* jansson takes UTF-8 only; an argument may be any bytes. */
		json_array_append_new(argv, s != NULL ? s : json_string("?"));
	}
	json_object_set_new(j, "nics", nics);
	json_object_set_new(j, "argv", argv);
	rc = mkdir_ours(sub, e);
	if (rc == 0)
		rc = write_json(sub, "vm.json", j, e);
	else
		json_decref(j);
	free(sub);
	return rc;
}

int
state_make_vm_dir(const char *dir, const char *vm, char **sub, struct qerr *e)
{
	*sub = xasprintf("%s/%s", dir, vm);
	if (mkdir_ours(*sub, e) == 0)
		return 0;
	free(*sub);
	*sub = NULL;
	return -1;
}

int
state_write_holder(const char *dir, const struct proc_id *id, bool host_net,
    struct qerr *e)
{
	json_t *j = proc_to_json(id);

	json_object_set_new(j, "host-net", json_boolean(host_net));
	return write_json(dir, "holder.json", j, e);
}

char *
state_read_text(const char *dir, size_t *len)
{
	char *path = xasprintf("%s/lab.yaml", dir), *text = NULL;
	FILE *f = fopen(path, "re");

	free(path);
	if (f == NULL)
		return NULL;
	*len = 0;
	for (size_t n = 1; n > 0; *len += n) {
		text = xrealloc(text, *len + 65536 + 1);
		n = fread(text + *len, 1, 65536, f);
	}
	text[*len] = '\0';
	if (ferror(f)) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

/*
 * Remove a directory of plain files; subdirectories stop it.  -1 with errno
 * when not all that was there when we came is gone.  The lock goes
 * last: from then on somebody else may have made one, and the directory is his.
 */
static int
remove_dir(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;
	int saved = 0;

	while (d != NULL && (de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0 &&
		    strcmp(de->d_name, "lock") != 0 &&
		    unlinkat(dirfd(d), de->d_name, 0) == -1 && errno != ENOENT)
			saved = errno;
	}
	if (d != NULL) {
		unlinkat(dirfd(d), "lock", 0);
		closedir(d);
	}
	if (saved == 0 && rmdir(path) == -1 && errno != ENOENT &&
	    errno != ENOTEMPTY)
		saved = errno;
	errno = saved;
	return saved == 0 ? 0 : -1;
}

int
state_remove_vm(const char *dir, const char *vm)
{
	char *sub = xasprintf("%s/%s", dir, vm);
	int rc = remove_dir(sub);

	free(sub);
	return rc;
}

/* Directories without a vm.json are what a dying qlab-run left half made. */
static int
sweep_subdirs(const char *dir, const struct state_lab *lab, struct strv *said)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	int rc = 0;

	while (d != NULL && (de = readdir(d)) != NULL) {
		const struct state_vm *vm = state_vm_find(lab, de->d_name);
		struct stat st;

		if (!lab_name_ok(de->d_name) ||
		    fstatat(dirfd(d), de->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISDIR(st.st_mode) || (vm != NULL && vm->alive))
			continue;
		if (state_remove_vm(dir, de->d_name) == -1)
			rc = -1;
		else {
			/* Its qlab-run died before it could say so. */
			if (vm != NULL && !proc_id_alive(&vm->runner))
				state_event(lab->name, "vm-lost",
				    json_pack("{s:s,s:o}", "vm", vm->name,
				    "text", json_sprintf("%s: was found "
				    "dead, and so was its qlab-run",
				    vm->name)));
			if (said != NULL)
				strv_addf(said, "VM %s:%s", lab->name,
				    de->d_name);
		}
	}
	if (d != NULL)
		closedir(d);
	return rc;
}

/*
 * From within a container that has the host's /tmp, all processes of the host
 * look dead; whose socket is listened on is not, even with a full queue.
 */
static bool
answers(const struct state_lab *lab)
{
	struct qerr e = { 0 };
	char *path;
	int fd;

	if (lab->holder.pid == 0 || lab->holder_alive)
		return false;
	path = xasprintf("%s/holder.sock", lab->dir);
	fd = sock_connect(path, 0, &e);
	if (fd != -1)
		close(fd);
	free(path);
	return fd != -1 || e.kind == QERR_TIMEOUT;
}

int
state_sweep(const char *dir, struct strv *said)
{
	struct state_lab lab;
	int rc;

	state_load_lab(&lab, dir);
	if (answers(&lab)) {
		state_lab_release(&lab);
		return 0;
	}
	rc = sweep_subdirs(dir, &lab, said);
	if (!lab.alive) {
		if (lab.host_net)
			vnet_sweep(lab.name, false, said);
		if (lab.holder.pid != 0)
			state_event(lab.name, "networks-lost",
			    json_pack("{s:s}", "text", "the lab's holder was "
			    "found dead"));
		if (remove_dir(dir) == -1)
			rc = -1;
		else if (said != NULL)
			strv_addf(said, "lab %s", lab.name);
	}
	state_lab_release(&lab);
	return rc;
}

void
state_rotate(const char *path, bool always)
{
	char *old = xasprintf("%s.1", path);
	struct stat st;

	if (stat(path, &st) == 0 && st.st_size > 0 &&
	    (always || st.st_size > LOG_MAX_BYTES))
		rename(path, old);
	free(old);
}

static void
now_text(char *buf, size_t size)
{
	struct timeval tv;
	struct tm tm;
	char zone[8];
	size_t n;

	gettimeofday(&tv, NULL);
	localtime_r(&tv.tv_sec, &tm);
	n = strftime(buf, size, "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(buf + n, size - n, ".%06ld%.3s:%.2s", (long)tv.tv_usec, zone,
	    zone + 3);
}

void
state_event(const char *lab, const char *event, json_t *more)
{
	char *dir = state_log_dir(lab, NULL), *path, *text, when[64];
	json_t *j;
	int fd;

	if (dir == NULL) {
		json_decref(more);
		return;
	}
	path = xasprintf("%s/events.ndjson", dir);
	now_text(when, sizeof(when));
	j = json_pack("{s:s,s:s,s:s}", "time", when, "event", event, "lab",
	    lab);
	json_object_update(j, more);
	json_decref(more);
	text = json_dumps(j, JSON_COMPACT);
	json_decref(j);
	state_rotate(path, false);
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1 && text != NULL) {
		/* One write a line, so that writers do not mix. */
		char *line = xasprintf("%s\n", text);

		if (write(fd, line, strlen(line)) == -1) {
			/* A full disk loses events, never a lab. */
		}
		free(line);
	}
	if (fd != -1) {
		give(path);
		close(fd);
	}
	free(text);
	free(path);
	free(dir);
}
