/* SPDX-License-Identifier: ISC */
/* qmpnet_test.c - cards and their filters as QEMU tells them */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "addr.h"
#include "qmpnet.h"
#include "strv.h"

static const char cards[] =
    "nic-wan: index=0,type=nic,model=virtio-net-pci,"
    "macaddr=52:54:00:12:34:56\r\n"
    " \\ wan: index=0,type=tap,fd=10\r\n"
    "e1000.0: index=0,type=nic,model=e1000,macaddr=52:54:00:12:34:57\r\n"
    " \\ lan: index=0,type=user,net=10.0.2.0,restrict=off\r\n";

/* Both cards, after that answer, as text. */
static void
check(const char *answer, const char *want)
{
	struct facts f = { 0 };
	struct fact_proc *p = facts_proc(&f);
	json_t *j = json_loads(answer, JSON_DECODE_ANY, NULL);
	char said[400] = "", mac[MAC_STRSZ];

	assert_non_null(j);
	qmpnet_parse(p, cards);
	assert_int_equal(p->ncards, 2);
	assert_string_equal(p->cards[0].name, "nic-wan");
	assert_ptr_equal(facts_card_on(p, "lan"), &p->cards[1]);
	assert_null(facts_card_on(p, "nic-wan"));
	qmpnet_filters(p, j);
	for (size_t i = 0; i < p->ncards; i++)
		if (p->cards[i].filtered)
			snprintf(said + strlen(said), sizeof(said) -
			    strlen(said), "%s %s%s [%s]\n", p->cards[i].netdev,
			    mac_format(p->cards[i].main_mac, mac),
			    p->cards[i].promisc ? " promisc" : "",
			    p->cards[i].vlans);
	assert_string_equal(said, want);
	json_decref(j);
	facts_free(&f);
}

#define WAN	"\"name\":\"nic-wan\",\"main-mac\":\"52:54:00:00:00:09\""

static void
test_filters(void **state)
{
	(void)state;
	check("[{" WAN ",\"promiscuous\":true,\"vlan\":\"all\"}]",
	    "wan 52:54:00:00:00:09 promisc [all]\n");
	check("[{" WAN ",\"promiscuous\":false,\"vlan\":\"none\","
	    "\"vlan-table\":[4]}]", "wan 52:54:00:00:00:09 []\n");
	/* 0 is no VLAN; their order is QEMU's. */
	check("[{" WAN ",\"vlan\":\"normal\",\"vlan-table\":"
	    "[0,12,10,11,4095,1,7,8,-3,4096,\"5\"]}]",
	    "wan 52:54:00:00:00:09 [1,7-8,10-12,4095]\n");
}

/* So many ranges that they do not fit are cut at one of them. */
static void
test_many_vlans(void **state)
{
	char text[32768] = "[{" WAN ",\"vlan\":\"normal\",\"vlan-table\":[1";

	(void)state;
	for (int i = 1001; i < 4096; i += 2)
		snprintf(text + strlen(text), 8, ",%d", i);
	strcat(text, "]}]");
	check(text, "wan 52:54:00:00:00:09 [1,1001,1003,1005,1007,1009,1011,"
	    "1013,1015,1017,1019,1021,...]\n");
}

static void
test_odd_answers(void **state)
{
	static const char *const odd[] = { "1", "{}", "[]", "[1,[],{}]",
		"[{\"name\":\"nic-wan\"}]",
		"[{\"name\":\"nic-wan\",\"main-mac\":\"52:54\"}]",
		"[{\"name\":\"nic-wan\",\"main-mac\":5}]",
		"[{\"name\":\"other\",\"main-mac\":\"52:54:00:00:00:09\"}]" };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		check(odd[i], "");
	check("[{" WAN ",\"promiscuous\":1,\"vlan\":3,\"vlan-table\":{}}]",
	    "wan 52:54:00:00:00:09 []\n");
}

/* The n-th QMP socket of a command line, its words parted by blanks. */
static void
check_socket(const char *line, size_t n, const char *want)
{
	struct strv argv = { 0 };
	char *words = xstrdup(line), *save = NULL, *path;

	for (char *w = strtok_r(words, " ", &save); w != NULL;
	    w = strtok_r(NULL, " ", &save))
		strv_add(&argv, w);
	path = qmpnet_socket(argv.v, n);
	if (want == NULL)
		assert_null(path);
	else
		assert_string_equal(path, want);
	free(path);
	free(words);
	strv_free(&argv);
}

#define QEMU	"qemu-system-x86_64 "

static void
test_sockets(void **state)
{
	static const char two[] = QEMU "-qmp unix:a,server=on,wait=off "
	    "-monitor unix:m,server -qmp tcp:127.0.0.1:4444,server=on "
	    "-qmp-pretty unix:/b,server,nowait";
	static const char mon[] = QEMU "-mon chardev=c,mode=control,pretty=on "
	    "-chardev socket,id=c,path=c.sock,server=on,wait=off "
	    "-mon h,mode=readline -chardev socket,id=h,path=h,server=on";

	(void)state;
	check_socket(two, 0, "a");
	check_socket(two, 1, "/b");
	check_socket(two, 2, NULL);
	check_socket(mon, 0, "c.sock");
	check_socket(mon, 1, NULL);
	check_socket(QEMU "-chardev socket,id=c,path=d,,e,server=on "
	    "-qmp chardev:c", 0, "d,e");
	/* It is QEMU that connects; it has no path; it is not there. */
	check_socket(QEMU "-qmp unix:a,server=off", 0, NULL);
	check_socket(QEMU "-qmp unix:a", 0, NULL);
	check_socket(QEMU "-mon c,mode=control -chardev socket,id=c,path=a,"
	    "abstract=on,server=on", 0, NULL);
	check_socket(QEMU "-mon d,mode=control", 0, NULL);
	check_socket(QEMU "-M none", 0, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_many_vlans),
		cmocka_unit_test(test_odd_answers),
		cmocka_unit_test(test_sockets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
