/* SPDX-License-Identifier: ISC */
/* ifmaplive.c - the facts of this system, now */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "holder.h"
#include "iflisten.h"
#include "ifmap.h"
#include "loop.h"
#include "qemus.h"
#include "qmpnet.h"
#include "strv.h"
#include "vmnetmode.h"

/* Holders answer from memory; one that was stopped must not stop us. */
#define HOLDER_MS	1000
/* All monitors together, and one of them. */
#define QMP_ALL_MS	400
#define QMP_MS		100

static uint64_t
counter(const json_t *j, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(j, key));
}

/*
 * On backend userspace there are no interfaces, but cables: each stands for a
 * nameless interface with the mark that its tap would have.
 */
static void
add_port(struct hostifs *ifs, const struct state_lab *lab, const json_t *j)
{
	const char *vm, *nic;
	struct hostif *i;

	if (json_unpack((json_t *)j, "{s:s,s:s}", "vm", &vm, "nic", &nic) == -1)
		return;
	i = hostifs_add(ifs);
	strcpy(i->kind, "switch");
	snprintf(i->alias, sizeof(i->alias), "qlab:%s/%s/%s", lab->name, vm,
	    nic);
	i->rx_packets = counter(j, "rx_packets");
	i->rx_bytes = counter(j, "rx_bytes");
	i->rx_dropped = counter(j, "rx_dropped");
	i->tx_packets = counter(j, "tx_packets");
	i->tx_bytes = counter(j, "tx_bytes");
	i->tx_dropped = counter(j, "tx_dropped");
}

/* What only the holder knows: the switch's cables, and what was heard. */
static void
ask_holder(struct map_lab *ml, struct fact_space *s)
{
	struct holder_conn c = HOLDER_CONN_INIT;
	bool userspace = ml->lab->backend == BACKEND_USERSPACE;
	struct qerr quiet;
	struct qerr *e = userspace ? &ml->err : &quiet;
	json_t *ports = NULL;

	c.wait_ms = HOLDER_MS;
	if (holder_connect(&c, ml->lab->dir, e) == 0) {
		if (userspace)
			ports = holder_ports(&c, e);
		holder_wire(&c, false, &s->wire, &quiet);
	}
	holder_close(&c);
	for (size_t i = 0; i < json_array_size(ports); i++)
		add_port(&s->ifs, ml->lab, json_array_get(ports, i));
	if (userspace)
		hostifs_sort(&s->ifs);
	json_decref(ports);
}

/*
 * Without a holder there are only networks without a host interface, or the
 * ruins of others.  The id of the lab's space, 0: none.
 */
static uint64_t
lab_space(struct map *m, size_t i)
{
	struct map_lab *ml = &m->labs[i];
	struct fact_space *s;
	uint64_t id;
	char *path;

	if (!ml->lab->holder_alive)
		return 0;
	/* The switch's cables are in a space that no kernel counts. */
	id = ml->lab->backend == BACKEND_USERSPACE ? UINT64_MAX - i :
	    qemus_space(ml->lab->holder.pid);
	s = facts_space(&m->facts, id);
	if (ml->lab->backend != BACKEND_USERSPACE) {
		if (s->who.pid == 0)
			s->who = ml->lab->holder;
		path = xasprintf("%s/leases", ml->lab->dir);
		leases_load(&ml->leases, path, &ml->err);
		free(path);
	} else
		s->seen = true;
	ask_holder(ml, s);
	return id;
}

static const struct state_vm *
vm_of(const struct state *st, pid_t pid)
{
	for (size_t k = 0; k < st->nlabs; k++)
		for (size_t v = 0; v < st->labs[k].nvms; v++)
			if (st->labs[k].vms[v].alive &&
			    st->labs[k].vms[v].qemu.pid == pid)
				return &st->labs[k].vms[v];
	return NULL;
}

/* A lab's QEMU speaks with qlab-run alone, which passes us on. */
static void
ask_monitors(struct map *m, const struct state *st)
{
	int64_t until = loop_now_ms() + QMP_ALL_MS;

	for (size_t i = 0; i < m->facts.nprocs; i++) {
		struct fact_proc *p = &m->facts.procs[i];
		const struct state_vm *vm = vm_of(st, p->id.pid);

		if (loop_now_ms() >= until)
			break;
		if (vm == NULL)
			qmpnet_ask(p, QMP_MS);
		else if (vm->qmp != NULL)
			qmpnet_ask_at(p, vm->qmp, QMP_MS);
	}
}

/* Could its space be looked into?  false: it has ended meanwhile. */
static bool
take_space(struct map *m, struct map_lab *ml, uint64_t id)
{
	if (id == 0)
		return true;
	ml->space = facts_space_find(&m->facts, id);
	if (ml->space->err.kind == QERR_NONE)
		return true;
	if (ml->space->err.kind == QERR_NOTFOUND) {
		leases_free(&ml->leases);
		return false;
	}
	ml->err = ml->space->err;
	qerr_prefix(&ml->err, "cannot look into lab '%s'", ml->lab->name);
	return true;
}

static int
build(struct map *m, const struct state *st, const struct map *before, int ms,
    struct qerr *e)
{
	uint64_t *ids = xcalloc(st->nlabs + 1, sizeof(*ids));
	struct qerr ignored;
	size_t left = 0;
	int deaf = 0;

	*m = (struct map){ 0 };
	m->facts.now = time(NULL);
	m->labs = xcalloc(st->nlabs + 1, sizeof(*m->labs));
	for (size_t i = 0; i < st->nlabs; i++)
		if (st->labs[i].alive) {
			m->labs[m->nlabs].lab = &st->labs[i];
			ids[m->nlabs] = lab_space(m, m->nlabs);
			m->nlabs++;
		}
	qemus_list(&m->facts, &ignored);
	for (size_t i = 0; i < m->facts.nspaces; i++)
		if (!m->facts.spaces[i].seen)
			qemus_look(&m->facts.spaces[i]);
	vmnet_nets(&m->facts);
	ask_monitors(m, st);
	if (ms > 0)
		deaf = iflisten(&m->facts, ms, e);
	for (size_t i = 0; i < m->nlabs; i++)
		if (take_space(m, &m->labs[i], ids[i]))
			m->labs[left++] = m->labs[i];
	m->nlabs = left;
	free(ids);
	if (before != NULL)
		facts_compare(&m->facts, &before->facts);
	ifmap_join(m);
	return deaf;
}

void
ifmap_build(struct map *m, const struct state *st)
{
	build(m, st, NULL, 0, NULL);
}

void
ifmap_build_since(struct map *m, const struct state *st,
    const struct map *before)
{
	build(m, st, before, 0, NULL);
}

int
ifmap_build_listening(struct map *m, const struct state *st, int ms,
    struct qerr *e)
{
	return build(m, st, NULL, ms, e);
}

const struct proc_id *
ifmap_where(const struct map_nic *n)
{
	if (n->space == NULL || n->space->who.pid == 0 ||
	    n->space->id == qemus_space(0))
		return NULL;
	return &n->space->who;
}
