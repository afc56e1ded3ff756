/* SPDX-License-Identifier: ISC */
/* unet_test.c - a lab's networks without any interface of the host's */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <unistd.h>

#include "mirror.h"
#include "unet.h"

struct world {
	struct loop *l;
	struct unet *u;
	struct lab lab;
};

static struct lab_net *
add(struct world *w, const char *name, enum net_mode mode)
{
	struct lab_net *net = lab_net_add(&w->lab, name);

	net->mode = mode;
	lab_finish(&w->lab);
	return net;
}

static int
setup(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	struct qerr e;

	w->l = loop_new(&e);
	w->u = unet_new(w->l, NULL, NULL);
	lab_init(&w->lab);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	unet_free(w->u);
	loop_free(w->l);
	lab_free(&w->lab);
	free(w);
	return 0;
}

static void
plug(void **state)
{
	struct world *w = *state;
	struct qerr e;
	int fd = -1;

	add(w, "wan", NET_SHARED);
	add(w, "lan", NET_HOST);
	assert_int_equal(unet_up(w->u, w->lab.nets, 2, &e), 0);
	assert_int_equal(unet_plug(w->u, "lan", "a", "lan", &fd, &e), 0);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unet_plug(w->u, "wan", "a", "wan", &fd, &e), -1);
	assert_string_equal(e.msg, "on backend userspace, network 'wan' is "
	    "QEMU's own NAT for each NIC");
	assert_int_equal(unet_plug(w->u, "what", "a", "what", &fd, &e), -1);
	assert_int_equal(e.kind, QERR_NOTFOUND);
	assert_int_equal(unet_mirror(w->u, "wan", NULL, NULL, 96, &fd, &e),
	    -1);
}

static void
again(void **state)
{
	struct world *w = *state;
	struct lab_net *net = add(w, "lan", NET_HOST);
	struct qerr e;

	assert_int_equal(unet_up(w->u, net, 1, &e), 0);
	assert_int_equal(unet_up(w->u, net, 1, &e), 0);
	net->isolated = true;
	assert_int_equal(unet_up(w->u, net, 1, &e), -1);
	assert_non_null(strstr(e.msg, "'lan' is up with another definition"));
}

static void
bridged(void **state)
{
	struct world *w = *state;
	struct qerr e;

	assert_int_equal(unet_up(w->u, add(w, "air", NET_BRIDGED), 1, &e), -1);
	assert_non_null(strstr(e.msg, "'air': mode 'bridged' is not possible"));
}

/* Some at a time, none twice. */
static void
pages(void **state)
{
	struct world *w = *state;
	int fd[5];
	json_t *j;
	struct qerr e;

	add(w, "one", NET_HOST);
	add(w, "wan", NET_SHARED);
	add(w, "two", NET_HOST);
	assert_int_equal(unet_up(w->u, w->lab.nets, 3, &e), 0);
	for (int i = 0; i < 5; i++)
		assert_int_equal(unet_plug(w->u, i < 3 ? "one" : "two",
		    (const char *[]){ "a", "b", "c", "d", "e" }[i], "nic",
		    &fd[i], &e), 0);
	j = unet_ports(w->u, 0, 4);
	assert_int_equal(json_array_size(j), 4);
	json_decref(j);
	j = unet_ports(w->u, 4, 4);
	assert_int_equal(json_array_size(j), 1);
	assert_string_equal(json_string_value(json_object_get(
	    json_array_get(j, 0), "vm")), "d");
	json_decref(j);
	j = unet_ports(w->u, 5, 4);
	assert_int_equal(json_array_size(j), 0);
	json_decref(j);
	for (int i = 0; i < 5; i++)
		close(fd[i]);
}

static void
limits(void **state)
{
	struct world *w = *state;
	struct strv lines = { 0 };

	add(w, "wan", NET_SHARED);
	add(w, "lan", NET_HOST);
	add(w, "own", NET_HOST)->dhcp = false;
	add(w, "nat", NET_USER);
	unet_limits(w->lab.nets, 4, &lines);
	assert_int_equal(lines.n, 2);
	assert_string_equal(lines.v[0], "network 'wan': VMs on it do not see "
	    "each other (backend userspace), and reach 127.0.0.1 of this host "
	    "as 10.77.0.1");
	assert_string_equal(lines.v[1], "network 'lan': no DHCP and no host "
	    "on it (backend userspace), only VMs");
	strv_free(&lines);
}

static void
mirror_header(void **state)
{
	static const uint8_t want[MIRROR_HDRLEN] = { 1, 2, 3, 4, 5, 6, 7, 8,
		0, 0, 0, 60, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 2, 0 };
	struct mirror_hdr h = { .time_ns = 0x0102030405060708, .caplen = 60,
		.len = 65536, .to_vm = true, .dropped = 512 }, back;
	uint8_t buf[MIRROR_HDRLEN];

	(void)state;
	mirror_encode(&h, buf);
	assert_memory_equal(buf, want, sizeof(buf));
	assert_int_equal(mirror_decode(&back, buf), 0);
	assert_true(back.time_ns == h.time_ns && back.caplen == 60 &&
	    back.len == 65536 && back.to_vm && back.dropped == 512);
	/* More kept than there was, more than can be, no such direction. */
	memcpy(buf + 8, "\0\1\0\1", 4);
	assert_int_equal(mirror_decode(&back, buf), -1);
	memcpy(buf + 8, "\0\4\0\1\0\4\0\1", 8);
	assert_int_equal(mirror_decode(&back, buf), -1);
	memcpy(buf, want, sizeof(buf));
	buf[19] = 2;
	assert_int_equal(mirror_decode(&back, buf), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(plug), T(again), T(bridged), T(pages), T(limits),
		cmocka_unit_test(mirror_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
