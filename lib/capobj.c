/* SPDX-License-Identifier: ISC */
/* capobj.c - the names of our filter objects in QEMU, and whose they are */
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "capobj.h"
#include "procs.h"

char *
capobj_name(const struct proc_id *reader, const char *dir,
    char buf[CAPOBJ_SZ])
{
	snprintf(buf, CAPOBJ_SZ, "qcap-%d-%" PRIu64 "-%s", (int)reader->pid,
	    reader->start, dir);
	return buf;
}

/* Only what capobj_name() makes, to the byte. */
bool
capobj_parse(const char *name, struct proc_id *reader)
{
	char dir[3], again[CAPOBJ_SZ];
	uint64_t start;
	int pid;

	if (strlen(name) >= CAPOBJ_SZ ||
	    sscanf(name, "qcap-%9d-%19" SCNu64 "-%2[rtx]", &pid, &start,
	    dir) != 3 || pid <= 0)
		return false;
	*reader = (struct proc_id){ .pid = pid, .start = start };
	return (strcmp(dir, "rx") == 0 || strcmp(dir, "tx") == 0) &&
	    strcmp(capobj_name(reader, dir, again), name) == 0;
}

enum capobj_state
capobj_state(const struct proc_id *reader)
{
	if (!proc_id_alive(reader))
		return CAPOBJ_DEAD;
	return procs_stopped(reader->pid) ? CAPOBJ_STOPPED : CAPOBJ_READ;
}

/*
 * A reader has QEMU's user (capguard.c).  The names are QEMU's to tell: nobody
 * has root end somebody else's process by them.
 */
static bool
may_end(struct qmp *q, const struct proc_id *reader)
{
	uid_t uid = qmp_peer_uid(q);

	return uid != (uid_t)-1 && procs_uid(reader->pid) == uid;
}

/* 1: removed, or dry, it would be. */
static int
sweep_one(struct qmp *q, const char *name, int timeout_ms, bool dry)
{
	struct proc_id reader;
	enum capobj_state state;
	json_t *done;

	if (!capobj_parse(name, &reader) ||
	    (state = capobj_state(&reader)) == CAPOBJ_READ ||
	    (state == CAPOBJ_STOPPED && !may_end(q, &reader)))
		return 0;
	if (dry)
		return 1;
	if (state == CAPOBJ_STOPPED && kill(reader.pid, SIGKILL) == -1)
		return 0;
	/* Somebody else may have been quicker. */
	done = qmp_execute(q, "object-del", json_pack("{s:s}", "id", name),
	    timeout_ms, NULL);
	json_decref(done);
	return done != NULL;
}

int
capobj_sweep(struct qmp *q, int timeout_ms, bool dry, struct strv *said,
    struct qerr *e)
{
	struct qerr local;
	json_t *list, *o;
	int n = 0;
	size_t i;

	if (e == NULL)
		e = &local;
	list = qmp_execute(q, "qom-list", json_pack("{s:s}", "path",
	    "/objects"), timeout_ms, e);
	/* A QEMU that never had an object has no place for them. */
	if (list == NULL)
		return e->kind == QERR_FAIL && e->sys == 0 ? 0 : -1;
	json_array_foreach(list, i, o) {
		const char *name = json_string_value(json_object_get(o,
		    "name"));

		if (name == NULL || sweep_one(q, name, timeout_ms, dry) == 0)
			continue;
		n++;
		if (said != NULL)
			strv_add(said, name);
	}
	json_decref(list);
	return n;
}
