/* SPDX-License-Identifier: ISC */
/* capobj.c - the names of our filter objects in QEMU, and whose they are */
#include <inttypes.h>
#include <limits.h>
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

int
capobj_sweep(struct qmp *q, int timeout_ms, struct qerr *e)
{
	json_t *list, *o, *done;
	struct qerr local;
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
		struct proc_id reader;

		if (name == NULL || !capobj_parse(name, &reader) ||
		    capobj_state(&reader) != CAPOBJ_DEAD)
			continue;
		/* Somebody else may have been quicker. */
		done = qmp_execute(q, "object-del", json_pack("{s:s}", "id",
		    name), timeout_ms, NULL);
		n += done != NULL;
		json_decref(done);
	}
	json_decref(list);
	return n;
}
