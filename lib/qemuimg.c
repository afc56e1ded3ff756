/* SPDX-License-Identifier: ISC */
/* qemuimg.c - disk images, by way of qemu-img */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "proc.h"
#include "qemuimg.h"
#include "strv.h"
#include "text.h"

enum { TIMEOUT_MS = 60000 };

/*
 * Run qemu-img about file.  The first line of what it says on failure becomes
 * the message; *out (may be NULL) is what it printed.
 */
static int
run(char *const argv[], const char *file, char **out, struct qerr *e)
{
	char show[TEXT_SHOWSZ], said[TEXT_SHOWSZ];
	char *errs = NULL;
	int status;

	status = proc_run(argv, NULL, out, &errs, TIMEOUT_MS, e);
	if (status == 0) {
		free(errs);
		return 0;
	}
	text_show(file, show);
	if (status == -1)
		qerr_prefix(e, "image %s", show);
	else if (errs != NULL && strstr(errs, "Failed to get") != NULL &&
	    strstr(errs, "lock") != NULL)
		qerr_set(e, QERR_FAIL, "image %s is in use by another process; "
		    "does a VM run on it?", show);
	else {
		if (errs != NULL)
			errs[strcspn(errs, "\n")] = '\0';
		qerr_set(e, QERR_FAIL, "image %s: qemu-img says %s", show,
		    text_show(errs == NULL ? "" : errs, said));
	}
	free(errs);
	if (out != NULL) {
		free(*out);
		*out = NULL;
	}
	return -1;
}

char *
qemuimg_format(const char *file, struct qerr *e)
{
	char show[TEXT_SHOWSZ], *out = NULL, *format = NULL;
	struct strv argv = { 0 };
	const char *s;
	json_t *j;
	int ret;

	strv_add(&argv, "qemu-img");
	strv_add(&argv, "info");
	strv_add(&argv, "--output=json");
	strv_add(&argv, file);
	ret = run(argv.v, file, &out, e);
	strv_free(&argv);
	if (ret == -1)
		return NULL;
	j = json_loads(out, 0, NULL);
	s = json_string_value(json_object_get(j, "format"));
	if (s != NULL && s[0] != '\0')
		format = xstrdup(s);
	else
		qerr_set(e, QERR_FAIL, "image %s: qemu-img does not say its "
		    "format", text_show(file, show));
	json_decref(j);
	free(out);
	return format;
}

/* The directory part of file, with its slash, or "./"; free it. */
static char *
dir_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash == NULL)
		return xstrdup("./");
	return xasprintf("%.*s", (int)(slash - file) + 1, file);
}

/* What an overlay at file is to say about where its base is; free it. */
static char *
backing_name(const char *file, const char *base, struct qerr *e)
{
	char show[TEXT_SHOWSZ];
	char *dir = dir_of(file);
	char *real_dir = realpath(dir, NULL);
	char *real_base = realpath(base, NULL);
	char *name = NULL;
	size_t len = real_dir == NULL ? 0 : strlen(real_dir);

	if (real_dir == NULL)
		qerr_sys(e, "image %s", text_show(file, show));
	else if (real_base == NULL)
		qerr_sys(e, "base image %s", text_show(base, show));
	else if (len > 1 && strncmp(real_base, real_dir, len) == 0 &&
	    real_base[len] == '/') {
		const char *rest = real_base + len + 1;

		name = xasprintf("%s%s",
		    rest[strcspn(rest, "/:")] == ':' ? "./" : "", rest);
	} else
		name = xstrdup(real_base);
	free(dir);
	free(real_dir);
	free(real_base);
	return name;
}

/* Is name ".BASE.PID-N.new", and that process gone? */
static bool
is_orphan(const char *name, const char *base)
{
	size_t len = strlen(base);
	int pid, end = 0;

	if (name[0] != '.' || strncmp(name + 1, base, len) != 0 ||
	    sscanf(name + 1 + len, ".%9d-%*9d.new%n", &pid, &end) != 1 ||
	    end == 0 || name[1 + len + (size_t)end] != '\0')
		return false;
	return pid > 0 && kill(pid, 0) == -1 && errno == ESRCH;
}

/* What commands that were killed left half made beside file. */
static void
remove_orphans(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash != NULL ? slash + 1 : file;
	char *dir = dir_of(file);
	DIR *d = opendir(dir);
	struct dirent *de;

	while (d != NULL && (de = readdir(d)) != NULL)
		if (is_orphan(de->d_name, base))
			unlinkat(dirfd(d), de->d_name, 0);
	if (d != NULL)
		closedir(d);
	free(dir);
}

/*
 * An empty file beside the one to come, of its own name, with the modes that
 * the caller's umask leaves; free it.
 */
