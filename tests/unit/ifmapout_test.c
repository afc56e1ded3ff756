/* SPDX-License-Identifier: ISC */
/* ifmapout_test.c - QEMUs outside of labs: whose tap is it, and clashes */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ifmapdiff.h"
#include "strv.h"

#define MAC_A	{ 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 }	/* QEMU's first */

static const uint8_t mac_a[6] = MAC_A;

/*
 * Space 1: bridge br0 (10) with taps tap0 (11) and tap1 (12), bridge br1 (20)
 * with tap2 (21).  Space 2: bridge br0 (5) with tap0 (6).
 */
static struct map *
world(void)
{
	static const struct {
		uint64_t space;
		const char *name, *kind;
		unsigned index, master;
	} ifs[] = {
		{ 1, "br0", "bridge", 10, 0 }, { 1, "tap0", "tun", 11, 10 },
		{ 1, "tap1", "tun", 12, 10 }, { 1, "br1", "bridge", 20, 0 },
		{ 1, "tap2", "tun", 21, 20 }, { 2, "br0", "bridge", 5, 0 },
		{ 2, "tap0", "tun", 6, 5 },
	};
	struct map *m = calloc(1, sizeof(*m));
	struct hostif_addr *a;

	assert_non_null(m);
	m->labs = xcalloc(1, sizeof(*m->labs));
	for (size_t i = 0; i < sizeof(ifs) / sizeof(ifs[0]); i++) {
		struct fact_space *s = facts_space(&m->facts, ifs[i].space);
		struct hostif *h = hostifs_add(&s->ifs);

		s->seen = true;
		snprintf(h->name, sizeof(h->name), "%s", ifs[i].name);
		snprintf(h->kind, sizeof(h->kind), "%s", ifs[i].kind);
		h->index = ifs[i].index;
		h->master = ifs[i].master;
		h->running = true;
	}
	a = hostifs_add_addr(&facts_space(&m->facts, 1)->ifs);
	*a = (struct hostif_addr){ 10, 0x0a090001, 24 };
	return m;
}

static void
end(struct map *m)
{
	ifmap_free(m);
	free(m);
}

static struct fact_proc *
qemu(struct map *m, pid_t pid, uint64_t space, const char *line)
{
	struct fact_proc *p = facts_proc(&m->facts);
	struct strv argv = { 0 };

	assert_int_equal(strv_split(&argv, line, NULL), 0);
	p->argv = argv.v;
	p->id.pid = pid;
	p->space = space;
	p->fds_seen = true;
	return p;
}

static void
open_tap(struct fact_proc *p, int fd, const char *name, uint64_t space)
{
	struct fact_tap *t = facts_tap(p);

	t->fd = fd;
	snprintf(t->name, sizeof(t->name), "%s", name);
	t->space = space;
	t->sure = space != 0;
}

static void
learn(struct map *m, uint64_t space, unsigned bridge, unsigned port,
    const uint8_t mac[6])
{
	struct hostif_fdb *f =
	    hostifs_add_fdb(&facts_space(&m->facts, space)->ifs);

	f->bridge = bridge;
	f->port = port;
	memcpy(f->mac, mac, 6);
}

static struct map_nic *
nic(struct map *m, const char *vm, const char *id)
{
	for (size_t i = 0; i < m->nnics; i++)
		if (strcmp(m->nics[i].vm->name, vm) == 0 &&
		    strcmp(m->nics[i].nic->id, id) == 0)
			return &m->nics[i];
	fail_msg("no %s/%s", vm, id);
	return NULL;
}

static void
join(struct map *m)
{
	for (size_t i = 0; i < m->facts.nspaces; i++)
		hostifs_sort(&m->facts.spaces[i].ifs);
	ifmap_join(m);
}

static bool
says(const struct map_nic *n, const char *source, const char *value)
{
	const struct map_edge *e = &n->edges[MAP_IF];

	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->claims[i].source, source) == 0)
			return strcmp(e->claims[i].value, value) == 0;
	return false;
}

#define TAP(id, rest) "-netdev tap,id=" id rest " -device e1000,netdev=" id " "

