/* SPDX-License-Identifier: ISC */
/* qmpnet.c - fuzz the readers of what a QEMU says of its cards */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capobj.h"
#include "netdevs.h"
#include "qmpnet.h"
#include "strv.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_name(const char *id)
{
	struct proc_id reader;
	char name[CAPOBJ_SZ];

	if (capobj_parse(id, &reader) && strcmp(capobj_name(&reader,
	    strstr(id, "-tx") != NULL ? "tx" : "rx", name), id) != 0)
		abort();
}

static void
read_filters(struct fact_proc *p, const char *text)
{
	json_t *j = json_loads(text, JSON_DECODE_ANY, NULL);

	qmpnet_filters(p, j);
	json_decref(j);
	for (size_t i = 0; i < p->ncards; i++)
		if (memchr(p->cards[i].vlans, '\0',
		    sizeof(p->cards[i].vlans)) == NULL)
			abort();
}

/*
 * The first line is an id to look for; then comes what "info network" says, and
 * below a line of dashes the answer to query-rx-filter.
 */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const uint8_t mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
	char *id = xcalloc(1, len + 1), *text = id, *filters;
	struct facts f = { 0 };
	struct fact_proc *p = facts_proc(&f);
	struct netdev n;

	memcpy(id, data, len);
	strsep(&text, "\n");
	check_name(id);
	if (text != NULL) {
		filters = strstr(text, "--\n");
		if (filters != NULL)
			*filters = '\0';
		if (netdevs_find(text, id, mac, &n) &&
		    memchr(n.id, '\0', sizeof(n.id)) == NULL)
			abort();
		qmpnet_parse(p, text);
		if (filters != NULL)
			read_filters(p, filters + 3);
	}
	free(id);
	facts_free(&f);
	return 0;
}
