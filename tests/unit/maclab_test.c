/* SPDX-License-Identifier: ISC */
/* maclab_test.c - on a Mac the lab is what one would have typed by hand */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab.h"
#include "proc.h"
#include "procs.h"
#include "qemuargv.h"
#include "strv.h"

#define LAB	"scripts/labs/routeros.yaml"
#define HAND	"tests/data/maclab/"

/* Every MAC that was seen, of all VMs. */
static uint8_t macs[8][6];
static size_t nmacs;

/* The last line of text is a command that runs program, perhaps by sudo. */
static void
read_command(struct lab *lab, char *text, const char *program)
{
	struct strv words = { 0 };
	struct qerr e = { 0 };
	char *line;

	assert_int_not_equal(*text, '\0');
	text[strlen(text) - 1] = '\0';
	line = strrchr(text, '\n');
	line = line != NULL ? line + 1 : text;
	if (strv_split(&words, line, &e) == -1 ||
	    qemu_argv_read(lab, words.v, &e) == -1)
		fail_msg("%s: %s", line, e.msg);
	/* No path of the machine that the test runs on. */
	assert_string_equal(words.v[strcmp(words.v[0], "sudo") != 0 ? 0 :
	    strcmp(words.v[1], "-n") == 0 ? 3 : 1], program);
	strv_free(&words);
}

static void
read_hand(struct lab *lab, const char *vm)
{
	char *path = xasprintf(HAND "%s", vm), text[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	free(path);
	read_command(lab, text, "qemu-system-x86_64");
}

/* What qlab-run says that it would start. */
static void
read_ours(struct lab *lab, const char *vm)
{
	const char *build = getenv("QLAB_BUILD");
	char *dir = build != NULL ? xstrdup(build) : procs_self_dir();
	char *out = NULL, *run = xasprintf("%s%s/qlab-run", dir != NULL ? dir :
	    "", build != NULL ? "" : "/..");
	const char *const argv[] = { run, "-n", "--target", "darwin", "-f",
		LAB, vm, NULL };
	struct qerr e = { 0 };
	int rc;

	free(dir);
	if (access(run, X_OK) == -1) {
		print_message("qlab-run is not built\n");
		free(run);
		skip();
	}
	rc = proc_run((char *const *)argv, NULL, &out, NULL, 20000, &e);
	if (rc != 0)
		fail_msg("qlab-run: %d %s", rc, e.msg);
	read_command(lab, out, "qemu-system-x86_64");
	free(out);
	free(run);
}

/* A name of ours may be another than the one that was typed. */
static void
same_file(const char *hand, const char *ours, const char *typed,
    const char *named)
{
	const char *slash;

	assert_int_equal(hand == NULL, ours == NULL);
	if (hand == NULL)
		return;
	slash = strrchr(hand, '/');
	assert_string_equal(slash != NULL ? slash + 1 : hand, typed);
	slash = strrchr(ours, '/');
	assert_string_equal(slash != NULL ? slash + 1 : ours, named);
}

static void
same_net(const struct lab_net *hand, const struct lab_net *ours)
{
	assert_int_equal(hand == NULL, ours == NULL);
	if (hand == NULL)
		return;
	assert_int_equal(ours->mode, hand->mode);
	assert_int_equal(ours->subnet, hand->subnet);
	assert_int_equal(ours->plen, hand->plen);
	assert_int_equal(ours->gateway, hand->gateway);
	assert_int_equal(ours->range_lo, hand->range_lo);
	assert_int_equal(ours->range_hi, hand->range_hi);
	assert_int_equal(ours->dhcp, hand->dhcp);
	assert_int_equal(ours->isolated, hand->isolated);
	assert_string_equal(ours->uuid, hand->uuid);
}

static void
same_nics(const struct lab *hand, const struct lab *ours)
{
	const struct lab_vm *h = &hand->vms[0], *o = &ours->vms[0];

	assert_int_equal(o->nnics, h->nnics);
	for (size_t i = 0; i < h->nnics; i++) {
		assert_string_equal(o->nics[i].model, h->nics[i].model);
		assert_int_equal(o->nics[i].mode, h->nics[i].mode);
		same_net(lab_net_find(hand, h->nics[i].net),
		    lab_net_find(ours, o->nics[i].net));
		assert_true(o->nics[i].has_mac);
		for (size_t k = 0; k < nmacs; k++)
			assert_memory_not_equal(macs[k], o->nics[i].mac, 6);
		memcpy(macs[nmacs++], o->nics[i].mac, 6);
	}
}

/* Options that do not matter may differ: names, MACs, sockets. */
static void
same(const char *vm, const char *typed, const char *named, const char *cd,
    const char *boot)
{
	struct lab hand, ours;
	const struct lab_vm *h, *o;

	read_hand(&hand, vm);
	read_ours(&ours, vm);
	h = &hand.vms[0];
	o = &ours.vms[0];
	assert_string_equal(o->name, vm);
	assert_string_equal(o->arch, h->arch);
	assert_int_equal(o->memory_mib, h->memory_mib);
	assert_int_equal(o->cpus, h->cpus);
	assert_int_equal(o->ndisks, 1);
	assert_int_equal(h->ndisks, 1);
	same_file(h->disks[0].file, o->disks[0].file, typed, named);
	same_file(h->cdrom, o->cdrom, cd, cd);
	/* "c", the disk, is what a PC does without being told. */
	if (h->boot != NULL && strcmp(h->boot, "c") != 0)
		assert_string_equal(o->boot, boot);
	else
		assert_null(o->boot);
	same_nics(&hand, &ours);
	lab_free(&hand);
	lab_free(&ours);
}

static void
router(void **state)
{
	struct lab lab;

	(void)state;
	same("router", "chr-7.18.2.qcow2", "router.qcow2", NULL, NULL);
	read_ours(&lab, "router");
	assert_string_equal(lab.vms[0].disk_bus, "scsi");
	/* That both sides say so does not make it right. */
	assert_int_equal(lab.nnets, 2);
	assert_int_equal(lab.nets[0].mode, NET_SHARED);
	assert_int_equal(lab.nets[0].gateway, 0xac100001);
	assert_int_equal(lab.nets[0].range_hi, 0xac1ffffe);
	assert_int_equal(lab.nets[0].plen, 12);
	assert_int_equal(lab.nets[1].mode, NET_HOST);
	assert_int_equal(lab.nets[1].gateway, 0xc0a80201);
	assert_string_equal(lab.nets[1].uuid,
	    "154780B0-F499-4968-9B20-E58C02FDF5FB");
	lab_free(&lab);
}

static void
alpine(void **state)
{
	(void)state;
	same("alpine", "alpine_disk.qcow2", "alpine.qcow2", NULL, NULL);
}

static void
alpine_install(void **state)
{
	(void)state;
	same("alpine-install", "alpine_disk.qcow2", "alpine.qcow2",
	    "alpine-standard-3.21.2-x86_64.iso", "once=d");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(router),
		cmocka_unit_test(alpine),
		cmocka_unit_test(alpine_install),
	};

	return cmocka_run_group_tests_name("maclab", tests, NULL, NULL);
}