/* QEMU's own MACs repeat: on different bridges that is no clash. */
static void
test_default_macs(void **state)
{
	struct map *m = world();
	struct map_nic *a, *b;

	(void)state;
	open_tap(qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap0")), 9, "tap0", 1);
	open_tap(qemu(m, 101, 1, "qemu-system-x86_64 /img/b.qcow2 "
	    TAP("n", ",fd=7")), 7, "tap2", 1);
	learn(m, 1, 10, 11, mac_a);
	learn(m, 1, 20, 21, mac_a);
	join(m);
	a = nic(m, "a", "n");
	b = nic(m, "b", "n");
	assert_string_equal(map_value(a, MAP_IF), "tap0");
	assert_string_equal(map_value(b, MAP_IF), "tap2");
	assert_true(map_sure(a, MAP_IF) && map_sure(b, MAP_IF));
	assert_true(says(a, "fd", "tap0") && says(a, "fdb", "tap0") &&
	    says(a, "argv", "tap0"));
	assert_true(says(b, "fd", "tap2") && says(b, "fdb", "tap2"));
	assert_string_equal(map_value(a, MAP_BRIDGE), "br0");
	assert_string_equal(map_value(b, MAP_BRIDGE), "br1");
	/* A bridge with an address may lead anywhere, one without nowhere. */
	assert_string_equal(map_value(a, MAP_MODE), "");
	assert_string_equal(map_value(b, MAP_MODE), "host");
	assert_int_equal(a->net->plen, 24);
	/* tap1, and tap0 of the other space, are nobody's. */
	assert_int_equal(m->nnics, 4);
	end(m);
}

static void
test_one_mac_twice(void **state)
{
	struct map *m = world();
	char *why;

	(void)state;
	open_tap(qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap0")), 9, "tap0", 1);
	open_tap(qemu(m, 101, 1, "qemu-system-x86_64 -name b "
	    TAP("n", ",ifname=tap1")), 9, "tap1", 1);
	join(m);
	assert_false(map_sure(nic(m, "a", "n"), MAP_IF));
	assert_false(map_sure(nic(m, "b", "n"), MAP_IF));
	why = map_dispute(nic(m, "a", "n"), MAP_IF);
	assert_string_equal(why, "MAC 52:54:00:12:34:56 is also b/n's");
	free(why);
	end(m);
}

/* Several taps without a word on which is whose: the bridges tell. */
static void
test_told_by_fdb(void **state)
{
	struct map *m = world();
	struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    "-netdev tap,id=x -device e1000,netdev=x,mac=02:00:00:00:00:01 "
	    "-netdev tap,id=y -device e1000,netdev=y,mac=02:00:00:00:00:02");

	(void)state;
	open_tap(p, 9, "tap0", 1);
	open_tap(p, 10, "tap2", 1);
	learn(m, 1, 10, 11, (const uint8_t[]){ 2, 0, 0, 0, 0, 2 });
	learn(m, 1, 20, 21, (const uint8_t[]){ 2, 0, 0, 0, 0, 1 });
	join(m);
	assert_string_equal(map_value(nic(m, "a", "x"), MAP_IF), "tap2");
	assert_string_equal(map_value(nic(m, "a", "y"), MAP_IF), "tap0");
	assert_false(map_guessed(nic(m, "a", "x"), MAP_IF));
	end(m);
}

/* And without their word it is a guess, which strictness refuses. */
static void
test_guess(void **state)
{
	struct map *m = world();
	struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    "-netdev tap,id=x -device e1000,netdev=x "
	    "-netdev tap,id=y -device e1000,netdev=y");

	(void)state;
	open_tap(p, 9, "tap0", 1);
	open_tap(p, 10, "tap2", 1);
	join(m);
	assert_string_equal(map_value(nic(m, "a", "x"), MAP_IF), "tap0");
	assert_string_equal(map_value(nic(m, "a", "y"), MAP_IF), "tap2");
	assert_true(map_guessed(nic(m, "a", "x"), MAP_IF));
	ifmap_strict(m, NULL);
	assert_string_equal(map_value(nic(m, "a", "x"), MAP_IF), "");
	end(m);
}

