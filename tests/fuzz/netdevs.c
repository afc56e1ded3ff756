/* SPDX-License-Identifier: ISC */
/* netdevs.c - fuzz the reading of "info network" and of our objects' names */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capobj.h"
#include "netdevs.h"
#include "strv.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line is an id to look for, the rest is what QEMU says. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	char *id = xcalloc(1, size + 1), *text = id;
	struct proc_id reader;
	char name[CAPOBJ_SZ];
	struct netdev n;

	memcpy(id, data, size);
	strsep(&text, "\n");
	if (text != NULL && netdevs_find(text, id, mac, &n) &&
	    memchr(n.id, '\0', sizeof(n.id)) == NULL)
		abort();
	if (capobj_parse(id, &reader) && strcmp(capobj_name(&reader,
	    strstr(id, "-tx") != NULL ? "tx" : "rx", name), id) != 0)
		abort();
	free(id);
	return 0;
}
