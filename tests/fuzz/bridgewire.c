/* SPDX-License-Identifier: ISC */
/* bridgewire.c - fuzz the bytes of Darwin's bridge ioctls and sysctls */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridgewire.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was found must be names and numbers that can be looked up. */
static void
read_iflist(const uint8_t *data, size_t len)
{
	struct hostifs h = { 0 };
	struct qerr e;

	bridgewire_iflist2(&h, data, len, &e);
	for (size_t i = 0; i < h.nifs; i++)
		if (h.ifs[i].index == 0 || h.ifs[i].name[0] == '\0' ||
		    strlen(h.ifs[i].name) >= HOSTIF_NAMESZ)
			abort();
	for (size_t i = 0; i < h.naddrs; i++)
		if (h.addrs[i].index == 0 || h.addrs[i].plen < 0 ||
		    h.addrs[i].plen > 32)
			abort();
	bridgewire_routes(&h, data, len, &e);
	for (size_t i = 0; i < h.nroutes; i++)
		if (h.routes[i].plen < 0 || h.routes[i].plen > 32)
			abort();
	hostifs_sort(&h);
	hostifs_free(&h);
}

static void
read_lists(const uint8_t *data, size_t len)
{
	struct bridge_member m;
	struct bridge_fdb f;
	size_t off = 0, n = 0;

	while (bridgewire_next_member(data, len, &off, &m))
		n++;
	if (n > len / BRIDGEWIRE_MEMBERSZ || off > len)
		abort();
	for (off = n = 0; bridgewire_next_fdb(data, len, &off, &f);)
		n++;
	if (n > len / BRIDGEWIRE_FDBSZ || off > len)
		abort();
	/* Somebody's wrong place to start. */
	off = len + 1;
	if (bridgewire_next_fdb(data, len, &off, &f))
		abort();
}

/* The first byte says at what alignment the rest lies, and whose it is. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct hostif i = { .name = "vmenet0" };
	struct strv argv = { 0 };
	uint8_t *copy;
	size_t shift;

	if (len == 0)
		return 0;
	shift = *data & 7;
	copy = malloc(shift + len - 1 + (shift + len == 1));
	if (copy == NULL)
		return 0;
	memcpy(copy + shift, data + 1, len - 1);
	switch (*data >> 3 & 3) {
	case 0:
		read_iflist(copy + shift, len - 1);
		break;
	case 1:
		read_lists(copy + shift, len - 1);
		break;
	case 2:
		if (bridgewire_procargs(&argv, copy + shift, len - 1) == 0 &&
		    argv.n == 0)
			abort();
		break;
	case 3:
		bridgewire_ifmib(&i, copy + shift, len - 1);
		bridgewire_is_vmnet(copy + shift, len - 1);
		if (len > BRIDGEWIRE_ARGSZ &&
		    bridgewire_arg_len(copy + shift, 64) > 64)
			abort();
	}
	strv_free(&argv);
	free(copy);
	return 0;
}