/* The tap says where it lives, whatever QEMU's own namespace has. */
static void
test_other_space(void **state)
{
	struct map *m = world();
	struct map_nic *n;

	(void)state;
	open_tap(qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",fd=3")), 3, "tap0", 2);
	join(m);
	n = nic(m, "a", "n");
	assert_string_equal(map_value(n, MAP_IF), "tap0");
	assert_int_equal(n->space->id, 2);
	assert_int_equal(n->hostif->index, 6);
	end(m);
}

/* It could not be asked: where its MAC comes out of a tap of that name. */
static void
test_other_space_by_fdb(void **state)
{
	struct map *m = world();
	struct map_nic *n;

	(void)state;
	open_tap(qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",fd=3")), 3, "tap0", 0);
	learn(m, 2, 5, 6, mac_a);
	join(m);
	n = nic(m, "a", "n");
	assert_int_equal(n->space->id, 2);
	assert_true(says(n, "fdb", "tap0"));
	end(m);
}

/* Another user's: its command line and the bridges are all there is. */
static void
test_unreadable(void **state)
{
	struct map *m = world();
	struct map_nic *a, *b, *c;

	(void)state;
	qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap2"))->fds_seen = false;
	qemu(m, 101, 1, "qemu-system-x86_64 -name b "
	    "-netdev tap,id=n -device e1000,netdev=n,mac=02:00:00:00:00:01")
	    ->fds_seen = false;
	qemu(m, 102, 1, "qemu-system-x86_64 -name c "
	    "-netdev tap,id=n -device e1000,netdev=n,mac=02:00:00:00:00:02")
	    ->fds_seen = false;
	learn(m, 1, 10, 12, (const uint8_t[]){ 2, 0, 0, 0, 0, 1 });
	learn(m, 1, 10, 11, (const uint8_t[]){ 2, 0, 0, 0, 0, 2 });
	learn(m, 2, 5, 6, (const uint8_t[]){ 2, 0, 0, 0, 0, 2 });
	join(m);
	a = nic(m, "a", "n");
	assert_string_equal(map_value(a, MAP_IF), "tap2");
	b = nic(m, "b", "n");
	assert_string_equal(map_value(b, MAP_IF), "tap1");
	assert_int_equal(b->edges[MAP_IF].n, 1);
	/* Learned in two places: no edge rather than a wrong one. */
	c = nic(m, "c", "n");
	assert_string_equal(map_value(c, MAP_IF), "");
	assert_false(map_sure(c, MAP_IF));
	end(m);
}

/* A command line's name is that of the start: what is open now counts. */
static void
test_renamed(void **state)
{
	struct map *m = world();
	struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=old"));
	struct fact_card *card;
	struct map_nic *a;
	char *why;

	(void)state;
	open_tap(p, 9, "tap1", 1);
	card = facts_card(p);
	snprintf(card->netdev, sizeof(card->netdev), "%s", "n");
	snprintf(card->ifname, sizeof(card->ifname), "%s", "old");
	card->fd = -1;
	memcpy(card->mac, mac_a, 6);
	join(m);
	a = nic(m, "a", "n");
	assert_string_equal(map_value(a, MAP_IF), "tap1");
	assert_true(says(a, "argv", "old"));
	assert_true(says(a, "qmp", "old"));
	assert_true(map_sure(a, MAP_IF));
	why = map_dispute(a, MAP_IF);
	assert_string_equal(why, "");
	free(why);
	end(m);
}

/* Of two, a renamed one is known when the other one is. */
static void
test_one_renamed(void **state)
{
	struct map *m = world();
	struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=old") TAP("k", ",ifname=tap2"));

	(void)state;
	open_tap(p, 9, "tap1", 1);
	open_tap(p, 10, "tap2", 1);
	join(m);
	assert_string_equal(map_value(nic(m, "a", "n"), MAP_IF), "tap1");
	assert_false(map_guessed(nic(m, "a", "n"), MAP_IF));
	assert_string_equal(map_value(nic(m, "a", "k"), MAP_IF), "tap2");
	end(m);
}

