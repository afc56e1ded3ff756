/* SPDX-License-Identifier: ISC */
/* ifmapdiff.c - what has changed from one map to the next */
#include <stdlib.h>
#include <string.h>

#include "ifmapdiff.h"
#include "strv.h"

/*
 * A QEMU is the process: its name may change when another one that is called
 * the same comes or goes.  Names are for those whose process is not known.
 */
static int
compare_vm(const struct map_nic *a, const struct map_nic *b)
{
	const struct proc_id *x = &a->vm->qemu, *y = &b->vm->qemu;
	int c = strcmp(a->lab->name, b->lab->name);

	if (c == 0 && x->pid != y->pid)
		c = x->pid < y->pid ? -1 : 1;
	if (c == 0 && x->start != y->start)
		c = x->start < y->start ? -1 : 1;
	if (c == 0 && x->pid == 0)
		c = strcmp(a->vm->name, b->vm->name);
	return c;
}

/* Nobody's cables are told apart by where they are, the others by their VM. */
static int
compare(const struct map_nic *a, const struct map_nic *b)
{
	int c = compare_vm(a, b);

	if (c == 0)
		c = strcmp(a->nic->id, b->nic->id);
	if (c == 0 && *a->vm->name == '\0') {
		uint64_t x = a->space->id, y = b->space->id;

		c = x != y ? (x < y ? -1 : 1) :
		    strcmp(map_value(a, MAP_IF), map_value(b, MAP_IF));
	}
	return c;
}

static int
by_identity(const void *a, const void *b)
{
	return compare(*(const struct map_nic *const *)a,
	    *(const struct map_nic *const *)b);
}

static const struct map_nic **
sorted(const struct map *m)
{
	const struct map_nic **v = xcalloc(m->nnics, sizeof(*v));

	for (size_t i = 0; i < m->nnics; i++)
		v[i] = &m->nics[i];
	if (m->nnics > 0)
		qsort(v, m->nnics, sizeof(*v), by_identity);
	return v;
}

const struct map_nic *
ifmap_same_nic(const struct map *m, const struct map_nic *n)
{
	for (size_t i = 0; i < m->nnics; i++)
		if (compare(&m->nics[i], n) == 0)
			return &m->nics[i];
	return NULL;
}

static json_t *
text(const char *s)
{
	json_t *j = s != NULL && *s != '\0' ? json_string(s) : NULL;

	return j != NULL ? j : json_null();
}

static void
add(json_t *list, const char *event, const struct map_nic *n, bool with_nic,
    const char *from, const char *to)
{
	json_t *j = json_pack("{s:s, s:o, s:o}", "event", event, "lab",
	    text(n->lab->name), "vm", text(n->vm->name));

	if (with_nic) {
		json_object_set_new(j, "nic", text(n->nic->id));
		json_object_set_new(j, "interface", text(map_value(n, MAP_IF)));
	}
	if (from != NULL)
		json_object_set_new(j, "from", text(from));
	if (to != NULL)
		json_object_set_new(j, "to", text(to));
	json_array_append_new(list, j);
}

static bool
is_up(const struct map_nic *n)
{
	return n->hostif != NULL && (n->hostif->running ||
	    *n->hostif->name == '\0');
}

static void
add_change(json_t *list, const char *event, const struct map_nic *a,
    const struct map_nic *b, enum map_edge_kind kind)
{
	if (strcmp(map_value(a, kind), map_value(b, kind)) != 0)
		add(list, event, b, true, map_value(a, kind),
		    map_value(b, kind));
}

static void
diff_nic(json_t *list, const struct map_nic *a, const struct map_nic *b)
{
	add_change(list, "interface", a, b, MAP_IF);
	if (is_up(a) != is_up(b))
		add(list, is_up(b) ? "nic-up" : "nic-down", b, true, NULL,
		    NULL);
	add_change(list, "bridge", a, b, MAP_BRIDGE);
	add_change(list, "mode", a, b, MAP_MODE);
	add_change(list, "address", a, b, MAP_IP);
	for (int k = 0; k < MAP_NEDGES; k++)
		if (map_sure(a, k) && !map_sure(b, k)) {
			char *why = map_dispute(b, k);

			add(list, "doubt", b, true, NULL, why);
			free(why);
		}
}

static void
diff_name(json_t *list, const struct map_nic *a, const struct map_nic *b)
{
	if (strcmp(a->vm->name, b->vm->name) != 0)
		add(list, "vm-name", b, false, a->vm->name, b->vm->name);
}

static bool
has_vm(const struct map *m, const struct map_nic *n)
{
	for (size_t i = 0; i < m->nnics; i++)
		if (compare_vm(&m->nics[i], n) == 0)
			return true;
	return false;
}

/*
 * A NIC that was not there before, or is no more; *told is the VM that was
 * spoken of last.
 */
static void
diff_one(json_t *list, const struct map_nic *n, const struct map *other,
    const struct state_vm **told, bool is_new)
{
	bool vm_too = *n->vm->name != '\0' && !has_vm(other, n);

	if (vm_too && *told != n->vm) {
		add(list, is_new ? "vm-new" : "vm-gone", n, false, NULL, NULL);
		*told = n->vm;
	}
	if (is_new || !vm_too)
		add(list, is_new ? "nic-new" : "nic-gone", n, true, NULL,
		    NULL);
}

static void
diff_labs(json_t *list, const struct map *from, const struct map *to,
    const char *event)
{
	for (size_t i = 0; i < from->nreal; i++) {
		const char *name = from->labs[i].lab->name;
		bool there = false;

		for (size_t k = 0; k < to->nreal; k++)
			there |= strcmp(to->labs[k].lab->name, name) == 0;
		if (!there)
			json_array_append_new(list, json_pack("{s:s, s:s}",
			    "event", event, "lab", name));
	}
}

json_t *
ifmap_diff(const struct map *from, const struct map *to, bool with_labs)
{
	const struct map_nic **a = sorted(from), **b = sorted(to);
	json_t *list = json_array();
	const struct state_vm *told = NULL;
	size_t i = 0, k = 0;

	if (with_labs)
		diff_labs(list, to, from, "lab-new");
	while (i < from->nnics || k < to->nnics) {
		int c = i == from->nnics ? 1 : k == to->nnics ? -1 :
		    compare(a[i], b[k]);
		const struct map_nic *n = c < 0 ? a[i] : b[k];

		if (n->picked && c == 0) {
			if (told != n->vm)
				diff_name(list, a[i], n);
			told = n->vm;
			diff_nic(list, a[i], n);
		} else if (n->picked)
			diff_one(list, n, c > 0 ? from : to, &told, c > 0);
		i += c <= 0;
		k += c >= 0;
	}
	if (with_labs)
		diff_labs(list, from, to, "lab-gone");
	free(a);
	free(b);
	return list;
}