static char *
temp_beside(const char *file, struct qerr *e)
{
	char *dir = dir_of(file), *temp = NULL;
	const char *base = file + (strchr(file, '/') == NULL ? 0 :
	    strrchr(file, '/') - file + 1);
	char show[TEXT_SHOWSZ];
	int fd = -1;

	for (int i = 0; fd == -1 && i < 100; i++) {
		free(temp);
		temp = xasprintf("%s.%s.%d-%d.new", dir, base, (int)getpid(),
		    i);
		fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd == -1 && errno != EEXIST)
			break;
	}
	free(dir);
	if (fd == -1) {
		qerr_sys(e, "cannot make image %s", text_show(file, show));
		free(temp);
		return NULL;
	}
	close(fd);
	return temp;
}

/* To the disk: a crash must not leave the new name with an empty file. */
static int
flush(const char *temp)
{
	int fd = open(temp, O_RDONLY | O_CLOEXEC), ret;

	if (fd == -1)
		return -1;
	ret = fsync(fd);
	close(fd);
	return ret;
}

/*
 * Give temp its name.  Not over a file that somebody else made meanwhile,
 * unless it is to be replaced; where the file system has no hard links to do
 * that with, a look before must do.
 */
static int
give_name(const char *temp, const char *file, bool replace, struct qerr *e)
{
	char show[TEXT_SHOWSZ];

	if (flush(temp) == -1)
		return qerr_sys(e, "cannot write image %s",
		    text_show(file, show));
	if (!replace) {
		if (link(temp, file) == 0 || errno == EEXIST)
			return 0;
		if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS)
			return qerr_sys(e, "cannot make image %s",
			    text_show(file, show));
		if (access(file, F_OK) == 0)
			return 0;
	}
	if (rename(temp, file) == -1)
		return qerr_sys(e, "cannot make image %s",
		    text_show(file, show));
	return 0;
}

/* base NULL: an image of bytes; else an overlay on it. */
static int
make(const char *file, const char *base, uint64_t bytes, bool replace,
    struct qerr *e)
{
	struct strv argv = { 0 };
	char *format = NULL, *backing = NULL, *temp = NULL;
	int ret = -1;

	if (base != NULL && ((format = qemuimg_format(base, e)) == NULL ||
	    (backing = backing_name(file, base, e)) == NULL))
		goto out;
	if ((temp = temp_beside(file, e)) == NULL)
		goto out;
	strv_add(&argv, "qemu-img");
	strv_add(&argv, "create");
	strv_add(&argv, "-q");
	strv_add(&argv, "-f");
	strv_add(&argv, "qcow2");
	if (base != NULL) {
		strv_add(&argv, "-F");
		strv_add(&argv, format);
		strv_add(&argv, "-b");
		strv_add(&argv, backing);
	}
	strv_add(&argv, temp);
	if (base == NULL)
		strv_addf(&argv, "%llu", (unsigned long long)bytes);
	if (run(argv.v, file, NULL, e) == 0)
		ret = give_name(temp, file, replace, e);
out:
	if (temp != NULL)
		unlink(temp);
	strv_free(&argv);
	free(temp);
	free(backing);
	free(format);
	return ret;
}

int
qemuimg_overlay(const char *file, const char *base, struct qerr *e)
{
	remove_orphans(file);
	return access(file, F_OK) == 0 ? 0 : make(file, base, 0, false, e);
}

int
qemuimg_create(const char *file, uint64_t bytes, struct qerr *e)
{
	remove_orphans(file);
	return access(file, F_OK) == 0 ? 0 : make(file, NULL, bytes, false, e);
}

int
qemuimg_reset(const char *file, const char *base, struct qerr *e)
{
	char show[TEXT_SHOWSZ];
	char *real = realpath(file, NULL);	/* a link stays a link */
	int ret;

	if (qemuimg_in_use(file, true))
		ret = qerr_set(e, QERR_FAIL, "image %s is in use by another "
		    "process; stop the VM first", text_show(file, show));
	else
		ret = make(real != NULL ? real : file, base, 0, true, e);
	free(real);
	return ret;
}

/*
 * QEMU read-locks byte 100+P for each permission that it has, and 200+P for
 * each that others must not have; P of writing is 1.
 */
bool
qemuimg_in_use(const char *file, bool write)
{
	static const off_t bytes[] = { 101, 201 };
	int fd = open(file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool used = false;

	if (fd == -1)
		return false;
	for (size_t i = 0; i < (write ? 2 : 1); i++) {
		struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
		    .l_start = bytes[i], .l_len = 1 };

		used |= fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK;
	}
	close(fd);
	return used;
}