/* QEMU opens its taps one after the other: what is to come is no mistake. */
static void
test_starting(void **state)
{
	struct map *m = world();
	struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap0") TAP("k", ",ifname=tap2")
	    TAP("gone", ",ifname=tap9"));

	(void)state;
	open_tap(p, 9, "tap0", 1);
	join(m);
	assert_string_equal(map_value(nic(m, "a", "n"), MAP_IF), "tap0");
	assert_string_equal(map_value(nic(m, "a", "k"), MAP_IF), "tap2");
	assert_string_equal(map_value(nic(m, "a", "k"), MAP_BRIDGE), "br1");
	assert_true(map_sure(nic(m, "a", "k"), MAP_IF));
	/* There is no such tap: not yet, or no more. */
	assert_string_equal(map_value(nic(m, "a", "gone"), MAP_IF), "");
	assert_true(map_sure(nic(m, "a", "gone"), MAP_IF));
	end(m);
}

/* It was deleted, and another QEMU has one of that name now. */
static void
test_name_of_another(void **state)
{
	struct map *m = world();

	(void)state;
	qemu(m, 100, 1, "qemu-system-x86_64 -name a " TAP("n", ",ifname=tap0"));
	open_tap(qemu(m, 101, 1, "qemu-system-x86_64 -name b "
	    TAP("n", ",ifname=tap0")), 9, "tap0", 1);
	join(m);
	assert_string_equal(map_value(nic(m, "a", "n"), MAP_IF), "");
	assert_string_equal(map_value(nic(m, "b", "n"), MAP_IF), "tap0");
	assert_true(map_sure(nic(m, "b", "n"), MAP_IF));
	end(m);
}

/* By descriptor it is another than the one that has its MAC. */
static void
test_contradiction(void **state)
{
	struct map *m = world();
	const uint8_t mac[6] = { 2, 0, 0, 0, 0, 1 };
	char *why;

	(void)state;
	open_tap(qemu(m, 100, 1, "qemu-system-x86_64 -name a -netdev tap,id=n,"
	    "fd=9 -device e1000,netdev=n,mac=02:00:00:00:00:01"), 9, "tap1", 1);
	learn(m, 1, 10, 11, mac);
	join(m);
	why = map_dispute(nic(m, "a", "n"), MAP_IF);
	assert_string_equal(why, "fd says tap1, fdb says tap0, "
	    "MAC 02:00:00:00:00:01 is also tap0's");
	free(why);
	end(m);
}

static void
test_names(void **state)
{
	struct map *m = world();

	(void)state;
	qemu(m, 100, 1, "qemu-system-x86_64 -nic user,id=u");
	qemu(m, 101, 1, "qemu-system-x86_64 chr.img -nic user,id=u");
	qemu(m, 102, 1, "qemu-system-x86_64 -snapshot chr.img -nic user,id=u");
	qemu(m, 103, 1, "qemu-system-x86_64 -name x chr.img -nic user,id=u");
	join(m);
	nic(m, "qemu-100", "u");
	nic(m, "chr-101", "u");
	nic(m, "chr-102", "u");
	assert_string_equal(map_value(nic(m, "x", "u"), MAP_MODE), "user");
	assert_string_equal(map_value(nic(m, "x", "u"), MAP_IF), "");
	end(m);
}

/* What QEMU answers counts: the name of the tap, the MAC the guest set. */
static void
test_monitor(void **state)
{
	struct map *m = world();
	struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    "-netdev tap,id=x -device e1000,netdev=x "
	    "-netdev tap,id=y -device e1000,netdev=y");
	struct fact_card *c;

	(void)state;
	open_tap(p, 9, "tap0", 1);
	open_tap(p, 10, "tap1", 1);
	c = facts_card(p);
	snprintf(c->netdev, sizeof(c->netdev), "%s", "x");
	snprintf(c->ifname, sizeof(c->ifname), "%s", "tap1");
	memcpy(c->mac, (const uint8_t[]){ 2, 0, 0, 0, 0, 9 }, 6);
	learn(m, 1, 10, 12, c->mac);
	join(m);
	assert_true(says(nic(m, "a", "x"), "qmp", "tap1"));
	assert_true(says(nic(m, "a", "x"), "fdb", "tap1"));
	/* Then only one is left for the other. */
	assert_true(says(nic(m, "a", "y"), "fd", "tap0"));
	end(m);
}

/* As from a Mac: no descriptors, just the bridge's table. */
static void
test_vmnet(void **state)
{
	struct map *m = calloc(1, sizeof(*m));
	struct fact_space *s;
	struct fact_proc *p;
	struct map_nic *n;

	(void)state;
	assert_non_null(m);
	m->labs = xcalloc(1, sizeof(*m->labs));
	m->facts.saved = true;
	s = facts_space(&m->facts, 0);
	s->seen = true;
	*hostifs_add(&s->ifs) = (struct hostif){ .name = "bridge100",
		.index = 30, .kind = "bridge" };
	*hostifs_add(&s->ifs) = (struct hostif){ .name = "vmenet0",
		.index = 31, .master = 30 };
	*hostifs_add(&s->ifs) = (struct hostif){ .name = "vmenet1",
		.index = 32, .master = 30 };
	*hostifs_add_addr(&s->ifs) = (struct hostif_addr){ 30, 0xc0a84001, 24 };
	learn(m, 0, 30, 32, mac_a);
	p = qemu(m, 0, 0, "qemu-system-aarch64 -name r -netdev "
	    "vmnet-shared,id=n0 -device virtio-net-pci,netdev=n0 -netdev "
	    "vmnet-shared,id=n1 -device virtio-net-pci,netdev=n1");
	p->fds_seen = false;
	join(m);
	n = nic(m, "r", "n0");
	assert_string_equal(map_value(n, MAP_IF), "vmenet1");
	assert_string_equal(map_value(n, MAP_MODE), "shared");
	assert_string_equal(map_value(n, MAP_BRIDGE), "bridge100");
	/* Only one cable is left for the other. */
	assert_true(nic(m, "r", "n1")->cabled);
	assert_true(map_guessed(nic(m, "r", "n1"), MAP_IF));
	assert_string_equal(map_value(nic(m, "r", "n1"), MAP_IF), "vmenet0");
	end(m);
}

static void
check_event(const json_t *j, const char *event, const char *vm,
    const char *from, const char *to)
{
	const json_t *f = json_object_get(j, "from"),
	    *t = json_object_get(j, "to"), *v = json_object_get(j, "vm");

	assert_string_equal(json_string_value(json_object_get(j, "event")),
	    event);
	assert_string_equal(json_is_string(v) ? json_string_value(v) : "", vm);
	assert_string_equal(json_is_string(f) ? json_string_value(f) : "",
	    from);
	assert_string_equal(json_is_string(t) ? json_string_value(t) : "", to);
}

static void
pick_all(struct map *m)
{
	for (size_t i = 0; i < m->nnics; i++)
		m->nics[i].picked = true;
}

static void
test_diff(void **state)
{
	struct map *a = world(), *b = world();
	json_t *j;

	(void)state;
	open_tap(qemu(a, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap0")), 9, "tap0", 1);
	qemu(a, 101, 1, "qemu-system-x86_64 -name b -nic user,id=u");
	open_tap(qemu(b, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap0")), 9, "tap0", 1);
	/* b was started anew; tap0 went to br1, where nothing is running. */
	qemu(b, 102, 1, "qemu-system-x86_64 -name b -nic user,id=u");
	b->facts.spaces[0].ifs.ifs[1].master = 20;
	b->facts.spaces[0].ifs.ifs[1].running = false;
	join(a);
	join(b);
	pick_all(a);
	pick_all(b);
	j = ifmap_diff(a, b, true);
	assert_int_equal(json_array_size(j), 6);
	check_event(json_array_get(j, 0), "nic-down", "a", "", "");
	check_event(json_array_get(j, 1), "bridge", "a", "br0", "br1");
	check_event(json_array_get(j, 2), "mode", "a", "", "host");
	check_event(json_array_get(j, 3), "vm-gone", "b", "", "");
	check_event(json_array_get(j, 4), "vm-new", "b", "", "");
	check_event(json_array_get(j, 5), "nic-new", "b", "", "");
	json_decref(j);
	j = ifmap_diff(b, b, true);
	assert_int_equal(json_array_size(j), 0);
	json_decref(j);
	end(a);
	end(b);
}

/* A second QEMU of one name comes: the first is the same one, renamed. */
static void
test_diff_renamed(void **state)
{
	struct map *a = world(), *b = world();
	char line[] = "qemu-system-x86_64 -name r -nic user,id=u -nic "
	    "user,id=v";
	json_t *j;

	(void)state;
	qemu(a, 200, 1, line);
	qemu(b, 200, 1, line);
	qemu(b, 150, 1, line);
	join(a);
	join(b);
	pick_all(a);
	pick_all(b);
	j = ifmap_diff(a, b, true);
	assert_int_equal(json_array_size(j), 4);
	check_event(json_array_get(j, 0), "vm-new", "r-150", "", "");
	check_event(json_array_get(j, 1), "nic-new", "r-150", "", "");
	check_event(json_array_get(j, 2), "nic-new", "r-150", "", "");
	check_event(json_array_get(j, 3), "vm-name", "r-200", "r", "r-200");
	json_decref(j);
	j = ifmap_diff(b, a, true);
	assert_int_equal(json_array_size(j), 2);
	check_event(json_array_get(j, 0), "vm-gone", "r-150", "", "");
	check_event(json_array_get(j, 1), "vm-name", "r", "r-200", "r");
	json_decref(j);
	end(a);
	end(b);
}

/* A VM's NICs may come and go without it, whatever they are called. */
static void
test_diff_plugged(void **state)
{
	struct map *a = world(), *b = world();
	json_t *j;

	(void)state;
	qemu(a, 100, 1, "qemu-system-x86_64 -name r -nic user,id=k");
	qemu(b, 100, 1, "qemu-system-x86_64 -name r -nic user,id=a "
	    "-nic user,id=k -nic user,id=z");
	join(a);
	join(b);
	pick_all(a);
	pick_all(b);
	for (int i = 0; i < 2; i++) {
		const char *event = i == 0 ? "nic-new" : "nic-gone";

		j = i == 0 ? ifmap_diff(a, b, true) : ifmap_diff(b, a, true);
		assert_int_equal(json_array_size(j), 2);
		check_event(json_array_get(j, 0), event, "r", "", "");
		check_event(json_array_get(j, 1), event, "r", "", "");
		json_decref(j);
	}
	end(a);
	end(b);
}

/* A guest is found by the MAC that it uses; that it is another one is told. */
static void
test_guest_changed_mac(void **state)
{
	static const uint8_t now[6] = { 2, 0, 0, 0, 0, 9 };
	struct map *m = world();
	struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    "-netdev tap,id=n,fd=7 -device virtio-net-pci,netdev=n,"
	    "mac=52:54:00:12:34:56 "
	    "-netdev tap,id=k,fd=8 -device virtio-net-pci,netdev=k");
	struct map_nic *n;
	char *text;

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct fact_card *c = facts_card(p);

		strcpy(c->netdev, i == 0 ? "n" : "k");
		memcpy(c->mac, now, 6);
		memcpy(c->main_mac, now, 6);
		c->mac[5] = c->main_mac[5] += (uint8_t)i;
		c->filtered = i == 0;
	}
	open_tap(p, 7, "tap0", 1);
	open_tap(p, 8, "tap2", 1);
	learn(m, 1, 10, 11, now);
	join(m);
	n = nic(m, "a", "n");
	assert_true(says(n, "fdb", "tap0"));
	assert_true(map_sure(n, MAP_IF));
	assert_false(map_sure(n, MAP_MAC));
	text = map_dispute(n, MAP_MAC);
	assert_string_equal(text, "argv says 52:54:00:12:34:56, "
	    "qmp says 02:00:00:00:00:09, rx-filter says 02:00:00:00:00:09");
	free(text);
	assert_memory_equal(map_mac(n), now, 6);
	/* Where the command line has none there is nothing to contradict. */
	n = nic(m, "a", "k");
	assert_true(map_sure(n, MAP_MAC));
	assert_string_equal(map_value(n, MAP_MAC), "02:00:00:00:00:0a");
	end(m);
}

/* Is a QEMU with that argument, and in no registry, outside of that lab? */
static bool
is_outside(const char *lab_dir, const char *arg)
{
	struct map *m = world();
	char *dir = xstrdup(lab_dir), *line;
	struct state_lab lab = { .name = "l", .dir = dir };
	bool outside = false;

	m->labs = xrealloc(m->labs, 2 * sizeof(*m->labs));
	m->labs[0] = m->labs[1] = (struct map_lab){ .lab = &lab };
	m->nlabs = 1;
	line = xasprintf("qemu-system-x86_64 -name a %s "
	    TAP("n", ",ifname=tap0"), arg);
	open_tap(qemu(m, 100, 1, line), 9, "tap0", 1);
	join(m);
	for (size_t i = 0; i < m->nnics; i++)
		outside |= strcmp(m->nics[i].vm->name, "a") == 0;
	end(m);
	free(line);
	free(dir);
	return outside;
}

/* What qlab-run has started this moment has its sockets in the lab already. */
static void
test_being_started(void **state)
{
	(void)state;
	assert_false(is_outside("/run/q/l", "-chardev socket,id=qmp,"
	    "path=/run/q/l/a/qemu-qmp.sock,server=off"));
	assert_true(is_outside("/run/q/l", "-chardev socket,id=qmp,"
	    "path=/run/q/l2/a/qemu-qmp.sock,server=off"));
	/* Anybody may have a file there. */
	assert_true(is_outside("/run/q/l", "-hda /run/q/l/disk.img"));
	assert_true(is_outside("/run/q/l", ""));
}

/* How the lease of a QEMU's NIC on br0 is believed that is over then. */
static const char *
lease_confidence(uint64_t space, uint32_t ip, int64_t expiry, bool shown)
{
	struct map *m = world();
	struct lease l = { .expiry = expiry, .mac = MAC_A, .ip = ip };
	const char *said = "none";
	struct map_nic *n;
	struct leases ls = { .l = xcalloc(1, sizeof(l)), .n = 1 };

	open_tap(qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap0")), 9, "tap0", 1);
	ls.l[0] = l;
	leases_append(&m->facts.leases, &ls);
	m->facts.leases_space = space;
	m->facts.now = 1000;
	join(m);
	n = nic(m, "a", "n");
	if (n->edges[MAP_IP].n > 0)
		said = map_confidence(n->edges[MAP_IP].claims[0].weight);
	assert_string_equal(map_value(n, MAP_IP), shown ? "10.9.0.7" : "");
	assert_true(map_sure(n, MAP_IP));
	end(m);
	return said;
}

static void
test_host_leases(void **state)
{
	(void)state;
	assert_string_equal(lease_confidence(1, 0x0a090007, 1001, true),
	    "high");
	assert_string_equal(lease_confidence(1, 0x0a090007, 0, true), "medium");
	assert_string_equal(lease_confidence(1, 0x0a090007, 999, false), "low");
	/* Of another subnet, or another namespace. */
	assert_string_equal(lease_confidence(1, 0x0a080007, 0, false), "none");
	assert_string_equal(lease_confidence(2, 0x0a090007, 0, false), "none");
}

/* Another user's QEMU (of so many), which names no interface, and its tap. */
static struct map *
later(const struct map *before, int nqemus, int ntaps, unsigned master)
{
	static const char *const names[] = { "tap8", "tap9" };
	struct map *m = world();

	for (int i = 0; i < nqemus; i++)
		qemu(m, 300 + i, 1, "qemu-system-x86_64 -name late "
		    TAP("n", ""))->fds_seen = false;
	for (int i = 0; i < ntaps; i++) {
		struct hostif *h = hostifs_add(&facts_space(&m->facts, 1)->ifs);

		snprintf(h->name, sizeof(h->name), "%s", names[i]);
		strcpy(h->kind, "tun");
		h->index = 30 + (unsigned)i;
		h->master = master;
	}
	for (size_t i = 0; i < m->facts.nspaces; i++)
		hostifs_sort(&m->facts.spaces[i].ifs);
	facts_compare(&m->facts, &before->facts);
	join(m);
	return m;
}

static void
check_later(int nqemus, int ntaps, unsigned master, const char *want)
{
	struct map *a = world(), *b, *c;
	const struct map_edge *e;

	join(a);
	b = later(a, nqemus, ntaps, master);
	/* It stays known for as long as both are there. */
	c = later(b, nqemus, ntaps, master);
	e = &c->nics[0].edges[MAP_IF];
	assert_string_equal(map_value(&b->nics[0], MAP_IF), want);
	assert_string_equal(map_value(&c->nics[0], MAP_IF), want);
	assert_int_equal(e->n, *want != '\0');
	if (e->n > 0) {
		assert_string_equal(e->claims[0].source, "diff");
		assert_string_equal(map_confidence(e->claims[0].weight),
		    master != 0 ? "medium" : "low");
	}
	end(c);
	c = later(b, nqemus, 0, master);
	assert_string_equal(map_value(&c->nics[0], MAP_IF), "");
	end(c);
	end(b);
	end(a);
}

static void
test_came_together(void **state)
{
	(void)state;
	check_later(1, 1, 10, "tap8");
	check_later(1, 1, 0, "tap8");
	check_later(1, 0, 10, "");
	check_later(1, 2, 10, "");
	check_later(2, 1, 10, "");
}

/* What came by chance says nothing against what QEMU itself has open. */
static void
test_came_by_chance(void **state)
{
	struct map *a = world(), *m = world();
	struct hostif *h = hostifs_add(&facts_space(&m->facts, 1)->ifs);
	const struct map_nic *n;

	(void)state;
	join(a);
	strcpy(h->name, "tun0");
	strcpy(h->kind, "tun");
	h->index = 30;
	open_tap(qemu(m, 100, 1, "qemu-system-x86_64 -name a "
	    TAP("n", ",ifname=tap0")), 9, "tap0", 1);
	facts_compare(&m->facts, &a->facts);
	assert_int_equal(m->facts.ndiffs, 1);
	join(m);
	n = nic(m, "a", "n");
	assert_string_equal(map_value(n, MAP_IF), "tap0");
	assert_true(map_sure(n, MAP_IF));
	end(m);
	end(a);
}

/* Whether what is on a bridge with an address gets any further. */
static void
test_modes_by_forwarding(void **state)
{
	static const struct {
		enum hostif_forward forward;
		const char *mode, *confidence;
	} cases[] = {
		{ HOSTIF_FORWARD_UNKNOWN, "", NULL },
		{ HOSTIF_FORWARD_OFF, "host", "medium" },
		{ HOSTIF_FORWARD_ON, "shared", "low" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct map *m = world();
		struct fact_proc *p = qemu(m, 100, 1, "qemu-system-x86_64 "
		    "-name a " TAP("n", ",ifname=tap0") TAP("k",
		    ",ifname=tap2"));
		const struct map_edge *e;

		open_tap(p, 9, "tap0", 1);
		open_tap(p, 10, "tap2", 1);
		facts_space(&m->facts, 1)->ifs.forward = cases[i].forward;
		join(m);
		e = &nic(m, "a", "n")->edges[MAP_MODE];
		assert_string_equal(map_value(nic(m, "a", "n"), MAP_MODE),
		    cases[i].mode);
		if (cases[i].confidence != NULL)
			assert_string_equal(map_confidence(e->claims[0].weight),
			    cases[i].confidence);
		/* Without an address there is no way out at all. */
		assert_string_equal(map_value(nic(m, "a", "k"), MAP_MODE),
		    "host");
		end(m);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_macs),
		cmocka_unit_test(test_one_mac_twice),
		cmocka_unit_test(test_told_by_fdb),
		cmocka_unit_test(test_guess),
		cmocka_unit_test(test_other_space),
		cmocka_unit_test(test_other_space_by_fdb),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_one_renamed),
		cmocka_unit_test(test_starting),
		cmocka_unit_test(test_name_of_another),
		cmocka_unit_test(test_contradiction),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_monitor),
		cmocka_unit_test(test_vmnet),
		cmocka_unit_test(test_diff),
		cmocka_unit_test(test_diff_renamed),
		cmocka_unit_test(test_diff_plugged),
		cmocka_unit_test(test_guest_changed_mac),
		cmocka_unit_test(test_being_started),
		cmocka_unit_test(test_host_leases),
		cmocka_unit_test(test_came_together),
		cmocka_unit_test(test_came_by_chance),
		cmocka_unit_test(test_modes_by_forwarding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
